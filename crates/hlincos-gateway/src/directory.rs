//! The directory: stores, their members and their finished runs, read from the sites.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hlincos_proto::gateway::{GenerationStatus, StoreStatus};
use hlincos_proto::restore::{Asking, open, restore, settle};
use hlincos_proto::roster::Roster;
use hlincos_proto::site::Site;
use hlincos_proto::survey::{Held, TooFewSites, survey};
use hlincos_record::bundle::{Bundle, Class, Entry, GivenUp, RunRecord};
use hlincos_record::identifier::{BundleId, Subject};

use crate::reading::{BRIEFLY, Promises};

/// Bundles fetched at a time, in bytes of shares.
const FETCH_BYTES: u64 = 16 << 20;

/// Why the directory could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    /// Too few sites.
    #[error(transparent)]
    TooFew(#[from] TooFewSites),
}

/// What a store's own folder says.
#[derive(Default)]
pub(crate) struct StoreDirectory {
    /// Every subject with files in the store, the unassigned ones too when there are any.
    pub(crate) members: BTreeSet<Subject>,
    /// Finished runs by number, their pages put together.
    pub(crate) runs: BTreeMap<u64, RunRecord>,
    /// Bundles that runs gave up and made up for, by the run's number.
    lists: BTreeMap<u64, HashSet<BundleId>>,
    /// The bundles of the store's own folder.
    pub(crate) pages: HashSet<BundleId>,
    /// What of that folder does not restore.
    pub(crate) lost: LostPages,
}

/// Pages that enough sites hold and that do not restore all the same.
#[derive(Default)]
pub(crate) struct LostPages {
    /// Which: what they list cannot be told.
    pub(crate) ids: Vec<BundleId>,
    /// The generations whose record is among them.
    pub(crate) runs: BTreeSet<u64>,
}

impl LostPages {
    fn add(&mut self, held: &Held) {
        self.ids.push(held.id);
        if held.head.class == Class::Run {
            self.runs.insert(held.head.generation.0);
        }
    }
}

impl StoreDirectory {
    /// Bundles that finished runs list, up to a generation.
    pub(crate) fn listed(&self, up_to: Option<u64>) -> HashSet<BundleId> {
        let within = |number: &u64| up_to.is_none_or(|last| *number <= last);
        let runs = self.runs.iter().filter(|(number, _)| within(number));
        runs.flat_map(|(_, run)| run.bundles.iter().copied())
            .collect()
    }

    /// Bundles that finished runs gave up and made up for, up to a generation.
    pub(crate) fn given_up(&self, up_to: Option<u64>) -> HashSet<BundleId> {
        let finished = |number: &u64| {
            self.runs.contains_key(number) && up_to.is_none_or(|last| *number <= last)
        };
        let lists = self.lists.iter().filter(|(number, _)| finished(number));
        lists.flat_map(|(_, ids)| ids.iter().copied()).collect()
    }

    /// The last finished run's number, 0 when there is none.
    pub(crate) fn finished(&self) -> u64 {
        self.runs.keys().next_back().copied().unwrap_or(0)
    }

    /// The number of the last run that finished or whose record is lost: none may have it again.
    pub(crate) fn last(&self) -> u64 {
        self.finished()
            .max(self.lost.runs.last().copied().unwrap_or(0))
    }

    pub(crate) fn status(&self, label: &str) -> StoreStatus {
        let facility = |subject: &Subject| match subject {
            Subject::Patient { facility, patient } if !patient.is_empty() => Some(facility.clone()),
            _ => None,
        };
        let facilities: BTreeSet<String> = self.members.iter().filter_map(facility).collect();
        StoreStatus {
            label: label.to_owned(),
            facilities: facilities.into_iter().collect(),
            generations: self
                .runs
                .iter()
                .map(|(n, run)| generation_status(*n, run))
                .collect(),
        }
    }
}

pub(crate) fn generation_status(number: u64, run: &RunRecord) -> GenerationStatus {
    GenerationStatus {
        generation: number,
        finished_unix_ms: run.finished_unix_ms,
        files: run.files,
        bytes: run.bytes,
        patients: run.patients,
        files_sent: run.files_sent,
    }
}

/// The root folder: which stores there are.
#[derive(Default)]
pub(crate) struct Root {
    /// Labels of all stores.
    pub(crate) labels: BTreeSet<String>,
    /// What of the folder does not restore.
    pub(crate) lost: LostPages,
}

