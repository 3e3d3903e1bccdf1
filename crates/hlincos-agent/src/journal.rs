//! The journal: what was acknowledged, so that a run reads and sends only what changed.
//!
//! It is a cache inside the hospital: its loss costs a reading of the sites, never data. It holds
//! paths, so it is as confidential as the store, and its file is readable by its owner only.

use std::collections::BTreeMap;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use hlincos_record::bundle::{Digest, Modified};
use hlincos_record::identifier::{BundleId, Subject};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::scan::ChangeMark;

const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const GROUPS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("groups");
const MEMBERS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("members");
const PENDING: TableDefinition<'_, [u8; 16], ()> = TableDefinition::new("pending");
/// A journal written by another release is rebuilt, not read.
const FORMAT: &[u8] = b"2";

/// A path that the sites hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Folder,
    File {
        size: u64,
        modified: Modified,
        digest: Digest,
        /// `None` after the journal was rebuilt: the file is read again.
        mark: Option<ChangeMark>,
        /// Codes of its defects.
        defects: Vec<String>,
    },
}

/// Paths of one group.
pub(crate) type KnownGroup = BTreeMap<Vec<u8>, Known>;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another process has it open.
    #[error("another backup of this store is running on this machine; wait for it to end")]
    Busy,
    /// The database or its disk fails.
    #[error(
        "the journal fails ({0}); if it is damaged, remove it: the next backup rebuilds it from the sites"
    )]
    Database(Box<redb::Error>),
    /// The file cannot be made.
    #[error("the journal cannot be opened: {0}")]
    Io(#[from] std::io::Error),
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for JournalError {
            fn from(error: $error) -> Self {
                Self::Database(Box::new(error.into()))
            }
        }
    )*};
}
from_redb!(
    redb::TransactionError,
    redb::TableError,
    redb::StorageError,
    redb::CommitError
);

/// What a group's acknowledgement changes.
pub(crate) struct GroupDone {
    pub(crate) root: Vec<u8>,
    pub(crate) known: KnownGroup,
}

/// The journal of one store.
pub(crate) struct Journal {
    database: Database,
}

impl Journal {
    /// Opens or makes the journal of a store.
    pub(crate) fn open(folder: &Path, label: &str) -> Result<Self, JournalError> {
        std::fs::create_dir_all(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        let path = folder.join(format!("{label}.journal"));
        std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)?;
        let database = match Database::create(&path) {
            Ok(database) => database,
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => return Err(JournalError::Busy),
            Err(error) => return Err(JournalError::Database(Box::new(error.into()))),
        };
        let journal = Self { database };
        let write = journal.database.begin_write()?;
        write.open_table(META)?;
        write.open_table(GROUPS)?;
        write.open_table(MEMBERS)?;
        write.open_table(PENDING)?;
        write.commit()?;
        if journal.meta("format")?.as_deref() != Some(FORMAT) {
            journal.clear("", 0)?;
        }
        Ok(journal)
    }

    fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, JournalError> {
        let read = self.database.begin_read()?;
        Ok(read
            .open_table(META)?
            .get(key)?
            .map(|value| value.value().to_vec()))
    }

    fn number(&self, key: &str) -> Result<u64, JournalError> {
        let bytes = self.meta(key)?.unwrap_or_default();
        Ok(bytes.as_slice().try_into().map_or(0, u64::from_be_bytes))
    }

    /// The vault whose acknowledgements it holds; empty when it is new.
    pub(crate) fn vault(&self) -> Result<String, JournalError> {
        Ok(String::from_utf8(self.meta("vault")?.unwrap_or_default()).unwrap_or_default())
    }

    /// The last generation that this journal saw finished.
    pub(crate) fn finished(&self) -> Result<u64, JournalError> {
        self.number("finished")
    }

    /// Forgets everything but that it belongs to `vault` now, after attempt `attempt`.
    pub(crate) fn clear(&self, vault: &str, attempt: u32) -> Result<(), JournalError> {
        let write = self.database.begin_write()?;
        write.delete_table(GROUPS)?;
        write.delete_table(MEMBERS)?;
        write.delete_table(PENDING)?;
        write.open_table(GROUPS)?;
        write.open_table(MEMBERS)?;
        write.open_table(PENDING)?;
        {
            let mut meta = write.open_table(META)?;
            meta.insert("format", FORMAT)?;
            meta.insert("vault", vault.as_bytes())?;
            meta.insert("finished", &0_u64.to_be_bytes()[..])?;
            meta.insert("attempt", &u64::from(attempt).to_be_bytes()[..])?;
        }
        write.commit()?;
        Ok(())
    }

