//! Folding a subject's bundles, newest first, into the files that are current.
//!
//! The newest entry of a path decides. A reference waits for its bytes, which an older bundle
//! holds, so every file is written once, and superseded bytes never.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use hlincos_proto::gateway::{GatewayClient, GatewayError, RestoreRequest, Restored};
use hlincos_record::bundle::{Bundle, Digest, Entry, Modified, Part};
use hlincos_record::identifier::{BundleId, Sequence};

use crate::backup::BackupError;
use crate::journal::{GroupDone, Journal, Known, KnownGroup};
use crate::scan::group_root;

/// A file that waits for its bytes.
pub(crate) struct Wanting {
    pub(crate) path: Vec<u8>,
    pub(crate) modified: Modified,
}

/// What of a subject is decided so far.
#[derive(Default)]
pub(crate) struct Fold {
    decided: HashSet<Vec<u8>>,
    wanted: HashMap<Digest, Vec<Wanting>>,
}

impl Fold {
    /// Takes the next older bundle's entries; tells the empty folders that are current.
    pub(crate) fn take(&mut self, bundle: &Bundle) -> Vec<Vec<u8>> {
        let mut folders = Vec::new();
        let entries: Vec<&Entry> = bundle.entries().map(|(entry, _)| entry).collect();
        for entry in entries.into_iter().rev() {
            // Of a record in parts only the last one decides: it was sent when all was well.
            let last = |part: &Part| part.index + 1 == part.count;
            let decides = match entry {
                Entry::Content { part, .. } => last(part),
                Entry::Folder { .. } | Entry::Reference { .. } | Entry::Removed { .. } => true,
                Entry::Member { .. } => false,
            };
            if !decides || !self.decided.insert(entry.path().to_vec()) {
                continue;
            }
            match entry {
                Entry::Content {
                    path,
                    modified,
                    digest,
                    ..
                }
                | Entry::Reference {
                    path,
                    modified,
                    digest,
                    ..
                } => {
                    let wanting = Wanting {
                        path: path.clone(),
                        modified: *modified,
                    };
                    self.wanted.entry(*digest).or_default().push(wanting);
                }
                Entry::Folder { path } => folders.push(path.clone()),
                Entry::Removed { .. } | Entry::Member { .. } => {}
            }
        }
        folders
    }

    /// Whether any file waits for these bytes.
    pub(crate) fn wants(&self, digest: &Digest) -> bool {
        self.wanted.contains_key(digest)
    }

    /// The files that these bytes complete; they wait no more.
    pub(crate) fn complete(&mut self, digest: &Digest) -> Vec<Wanting> {
        self.wanted.remove(digest).unwrap_or_default()
    }

    /// How many files still wait: after a subject's last bundle their bytes are missing.
    pub(crate) fn waiting(&self) -> u64 {
        self.wanted.values().map(|files| files.len() as u64).sum()
    }
}

/// Writes the journal anew from what the sites hold of the store, `finished` being its last
/// finished generation; gives the bundles that are lost, if so wished.
///
/// Bundles of a later generation were left by a run that did not finish. What they hold is known
/// now and will not be sent again, so the next run's record must list them: they are noted as
/// pending. Members are not noted, since the pages that list them may be leftovers too: the next
/// run lists them anew.
pub(crate) async fn rebuild_journal(
    gateway: &GatewayClient,
    label: &str,
    journal: &Journal,
    vault: &str,
    finished: u64,
    losses: bool,
) -> Result<Vec<BundleId>, BackupError> {
    let request = RestoreRequest {
        store: label.to_owned(),
        generation: None,
        patient: None,
        losses,
    };
    let mut stream = gateway.restore(&request).await?;
    let mut attempt = 0;
    let mut subject = SubjectFold::default();
    let mut groups: Vec<GroupDone> = Vec::new();
    let mut pending: Vec<BundleId> = Vec::new();
    let mut lost = Vec::new();
    while let Some(item) = stream.next().await? {
        match item {
            Restored::Bundle(bytes) => {
                let bundle = Bundle::open(&bytes).map_err(|_| GatewayError::Malformed)?;
                attempt = attempt.max(Sequence::attempt(bundle.header.sequence));
                if bundle.header.generation.0 > finished {
                    pending.push(bundle.header.id);
                }
                subject.take(&bundle);
            }
            Restored::SubjectEnd => groups.extend(std::mem::take(&mut subject).into_groups()),
            Restored::Progress(_) => {}
            Restored::Lost(ids) => lost.extend(ids),
        }
    }
    // A run's record is later than all its bundles, so one attempt more is always new.
    journal.clear(vault, attempt.saturating_add(1))?;
    // What is pending belongs to the generation after this one.
    journal.finish(finished)?;
    journal.acknowledge(&groups, &[], &pending)?;
    Ok(lost)
}

/// A subject's known paths, from its bundles without writing any bytes.
#[derive(Default)]
struct SubjectFold {
    fold: Fold,
    parts: HashMap<Digest, BTreeSet<u32>>,
    known: BTreeMap<Vec<u8>, Known>,
}

impl SubjectFold {
    fn take(&mut self, bundle: &Bundle) {
        for path in self.fold.take(bundle) {
            self.known.insert(path, Known::Folder);
        }
        for (entry, _) in bundle.entries() {
            let Entry::Content {
                size, digest, part, ..
            } = entry
            else {
                continue;
            };
            let parts = self.parts.entry(*digest).or_default();
            parts.insert(part.index);
            if parts.len() as u64 == u64::from(part.count) {
                for Wanting { path, modified } in self.fold.complete(digest) {
                    let known = Known::File {
                        size: *size,
                        modified,
                        digest: *digest,
                        mark: None,
                        defects: Vec::new(),
                    };
                    self.known.insert(path, known);
                }
            }
        }
    }

    fn into_groups(self) -> Vec<GroupDone> {
        let mut groups: BTreeMap<Vec<u8>, KnownGroup> = BTreeMap::new();
        for (path, known) in self.known {
            groups
                .entry(group_root(&path).to_vec())
                .or_default()
                .insert(path, known);
        }
        groups
            .into_iter()
            .map(|(root, known)| GroupDone { root, known })
            .collect()
    }
}
