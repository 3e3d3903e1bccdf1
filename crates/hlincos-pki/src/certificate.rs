//! A certificate: bytes, and the little that programs ask of it.

use core::time::Duration;

use const_oid::db::rfc4519::{O, OU};
use const_oid::db::rfc5280::ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES;
use der::pem::LineEnding;
use der::{Decode, DecodePem, Encode, EncodePem};
use x509_cert::Certificate as X509;
use x509_cert::name::Name;

use crate::{HcActor, HcRole, HcRoleError, decode_actors};

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

    /// Reads every certificate of a PEM text, in its order.
    ///
    /// # Errors
    /// [`CertificateError`] when one is malformed or there is none.
    pub fn chain_from_pem(pem: &str) -> Result<Vec<Self>, CertificateError> {
        let chain = X509::load_pem_chain(pem.as_bytes()).map_err(|_| CertificateError)?;
        if chain.is_empty() {
            return Err(CertificateError);
        }
        Ok(chain.into_iter().map(|inner| Self { inner }).collect())
    }

    /// When it begins, since 1970 (UTC).
    #[must_use]
    pub fn not_before(&self) -> Duration {
        self.inner
            .tbs_certificate()
            .validity()
            .not_before
            .to_unix_duration()
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

    /// The healthcare roles that it says its party has; believed only after its chain is verified.
    ///
    /// A manager's role counts only beside the name of an institution (O) and OU = Director.
    ///
    /// # Errors
    /// [`HcRoleError`].
    pub(crate) fn roles(&self) -> Result<Vec<HcRole>, HcRoleError> {
        let tbs = self.inner.tbs_certificate();
        let mut found = tbs
            .extensions()
            .into_iter()
            .flatten()
            .filter(|extension| extension.extn_id == ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES);
        let Some(extension) = found.next() else {
            return Ok(Vec::new());
        };
        if found.next().is_some() {
            return Err(HcRoleError::Malformed);
        }
        let manages = is_director(tbs.subject());
        let actors = decode_actors(extension.extn_value.as_bytes())?;
        let roles = actors.iter().filter_map(HcActor::role);
        Ok(roles.filter(|role| manages || !role.is_manager()).collect())
    }

    /// The institution in its subject.
    #[must_use]
    pub fn institution(&self) -> Option<String> {
        let subject = self.inner.tbs_certificate().subject();
        let part = subject.iter().find(|part| part.oid == O)?;
        str::from_utf8(part.value.value()).ok().map(str::to_owned)
    }

    /// Its serial number in hexadecimal digits.
    #[must_use]
    pub fn serial(&self) -> String {
        let bytes = self.inner.tbs_certificate().serial_number().as_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether the name has an institution and the unit "Director".
fn is_director(name: &Name) -> bool {
    let text = |oid| {
        let parts = name.iter().filter(move |part| part.oid == oid);
        parts.filter_map(|part| str::from_utf8(part.value.value()).ok())
    };
    text(O).any(|institution| !institution.is_empty()) && text(OU).any(|unit| unit == "Director")
}
