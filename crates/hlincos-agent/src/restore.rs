//! Files from verified bundles: each is complete and checked before it gets its name.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File, FileTimes};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hlincos_proto::gateway::{
    GatewayClient, GatewayError, Progress, RestoreRequest, RestoreSummary, Restored,
};
use hlincos_record::bundle::{Bundle, Digest, Entry, Modified, Part};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::fold::{Fold, Wanting};
use crate::scan::below;

/// Unfinished files lie here; while the folder is there, the restore is not complete.
const WORK: &str = ".hlincos-restore";

/// What a restore did.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RestoreReport {
    /// Files written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Empty folders made.
    pub empty_folders: u64,
    /// Files whose bytes could not be had.
    pub missing_files: u64,
    /// What the gateway says of sites and bundles.
    pub summary: RestoreSummary,
}

impl RestoreReport {
    /// Whether everything that was ever acknowledged is there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.missing_files == 0 && self.summary.lost == 0 && self.summary.uncertain == 0
    }
}

/// Why a restore stopped. What it wrote is right, but not all; the same command goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The target has files of its own.
    #[error("{0} is not empty; name a new folder to restore into")]
    NotEmpty(PathBuf),
    /// The gateway or the sites.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A bundle is none, or a file does not match its digest.
    #[error("what the gateway sent contradicts itself; nothing of it was written")]
    Contradiction,
    /// The target's disk.
    #[error("{0} cannot be written: {1}; make room or mend permissions, then run the same command")]
    Disk(PathBuf, io::Error),
}

/// Restores into `target`, a folder that is new, empty, or left by a stopped restore.
///
/// # Errors
/// [`RestoreError`]. With fewer than k sites nothing is written at all.
pub async fn restore(
    gateway: &GatewayClient,
    request: &RestoreRequest,
    target: &Path,
    mut progress: impl FnMut(&Progress, &RestoreReport),
) -> Result<RestoreReport, RestoreError> {
    refuse_foreign(target)?;
    let mut stream = gateway.restore(request).await?;
    let mut writer = Writer::new(target)?;
    while let Some(item) = stream.next().await? {
        match item {
            Restored::Bundle(bytes) => {
                let bundle = Bundle::open(&bytes).map_err(|_| RestoreError::Contradiction)?;
                // Writing blocks; the runtime's other threads go on receiving.
                tokio::task::block_in_place(|| writer.bundle(&bundle))?;
            }
            Restored::SubjectEnd => writer.subject_end(),
            Restored::Progress(done) => progress(&done, &writer.report),
        }
    }
    // One patient's files are fetched again in a moment; a whole store must survive a power cut.
    let durable = request.patient.is_none();
    let mut report = tokio::task::block_in_place(|| writer.finish(durable))?;
    report.summary = stream.into_summary().ok_or(GatewayError::Malformed)?;
    Ok(report)
}

fn refuse_foreign(target: &Path) -> Result<(), RestoreError> {
    match fs::read_dir(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RestoreError::Disk(target.to_owned(), error)),
        Ok(mut entries) => {
            let free = entries.next().is_none() || target.join(WORK).is_dir();
            if free {
                Ok(())
            } else {
                Err(RestoreError::NotEmpty(target.to_owned()))
            }
        }
    }
}

/// Writes one subject after the other.
struct Writer {
    target: PathBuf,
    work: PathBuf,
    fold: Fold,
    parted: HashMap<Digest, Parted>,
    folders: HashSet<PathBuf>,
    next: u64,
    report: RestoreReport,
}

/// A record of which not all parts are there yet.
struct Parted {
    path: PathBuf,
    file: File,
    have: BTreeSet<u32>,
}

impl Writer {
    fn new(target: &Path) -> Result<Self, RestoreError> {
        let work = target.join(WORK);
        let disk = |error| RestoreError::Disk(work.clone(), error);
        if work.is_dir() {
            fs::remove_dir_all(&work).map_err(disk)?;
        }
        fs::create_dir_all(&work).map_err(disk)?;
        Ok(Self {
            target: target.to_owned(),
            work,
            fold: Fold::default(),
            parted: HashMap::new(),
            folders: HashSet::new(),
            next: 0,
            report: RestoreReport::default(),
        })
    }

