//! Chains of certificates: what a peer showed, and what a verifier makes of it.

mod error;
mod verifier;

pub use error::{ChainError, RoleList, VerifierError};
pub use verifier::Verifier;

use core::ops::Deref;
use core::time::Duration;

use rustls_pki_types::CertificateDer;

use crate::{HcRole, Identity, IdentityError, SignatureAlgorithm};

/// Certificates that a chain may have: a party's and two authorities'.
const CERTIFICATES_MAX: usize = 3;
/// Bytes of a chain: two SLH-DSA-128f signatures and the largest keys fit.
const CHAIN_BYTES_MAX: usize = 48 << 10;

/// The certificates that a peer showed, its own first, and the party that the first names.
///
/// Whoever holds one has authenticated the peer at least once, but rights are read only from a
/// [`VerifiedIdentity`]. A peer that proved itself by a key shared beforehand shows none.
#[derive(Clone, Debug)]
pub struct ShownChain {
    identity: Identity,
    certificates: Vec<CertificateDer<'static>>,
}

impl ShownChain {
    /// Takes the certificates of an authenticated connection.
    ///
    /// # Errors
    /// [`IdentityError`] unless the first is one of ours.
    pub fn new(certificates: &[CertificateDer<'_>]) -> Result<Self, IdentityError> {
        let first = certificates.first().ok_or(IdentityError::Malformed)?;
        Ok(Self {
            identity: Identity::from_certificate(first)?,
            certificates: certificates
                .iter()
                .map(|certificate| certificate.clone().into_owned())
                .collect(),
        })
    }

    /// A party that was authenticated without certificates; it has no rights that hang on roles.
    #[must_use]
    pub const fn without_certificates(identity: Identity) -> Self {
        Self {
            identity,
            certificates: Vec::new(),
        }
    }
}

impl Deref for ShownChain {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.identity
    }
}

/// Which end of a connection shows the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// The end that calls.
    Client,
    /// The end that is called.
    Server,
}

/// A party whose chain was verified: only [`Verifier`] makes one.
///
/// It is true of the time that it was verified for; ask again for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedIdentity {
    identity: Identity,
    roles: Vec<HcRole>,
    serial: String,
    not_after: Duration,
    algorithm: SignatureAlgorithm,
}

impl VerifiedIdentity {
    /// Role and name.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The healthcare roles; unknown ones and those of other schemes are not among them.
    #[must_use]
    pub fn roles(&self) -> &[HcRole] {
        &self.roles
    }

    /// The certificate's serial number in hexadecimal digits.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// When the certificate expires, since 1970 (UTC).
    #[must_use]
    pub const fn not_after(&self) -> Duration {
        self.not_after
    }

    /// The algorithm of the party's key.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }
}
