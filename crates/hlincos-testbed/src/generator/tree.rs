//! Where files go: a folder on disk, or a tally that only counts.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::profile::{GenerateError, Generated};

/// Takes folders and files; paths are relative to the store, use `/`, and are bytes, since defects
/// put Shift_JIS into them. Called from several
/// threads, each with patients of its own.
pub(crate) trait Tree: Sync {
    /// Makes a folder that several patients share; says whether this call made it.
    fn shared_folder(&self, path: &[u8]) -> Result<bool, GenerateError>;
    /// Makes a folder that one patient has to itself, below one made before.
    fn folder(&self, path: &[u8]) -> Result<(), GenerateError>;
    /// Writes a new file into a folder made before.
    fn file(&self, path: &[u8], bytes: &[u8]) -> Result<(), GenerateError>;
}

/// A folder on disk. Nothing is synced: a store that a power cut spoils is generated again.
pub(crate) struct Disk {
    pub(crate) root: PathBuf,
    /// Go on after a stop: folders may be there, and files of the right length are left as they are.
    pub(crate) resume: bool,
    /// Folders of several patients that this run has come by.
    pub(crate) shared: Mutex<HashSet<Vec<u8>>>,
}

impl Disk {
    fn at(&self, path: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(path))
    }

    fn error(&self, path: &[u8], source: io::Error) -> GenerateError {
        GenerateError::Write {
            path: self.at(path),
            source,
        }
    }
}

impl Tree for Disk {
    fn shared_folder(&self, path: &[u8]) -> Result<bool, GenerateError> {
        // Locked while it is made: whoever finds it in the set may write into it.
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.contains(path) {
            return Ok(false);
        }
        self.folder(path)?;
        Ok(shared.insert(path.to_vec()))
    }

    fn folder(&self, path: &[u8]) -> Result<(), GenerateError> {
        match std::fs::create_dir(self.at(path)) {
            Err(source) if self.resume && source.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made.map_err(|source| self.error(path, source)),
        }
    }

    fn file(&self, path: &[u8], bytes: &[u8]) -> Result<(), GenerateError> {
        let place = self.at(path);
        let made = if self.resume {
            // A kill leaves a file shorter than it should be, never another one of its length.
            let whole =
                std::fs::metadata(&place).is_ok_and(|found| found.len() == bytes.len() as u64);
            if whole {
                return Ok(());
            }
            File::create(&place)
        } else {
            File::create_new(&place)
        };
        made.and_then(|mut file| file.write_all(bytes))
            .map_err(|source| self.error(path, source))
    }
}

/// Counts only.
#[derive(Default)]
pub(crate) struct Tally {
    shared: Mutex<HashSet<Vec<u8>>>,
}

impl Tree for Tally {
    fn shared_folder(&self, path: &[u8]) -> Result<bool, GenerateError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(shared.insert(path.to_owned()))
    }

    fn folder(&self, _path: &[u8]) -> Result<(), GenerateError> {
        Ok(())
    }

    fn file(&self, _path: &[u8], _bytes: &[u8]) -> Result<(), GenerateError> {
        Ok(())
    }
}

/// The folder of one patient, with what has been put there.
pub(crate) struct PatientFolder<'a> {
    tree: &'a dyn Tree,
    base: String,
    made: HashSet<Vec<u8>>,
    pub(crate) made_so_far: Generated,
}

impl<'a> PatientFolder<'a> {
    /// Makes `facility/ppp/ppp/pppppppppp`.
    pub(crate) fn open(
        tree: &'a dyn Tree,
        facility: &str,
        id: &str,
    ) -> Result<Self, GenerateError> {
        let mut made_so_far = Generated {
            patients: 1,
            ..Generated::default()
        };
        let levels = [
            facility.to_owned(),
            format!("{facility}/{}", &id[..3]),
            format!("{facility}/{}/{}", &id[..3], &id[3..6]),
        ];
        for level in &levels {
            made_so_far.folders += u64::from(tree.shared_folder(level.as_bytes())?);
        }
        let base = format!("{}/{id}", levels[2]);
        tree.folder(base.as_bytes())?;
        made_so_far.folders += 1;
        Ok(Self {
            tree,
            base,
            made: HashSet::new(),
            made_so_far,
        })
    }

    /// Makes a folder and those above it, if they are not there.
    pub(crate) fn folder(&mut self, folder: &[u8]) -> Result<(), GenerateError> {
        if self.made.contains(folder) {
            return Ok(());
        }
        if let Some(end) = folder.iter().rposition(|byte| *byte == b'/') {
            self.folder(&folder[..end])?;
        }
        self.tree.folder(&self.path(folder))?;
        self.made.insert(folder.to_vec());
        self.made_so_far.folders += 1;
        Ok(())
    }

    /// Writes a file into a folder, which is made if need be; tells its path in the store.
    pub(crate) fn file(
        &mut self,
        folder: &[u8],
        name: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, GenerateError> {
        self.folder(folder)?;
        let mut path = self.path(folder);
        path.push(b'/');
        path.extend_from_slice(name.as_bytes());
        self.tree.file(&path, bytes)?;
        self.made_so_far.files += 1;
        self.made_so_far.bytes += bytes.len() as u64;
        Ok(path)
    }

    fn path(&self, below: &[u8]) -> Vec<u8> {
        let mut path = Vec::with_capacity(self.base.len() + below.len() + 80);
        path.extend_from_slice(self.base.as_bytes());
        path.push(b'/');
        path.extend_from_slice(below);
        path
    }
}