    fn bundle(&mut self, bundle: &Bundle) -> Result<(), RestoreError> {
        for path in self.fold.take(bundle) {
            self.make_folder(&below(&self.target, &path))?;
            self.report.empty_folders += 1;
        }
        for (entry, bytes) in bundle.entries() {
            let Entry::Content {
                size, digest, part, ..
            } = entry
            else {
                continue;
            };
            if !self.fold.wants(digest) {
                continue;
            }
            if part.count == 1 {
                if Digest::from(Sha256::digest(bytes)) != *digest {
                    return Err(RestoreError::Contradiction);
                }
                for wanting in self.fold.complete(digest) {
                    let path = self.work_file();
                    let file = File::create(&path)
                        .and_then(|mut file| file.write_all(bytes).map(|()| file))
                        .map_err(|error| RestoreError::Disk(path.clone(), error))?;
                    self.put_in_place(&path, &file, &wanting, *size)?;
                }
            } else {
                self.part(*digest, *size, *part, bytes)?;
            }
        }
        Ok(())
    }

    fn part(
        &mut self,
        digest: Digest,
        size: u64,
        part: Part,
        bytes: &[u8],
    ) -> Result<(), RestoreError> {
        if !self.parted.contains_key(&digest) {
            let path = self.work_file();
            let file = File::options()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path);
            let file = file.map_err(|error| RestoreError::Disk(path.clone(), error))?;
            self.parted.insert(
                digest,
                Parted {
                    path,
                    file,
                    have: BTreeSet::new(),
                },
            );
        }
        let parted = self.parted.get_mut(&digest).expect("inserted above");
        let disk = |error| RestoreError::Disk(parted.path.clone(), error);
        parted
            .file
            .seek(SeekFrom::Start(part.offset()))
            .map_err(disk)?;
        parted.file.write_all(bytes).map_err(disk)?;
        parted.have.insert(part.index);
        if parted.have.len() as u64 != u64::from(part.count) {
            return Ok(());
        }
        let mut parted = self.parted.remove(&digest).expect("found above");
        let found = digest_of(&mut parted.file);
        if found.map_err(|error| RestoreError::Disk(parted.path.clone(), error))? != digest {
            return Err(RestoreError::Contradiction);
        }
        for wanting in self.fold.complete(&digest) {
            let path = self.work_file();
            let file = fs::copy(&parted.path, &path)
                .and_then(|_| File::options().write(true).open(&path))
                .map_err(|error| RestoreError::Disk(path.clone(), error))?;
            self.put_in_place(&path, &file, &wanting, size)?;
        }
        fs::remove_file(&parted.path).map_err(|error| RestoreError::Disk(parted.path, error))
    }

    /// Gives a complete file its time and its name.
    fn put_in_place(
        &mut self,
        path: &Path,
        file: &File,
        wanting: &Wanting,
        size: u64,
    ) -> Result<(), RestoreError> {
        let name = below(&self.target, &wanting.path);
        if let Some(parent) = name.parent() {
            self.make_folder(parent)?;
        }
        let disk = |error| RestoreError::Disk(name.clone(), error);
        file.set_times(FileTimes::new().set_modified(time_of(wanting.modified)))
            .map_err(disk)?;
        fs::rename(path, &name).map_err(disk)?;
        self.report.files += 1;
        self.report.bytes += size;
        Ok(())
    }

    fn make_folder(&mut self, folder: &Path) -> Result<(), RestoreError> {
        if self.folders.contains(folder) {
            return Ok(());
        }
        fs::create_dir_all(folder).map_err(|error| RestoreError::Disk(folder.to_owned(), error))?;
        self.folders.insert(folder.to_owned());
        Ok(())
    }

    fn subject_end(&mut self) {
        let fold = std::mem::take(&mut self.fold);
        self.report.missing_files += fold.waiting();
        self.parted.clear();
        self.folders.clear();
    }

    fn work_file(&mut self) -> PathBuf {
        self.next += 1;
        self.work.join(self.next.to_string())
    }

    /// Takes the mark of an unfinished restore away, first waiting for the disk if so wished.
    fn finish(mut self, durable: bool) -> Result<RestoreReport, RestoreError> {
        self.subject_end();
        let disk = |error| RestoreError::Disk(self.target.clone(), error);
        let folder = File::open(&self.target).map_err(disk)?;
        if durable {
            rustix::fs::syncfs(&folder).map_err(|error| disk(error.into()))?;
        }
        fs::remove_dir_all(&self.work).map_err(disk)?;
        Ok(self.report)
    }
}

fn digest_of(file: &mut File) -> io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let len = file.read(&mut buffer)?;
        if len == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..len]);
    }
}

fn time_of(modified: Modified) -> SystemTime {
    let nanos = Duration::from_nanos(u64::from(modified.nanos));
    let seconds = Duration::from_secs(modified.seconds.unsigned_abs());
    let base = if modified.seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(seconds)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(seconds)
    };
    base.and_then(|base| base.checked_add(nanos))
        .unwrap_or(SystemTime::UNIX_EPOCH)
}
