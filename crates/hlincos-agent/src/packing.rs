//! From a group's files to bundles: reads what changed, refers to what is known, drops what is gone.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hlincos_record::bundle::{BuildError, BundleBuilder, Class, Digest, Entry, Part};
use hlincos_record::identifier::{BundleId, Generation, Sequence, Subject};
use hlincos_record::limits::{CONTENTS_BYTES_MAX, PATH_BYTES_MAX, RECORD_BYTES_MAX};
use hlincos_ssmix::defect;
use hlincos_ssmix::path::{Placed, place};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::journal::{Known, KnownGroup};
use crate::report::Counters;
use crate::scan::{FileStat, Group, Leaf, Unreadable, below};

/// A file that changes while it is read is read again so often.
const TRIES: usize = 3;

/// A finished bundle on its way to the gateway.
pub(crate) struct Packed {
    pub(crate) id: BundleId,
    pub(crate) subject: Subject,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
}

/// What became of a group.
pub(crate) struct GroupOutcome {
    pub(crate) known: KnownGroup,
    pub(crate) unreadable: Vec<Unreadable>,
    pub(crate) removed: u64,
}

/// What a run gives to each of its bundles.
pub(crate) struct RunContext<'a> {
    pub(crate) store: &'a Path,
    pub(crate) label: &'a str,
    pub(crate) generation: Generation,
    pub(crate) attempt: u32,
    pub(crate) next: &'a AtomicU64,
    pub(crate) now_unix_ms: &'a (dyn Fn() -> u64 + Sync),
    pub(crate) counters: &'a Counters,
}

/// Why packing stopped; both end the run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error("the run was stopped")]
    Stopped,
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl RunContext<'_> {
    pub(crate) fn finish(
        &self,
        builder: BundleBuilder,
        subject: Subject,
    ) -> Result<Packed, PackError> {
        let mut id = BundleId([0; 16]);
        getrandom::fill(&mut id.0).map_err(PackError::Random)?;
        let count = self.next.fetch_add(1, Ordering::SeqCst);
        let count = u32::try_from(count).expect("a run has fewer than 2^32 bundles");
        let sequence = Sequence::new(self.attempt, count);
        let bytes = builder.finish(id, self.generation, sequence, (self.now_unix_ms)())?;
        Ok(Packed { id, subject, bytes })
    }
}

/// Packs one group; bundles go to `sink` as they are finished.
pub(crate) fn pack(
    run: &RunContext<'_>,
    group: Group,
    before: KnownGroup,
    sink: &mut dyn FnMut(Packed) -> bool,
) -> Result<GroupOutcome, PackError> {
    let digests = before.iter().filter_map(|(path, known)| match known {
        Known::File { digest, .. } => Some((class_of(path), *digest)),
        Known::Folder => None,
    });
    let mut packer = Packer {
        run,
        subject: group.subject,
        held: digests.collect(),
        open: BTreeMap::new(),
        sink,
        outcome: GroupOutcome {
            known: KnownGroup::new(),
            unreadable: group.unreadable,
            removed: 0,
        },
    };
    for leaf in group.leaves {
        let known = before.get(&leaf.path);
        packer.leaf(leaf, known)?;
    }
    packer.remove_missing(&before)?;
    for class in [Class::Messages, Class::Documents] {
        packer.flush(class)?;
    }
    Ok(packer.outcome)
}

struct Packer<'a> {
    run: &'a RunContext<'a>,
    subject: Subject,
    /// Contents that the folder has or gets in this run. A reference stays within its class: a
    /// query fetches messages alone, and a bundle of another class may be the newer one.
    held: HashSet<(Class, Digest)>,
    open: BTreeMap<Class, BundleBuilder>,
    sink: &'a mut dyn FnMut(Packed) -> bool,
    outcome: GroupOutcome,
}