    /// Begins the next attempt and gives its number, durably before it is used.
    ///
    /// Numbers follow the clock (seconds since 1970) and never go back: an older copy of the
    /// journal that somebody put back does not use a number twice.
    pub(crate) fn next_attempt(&self, now_unix_ms: u64) -> Result<u32, JournalError> {
        let clock = u32::try_from(now_unix_ms / 1_000).unwrap_or(u32::MAX);
        let last = u32::try_from(self.number("attempt")?).unwrap_or(u32::MAX);
        let attempt = clock.max(last.saturating_add(1));
        let write = self.database.begin_write()?;
        write
            .open_table(META)?
            .insert("attempt", &u64::from(attempt).to_be_bytes()[..])?;
        write.commit()?;
        Ok(attempt)
    }

    /// Paths of a group that the sites hold.
    pub(crate) fn group(&self, root: &[u8]) -> Result<KnownGroup, JournalError> {
        let read = self.database.begin_read()?;
        let table = read.open_table(GROUPS)?;
        let value = table.get(root)?;
        Ok(value
            .and_then(|value| decode(value.value()))
            .unwrap_or_default())
    }

    /// Roots of all groups.
    pub(crate) fn roots(&self) -> Result<Vec<Vec<u8>>, JournalError> {
        let read = self.database.begin_read()?;
        let table = read.open_table(GROUPS)?;
        let mut roots = Vec::new();
        for entry in table.iter()? {
            roots.push(entry?.0.value().to_vec());
        }
        Ok(roots)
    }

    /// Looks at every group.
    pub(crate) fn each_group(
        &self,
        mut see: impl FnMut(&[u8], &KnownGroup),
    ) -> Result<(), JournalError> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(GROUPS)?.iter()? {
            let (root, value) = entry?;
            see(root.value(), &decode(value.value()).unwrap_or_default());
        }
        Ok(())
    }

    /// Whether a directory page lists the subject.
    pub(crate) fn is_member(&self, subject: &Subject) -> Result<bool, JournalError> {
        let read = self.database.begin_read()?;
        Ok(read
            .open_table(MEMBERS)?
            .get(member_name(subject).as_slice())?
            .is_some())
    }

    /// Bundles acknowledged in the unfinished generation.
    pub(crate) fn pending(&self) -> Result<Vec<BundleId>, JournalError> {
        let read = self.database.begin_read()?;
        let mut ids = Vec::new();
        for entry in read.open_table(PENDING)?.iter()? {
            ids.push(BundleId(entry?.0.value()));
        }
        Ok(ids)
    }

    /// Notes what an acknowledged batch holds, durably.
    pub(crate) fn acknowledge(
        &self,
        groups: &[GroupDone],
        members: &[Subject],
        bundles: &[BundleId],
    ) -> Result<(), JournalError> {
        let write = self.database.begin_write()?;
        {
            let mut table = write.open_table(GROUPS)?;
            for group in groups {
                if group.known.is_empty() {
                    table.remove(group.root.as_slice())?;
                } else {
                    table.insert(group.root.as_slice(), encode(&group.known).as_slice())?;
                }
            }
            let mut table = write.open_table(MEMBERS)?;
            for subject in members {
                table.insert(member_name(subject).as_slice(), ())?;
            }
            let mut table = write.open_table(PENDING)?;
            for id in bundles {
                table.insert(id.0, ())?;
            }
        }
        write.commit()?;
        Ok(())
    }

    /// Notes that a generation is finished.
    pub(crate) fn finish(&self, generation: u64) -> Result<(), JournalError> {
        let write = self.database.begin_write()?;
        write.delete_table(PENDING)?;
        write.open_table(PENDING)?;
        write
            .open_table(META)?
            .insert("finished", &generation.to_be_bytes()[..])?;
        write.commit()?;
        Ok(())
    }
}

/// `facility NUL patient`, as directory pages list a subject.
pub(crate) fn member_name(subject: &Subject) -> Vec<u8> {
    match subject {
        Subject::Patient { facility, patient } => format!("{facility}\0{patient}").into_bytes(),
        Subject::Store { label } => label.clone().into_bytes(),
        Subject::Root => Vec::new(),
    }
}

