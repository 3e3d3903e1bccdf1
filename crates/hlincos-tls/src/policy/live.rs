//! The policy in force: the file is looked at on every handshake.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use hlincos_pki::{SignatureAlgorithm, Verifier};
use sha2::{Digest, Sha256};

use super::document::TEXT_BYTES_MAX;
use super::signed::SIGNATURE_BYTES_MAX;
use super::{Policy, PolicyError, verify};
use crate::clock;

/// A policy that changes while connections are made.
///
/// A new file takes effect on the next handshake. One that is not right is refused: the policy
/// that was in force stays, and a warning says why. Connections that stand go on until they end.
pub struct LivePolicy {
    file: Option<PolicyFile>,
    held: RwLock<Held>,
}

/// What is in force, and the bytes that were looked at last, right or not.
struct Held {
    policy: Arc<Policy>,
    looked_at: Bytes,
    refused: Option<PolicyError>,
}

type Bytes = (Vec<u8>, Vec<u8>);

/// A policy, its signature (`.sig`), and the last one that was in force here (`.seen`).
struct PolicyFile {
    path: PathBuf,
    verifier: Verifier,
}

/// Why there is no policy at the start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFileError {
    /// A file is not there, not readable, or not writable.
    #[error("{0}: {1}; a suite policy needs its signature beside it (`hlincos suites sign`)")]
    File(PathBuf, io::Error),
    /// The policy is refused.
    #[error("{0}: {1}")]
    Refused(PathBuf, PolicyError),
    /// A policy was in force here, and its file is gone.
    #[error("{0} is gone, but a suite policy was in force here; put it back with its signature")]
    Gone(PathBuf),
    /// The mark of the last policy is not one.
    #[error("{0} is no mark of a policy; find out who changed it, then remove it")]
    Mark(PathBuf),
}

impl LivePolicy {
    /// One that never changes.
    #[must_use]
    pub fn fixed(policy: Policy) -> Self {
        Self {
            file: None,
            held: RwLock::new(Held::new(policy)),
        }
    }

    /// Reads a policy and its signature, and watches them from then on; the built-in policy holds
    /// until there is one.
    ///
    /// `verifier` believes the authority's roots. The serial is written beside the policy, so that
    /// an older one, or none, is refused after a restart too.
    ///
    /// # Errors
    /// [`PolicyFileError`].
    pub fn open(path: &Path, verifier: Verifier) -> Result<Self, PolicyFileError> {
        let file = PolicyFile {
            path: path.to_owned(),
            verifier,
        };
        let held = if path.exists() {
            let bytes = file.read()?;
            let policy = file.take(&bytes, &SignatureAlgorithm::ALL)?;
            Held {
                looked_at: bytes,
                ..Held::new(policy)
            }
        } else if file.beside(".seen").exists() {
            return Err(PolicyFileError::Gone(file.path));
        } else {
            Held::new(Policy::built_in())
        };
        Ok(Self {
            file: Some(file),
            held: RwLock::new(held),
        })
    }

    /// The policy in force.
    #[must_use]
    pub fn current(&self) -> Arc<Policy> {
        if let Some(file) = &self.file
            && let Ok(bytes) = file.read()
            && bytes != self.read_held().looked_at
        {
            self.swap(file, bytes);
        }
        self.read_held().policy.clone()
    }

    /// Why the file that is there now is not in force.
    #[must_use]
    pub fn refused(&self) -> Option<PolicyError> {
        let _ = self.current();
        self.read_held().refused.clone()
    }

    fn read_held(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, file: &PolicyFile, bytes: Bytes) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let believed = held.policy.believed();
        match file.take(&bytes, &believed) {
            Ok(policy) => {
                tracing::info!(serial = policy.serial(), "a suite policy is in force");
                held.policy = Arc::new(policy);
                held.refused = None;
            }
            Err(error) => {
                tracing::warn!(%error, serial = held.policy.serial(), "the suite policy stays");
                if let PolicyFileError::Refused(_, error) = error {
                    held.refused = Some(error);
                }
            }
        }
        held.looked_at = bytes;
    }
}

impl Held {
    fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            looked_at: Bytes::default(),
            refused: None,
        }
    }
}

impl PolicyFile {
    fn beside(&self, extension: &str) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(extension);
        name.into()
    }

    fn read(&self) -> Result<Bytes, PolicyFileError> {
        let text = read(&self.path, TEXT_BYTES_MAX)?;
        let signature = read(&self.beside(".sig"), SIGNATURE_BYTES_MAX)?;
        Ok((text, signature))
    }

    /// Verifies, compares with the mark of the last policy, and sets the mark.
    fn take(
        &self,
        (text, signature): &Bytes,
        believed: &[SignatureAlgorithm],
    ) -> Result<Policy, PolicyFileError> {
        let refused = |error| PolicyFileError::Refused(self.path.clone(), error);
        let policy = verify(text, signature, &self.verifier, believed, clock::now());
        let policy = policy.map_err(refused)?;
        let mark = Mark {
            serial: policy.serial(),
            digest: Sha256::digest(text)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        };
        let path = self.beside(".seen");
        match Mark::read(&path)? {
            Some(last) if last == mark => return Ok(policy),
            Some(last) if last.serial >= mark.serial => {
                return Err(refused(PolicyError::RolledBack {
                    given: mark.serial,
                    known: last.serial,
                }));
            }
            _ => {}
        }
        let written = mark.write(&path);
        written.map_err(|error| PolicyFileError::File(path, error))?;
        Ok(policy)
    }
}

/// What was in force last: serial and SHA-256 of the text, on one line.
#[derive(PartialEq, Eq)]
struct Mark {
    serial: u64,
    digest: String,
}

impl Mark {
    fn read(path: &Path) -> Result<Option<Self>, PolicyFileError> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(PolicyFileError::File(path.to_owned(), error)),
        };
        let mark = || {
            let (serial, digest) = text.trim_end().split_once(' ')?;
            Some(Self {
                serial: serial.parse().ok()?,
                digest: digest.to_owned(),
            })
        };
        let mark = mark().ok_or_else(|| PolicyFileError::Mark(path.to_owned()))?;
        Ok(Some(mark))
    }

    /// On disk before the policy is in force.
    fn write(&self, path: &Path) -> io::Result<()> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(new, "{} {}", self.serial, self.digest)?;
        new.as_file().sync_all()?;
        new.persist(path)?;
        File::open(folder)?.sync_all()
    }
}

/// A file's bytes, no more than one above the limit: the limit itself is checked by whoever reads.
fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, PolicyFileError> {
    let take = || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    take().map_err(|error| PolicyFileError::File(path.to_owned(), error))
}
