//! From a chain that was shown to an identity that is believed, for one time.

use core::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use super::{
    CERTIFICATES_MAX, CHAIN_BYTES_MAX, ChainError, RoleList, ShownChain, Usage, VerifiedIdentity,
    VerifierError,
};
use crate::{Certificate, HcRole, IdentityError, PublicKey, SignatureAlgorithm};

/// Verifies chains: roots, revocation lists and algorithms that are believed.
///
/// Once it has revocation lists, every certificate of a chain must be covered by a current one.
pub struct Verifier {
    roots: Vec<Root>,
    crls: Vec<CertRevocationList<'static>>,
    algorithms: Vec<&'static dyn SignatureVerificationAlgorithm>,
}

struct Root {
    anchor: TrustAnchor<'static>,
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
        let all = SignatureAlgorithm::ALL.map(SignatureAlgorithm::verification);
        Ok(Self {
            roots: roots?,
            crls: Vec::new(),
            algorithms: all.to_vec(),
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
        self.algorithms = algorithms.iter().map(|one| one.verification()).collect();
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
        let (first, others) = shown.certificates.split_first().ok_or(ChainError::None)?;
        let bytes: usize = shown.certificates.iter().map(|one| one.len()).sum();
        if shown.certificates.len() > CERTIFICATES_MAX || bytes > CHAIN_BYTES_MAX {
            return Err(ChainError::Oversized);
        }
        self.verify_path(first, others, usage, now)?;
        let certificate = Certificate::from_der(first).map_err(|_| IdentityError::Malformed)?;
        let key = PublicKey::of(&certificate).map_err(|_| ChainError::Key)?;
        Ok(VerifiedIdentity {
            identity: shown.identity.clone(),
            roles: certificate.roles()?,
            serial: certificate.serial(),
            not_after: certificate.not_after(),
            algorithm: key.algorithm(),
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
    ) -> Result<(), ChainError> {
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
            .verify_for_usage(
                &self.algorithms,
                &anchors,
                others,
                time,
                usage,
                revocation,
                None,
            )
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
        Ok(())
    }
}

impl Root {
    fn new(der: &CertificateDer<'_>) -> Result<Self, VerifierError> {
        let anchor = anchor_from_trusted_cert(der).map_err(VerifierError::Root)?;
        let certificate = Certificate::from_der(der);
        let certificate = certificate.map_err(|_| VerifierError::Root(webpki::Error::BadDer))?;
        Ok(Self {
            anchor: anchor.to_owned(),
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