fn encode(known: &KnownGroup) -> Vec<u8> {
    let mut out = Vec::with_capacity(known.len() * 192);
    for (path, known) in known {
        let len = u16::try_from(path.len()).expect("paths are bounded by the bundle's limit");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(path);
        let Known::File {
            size,
            modified,
            digest,
            mark,
            defects,
        } = known
        else {
            out.push(0);
            continue;
        };
        out.push(1 + 2 * u8::from(mark.is_some()) + 4 * u8::from(!defects.is_empty()));
        out.extend_from_slice(&size.to_be_bytes());
        out.extend_from_slice(&modified.seconds.to_be_bytes());
        out.extend_from_slice(&modified.nanos.to_be_bytes());
        out.extend_from_slice(digest);
        let mark = mark.unwrap_or_default();
        out.extend_from_slice(&mark.ctime_s.to_be_bytes());
        out.extend_from_slice(&mark.ctime_ns.to_be_bytes());
        out.extend_from_slice(&mark.inode.to_be_bytes());
        if !defects.is_empty() {
            let codes = defects.join(" ");
            let len = u16::try_from(codes.len()).expect("codes are short words, each once");
            out.extend_from_slice(&len.to_be_bytes());
            out.extend_from_slice(codes.as_bytes());
        }
    }
    out
}

fn decode(mut bytes: &[u8]) -> Option<KnownGroup> {
    fn array<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
        let (head, tail) = bytes.split_first_chunk::<N>()?;
        *bytes = tail;
        Some(*head)
    }
    let mut known = KnownGroup::new();
    while !bytes.is_empty() {
        let len = usize::from(u16::from_be_bytes(array(&mut bytes)?));
        let (path, rest) = bytes.split_at_checked(len)?;
        bytes = rest;
        let [flags] = array(&mut bytes)?;
        let entry = if flags == 0 {
            Known::Folder
        } else {
            let size = u64::from_be_bytes(array(&mut bytes)?);
            let seconds = i64::from_be_bytes(array(&mut bytes)?);
            let nanos = u32::from_be_bytes(array(&mut bytes)?);
            let digest = array(&mut bytes)?;
            let mark = ChangeMark {
                ctime_s: i64::from_be_bytes(array(&mut bytes)?),
                ctime_ns: i64::from_be_bytes(array(&mut bytes)?),
                inode: u64::from_be_bytes(array(&mut bytes)?),
            };
            let mut defects = Vec::new();
            if flags & 4 != 0 {
                let len = usize::from(u16::from_be_bytes(array(&mut bytes)?));
                let (codes, rest) = bytes.split_at_checked(len)?;
                bytes = rest;
                let codes = core::str::from_utf8(codes).ok()?;
                defects = codes.split(' ').map(ToOwned::to_owned).collect();
            }
            Known::File {
                size,
                modified: Modified { seconds, nanos },
                digest,
                mark: (flags & 2 != 0).then_some(mark),
                defects,
            }
        };
        known.insert(path.to_vec(), entry);
    }
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> KnownGroup {
        let file = Known::File {
            size: 5,
            modified: Modified {
                seconds: -1,
                nanos: 7,
            },
            digest: [9; 32],
            mark: Some(ChangeMark {
                ctime_s: 1,
                ctime_ns: 2,
                inode: 3,
            }),
            defects: vec!["path-name".into(), "hl7-no-message".into()],
        };
        KnownGroup::from([(b"a/b".to_vec(), file), (b"c".to_vec(), Known::Folder)])
    }

    #[test]
    fn a_journal_remembers_what_was_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let subject = Subject::patient("1", "2").unwrap();
        {
            let journal = Journal::open(folder.path(), "kochi").unwrap();
            let done = GroupDone {
                root: b"a".to_vec(),
                known: sample(),
            };
            journal
                .acknowledge(
                    &[done],
                    std::slice::from_ref(&subject),
                    &[BundleId([1; 16])],
                )
                .unwrap();
            assert!(matches!(
                Journal::open(folder.path(), "kochi"),
                Err(JournalError::Busy)
            ));
        }
        let journal = Journal::open(folder.path(), "kochi").unwrap();
        assert_eq!(journal.group(b"a").unwrap(), sample());
        assert!(journal.is_member(&subject).unwrap());
        assert_eq!(journal.pending().unwrap(), [BundleId([1; 16])]);
        journal.finish(1).unwrap();
        assert!(journal.pending().unwrap().is_empty());
        assert_eq!(journal.finished().unwrap(), 1);
    }

    #[test]
    fn every_attempt_has_a_number_of_its_own_even_when_the_clock_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path(), "kochi").unwrap();
        let at = |ms| journal.next_attempt(ms).unwrap();
        assert_eq!((at(5_000), at(5_000), at(9_000), at(1_000)), (5, 6, 9, 10));
        journal.clear("vault", 70).unwrap();
        assert_eq!(at(9_000), 71);
    }
}