impl Packer<'_> {
    fn leaf(&mut self, leaf: Leaf, known: Option<&Known>) -> Result<(), PackError> {
        let counters = self.run.counters;
        if leaf.path.len() > PATH_BYTES_MAX {
            self.fail(
                leaf.path,
                format!("its path is longer than {PATH_BYTES_MAX} bytes"),
                None,
            );
            return Ok(());
        }
        let Some(stat) = leaf.file else {
            counters.folders.fetch_add(1, Ordering::Relaxed);
            if known != Some(&Known::Folder) {
                self.push(
                    class_of(&leaf.path),
                    &Entry::Folder {
                        path: leaf.path.clone(),
                    },
                    &[],
                )?;
            }
            self.outcome.known.insert(leaf.path, Known::Folder);
            return Ok(());
        };
        counters.files.fetch_add(1, Ordering::Relaxed);
        counters.bytes.fetch_add(stat.size, Ordering::Relaxed);
        if let Some(Known::File {
            size,
            modified,
            mark: Some(mark),
            ..
        }) = known
            && (*size, *modified, *mark) == (stat.size, stat.modified, stat.mark)
        {
            self.outcome
                .known
                .insert(leaf.path, known.expect("matched above").clone());
            return Ok(());
        }
        if stat.size > RECORD_BYTES_MAX {
            self.fail(leaf.path, "it is larger than 64 GiB".into(), known);
            return Ok(());
        }
        let small = stat.size <= CONTENTS_BYTES_MAX as u64;
        let done = if small {
            self.small(&leaf.path, known)
        } else {
            self.large(&leaf.path, known)
        };
        match done {
            Ok(()) => Ok(()),
            Err(FileError::Io(error)) => {
                self.fail(leaf.path, error.to_string(), known);
                Ok(())
            }
            Err(FileError::Pack(error)) => Err(error),
        }
    }

    /// A file that fits one bundle: read once, whole.
    fn small(&mut self, path: &[u8], known: Option<&Known>) -> Result<(), FileError> {
        let (bytes, stat) = read_steady(&below(self.run.store, path))?;
        self.run.counters.files_read.fetch_add(1, Ordering::Relaxed);
        let digest: Digest = Sha256::digest(bytes.as_slice()).into();
        let found = defect::inspect(path, &bytes);
        let defects = found
            .iter()
            .map(|defect| defect.code().to_owned())
            .collect();
        if !is_unchanged(known, &stat, &digest) && !self.refer(path, &stat, &digest)? {
            let FileStat { size, modified, .. } = stat;
            let len = u32::try_from(size).expect("small files are at most 4 MiB");
            let (path, part) = (path.to_vec(), Part::WHOLE);
            let class = class_of(&path);
            let entry = Entry::Content {
                path,
                size,
                modified,
                digest,
                part,
                len,
            };
            self.push(class, &entry, &bytes)?;
            self.sent(class, digest, size);
        }
        self.keep(path, &stat, digest, defects);
        Ok(())
    }

    /// A file that is dealt in parts: read twice, first for its digest, then for its bytes.
    fn large(&mut self, path: &[u8], known: Option<&Known>) -> Result<(), FileError> {
        let name = below(self.run.store, path);
        for _ in 0..TRIES {
            let mut file = File::open(&name)?;
            let stat = FileStat::of(&file.metadata()?);
            let digest = digest_of(&mut file)?;
            self.run.counters.files_read.fetch_add(1, Ordering::Relaxed);
            let new = !is_unchanged(known, &stat, &digest) && !self.refer(path, &stat, &digest)?;
            if new && !self.send_parts(path, &name, &stat, digest)? {
                continue;
            }
            let (_, found) = place(path);
            let defects = found
                .iter()
                .map(|defect| defect.code().to_owned())
                .collect();
            self.keep(path, &stat, digest, defects);
            return Ok(());
        }
        Err(FileError::Io(io::Error::other(
            "it changes while it is read; back up again",
        )))
    }

    /// Sends a large file part by part; `false` when it is not what it was a moment before.
    ///
    /// Only the last part makes the path known to a restore, and it is sent only when the whole
    /// is what its digest says: parts of a broken attempt are never put together.
    fn send_parts(
        &mut self,
        path: &[u8],
        name: &Path,
        stat: &FileStat,
        digest: Digest,
    ) -> Result<bool, FileError> {
        let mut file = File::open(name)?;
        let count = Part::count_for(stat.size);
        let mut hasher = Sha256::new();
        for index in 0..count {
            let part = Part { index, count };
            let len = part
                .len_in(stat.size)
                .expect("the parts were counted for this size");
            let mut bytes = Zeroizing::new(vec![0; len as usize]);
            match file.read_exact(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                other => other?,
            }
            hasher.update(bytes.as_slice());
            if index + 1 == count && Digest::from(hasher.clone().finalize()) != digest {
                return Ok(false);
            }
            let path = path.to_vec();
            let FileStat { size, modified, .. } = *stat;
            let class = class_of(&path);
            let entry = Entry::Content {
                path,
                size,
                modified,
                digest,
                part,
                len,
            };
            self.push(class, &entry, &bytes)?;
        }
        self.sent(class_of(path), digest, stat.size);
        Ok(true)
    }

    /// Sends a reference when the folder has the bytes already; tells whether it did.
    fn refer(&mut self, path: &[u8], stat: &FileStat, digest: &Digest) -> Result<bool, PackError> {
        let class = class_of(path);
        if !self.held.contains(&(class, *digest)) {
            return Ok(false);
        }
        let FileStat { size, modified, .. } = *stat;
        let entry = Entry::Reference {
            path: path.to_vec(),
            size,
            modified,
            digest: *digest,
        };
        self.push(class, &entry, &[])?;
        self.run.counters.referenced.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }

    /// Notes that a file's bytes are among what this run sends.
    fn sent(&mut self, class: Class, digest: Digest, size: u64) {
        self.held.insert((class, digest));
        self.run.counters.files_sent.fetch_add(1, Ordering::Relaxed);
        self.run
            .counters
            .bytes_sent
            .fetch_add(size, Ordering::Relaxed);
    }

    /// Notes a path as the sites have it, or will when this run's bundles are acknowledged.
    fn keep(&mut self, path: &[u8], stat: &FileStat, digest: Digest, defects: Vec<String>) {
        let FileStat {
            size,
            modified,
            mark,
        } = *stat;
        let known = Known::File {
            size,
            modified,
            digest,
            mark: Some(mark),
            defects,
        };
        self.outcome.known.insert(path.to_vec(), known);
    }

    /// Drops known paths that the walk no longer found, unless it could not look there.
    fn remove_missing(&mut self, before: &KnownGroup) -> Result<(), PackError> {
        for (path, known) in before {
            if self.outcome.known.contains_key(path) {
                continue;
            }
            let hidden = |unreadable: &Unreadable| is_at_or_below(path, &unreadable.path);
            if self.outcome.unreadable.iter().any(hidden) {
                self.outcome.known.insert(path.clone(), known.clone());
                continue;
            }
            self.push(class_of(path), &Entry::Removed { path: path.clone() }, &[])?;
            self.outcome.removed += 1;
        }
        Ok(())
    }

    fn push(&mut self, class: Class, entry: &Entry, bytes: &[u8]) -> Result<(), PackError> {
        for _ in 0..2 {
            if !self.open.contains_key(&class) {
                let new = BundleBuilder::new(class, self.subject.clone(), self.run.label)?;
                self.open.insert(class, new);
            }
            let builder = self.open.get_mut(&class).expect("made above");
            match builder.push(entry, bytes) {
                Err(BuildError::Full) => self.flush(class)?,
                other => return Ok(other?),
            }
        }
        Err(BuildError::Full.into())
    }

    fn flush(&mut self, class: Class) -> Result<(), PackError> {
        if let Some(builder) = self.open.remove(&class) {
            let packed = self.run.finish(builder, self.subject.clone())?;
            if !(self.sink)(packed) {
                return Err(PackError::Stopped);
            }
        }
        Ok(())
    }

    /// Notes a file that could not be read; what the sites hold of it stays.
    fn fail(&mut self, path: Vec<u8>, why: String, known: Option<&Known>) {
        if let Some(known) = known {
            self.outcome.known.insert(path.clone(), known.clone());
        }
        self.outcome.unreadable.push(Unreadable { path, why });
    }
}

