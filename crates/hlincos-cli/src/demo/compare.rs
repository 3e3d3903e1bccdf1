//! Comparing two trees: names, bytes, empty folders.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What a comparison found.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    files: u64,
    bytes: u64,
    empty_folders: u64,
    differences: u64,
    first: Option<PathBuf>,
}

impl Comparison {
    pub(crate) const fn is_identical(&self) -> bool {
        self.differences == 0
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.first {
            None => write!(
                f,
                "{} files, {} bytes, {} empty folders",
                self.files, self.bytes, self.empty_folders
            ),
            Some(first) => {
                write!(
                    f,
                    "{} differences, the first at {}",
                    self.differences,
                    first.display()
                )
            }
        }
    }
}

/// Compares two folders whole.
pub(crate) fn trees(a: &Path, b: &Path) -> anyhow::Result<Comparison> {
    let mut comparison = Comparison::default();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let (left, right) = (list(&a.join(&folder))?, list(&b.join(&folder))?);
        if left.is_empty() && right.is_empty() {
            comparison.empty_folders += 1;
        }
        for name in left
            .keys()
            .chain(right.keys().filter(|name| !left.contains_key(*name)))
        {
            let path = folder.join(name);
            match (left.get(name), right.get(name)) {
                (Some(true), Some(true)) => folders.push(path),
                (Some(false), Some(false)) => {
                    let (x, y) = (fs::read(a.join(&path))?, fs::read(b.join(&path))?);
                    comparison.files += 1;
                    comparison.bytes += x.len() as u64;
                    if x != y {
                        comparison.differ(path);
                    }
                }
                _ => comparison.differ(path),
            }
        }
    }
    Ok(comparison)
}

/// Bytes of all files of a tree.
pub(crate) fn bytes_of(tree: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![tree.to_owned()];
    while let Some(folder) = folders.pop() {
        for (name, is_folder) in list(&folder)? {
            let path = folder.join(name);
            if is_folder {
                folders.push(path);
            } else {
                bytes += fs::metadata(path)?.len();
            }
        }
    }
    Ok(bytes)
}

impl Comparison {
    fn differ(&mut self, path: PathBuf) {
        self.differences += 1;
        self.first.get_or_insert(path);
    }
}

/// Names of a folder, and whether each is a folder.
fn list(folder: &Path) -> anyhow::Result<BTreeMap<OsString, bool>> {
    let mut names = BTreeMap::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        names.insert(entry.file_name(), entry.file_type()?.is_dir());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_difference_is_seen() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let both = |change: &dyn Fn(&Path)| {
            change(a.path());
            change(b.path());
        };
        both(&|dir| fs::create_dir_all(dir.join("x/empty")).unwrap());
        both(&|dir| fs::write(dir.join("x/file"), "same").unwrap());
        assert!(trees(a.path(), b.path()).unwrap().is_identical());
        fs::write(b.path().join("x/file"), "other").unwrap();
        assert!(!trees(a.path(), b.path()).unwrap().is_identical());
        fs::write(b.path().join("x/file"), "same").unwrap();
        fs::remove_dir(b.path().join("x/empty")).unwrap();
        assert!(!trees(a.path(), b.path()).unwrap().is_identical());
        fs::write(b.path().join("x/empty"), "").unwrap();
        assert!(!trees(a.path(), b.path()).unwrap().is_identical());
    }
}
