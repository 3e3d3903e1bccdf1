//! A party's certificate, key and root, from files that only it can read.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// What a party shows and proves.
pub struct Credential {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) root: CertificateDer<'static>,
}

/// Why a credential cannot be used; every text names the file and the next step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file is not there or not readable.
    #[error("{0} cannot be read ({1}); `hlincos ca issue` writes it")]
    Read(PathBuf, io::Error),
    /// The key is readable by others.
    #[error("others may read the private key {0}; run: chmod 600 {0}")]
    Open(PathBuf),
    /// A file does not hold what its name says.
    #[error("{0} holds no {1} in PEM; issue it again with `hlincos ca issue`")]
    Malformed(PathBuf, &'static str),
}

impl Credential {
    /// Takes PEM texts.
    ///
    /// # Errors
    /// The name of the first text that is not what it should be.
    pub fn from_pem(certificate: &[u8], key: &[u8], root: &[u8]) -> Result<Self, &'static str> {
        let certificate_of = |pem| CertificateDer::from_pem_slice(pem);
        Ok(Self {
            certificate: certificate_of(certificate).map_err(|_| "certificate")?,
            key: PrivateKeyDer::from_pem_slice(key).map_err(|_| "private key")?,
            root: certificate_of(root).map_err(|_| "root certificate")?,
        })
    }

    /// Reads the three files.
    ///
    /// # Errors
    /// [`CredentialError`], also when others may read the key.
    pub fn from_files(
        certificate: &Path,
        key: &Path,
        root: &Path,
    ) -> Result<Self, CredentialError> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| CredentialError::Read(path.to_owned(), error))
        };
        let meta =
            fs::metadata(key).map_err(|error| CredentialError::Read(key.to_owned(), error))?;
        if meta.permissions().mode() & 0o077 != 0 {
            return Err(CredentialError::Open(key.to_owned()));
        }
        let secret = Zeroizing::new(read(key)?);
        Self::from_pem(&read(certificate)?, &secret, &read(root)?).map_err(|what| {
            let path = match what {
                "certificate" => certificate,
                "private key" => key,
                _ => root,
            };
            CredentialError::Malformed(path.to_owned(), what)
        })
    }
}
