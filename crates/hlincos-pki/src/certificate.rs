//! A certificate: bytes, and the little that programs ask of it.

use core::time::Duration;

use der::pem::LineEnding;
use der::{Decode, DecodePem, Encode, EncodePem};
use x509_cert::Certificate as X509;

/// An X.509 certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(crate) inner: X509,
}

/// The bytes are no certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no X.509 certificate in PEM")]
pub struct CertificateError;

impl Certificate {
    /// Reads DER.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        X509::from_der(der)
            .map(|inner| Self { inner })
            .map_err(|_| CertificateError)
    }

    /// Reads PEM.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        X509::from_pem(pem)
            .map(|inner| Self { inner })
            .map_err(|_| CertificateError)
    }

    /// Writes DER.
    ///
    /// # Errors
    /// [`CertificateError`] when a length passes what DER can say.
    pub fn to_der(&self) -> Result<Vec<u8>, CertificateError> {
        self.inner.to_der().map_err(|_| CertificateError)
    }

    /// Writes PEM.
    ///
    /// # Errors
    /// [`CertificateError`] when a length passes what DER can say.
    pub fn to_pem(&self) -> Result<String, CertificateError> {
        self.inner
            .to_pem(LineEnding::LF)
            .map_err(|_| CertificateError)
    }

    /// When it expires, since 1970 (UTC).
    #[must_use]
    pub fn not_after(&self) -> Duration {
        self.inner
            .tbs_certificate()
            .validity()
            .not_after
            .to_unix_duration()
    }

    /// Its serial number in hexadecimal digits.
    #[must_use]
    pub fn serial(&self) -> String {
        let bytes = self.inner.tbs_certificate().serial_number().as_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
