//! The catalogue: what `status` shows without asking the sites. A cache, nothing more.
//!
//! Holds store labels, facilities, run numbers and counts; no patient, no path, no handle.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use hlincos_proto::gateway::{GenerationStatus, SiteCount, StoreStatus};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Contents {
    vault: String,
    /// Whether the sites were read: notes alone make no catalogue.
    #[serde(default)]
    complete: bool,
    stores: BTreeMap<String, StoreStatus>,
    debts: BTreeMap<String, u64>,
}

/// The catalogue of one gateway, in `catalogue.json` of its data folder.
pub(crate) struct Catalogue {
    path: PathBuf,
    vault: String,
    contents: Mutex<Option<Contents>>,
}

impl Catalogue {
    /// Reads what is there; a missing, damaged or foreign catalogue is no catalogue.
    pub(crate) fn open(folder: &Path, vault: &str) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("catalogue.json");
        let contents = std::fs::read(&path)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Contents>(&bytes).ok())
            .filter(|contents| contents.vault == vault);
        Ok(Self {
            path,
            vault: vault.to_owned(),
            contents: Mutex::new(contents),
        })
    }

    /// Whether it tells everything; if not, the sites must be read.
    pub(crate) fn is_there(&self) -> bool {
        self.lock()
            .as_ref()
            .is_some_and(|contents| contents.complete)
    }

    pub(crate) fn stores(&self) -> Vec<StoreStatus> {
        let contents = self.lock();
        contents
            .as_ref()
            .map(|c| c.stores.values().cloned().collect())
            .unwrap_or_default()
    }

    pub(crate) fn debts(&self) -> Vec<SiteCount> {
        let contents = self.lock();
        let count = |(site, bundles): (&String, &u64)| SiteCount {
            site: site.clone(),
            bundles: *bundles,
        };
        contents
            .as_ref()
            .map(|c| c.debts.iter().map(count).collect())
            .unwrap_or_default()
    }

    /// Replaces everything with what the sites say.
    pub(crate) fn replace(&self, stores: Vec<StoreStatus>) -> std::io::Result<()> {
        let stores = stores
            .into_iter()
            .map(|store| (store.label.clone(), store))
            .collect();
        self.change(|contents| {
            contents.stores = stores;
            contents.complete = true;
        })
    }

    /// Notes a finished run.
    pub(crate) fn add_generation(
        &self,
        label: &str,
        generation: GenerationStatus,
    ) -> std::io::Result<()> {
        self.change(|contents| {
            let store = contents.stores.entry(label.to_owned()).or_default();
            label.clone_into(&mut store.label);
            store
                .generations
                .retain(|known| known.generation != generation.generation);
            store.generations.push(generation);
            store.generations.sort_by_key(|known| known.generation);
        })
    }

    /// Notes facilities of a store.
    pub(crate) fn add_facilities(
        &self,
        label: &str,
        facilities: impl IntoIterator<Item = String>,
    ) -> std::io::Result<()> {
        let new: Vec<String> = facilities.into_iter().collect();
        let known = self.stores().into_iter().find(|store| store.label == label);
        if known.is_some_and(|known| new.iter().all(|f| known.facilities.contains(f))) {
            return Ok(());
        }
        self.change(|contents| {
            let store = contents.stores.entry(label.to_owned()).or_default();
            label.clone_into(&mut store.label);
            store.facilities.extend(new);
            store.facilities.sort();
            store.facilities.dedup();
        })
    }

    /// Notes bundles that sites did not take.
    pub(crate) fn add_debt(&self, sites: &[String], bundles: u64) -> std::io::Result<()> {
        if sites.is_empty() {
            return Ok(());
        }
        self.change(|contents| {
            for site in sites {
                *contents.debts.entry(site.clone()).or_default() += bundles;
            }
        })
    }

    fn change(&self, change: impl FnOnce(&mut Contents)) -> std::io::Result<()> {
        let mut guard = self.lock();
        let contents = guard.get_or_insert_with(|| Contents {
            vault: self.vault.clone(),
            ..Contents::default()
        });
        change(contents);
        let text = serde_json::to_vec_pretty(contents)?;
        let temporary = self.path.with_extension("new");
        let mut file = std::fs::File::create(&temporary)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &self.path)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Contents>> {
        self.contents
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
