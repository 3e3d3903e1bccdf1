//! Where files go: a folder on disk, or a tally that only counts.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::profile::{GenerateError, Generated};

/// Takes folders and files; paths are relative to the store and use `/`. Called from several
/// threads, each with patients of its own.
pub(crate) trait Tree: Sync {
    /// Makes a folder that several patients share; says whether this call made it.
    fn shared_folder(&self, path: &str) -> Result<bool, GenerateError>;
    /// Makes a folder that one patient has to itself, below one made before.
    fn folder(&self, path: &str) -> Result<(), GenerateError>;
    /// Writes a new file into a folder made before.
    fn file(&self, path: &str, bytes: &[u8]) -> Result<(), GenerateError>;
}

/// A folder on disk. Nothing is synced: a store that a power cut spoils is generated again.
pub(crate) struct Disk {
    pub(crate) root: PathBuf,
}

impl Disk {
    fn error(&self, path: &str, source: io::Error) -> GenerateError {
        GenerateError::Write {
            path: self.root.join(path),
            source,
        }
    }
}

impl Tree for Disk {
    fn shared_folder(&self, path: &str) -> Result<bool, GenerateError> {
        match std::fs::create_dir(self.root.join(path)) {
            Ok(()) => Ok(true),
            Err(source) if source.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(source) => Err(self.error(path, source)),
        }
    }

    fn folder(&self, path: &str) -> Result<(), GenerateError> {
        std::fs::create_dir(self.root.join(path)).map_err(|source| self.error(path, source))
    }

    fn file(&self, path: &str, bytes: &[u8]) -> Result<(), GenerateError> {
        File::create_new(self.root.join(path))
            .and_then(|mut file| file.write_all(bytes))
            .map_err(|source| self.error(path, source))
    }
}

/// Counts only.
#[derive(Default)]
pub(crate) struct Tally {
    shared: Mutex<HashSet<String>>,
}

impl Tree for Tally {
    fn shared_folder(&self, path: &str) -> Result<bool, GenerateError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(shared.insert(path.to_owned()))
    }

    fn folder(&self, _path: &str) -> Result<(), GenerateError> {
        Ok(())
    }

    fn file(&self, _path: &str, _bytes: &[u8]) -> Result<(), GenerateError> {
        Ok(())
    }
}

/// The folder of one patient, with what has been put there.
pub(crate) struct PatientFolder<'a> {
    tree: &'a dyn Tree,
    base: String,
    made: HashSet<String>,
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
            made_so_far.folders += u64::from(tree.shared_folder(level)?);
        }
        let base = format!("{}/{id}", levels[2]);
        tree.folder(&base)?;
        made_so_far.folders += 1;
        Ok(Self {
            tree,
            base,
            made: HashSet::new(),
            made_so_far,
        })
    }

    /// Makes a folder and those above it, if they are not there.
    pub(crate) fn folder(&mut self, folder: &str) -> Result<(), GenerateError> {
        if self.made.contains(folder) {
            return Ok(());
        }
        if let Some((above, _)) = folder.rsplit_once('/') {
            self.folder(above)?;
        }
        self.tree.folder(&format!("{}/{folder}", self.base))?;
        self.made.insert(folder.to_owned());
        self.made_so_far.folders += 1;
        Ok(())
    }

    /// Writes a file into a folder, which is made if need be.
    pub(crate) fn file(
        &mut self,
        folder: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), GenerateError> {
        self.folder(folder)?;
        self.tree
            .file(&format!("{}/{folder}/{name}", self.base), bytes)?;
        self.made_so_far.files += 1;
        self.made_so_far.bytes += bytes.len() as u64;
        Ok(())
    }
}
