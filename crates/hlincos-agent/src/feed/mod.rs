//! The change feed: transaction storages tell which patients a run must look at.
//!
//! The feed decides only where to look, never what is there: files are still found by listing the
//! patients' folders. Whenever it cannot be sure, the whole store is walked. Every record is heeded
//! by two runs in a row: a writer may append its record before it has written the file. What a run
//! could not read is looked at by every run until one can.
//!
//! Format of what is remembered, and all doubts: `spec/ssmix-transactions.md`.

mod folders;
mod log;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use self::folders::{Folders, unknown_patients};
use self::log::{Logs, Patients, appended, list, mark_all};
use crate::scan::group_root;

/// Why the whole store is walked all the same.
pub(crate) type Doubt = &'static str;

/// Where a run must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Everywhere, and why.
    Everywhere(Doubt),
    /// Into the folders of these patients, relative to the store.
    At(BTreeSet<Vec<u8>>),
}

/// What the agent remembers of its feed: a file of the state folder, which names patients where
/// some of their files could not be read.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    /// The generation of the run that wrote this.
    generation: u64,
    /// The transaction storages that it heeded.
    storages: BTreeSet<String>,
    /// Where that run began to read: the next begins there again.
    from: Logs,
    /// Where it ended.
    to: Logs,
    /// Patients' folders in which something could not be read; the empty one stands for what lies
    /// in none.
    unread: BTreeSet<Vec<u8>>,
}

/// The transaction storages as one run sees them.
pub(crate) struct Feed {
    state: PathBuf,
    remembered: Option<Remembered>,
    storages: BTreeSet<String>,
    now: Logs,
    patients: Result<Patients, Doubt>,
}

impl Feed {
    /// Reads what was appended since the run before the last.
    ///
    /// # Errors
    /// When a storage cannot be listed or read.
    pub(crate) fn read(storages: &[PathBuf], state: &Path, label: &str) -> io::Result<Self> {
        let state = state.join(format!("{label}-transactions.json"));
        let remembered: Option<Remembered> = fs::read(&state)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut feed = Self {
            state,
            remembered,
            storages: BTreeSet::new(),
            now: Logs::new(),
            patients: Ok(Patients::new()),
        };
        feed.patients = feed.read_all(storages)?;
        Ok(feed)
    }

    fn read_all(&mut self, storages: &[PathBuf]) -> io::Result<Result<Patients, Doubt>> {
        let mut lengths = log::Lengths::new();
        let mut doubt = None;
        for storage in storages {
            let whole = fs::canonicalize(storage)?;
            let found = list(&whole, &mut lengths)?;
            doubt = doubt.or(found.err());
            self.storages.insert(whole.to_string_lossy().into_owned());
        }
        self.now = mark_all(&lengths)?;
        if let Some(doubt) = doubt {
            return Ok(Err(doubt));
        }
        match &self.remembered {
            None => Ok(Err("no run has heeded this transaction storage before")),
            Some(before) if !self.storages.is_subset(&before.storages) => Ok(Err(
                "the last run did not heed all of these transaction storages",
            )),
            Some(before) => appended(&before.from, &before.to, &lengths),
        }
    }

    /// Where to look, with the patients' folders that the journal knows and the last generation
    /// that it finished: 0 when it is new.
    pub(crate) fn look(&self, store: &Path, known: &[Vec<u8>], finished: u64) -> Look {
        self.roots(store, known, finished)
            .map_or_else(Look::Everywhere, Look::At)
    }

    fn roots(
        &self,
        store: &Path,
        known: &[Vec<u8>],
        finished: u64,
    ) -> Result<BTreeSet<Vec<u8>>, Doubt> {
        let patients = self.patients.as_ref().map_err(|doubt| *doubt)?;
        let remembered = self
            .remembered
            .as_ref()
            .ok_or("no run has heeded this transaction storage before")?;
        if finished == 0 {
            return Err("the journal is new");
        }
        if remembered.generation > finished {
            return Err("the journal is older than what was read of the transactions");
        }
        if remembered.unread.contains(&Vec::new()) {
            return Err("something outside of patients' folders could not be read");
        }
        let folders = Folders::new(store, known);
        let mut roots = remembered.unread.clone();
        roots.extend(unknown_patients(store, known)?);
        for (facility, patient) in patients {
            let own = folders.of(facility, patient)?;
            if own.is_empty() && !is_among(&roots, facility, patient) {
                return Err("a patient of the transactions has no folder where expected");
            }
            roots.extend(own);
        }
        Ok(roots)
    }

    /// Remembers how far was read, after the generation is finished: complete or not at all.
    ///
    /// `unreadable`: what the run could not read, relative to the store.
    pub(crate) fn finish<'p>(
        self,
        generation: u64,
        unreadable: impl Iterator<Item = &'p [u8]>,
    ) -> io::Result<()> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;

        let from = self
            .remembered
            .map_or_else(|| self.now.clone(), |before| before.to);
        let remembered = Remembered {
            generation,
            storages: self.storages,
            from,
            to: self.now,
            unread: unreadable.map(|path| group_root(path).to_vec()).collect(),
        };
        let bytes = serde_json::to_vec(&remembered)?;
        let draft = self.state.with_extension("draft");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(draft, self.state)
    }
}

/// Whether one of the folders is this patient's.
fn is_among(roots: &BTreeSet<Vec<u8>>, facility: &str, patient: &str) -> bool {
    roots
        .iter()
        .any(|root| folders::belongs(root, facility, patient))
}
