//! The kinds of certificates that are issued: the root, an issuing authority's, a party's.

use core::time::Duration;

use const_oid::db::rfc5280::{
    ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES, ID_KP_CLIENT_AUTH, ID_KP_SERVER_AUTH,
};
use der::asn1::{GeneralizedTime, Ia5String, OctetString, UtcTime};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{CertificateBuilder, Error, Result as BuilderResult};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoRef;
use x509_cert::time::{Time, Validity};

use crate::randomness::draw;
use crate::signing;
use crate::{
    Certificate, CertificateSigner, HcRoleError, Identity, KeyError, Party, PublicKey, SignError,
};

/// Bytes of a serial number: random, positive, no two alike (RFC 5280, 4.1.2.2).
const SERIAL_BYTES: usize = 19;
/// Clocks of parties may be so much behind the authority's.
const BACKDATED: Duration = Duration::from_secs(300);

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signer gave no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The name cannot stand in a certificate.
    #[error("the name {0:?} cannot stand in a certificate; use letters, digits, spaces and '-'")]
    Name(String),
    /// The times are out of range.
    #[error("the certificate would end after the year 9999; choose fewer days")]
    Time,
    /// The healthcare roles do not go with the party.
    #[error("{0}")]
    Roles(&'static str),
    /// A healthcare role cannot stand in a certificate.
    #[error(transparent)]
    HcRole(#[from] HcRoleError),
    /// The builder or the signature failed.
    #[error("the certificate could not be built: {0}")]
    Build(String),
}

impl From<Error> for IssueError {
    fn from(error: Error) -> Self {
        Self::Build(error.to_string())
    }
}

impl From<der::Error> for IssueError {
    fn from(error: der::Error) -> Self {
        Self::Build(error.to_string())
    }
}

/// Makes a root's self-signed certificate.
///
/// Randomness: a serial number. `now` and the lifetime are durations since 1970 and from `now`.
///
/// # Errors
/// [`IssueError`].
pub fn make_root(
    name: &str,
    signer: &dyn CertificateSigner,
    now: Duration,
    lifetime: Duration,
) -> Result<Certificate, IssueError> {
    let subject = authority_name(name)?;
    let profile = Root { subject };
    build(profile, signer.public_key(), signer, now, lifetime)
}

/// Makes the certificate of an authority below the root.
///
/// Randomness: a serial number.
///
/// # Errors
/// [`IssueError`].
pub fn make_issuing(
    name: &str,
    key: &PublicKey,
    root: &Certificate,
    signer: &dyn CertificateSigner,
    now: Duration,
    lifetime: Duration,
) -> Result<Certificate, IssueError> {
    let profile = Issuing {
        issuer: root.inner.tbs_certificate().subject().clone(),
        subject: authority_name(name)?,
    };
    build(profile, key, signer, now, lifetime)
}

/// Issues a party's certificate.
///
/// Randomness: a serial number.
///
/// # Errors
/// [`IssueError`].
pub fn issue(
    issuer: &Certificate,
    signer: &dyn CertificateSigner,
    party: &Party,
    now: Duration,
    lifetime: Duration,
) -> Result<Certificate, IssueError> {
    let profile = Leaf {
        issuer: issuer.inner.tbs_certificate().subject().clone(),
        subject: party.subject()?,
        identity: party.identity().clone(),
        roles: party.encoded_roles()?,
    };
    build(profile, party.key(), signer, now, lifetime)
}

fn build<P: BuilderProfile>(
    profile: P,
    key: &PublicKey,
    signer: &dyn CertificateSigner,
    now: Duration,
    lifetime: Duration,
) -> Result<Certificate, IssueError> {
    let mut serial = draw::<SERIAL_BYTES>();
    serial[0] = serial[0] & 0x7F | 0x40;
    let until = now.checked_add(lifetime).ok_or(IssueError::Time)?;
    let validity = Validity::new(time(now.saturating_sub(BACKDATED))?, time(until)?);
    let serial = SerialNumber::new(&serial)?;
    let builder = CertificateBuilder::new(profile, serial, validity, key.info()?)?;
    let inner = signing::build(builder, signer)?;
    Ok(Certificate { inner })
}

/// UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5).
pub(crate) fn time(since: Duration) -> Result<Time, IssueError> {
    let since = Duration::from_secs(since.as_secs());
    UtcTime::from_unix_duration(since)
        .map(Time::UtcTime)
        .or_else(|_| GeneralizedTime::from_unix_duration(since).map(Time::GeneralTime))
        .map_err(|_| IssueError::Time)
}

fn authority_name(name: &str) -> Result<Name, IssueError> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    if name.trim().is_empty() || name.len() > 64 || !name.chars().all(legal) {
        return Err(IssueError::Name(name.to_owned()));
    }
    common_name(name)
}

