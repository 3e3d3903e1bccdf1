//! Chains of certificates: what a peer showed, and what a verifier makes of it.

use core::fmt;
use core::ops::Deref;
use core::time::Duration;

use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm,
    TrustAnchor, UnixTime,
};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use crate::{
    Certificate, HcRole, HcRoleError, Identity, IdentityError, PublicKey, SignatureAlgorithm,
};

/// Certificates that a chain may have: a party's and two authorities'.
const CERTIFICATES_MAX: usize = 3;
/// Bytes of a chain: two SLH-DSA-128f signatures and the largest keys fit.
const CHAIN_BYTES_MAX: usize = 48 << 10;

/// webpki's view of an algorithm.
#[derive(Debug)]
struct Verification(SignatureAlgorithm);

static VERIFICATIONS: [Verification; SignatureAlgorithm::ALL.len()] = [
    Verification(SignatureAlgorithm::MlDsa65),
    Verification(SignatureAlgorithm::FnDsa512),
    Verification(SignatureAlgorithm::Mayo1),
    Verification(SignatureAlgorithm::Hss),
    Verification(SignatureAlgorithm::Xmss),
    Verification(SignatureAlgorithm::SlhDsa128s),
    Verification(SignatureAlgorithm::SlhDsa128f),
];

impl SignatureAlgorithm {
    /// The algorithm in the shape that webpki and rustls take.
    #[must_use]
    pub fn verification(self) -> &'static dyn SignatureVerificationAlgorithm {
        let found = VERIFICATIONS.iter().find(|one| one.0 == self);
        found.expect("the table has all algorithms")
    }
}

impl SignatureVerificationAlgorithm for Verification {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let verified = self.0.verify(public_key, message, signature);
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.0.identifier_der())
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(self.0.identifier_der())
    }
}

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
    root: SignatureAlgorithm,
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

    /// The algorithm of the key of the root that the chain ends in.
    #[must_use]
    pub const fn root(&self) -> SignatureAlgorithm {
        self.root
    }
}

/// Why a chain is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// No certificate was shown.
    #[error("no certificate was shown; connect with one from `hlincos ca issue`")]
    None,
    /// Too many certificates or bytes.
    #[error(
        "the chain is too long: at most {CERTIFICATES_MAX} certificates and {CHAIN_BYTES_MAX} bytes"
    )]
    Oversized,
    /// It ends in no root that is trusted here, or a signature in it is wrong.
    #[error("the certificate is of another authority; compare root.crt.pem on both ends")]
    UnknownIssuer,
    /// A certificate or the root is past its end.
    #[error("the certificate has expired; renew it (`hlincos ca renew`), or set this clock")]
    Expired,
    /// A certificate or the root has not begun.
    #[error("the certificate is not valid yet; compare the clocks")]
    NotYetValid,
    /// It was revoked.
    #[error("the certificate was revoked; ask the authority for a new one")]
    Revoked,
    /// No current revocation list says that it was not.
    #[error("no current revocation list covers the certificate; fetch one (`hlincos ca crl`)")]
    RevocationUnknown,
    /// It is for the other end of a connection.
    #[error("the certificate is not for this end of a connection; issue one of the right role")]
    Usage,
    /// It names no party, or is no certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Its healthcare roles cannot be read.
    #[error(transparent)]
    Roles(#[from] HcRoleError),
    /// Its key is none of ours.
    #[error("the certificate's key is of no algorithm of H-LINCOS")]
    Key,
    /// None of the roles that are needed is in it.
    #[error("the certificate carries no healthcare role that is needed here: {0}")]
    RoleMissing(RoleList),
    /// Anything else, in webpki's words.
    #[error("the certificate is refused ({0:?})")]
    Other(webpki::Error),
}

/// Names of roles, for sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleList(pub Vec<HcRole>);

impl fmt::Display for RoleList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&names.join(", "))
    }
}

/// A root or a revocation list cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The root is no certificate that can be trusted.
    #[error("the root certificate cannot be used ({0:?}); take root.crt.pem of the authority")]
    Root(webpki::Error),
    /// The root's key is none of ours.
    #[error("the root certificate's key is of no algorithm of H-LINCOS; take root.crt.pem anew")]
    RootKey,
    /// The revocation list is none.
    #[error("the revocation list cannot be used ({0:?}); make one with `hlincos ca crl`")]
    Crl(webpki::Error),
}

/// Verifies chains: roots, revocation lists and algorithms that are believed.
///
/// Once it has revocation lists, every certificate of a chain must be covered by a current one.
pub struct Verifier {
    roots: Vec<Root>,
    crls: Vec<CertRevocationList<'static>>,
    algorithms: Vec<SignatureAlgorithm>,
}

struct Root {
    anchor: TrustAnchor<'static>,
    algorithm: SignatureAlgorithm,
    not_before: Duration,
    not_after: Duration,
}

impl Verifier {
    /// Believes roots in DER, all algorithms, and no revocation list yet.
    ///
    /// # Errors
    /// [`VerifierError::Root`].
    pub fn new(roots: &[CertificateDer<'_>]) -> Result<Self, VerifierError> {
        let roots: Result<_, _> = roots.iter().map(Root::new).collect();
        Ok(Self {
            roots: roots?,
            crls: Vec::new(),
            algorithms: SignatureAlgorithm::ALL.to_vec(),
        })
    }

    /// Requires revocation lists, in DER.
    ///
    /// # Errors
    /// [`VerifierError::Crl`].
    pub fn with_crls(mut self, crls: &[impl AsRef<[u8]>]) -> Result<Self, VerifierError> {
        for crl in crls {
            let crl =
                OwnedCertRevocationList::from_der(crl.as_ref()).map_err(VerifierError::Crl)?;
            self.crls.push(crl.into());
        }
        Ok(self)
    }

    /// Believes these algorithms alone, in certificates of parties and authorities.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: &[SignatureAlgorithm]) -> Self {
        self.algorithms = algorithms.to_vec();
        self
    }

