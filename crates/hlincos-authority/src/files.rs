//! Files of an authority: private, never overwritten by chance, durable before they are told of.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::AuthorityError;

fn file(path: &Path) -> impl Fn(io::Error) -> AuthorityError + use<> {
    let path = path.to_owned();
    move |error| AuthorityError::File(path.clone(), error)
}

pub(crate) fn private_folder(dir: &Path) -> Result<(), AuthorityError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(file(dir))
}

pub(crate) fn refuse_existing(path: &Path) -> Result<(), AuthorityError> {
    if path.exists() {
        Err(AuthorityError::Exists(path.to_owned()))
    } else {
        Ok(())
    }
}

pub(crate) fn read(path: &Path) -> Result<String, AuthorityError> {
    fs::read_to_string(path).map_err(file(path))
}

/// Nothing where there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, AuthorityError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(file(path)(error)),
    }
}

/// Reads a secret that only its owner may read.
pub(crate) fn read_secret(path: &Path) -> Result<Zeroizing<String>, AuthorityError> {
    let meta = fs::metadata(path).map_err(file(path))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(AuthorityError::Open(path.to_owned()));
    }
    fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(file(path))
}

/// Writes a file that is not there yet; it has its mode from its first instant.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let write = || {
        let mut new = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(path)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        sync_folder(path)
    };
    write().map_err(file(path))
}

/// Puts a whole new file in the place of an old one; after a crash there is one or the other.
pub(crate) fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let new = PathBuf::from(format!("{}.new", path.display()));
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        sync_folder(path)
    };
    write().map_err(file(path))
}

/// Appends a line and returns when it is durable.
pub(crate) fn append(path: &Path, line: &str) -> Result<(), AuthorityError> {
    let write = || {
        let mut list = OpenOptions::new().append(true).open(path)?;
        list.write_all(line.as_bytes())?;
        list.sync_all()
    };
    write().map_err(file(path))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
