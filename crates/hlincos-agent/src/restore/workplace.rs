//! The work folder of a restore: unfinished files, and the mark that tells what is being restored.
//!
//! It lies inside the target, since only there a finished file can be renamed to its place, under
//! a random name, so that no file of the store has it. While it is there the restore is not
//! complete, and the same request goes on in the folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hlincos_proto::gateway::{PatientRequest, RestoreRequest};
use serde::{Deserialize, Serialize};

use super::RestoreError;

const PREFIX: &str = ".hlincos-restore-";
const MARK: &str = "request.json";
const UNNAMED: &str = "new";
const MARK_BYTES_MAX: u64 = 64 << 10;

/// What is being restored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    vault: String,
    store: String,
    generation: Option<u64>,
    facility: Option<String>,
    patient: Option<String>,
}

impl Wanted {
    pub(super) fn new(vault: &str, request: &RestoreRequest) -> Self {
        let patient = request.patient.as_ref();
        Self {
            vault: vault.to_owned(),
            store: request.store.clone(),
            generation: request.generation,
            facility: patient.and_then(|patient| patient.facility.clone()),
            patient: patient.map(|PatientRequest { patient, .. }| patient.clone()),
        }
    }

    /// In words, without naming a patient: errors are read by many.
    fn words(&self) -> String {
        let what = if self.patient.is_some() {
            "one patient of store"
        } else {
            "store"
        };
        let when = match self.generation {
            Some(generation) => format!("as of generation {generation}"),
            None => "in its newest state".into(),
        };
        format!("{what} {} {when} (vault {})", self.store, self.vault)
    }
}

/// The file in the work folder.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    /// Of the work folder itself. A copy of one, out of a store that was backed up with an
    /// unfinished restore inside, has another: it is a file like any other.
    inode: u64,
    wanted: Wanted,
}

/// A target before anything is written to it.
pub(super) enum Target {
    /// New or empty, but for work folders whose maker was killed before it marked them.
    Free { unmarked: Vec<PathBuf> },
    /// Left by a stopped restore.
    Unfinished { work: PathBuf, wanted: Wanted },
}

/// An open work folder.
pub(super) struct Workplace {
    folder: PathBuf,
    next: u64,
}

/// Looks at a target without changing it.
pub(super) fn look(target: &Path) -> Result<Target, RestoreError> {
    let disk = |error| RestoreError::Disk(target.to_owned(), error);
    let free = |unmarked| Ok(Target::Free { unmarked });
    let entries = match fs::read_dir(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return free(Vec::new()),
        other => other.map_err(disk)?,
    };
    let mut unmarked = Vec::new();
    let mut foreign = false;
    for entry in entries {
        let entry = entry.map_err(disk)?;
        let path = entry.path();
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            foreign = true;
        } else if let Some(wanted) = read_mark(&path) {
            return Ok(Target::Unfinished { work: path, wanted });
        } else if is_unmarked(&path) {
            unmarked.push(path);
        } else {
            foreign = true;
        }
    }
    if foreign {
        Err(RestoreError::NotEmpty(target.to_owned()))
    } else {
        free(unmarked)
    }
}

/// Whether a folder holds at most a mark that has not got its name yet.
fn is_unmarked(work: &Path) -> bool {
    fs::read_dir(work).is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == UNNAMED))
    })
}

fn read_mark(work: &Path) -> Option<Wanted> {
    let inode = fs::symlink_metadata(work).ok()?.ino();
    let path = work.join(MARK);
    if fs::symlink_metadata(&path).ok()?.len() > MARK_BYTES_MAX {
        return None;
    }
    let mark: Mark = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (mark.inode == inode).then_some(mark.wanted)
}

