//! Where the folders of patients are: in known volumes by their names, elsewhere by walking.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use hlincos_record::identifier::Subject;

use super::Doubt;
use crate::scan::{below, is_patient, subject_of};

/// Folders above a patient's own: two of its identifier.
const LEVELS: usize = 2;

/// The folders of patients by name.
pub(super) struct Folders<'k> {
    store: &'k Path,
    /// Folders that hold first levels of patients' folders: the store, and those that the journal
    /// knows.
    volumes: BTreeSet<&'k [u8]>,
    known: HashSet<&'k [u8]>,
}

impl<'k> Folders<'k> {
    pub(super) fn new(store: &'k Path, known: &'k [Vec<u8>]) -> Self {
        let mut volumes: BTreeSet<&[u8]> = known
            .iter()
            .filter_map(|root| above(root, LEVELS + 1))
            .collect();
        volumes.insert(b"");
        Self {
            store,
            volumes,
            known: known.iter().map(Vec::as_slice).collect(),
        }
    }

    /// The folders of one patient: there now, or known to the journal.
    pub(super) fn of(&self, facility: &str, patient: &str) -> Result<Vec<Vec<u8>>, Doubt> {
        let (first, rest) = patient.split_at(patient.len().min(3));
        let second = &rest[..rest.len().min(3)];
        let mut own = Vec::new();
        for volume in &self.volumes {
            let root = joined(volume, format!("{first}/{second}/{patient}").as_bytes());
            if belongs(&root, facility, patient)
                && (self.known.contains(root.as_slice()) || is_there(self.store, &root)?)
            {
                own.push(root);
            }
        }
        Ok(own)
    }
}

/// Whether a folder is this patient's.
pub(super) fn belongs(root: &[u8], facility: &str, patient: &str) -> bool {
    matches!(subject_of(root), Subject::Patient { facility: told, patient: whose }
        if whose == patient && (told.is_empty() || told == facility))
}

/// Every patient's folder that lies where the journal knows none: in a new volume, however deep,
/// or below a first level that is new in an old one.
pub(super) fn unknown_patients(store: &Path, known: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Doubt> {
    let firsts: HashSet<&[u8]> = { known.iter() }
        .filter_map(|root| above(root, LEVELS))
        .collect();
    let mut found = Vec::new();
    let mut folders = vec![Vec::new()];
    while let Some(folder) = folders.pop() {
        if is_patient(&folder) {
            found.push(folder);
        } else if !firsts.contains(folder.as_slice()) {
            list(store, &folder, &mut folders)?;
        }
    }
    Ok(found)
}

/// Puts the folders inside of a folder onto the stack.
fn list(store: &Path, folder: &[u8], stack: &mut Vec<Vec<u8>>) -> Result<(), Doubt> {
    let doubt = |_| "a folder of the store cannot be listed";
    for entry in fs::read_dir(below(store, folder)).map_err(doubt)? {
        let entry = entry.map_err(doubt)?;
        if entry.file_type().map_err(doubt)?.is_dir() {
            stack.push(joined(folder, entry.file_name().as_bytes()));
        }
    }
    Ok(())
}

fn is_there(store: &Path, root: &[u8]) -> Result<bool, Doubt> {
    match fs::symlink_metadata(below(store, root)) {
        Ok(meta) => Ok(meta.is_dir()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(_) => Err("a folder of the store cannot be looked into"),
    }
}

fn joined(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() {
        name.to_vec()
    } else {
        [folder, b"/", name].concat()
    }
}

/// The folder so many levels above; empty for the store, `None` above it.
fn above(path: &[u8], levels: usize) -> Option<&[u8]> {
    if path.is_empty() {
        return None;
    }
    let mut path = Some(path);
    for _ in 0..levels {
        let inside = path.filter(|path| !path.is_empty())?;
        let slash = inside.iter().rposition(|byte| *byte == b'/');
        path = Some(slash.map_or(&b""[..], |at| &inside[..at]));
    }
    path
}