    /// Verifies a chain for one end of a connection at a time.
    ///
    /// `now` is a duration since 1970. Pure: the same arguments give the same answer, so a
    /// connection that resumes is asked about again with its old chain and the new time.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify(
        &self,
        shown: &ShownChain,
        usage: Usage,
        now: Duration,
    ) -> Result<VerifiedIdentity, ChainError> {
        self.verify_by(shown, usage, now, &self.algorithms)
    }

    /// Verifies a chain as [`Self::verify`] does, and believes these algorithms alone this time.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn verify_by(
        &self,
        shown: &ShownChain,
        usage: Usage,
        now: Duration,
        algorithms: &[SignatureAlgorithm],
    ) -> Result<VerifiedIdentity, ChainError> {
        let (first, others) = shown.certificates.split_first().ok_or(ChainError::None)?;
        let bytes: usize = shown.certificates.iter().map(|one| one.len()).sum();
        if shown.certificates.len() > CERTIFICATES_MAX || bytes > CHAIN_BYTES_MAX {
            return Err(ChainError::Oversized);
        }
        let algorithms: Vec<_> = algorithms.iter().map(|one| one.verification()).collect();
        let root = self.verify_path(first, others, usage, now, &algorithms)?;
        let certificate = Certificate::from_der(first).map_err(|_| IdentityError::Malformed)?;
        let key = PublicKey::of(&certificate).map_err(|_| ChainError::Key)?;
        Ok(VerifiedIdentity {
            identity: shown.identity.clone(),
            roles: certificate.roles()?,
            serial: certificate.serial(),
            not_after: certificate.not_after(),
            algorithm: key.algorithm(),
            root: root.algorithm,
        })
    }

    /// Verifies a chain as [`Self::verify`] does, and that it carries one of these roles.
    ///
    /// For every request over a connection that was made earlier, resumed, or sent early data:
    /// TLS looks at none of this again.
    ///
    /// # Errors
    /// [`ChainError`], [`ChainError::RoleMissing`] among them.
    pub fn readmit(
        &self,
        shown: &ShownChain,
        usage: Usage,
        needed: &[HcRole],
        now: Duration,
    ) -> Result<VerifiedIdentity, ChainError> {
        let verified = self.verify(shown, usage, now)?;
        if verified.roles.iter().any(|role| needed.contains(role)) {
            return Ok(verified);
        }
        Err(ChainError::RoleMissing(RoleList(needed.to_vec())))
    }

    fn verify_path(
        &self,
        first: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        usage: Usage,
        now: Duration,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
    ) -> Result<&Root, ChainError> {
        let leaf = EndEntityCert::try_from(first).map_err(translate)?;
        let anchors: Vec<TrustAnchor<'_>> =
            self.roots.iter().map(|root| root.anchor.clone()).collect();
        let crls: Vec<&CertRevocationList<'_>> = self.crls.iter().collect();
        let revocation = RevocationOptionsBuilder::new(&crls).ok().map(|options| {
            options
                .with_depth(RevocationCheckDepth::Chain)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build()
        });
        let usage = match usage {
            Usage::Client => KeyUsage::client_auth(),
            Usage::Server => KeyUsage::server_auth(),
        };
        let time = UnixTime::since_unix_epoch(now);
        let path = leaf
            .verify_for_usage(algorithms, &anchors, others, time, usage, revocation, None)
            .map_err(translate)?;
        // webpki takes roots for granted; ours end as other certificates do.
        let anchor = path.anchor();
        let root = self
            .roots
            .iter()
            .find(|root| root.anchor == *anchor)
            .ok_or(ChainError::UnknownIssuer)?;
        if now < root.not_before {
            return Err(ChainError::NotYetValid);
        }
        if now > root.not_after {
            return Err(ChainError::Expired);
        }
        Ok(root)
    }
}

impl Root {
    fn new(der: &CertificateDer<'_>) -> Result<Self, VerifierError> {
        let anchor = anchor_from_trusted_cert(der).map_err(VerifierError::Root)?;
        let certificate = Certificate::from_der(der);
        let certificate = certificate.map_err(|_| VerifierError::Root(webpki::Error::BadDer))?;
        let key = PublicKey::of(&certificate).map_err(|_| VerifierError::RootKey)?;
        Ok(Self {
            anchor: anchor.to_owned(),
            algorithm: key.algorithm(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        })
    }
}

fn translate(error: webpki::Error) -> ChainError {
    match error {
        // The last is another authority of the same name with a key of another algorithm.
        webpki::Error::UnknownIssuer
        | webpki::Error::InvalidSignatureForPublicKey
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            ChainError::UnknownIssuer
        }
        webpki::Error::CertExpired { .. } => ChainError::Expired,
        webpki::Error::CertNotValidYet { .. } => ChainError::NotYetValid,
        webpki::Error::CertRevoked => ChainError::Revoked,
        webpki::Error::UnknownRevocationStatus | webpki::Error::CrlExpired { .. } => {
            ChainError::RevocationUnknown
        }
        webpki::Error::RequiredEkuNotFoundContext(_) => ChainError::Usage,
        webpki::Error::BadDer => ChainError::Identity(IdentityError::Malformed),
        other => ChainError::Other(other),
    }
}