impl Workplace {
    /// Makes the work folder, or takes over the one of a stopped restore of the same request.
    pub(super) fn open(
        target: &Path,
        found: Target,
        wanted: &Wanted,
    ) -> Result<Self, RestoreError> {
        let folder = match found {
            Target::Free { unmarked } => {
                for folder in unmarked {
                    fs::remove_dir_all(&folder)
                        .map_err(|error| RestoreError::Disk(folder, error))?;
                }
                Self::make(target, wanted)?
            }
            Target::Unfinished { work, wanted: was } if was == *wanted => work,
            Target::Unfinished { wanted: was, .. } => {
                return Err(RestoreError::AnotherRequest {
                    target: target.to_owned(),
                    was: was.words(),
                });
            }
        };
        let workplace = Self { folder, next: 0 };
        workplace.clear()?;
        Ok(workplace)
    }

    fn make(target: &Path, wanted: &Wanted) -> Result<PathBuf, RestoreError> {
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).map_err(|error| {
            RestoreError::Disk(target.to_owned(), io::Error::other(error.to_string()))
        })?;
        let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = target.join(format!("{PREFIX}{name}"));
        let write = || {
            fs::create_dir_all(&folder)?;
            let mark = Mark {
                inode: fs::symlink_metadata(&folder)?.ino(),
                wanted: wanted.clone(),
            };
            // Whole or not there: a folder with half a mark would be taken for a foreign one.
            let unnamed = folder.join(UNNAMED);
            let mut file = File::create(&unnamed)?;
            file.write_all(&serde_json::to_vec(&mark)?)?;
            file.sync_all()?;
            fs::rename(unnamed, folder.join(MARK))
        };
        write().map_err(|error| RestoreError::Disk(folder.clone(), error))?;
        Ok(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name for an unfinished file.
    pub(super) fn file(&mut self) -> PathBuf {
        self.next += 1;
        self.folder.join(self.next.to_string())
    }

    /// Removes unfinished files; the mark stays.
    pub(super) fn clear(&self) -> Result<(), RestoreError> {
        let disk = |error| RestoreError::Disk(self.folder.clone(), error);
        for entry in fs::read_dir(&self.folder).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            if entry.file_name() != MARK {
                fs::remove_file(entry.path()).map_err(disk)?;
            }
        }
        Ok(())
    }

    /// Takes the mark of an unfinished restore away.
    pub(super) fn remove(self) -> Result<(), RestoreError> {
        fs::remove_dir_all(&self.folder).map_err(|error| RestoreError::Disk(self.folder, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(generation: Option<u64>) -> Wanted {
        Wanted {
            vault: "v".into(),
            store: "kochi".into(),
            generation,
            facility: None,
            patient: None,
        }
    }

    fn open(target: &Path, generation: Option<u64>) -> Result<Workplace, RestoreError> {
        Workplace::open(target, look(target)?, &wanted(generation))
    }

    #[test]
    fn a_stopped_restore_is_gone_on_with_by_the_same_request_alone() {
        let folder = tempfile::tempdir().unwrap();
        let mut work = open(folder.path(), Some(1)).unwrap();
        fs::write(work.file(), "half").unwrap();
        let again = open(folder.path(), Some(1)).unwrap();
        assert_eq!(again.folder(), work.folder());
        assert_eq!(
            fs::read_dir(again.folder()).unwrap().count(),
            1,
            "only the mark is left"
        );
        for other in [Some(2), None] {
            let error = open(folder.path(), other).err().unwrap().to_string();
            assert!(error.contains("as of generation 1"), "{error}");
        }
        again.remove().unwrap();
        assert!(matches!(look(folder.path()), Ok(Target::Free { .. })));
    }

    #[test]
    fn a_folder_whose_restore_was_killed_before_it_began_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let killed = folder.path().join(format!("{PREFIX}0"));
        fs::create_dir(&killed).unwrap();
        fs::write(killed.join(UNNAMED), "{").unwrap();
        open(folder.path(), None).unwrap().remove().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_copy_of_a_work_folder_marks_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (real, copy) = (folder.path().join("real"), folder.path().join("copy"));
        let work = open(&real, None).unwrap();
        let inside = copy.join(work.folder().file_name().unwrap());
        fs::create_dir_all(&inside).unwrap();
        fs::copy(work.folder().join(MARK), inside.join(MARK)).unwrap();
        assert!(matches!(look(&copy), Err(RestoreError::NotEmpty(_))));
    }
}
