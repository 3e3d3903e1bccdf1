//! Every file below a path, in order.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Gives every file below a path to `each`, folder by folder in the order of names; what is
/// neither file nor folder, and what cannot be listed, goes to `unreadable`.
pub(super) fn files(
    path: &Path,
    each: &mut dyn FnMut(PathBuf) -> bool,
    unreadable: &mut dyn FnMut(PathBuf, String),
) -> anyhow::Result<()> {
    let meta =
        std::fs::metadata(path).with_context(|| format!("{} cannot be read", path.display()))?;
    if meta.is_file() {
        each(path.to_owned());
        return Ok(());
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            match std::fs::read_dir(&folder).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
                Ok(entries) => entries,
                Err(error) => {
                    unreadable(folder, error.to_string());
                    continue;
                }
            };
        let mut paths: Vec<_> = entries
            .into_iter()
            .map(|entry| (entry.path(), entry.file_type()))
            .collect();
        paths.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (path, kind) in paths {
            match kind {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    if !each(path) {
                        return Ok(());
                    }
                }
                Ok(_) => unreadable(path, "neither a file nor a folder".to_owned()),
                Err(error) => unreadable(path, error.to_string()),
            }
        }
    }
    Ok(())
}

/// Reads a file's first bytes; tells how long it is.
///
/// What is no file is refused: reading a pipe would wait for ever.
pub(super) fn read_up_to(path: &Path, max: u64) -> std::io::Result<(Vec<u8>, u64)> {
    use std::io::{Error, ErrorKind, Read};

    if !std::fs::metadata(path)?.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let file = std::fs::File::open(path)?;
    let len = file.metadata()?.len();
    let mut content = Vec::new();
    file.take(max).read_to_end(&mut content)?;
    Ok((content, len))
}

/// A path's bytes as names of SS-MIX2 are read: whole, so that a part of a store is placed too.
pub(super) fn whole(path: &Path) -> Vec<u8> {
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let bytes: &OsStr = whole.as_os_str();
    bytes
        .as_bytes()
        .strip_prefix(b"/")
        .unwrap_or(bytes.as_bytes())
        .to_vec()
}