/// Whether what the sites hold of a path is what was read.
fn is_unchanged(known: Option<&Known>, stat: &FileStat, digest: &Digest) -> bool {
    matches!(known, Some(Known::File { digest: d, size, modified, .. })
        if (d, *size, *modified) == (digest, stat.size, stat.modified))
}

enum FileError {
    Io(io::Error),
    Pack(PackError),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<PackError> for FileError {
    fn from(error: PackError) -> Self {
        Self::Pack(error)
    }
}

/// Messages of the standard storage are fetched for the screen; everything else is a document.
fn class_of(path: &[u8]) -> Class {
    match place(path) {
        (Placed::Standard(_), _) => Class::Messages,
        _ => Class::Documents,
    }
}

fn is_at_or_below(path: &[u8], folder: &[u8]) -> bool {
    folder.is_empty()
        || path
            .strip_prefix(folder)
            .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
}

/// Reads a small file until it is the same before and after.
fn read_steady(path: &Path) -> io::Result<(Zeroizing<Vec<u8>>, FileStat)> {
    for _ in 0..TRIES {
        let mut file = File::open(path)?;
        let before = FileStat::of(&file.metadata()?);
        let room = usize::try_from(before.size)
            .unwrap_or(0)
            .min(CONTENTS_BYTES_MAX)
            + 1;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        (&mut file)
            .take(CONTENTS_BYTES_MAX as u64 + 1)
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 == before.size && FileStat::of(&file.metadata()?) == before {
            return Ok((bytes, before));
        }
    }
    Err(io::Error::other(
        "it changes while it is read; back up again",
    ))
}

fn digest_of(file: &mut File) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = Zeroizing::new(vec![0; 1 << 20]);
    loop {
        let len = file.read(&mut buffer)?;
        if len == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..len]);
    }
}
