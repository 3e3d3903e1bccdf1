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
use sweep::{Written, make_way_for_file, make_way_for_folder};
use workplace::{Target, Wanted, Workplace, look};

mod sweep;
mod workplace;

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
    /// Files of a stopped restore that the store no longer has; they were removed.
    pub stale_files: u64,
    /// The folder that marks the target as unfinished; `None` when all is there.
    pub unfinished: Option<PathBuf>,
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
    /// The target holds an unfinished restore of something else.
    #[error(
        "{target} holds an unfinished restore of {was}; finish it with the command that began it, or name a new folder"
    )]
    AnotherRequest {
        /// The folder.
        target: PathBuf,
        /// What was being restored, in words.
        was: String,
    },
    /// Something could not be restored while sites do not answer: what they hold is not lost.
    #[error(
        "{files} files are restored, but {bundles} bundles need sites that do not answer ({sites}); start them, then run the same command: it goes on in the same folder"
    )]
    SitesSilent {
        /// Files that are in place.
        files: u64,
        /// Bundles that too few sites could give.
        bundles: u64,
        /// Sites that did not answer, and why.
        sites: String,
    },
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

/// Restores into `target`, a folder that is new, empty, or left by a stopped restore of the same.
///
/// A folder that a stopped restore left belongs to it: when all is there, whatever else lies in it
/// is removed.
///
/// # Errors
/// [`RestoreError`]. With fewer than k sites nothing is written at all.
pub async fn restore(
    gateway: &GatewayClient,
    request: &RestoreRequest,
    target: &Path,
    mut progress: impl FnMut(&Progress, &RestoreReport),
) -> Result<RestoreReport, RestoreError> {
    let found = look(target)?;
    // Both wait for silent sites; together they do so once.
    let (stream, status) = tokio::join!(gateway.restore(request), gateway.status());
    let (mut stream, status) = (stream?, status?);
    let mut writer = Writer::new(target, found, &Wanted::new(&status.vault, request))?;
    while let Some(item) = stream.next().await? {
        match item {
            Restored::Bundle(bytes) => {
                let bundle = Bundle::open(&bytes).map_err(|_| RestoreError::Contradiction)?;
                // Writing blocks; the runtime's other threads go on receiving.
                tokio::task::block_in_place(|| writer.bundle(&bundle))?;
            }
            Restored::SubjectEnd => writer.subject_end(),
            Restored::Progress(done) => progress(&done, &writer.report),
            Restored::Lost(_) => {}
        }
    }
    writer.report.summary = stream.into_summary().ok_or(GatewayError::Malformed)?;
    // One patient's files are fetched again in a moment; a whole store must survive a power cut.
    let durable = request.patient.is_none();
    let report = tokio::task::block_in_place(|| writer.finish(durable))?;
    refuse_silence(&report)?;
    Ok(report)
}

/// What sites hold that do not answer is not lost: the restore is not done, and goes on with them.
fn refuse_silence(report: &RestoreReport) -> Result<(), RestoreError> {
    let silent = &report.summary.silent;
    if report.summary.lost == 0 || silent.is_empty() {
        return Ok(());
    }
    let sites: Vec<String> = silent
        .iter()
        .map(|silent| format!("{}: {}", silent.site, silent.word))
        .collect();
    Err(RestoreError::SitesSilent {
        files: report.files,
        bundles: report.summary.lost,
        sites: sites.join("; "),
    })
}

/// Writes one subject after the other.
struct Writer {
    target: PathBuf,
    work: Workplace,
    fold: Fold,
    parted: HashMap<Digest, Parted>,
    folders: HashSet<PathBuf>,
    /// What this pass wrote; kept only where a stopped one wrote before.
    written: Option<Written>,
    report: RestoreReport,
}

/// A record of which not all parts are there yet.
struct Parted {
    path: PathBuf,
    file: File,
    have: BTreeSet<u32>,
}

impl Writer {
    fn new(target: &Path, found: Target, wanted: &Wanted) -> Result<Self, RestoreError> {
        let resumed = matches!(found, Target::Unfinished { .. });
        Ok(Self {
            target: target.to_owned(),
            work: Workplace::open(target, found, wanted)?,
            fold: Fold::default(),
            parted: HashMap::new(),
            folders: HashSet::new(),
            written: resumed.then(Written::default),
            report: RestoreReport::default(),
        })
    }

    fn bundle(&mut self, bundle: &Bundle) -> Result<(), RestoreError> {
        for path in self.fold.take(bundle) {
            let name = below(&self.target, &path);
            self.claim(&name, make_way_for_folder)?;
            self.make_folder(&name)?;
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
                    let path = self.work.file();
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
            let path = self.work.file();
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
            let path = self.work.file();
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
        self.claim(&name, make_way_for_file)?;
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

    /// Notes that this pass gives a path, and makes way for it, where a stopped one wrote before.
    fn claim(
        &mut self,
        name: &Path,
        make_way: fn(&Path, &Path) -> io::Result<()>,
    ) -> Result<(), RestoreError> {
        if let Some(written) = &mut self.written {
            written.add(name);
            make_way(&self.target, name)
                .map_err(|error| RestoreError::Disk(name.to_owned(), error))?;
        }
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

    /// Takes the mark of an unfinished restore away when all is there, first waiting for the disk
    /// if so wished.
    fn finish(mut self, durable: bool) -> Result<RestoreReport, RestoreError> {
        self.subject_end();
        self.work.clear()?;
        let mut report = self.report;
        if report.is_complete()
            && let Some(written) = &self.written
        {
            report.stale_files = written.sweep(&self.target, self.work.folder())?;
        }
        let disk = |error| RestoreError::Disk(self.target.clone(), error);
        let folder = File::open(&self.target).map_err(disk)?;
        if durable {
            rustix::fs::syncfs(&folder).map_err(|error| disk(error.into()))?;
        }
        if report.is_complete() {
            self.work.remove()?;
        } else {
            report.unfinished = Some(self.work.folder().to_owned());
        }
        Ok(report)
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
