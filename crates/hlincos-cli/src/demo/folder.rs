//! The demo's folder: made, replaced when an earlier demo left it, never anybody else's.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Only a folder with this file in it is ever deleted.
const MARK: &str = ".hlincos-demo";

pub(crate) struct DemoFolder {
    path: PathBuf,
    _lock: File,
}

impl DemoFolder {
    /// Makes the folder anew.
    pub(crate) fn make(path: &Path) -> anyhow::Result<Self> {
        let mark = path.join(MARK);
        match fs::read_dir(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
            Ok(mut entries) => {
                if !mark.is_file() && entries.next().is_some() {
                    bail!(
                        "{} is not a demo's folder and will not be touched; choose another with --dir",
                        path.display()
                    );
                }
            }
        }
        fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
        let lock = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&mark)?;
        if lock.try_lock().is_err() {
            bail!(
                "another demo runs in {}; end it or choose another --dir",
                path.display()
            );
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name() == MARK {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_somebody_else_is_never_touched() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis"), "x").unwrap();
        assert!(DemoFolder::make(dir.path()).is_err());
        assert!(dir.path().join("thesis").exists());
    }

    #[test]
    fn a_second_demo_replaces_the_first_but_not_while_it_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo");
        let first = DemoFolder::make(&path).unwrap();
        fs::create_dir(path.join("store")).unwrap();
        assert!(DemoFolder::make(&path).is_err(), "the first one still runs");
        drop(first);
        DemoFolder::make(&path).unwrap();
        assert!(!path.join("store").exists());
    }
}