/// Reads the root folder.
pub(crate) async fn read_root<S: Site>(roster: &Roster<S>) -> Result<Root, DirectoryError> {
    let mut labels = BTreeSet::new();
    let lost = each_bundle(roster, &Subject::Root, |bundle| {
        for (entry, _) in bundle.entries() {
            if let Ok(label) = core::str::from_utf8(entry.path()) {
                labels.insert(label.to_owned());
            }
        }
    })
    .await?;
    Ok(Root { labels, lost })
}

/// Members and runs of one store.
pub(crate) async fn read_store<S: Site>(
    roster: &Roster<S>,
    store: &Subject,
) -> Result<StoreDirectory, DirectoryError> {
    let mut directory = StoreDirectory::default();
    let mut pages: BTreeMap<u64, BTreeMap<u32, RunRecord>> = BTreeMap::new();
    let lost = each_bundle(roster, store, |bundle| {
        directory.pages.insert(bundle.header.id);
        match bundle.header.class {
            Class::Directory => {
                for (entry, _) in bundle.entries() {
                    directory.members.extend(member(entry));
                }
            }
            Class::Run => {
                if let Ok(page) = RunRecord::from_bytes(bundle.contents()) {
                    pages
                        .entry(bundle.header.generation.0)
                        .or_default()
                        .insert(page.page, page);
                }
            }
            Class::GivenUp => {
                if let Ok(list) = GivenUp::from_bytes(bundle.contents()) {
                    let generation = bundle.header.generation.0;
                    directory
                        .lists
                        .entry(generation)
                        .or_default()
                        .extend(list.bundles);
                }
            }
            Class::Messages | Class::Documents | Class::Root => {}
        }
    })
    .await?;
    directory.lost = lost;
    for (number, mut pages) in pages {
        let Some(mut run) = pages.remove(&0) else {
            continue;
        };
        // A run is finished when all its pages are there.
        if pages.len() as u64 + 1 == u64::from(run.pages) {
            run.bundles
                .extend(pages.into_values().flat_map(|page| page.bundles));
            directory.runs.insert(number, run);
        }
    }
    Ok(directory)
}

/// What the finished runs of all stores promise together.
pub(crate) async fn all_promises<S: Site>(roster: &Roster<S>) -> Result<Promises, DirectoryError> {
    let mut promises = Promises {
        finished: u64::MAX,
        ..Promises::default()
    };
    for label in read_root(roster).await?.labels {
        if let Ok(store) = Subject::store(&label) {
            promises.add(&read_store(roster, &store).await?);
        }
    }
    Ok(promises)
}

/// `facility NUL patient` as a subject.
fn member(entry: &Entry) -> Option<Subject> {
    let name = core::str::from_utf8(entry.path()).ok()?;
    let (facility, patient) = name.split_once('\0')?;
    Subject::patient(facility, patient).ok()
}

/// Restores a subject's bundles a few at a time and shows each to `see`.
///
/// A bundle that fewer than k sites hold was never acknowledged or is lost; which of the two,
/// the caller cannot know from a directory, so it is passed over here and found by `check`.
/// One that enough sites hold and that does not restore is counted, and the others are read.
async fn each_bundle<S: Site>(
    roster: &Roster<S>,
    subject: &Subject,
    mut see: impl FnMut(&Bundle),
) -> Result<LostPages, DirectoryError> {
    let mut lost = LostPages::default();
    let mut held = survey(roster, std::slice::from_ref(subject), BRIEFLY)
        .await?
        .subjects
        .remove(0);
    settle(roster, subject, &mut held).await;
    held.retain(|held| held.holders.len() >= roster.k());
    let mut rest = held.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let within = |held: &&Held| {
            bytes += u64::from(held.head.share_len);
            bytes <= FETCH_BYTES
        };
        let count = rest.iter().take_while(within).count().max(1);
        let (now, later) = rest.split_at(count);
        let batch: Vec<_> = now
            .iter()
            .map(|held| (subject.clone(), held.clone()))
            .collect();
        let results = restore(roster, &batch, Asking::Enough).await;
        for (held, restored) in now.iter().zip(results) {
            if restored.wants_answers() {
                return Err(TooFewSites::while_fetching(roster, restored.silent).into());
            }
            match restored.bundle.and_then(|verified| open(&verified)) {
                Ok(bundle) => see(&bundle),
                Err(_) => lost.add(held),
            }
        }
        rest = later;
    }
    Ok(lost)
}
