//! After a restore that went on: what the stopped one had written and the store no longer has.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::RestoreError;

/// Paths that this pass wrote, as half a digest each: a store may have millions.
#[derive(Default)]
pub(super) struct Written(HashSet<[u8; 16]>);

impl Written {
    pub(super) fn add(&mut self, path: &Path) {
        self.0.insert(key(path));
    }

    /// Removes everything else below `target` but `work`; tells how many files that were.
    pub(super) fn sweep(&self, target: &Path, work: &Path) -> Result<u64, RestoreError> {
        let mut removed = 0;
        self.sweep_folder(target, work, &mut removed)?;
        Ok(removed)
    }

    fn sweep_folder(
        &self,
        folder: &Path,
        work: &Path,
        removed: &mut u64,
    ) -> Result<(), RestoreError> {
        let at = |path: &Path, error| RestoreError::Disk(path.to_owned(), error);
        for entry in fs::read_dir(folder).map_err(|error| at(folder, error))? {
            let entry = entry.map_err(|error| at(folder, error))?;
            let path = entry.path();
            if path == work {
                continue;
            }
            let kind = entry.file_type().map_err(|error| at(&path, error))?;
            if kind.is_dir() {
                self.sweep_folder(&path, work, removed)?;
                if !self.0.contains(&key(&path)) {
                    remove_if_empty(&path).map_err(|error| at(&path, error))?;
                }
            } else if !self.0.contains(&key(&path)) {
                fs::remove_file(&path).map_err(|error| at(&path, error))?;
                *removed += 1;
            }
        }
        Ok(())
    }
}

/// Removes files that stand where a folder below `target` must be, itself or one above it.
pub(super) fn make_way_for_folder(target: &Path, folder: &Path) -> io::Result<()> {
    let above = folder.ancestors().take_while(|path| *path != target);
    for path in above {
        match fs::symlink_metadata(path) {
            Ok(meta) if !meta.is_dir() => fs::remove_file(path)?,
            _ => {}
        }
    }
    Ok(())
}

/// Removes what stands where a file below `target` must be.
pub(super) fn make_way_for_file(target: &Path, name: &Path) -> io::Result<()> {
    if let Some(parent) = name.parent() {
        make_way_for_folder(target, parent)?;
    }
    match fs::symlink_metadata(name) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(name),
        _ => Ok(()),
    }
}

fn remove_if_empty(folder: &PathBuf) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => other,
    }
}

fn key(path: &Path) -> [u8; 16] {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    *digest.first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_pass_did_not_write_goes_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["a/new", "a/old", "b/c/old", "work/mark"] {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), "x").unwrap();
        }
        fs::create_dir_all(at("empty")).unwrap();
        let mut written = Written::default();
        for path in ["a/new", "empty"] {
            written.add(&at(path));
        }
        assert_eq!(written.sweep(folder.path(), &at("work")).unwrap(), 2);
        for (path, there) in [
            ("a/new", true),
            ("a/old", false),
            ("b", false),
            ("empty", true),
            ("work/mark", true),
        ] {
            assert_eq!(at(path).exists(), there, "{path}");
        }
    }

    #[test]
    fn a_file_gives_way_to_a_folder_and_a_folder_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::write(at("file"), "x").unwrap();
        fs::create_dir_all(at("folder/deep")).unwrap();
        make_way_for_folder(folder.path(), &at("file/below")).unwrap();
        make_way_for_file(folder.path(), &at("folder")).unwrap();
        assert!(!at("file").exists() && !at("folder").exists());
    }
}
