//! Certificate revocation lists, RFC 5280, section 5.

use core::time::Duration;

use der::asn1::{BitString, Uint};
use der::pem::LineEnding;
use der::referenced::OwnedToRef;
use der::{Decode, DecodePem, Encode, EncodePem};
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, CrlNumber, CrlReason};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;

use crate::profile::time;
use crate::{Certificate, CertificateSigner, IssueError};

const PEM_END: &str = "-----END X509 CRL-----";

/// A revocation list.
#[derive(Clone, Debug)]
pub struct Crl {
    inner: CertificateList,
}

/// The bytes are no revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no revocation list in PEM; make one with `hlincos ca crl`")]
pub struct CrlError;

/// Why a certificate was revoked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevocationReason {
    /// Not said.
    #[default]
    Unspecified,
    /// Somebody else may have the key.
    KeyCompromise,
    /// The party changed its name or role.
    AffiliationChanged,
    /// A new certificate took its place.
    Superseded,
    /// The party is no more.
    CessationOfOperation,
    /// The party lost its rights.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    /// All reasons, with their words in RFC 5280.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Unspecified, "unspecified"),
        (Self::KeyCompromise, "key-compromise"),
        (Self::AffiliationChanged, "affiliation-changed"),
        (Self::Superseded, "superseded"),
        (Self::CessationOfOperation, "cessation-of-operation"),
        (Self::PrivilegeWithdrawn, "privilege-withdrawn"),
    ];

    const fn code(self) -> Option<CrlReason> {
        match self {
            // RFC 5280, 5.3.1: left out rather than said.
            Self::Unspecified => None,
            Self::KeyCompromise => Some(CrlReason::KeyCompromise),
            Self::AffiliationChanged => Some(CrlReason::AffiliationChanged),
            Self::Superseded => Some(CrlReason::Superseded),
            Self::CessationOfOperation => Some(CrlReason::CessationOfOperation),
            Self::PrivilegeWithdrawn => Some(CrlReason::PrivilegeWithdrawn),
        }
    }
}

/// An entry of a revocation list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The certificate's serial number.
    pub serial: Vec<u8>,
    /// When, since 1970.
    pub at: Duration,
    /// Why.
    pub reason: RevocationReason,
}

/// Makes a revocation list.
///
/// `number` grows from list to list. `now` and `lifetime` are durations since 1970 and from `now`;
/// after it the list is believed no more, and nor is any certificate without a newer one.
///
/// # Errors
/// [`IssueError`].
pub fn make_crl(
    issuer: &Certificate,
    signer: &dyn CertificateSigner,
    number: u64,
    revoked: &[Revoked],
    now: Duration,
    lifetime: Duration,
) -> Result<Crl, IssueError> {
    let until = now.checked_add(lifetime).ok_or(IssueError::Time)?;
    let subject = issuer.inner.tbs_certificate().subject();
    let key = issuer.inner.tbs_certificate().subject_public_key_info();
    let number = CrlNumber(Uint::new(&number.to_be_bytes())?).to_extension(subject, &[])?;
    let authority = AuthorityKeyIdentifier::try_from(key.owned_to_ref())?;
    let entries: Vec<RevokedCert> = revoked
        .iter()
        .map(|one| entry(one, subject))
        .collect::<Result<_, _>>()?;
    let tbs = TbsCertList {
        version: Version::V2,
        signature: signer.public_key().algorithm().identifier(),
        issuer: subject.clone(),
        this_update: time(now)?,
        next_update: Some(time(until)?),
        // RFC 5280, 5.1.2.6: the list is absent rather than empty.
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: Some(vec![authority.to_extension(subject, &[])?, number]),
    };
    let signature = BitString::from_bytes(&signer.sign(&tbs.to_der()?)?)?;
    let inner = CertificateList {
        signature_algorithm: tbs.signature.clone(),
        tbs_cert_list: tbs,
        signature,
    };
    Ok(Crl { inner })
}

fn entry(one: &Revoked, issuer: &Name) -> Result<RevokedCert, IssueError> {
    let reason = one.reason.code();
    let extension = reason.map(|code| code.to_extension(issuer, &[]));
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&one.serial)?,
        revocation_date: time(one.at)?,
        crl_entry_extensions: extension.transpose()?.map(|extension| vec![extension]),
    })
}

impl Crl {
    /// Reads PEM.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn from_pem(pem: &str) -> Result<Self, CrlError> {
        let inner = CertificateList::from_pem(pem).map_err(|_| CrlError)?;
        Ok(Self { inner })
    }

    /// Reads every list of a PEM text, in its order.
    ///
    /// # Errors
    /// [`CrlError`] when one is malformed or there is none.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Self>, CrlError> {
        let lists = pem.split_inclusive(PEM_END);
        let lists = lists.filter(|text| !text.trim().is_empty());
        let lists: Vec<Self> = lists
            .map(|text| Self::from_pem(text.trim()))
            .collect::<Result<_, _>>()?;
        if lists.is_empty() {
            return Err(CrlError);
        }
        Ok(lists)
    }

    /// Reads DER.
    ///
    /// # Errors
    /// [`CrlError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CrlError> {
        let inner = CertificateList::from_der(der).map_err(|_| CrlError)?;
        Ok(Self { inner })
    }

    /// Writes DER.
    ///
    /// # Errors
    /// [`CrlError`] when a length passes what DER can say.
    pub fn to_der(&self) -> Result<Vec<u8>, CrlError> {
        self.inner.to_der().map_err(|_| CrlError)
    }

    /// Writes PEM.
    ///
    /// # Errors
    /// [`CrlError`] when a length passes what DER can say.
    pub fn to_pem(&self) -> Result<String, CrlError> {
        self.inner.to_pem(LineEnding::LF).map_err(|_| CrlError)
    }

    /// The serial numbers on it.
    #[must_use]
    pub fn serials(&self) -> Vec<Vec<u8>> {
        let revoked = self.inner.tbs_cert_list.revoked_certificates.iter();
        revoked
            .flatten()
            .map(|one| one.serial_number.as_bytes().to_vec())
            .collect()
    }

    /// When it stops being believed, since 1970 (UTC).
    #[must_use]
    pub fn next_update(&self) -> Option<Duration> {
        let time = self.inner.tbs_cert_list.next_update.as_ref();
        time.map(|time| time.to_unix_duration())
    }
}