pub(crate) fn common_name(name: &str) -> Result<Name, IssueError> {
    format!("CN={name}")
        .parse()
        .map_err(|_| IssueError::Name(name.to_owned()))
}

struct Root {
    subject: Name,
}

impl BuilderProfile for Root {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> BuilderResult<Vec<Extension>> {
        let mut list = List {
            subject: tbs.subject(),
            extensions: Vec::new(),
        };
        list.add(&SubjectKeyIdentifier::try_from(spk)?)?;
        list.add(&BasicConstraints {
            ca: true,
            path_len_constraint: Some(1),
        })?;
        list.add(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
        Ok(list.extensions)
    }
}

struct Issuing {
    issuer: Name,
    subject: Name,
}

impl BuilderProfile for Issuing {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spk: SubjectPublicKeyInfoRef<'_>,
        issuer_spk: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> BuilderResult<Vec<Extension>> {
        let mut list = List {
            subject: tbs.subject(),
            extensions: Vec::new(),
        };
        list.add(&SubjectKeyIdentifier::try_from(spk)?)?;
        list.add(&AuthorityKeyIdentifier::try_from(issuer_spk)?)?;
        list.add(&BasicConstraints {
            ca: true,
            path_len_constraint: Some(0),
        })?;
        list.add(&KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
        Ok(list.extensions)
    }
}

struct Leaf {
    issuer: Name,
    subject: Name,
    identity: Identity,
    roles: Option<Vec<u8>>,
}

impl BuilderProfile for Leaf {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        spk: SubjectPublicKeyInfoRef<'_>,
        issuer_spk: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> BuilderResult<Vec<Extension>> {
        let mut list = List {
            subject: tbs.subject(),
            extensions: Vec::new(),
        };
        list.add(&SubjectKeyIdentifier::try_from(spk)?)?;
        list.add(&AuthorityKeyIdentifier::try_from(issuer_spk)?)?;
        list.add(&BasicConstraints {
            ca: false,
            path_len_constraint: None,
        })?;
        list.add(&KeyUsage(KeyUsages::DigitalSignature.into()))?;
        let mut usage = Vec::new();
        if self.identity.role.is_client() {
            usage.push(ID_KP_CLIENT_AUTH);
        }
        if self.identity.role.is_server() {
            usage.push(ID_KP_SERVER_AUTH);
        }
        list.add(&ExtendedKeyUsage(usage))?;
        let name = Ia5String::new(&self.identity.dns_name())?;
        list.add(&SubjectAltName(vec![GeneralName::DnsName(name)]))?;
        if let Some(roles) = &self.roles {
            list.extensions.push(Extension {
                extn_id: ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES,
                critical: false,
                extn_value: OctetString::new(roles.as_slice())?,
            });
        }
        Ok(list.extensions)
    }
}

struct List<'a> {
    subject: &'a Name,
    extensions: Vec<Extension>,
}

impl List<'_> {
    fn add<E: ToExtension<Error = der::Error>>(&mut self, extension: E) -> BuilderResult<()> {
        self.extensions
            .push(extension.to_extension(self.subject, &self.extensions)?);
        Ok(())
    }
}
