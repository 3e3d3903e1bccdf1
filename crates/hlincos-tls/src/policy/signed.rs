//! Who says what may be used: the authority's signature beside the policy.

use std::time::Duration;

use der::pem::{self, LineEnding};
use hlincos_pki::{
    Certificate, ChainError, KeyPair, PublicKey, Role, ShownChain, SignatureAlgorithm, Usage,
    Verifier,
};
use rustls::pki_types::CertificateDer;

use super::Policy;
use super::document::{DocumentError, FIRST_LINE, TEXT_BYTES_MAX};

/// The label of the signature in PEM.
const LABEL: &str = "HLINCOS SIGNATURE";
const END: &str = "-----END HLINCOS SIGNATURE-----";
/// Longest file of signature and chain: three of SLH-DSA-128f.
pub(super) const SIGNATURE_BYTES_MAX: usize = 128 << 10;

/// Algorithms that policies are signed with.
const SIGNERS: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::MlDsa65,
    SignatureAlgorithm::SlhDsa128s,
    SignatureAlgorithm::SlhDsa128f,
];

/// Why a policy is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is no policy.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// There is no signature beside it, or it is none.
    #[error("the suite policy is not signed; sign it with `hlincos suites sign`")]
    Unsigned,
    /// The signer's certificate is not believed.
    #[error("the suite policy's signer is not believed: {0}")]
    Chain(#[from] ChainError),
    /// The signer is not the authority.
    #[error("the suite policy is signed by a {0}; only a party of role authority may")]
    Signer(Role),
    /// The signer's key is of another kind.
    #[error("suite policies are signed with ML-DSA-65 or SLH-DSA, not with {0}")]
    Algorithm(SignatureAlgorithm),
    /// The signature is not of this text.
    #[error("the suite policy was changed after it was signed; sign it again")]
    Signature,
    /// An older policy than the one that was in force, or another one with its serial.
    #[error("the suite policy has serial {given}, and {known} was in force; serials only grow")]
    RolledBack {
        /// The serial of the file.
        given: u64,
        /// The serial known here.
        known: u64,
    },
    /// The key does not sign, or is not the certificate's.
    #[error("the key does not sign: {0}")]
    Key(String),
}

/// Signs a policy's text; gives what goes into the file beside it.
///
/// `chain` is the signer's certificates, its own first. Randomness: as [`KeyPair::sign`].
///
/// # Errors
/// [`PolicyError`] also for a text that is no policy: nothing else is ever signed here.
pub fn sign(text: &[u8], chain: &[Certificate], key: &KeyPair) -> Result<String, PolicyError> {
    Policy::from_toml(readable(text)?)?;
    if !SIGNERS.contains(&key.algorithm()) {
        return Err(PolicyError::Algorithm(key.algorithm()));
    }
    let fault = |error: &dyn std::error::Error| PolicyError::Key(error.to_string());
    let own = chain.first().ok_or(PolicyError::Unsigned)?;
    let public = PublicKey::of(own).map_err(|error| fault(&error))?;
    let signature = key.sign(text).map_err(|error| fault(&error))?;
    if public.verify(text, &signature).is_err() {
        return Err(PolicyError::Key("it is not the certificate's".into()));
    }
    let mut out = pem::encode_string(LABEL, LineEnding::LF, &signature)
        .map_err(|error| PolicyError::Key(error.to_string()))?;
    for certificate in chain {
        out.push_str(&certificate.to_pem().map_err(|error| fault(&error))?);
    }
    Ok(out)
}

/// Takes a policy if the authority signed it.
///
/// `believed` are the algorithms of the policy in force: what it switched off signs no successor.
///
/// # Errors
/// [`PolicyError`].
pub fn verify(
    text: &[u8],
    signature: &[u8],
    verifier: &Verifier,
    believed: &[SignatureAlgorithm],
    now: Duration,
) -> Result<Policy, PolicyError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(DocumentError::Oversized.into());
    }
    let (signature, chain) = take_apart(signature).ok_or(PolicyError::Unsigned)?;
    let shown: Vec<CertificateDer<'_>> = chain
        .iter()
        .map(|one| one.to_der().map(CertificateDer::from))
        .collect::<Result<_, _>>()
        .map_err(|_| PolicyError::Unsigned)?;
    let shown = ShownChain::new(&shown).map_err(ChainError::from)?;
    let signer = verifier.verify_by(&shown, Usage::Client, now, believed)?;
    if signer.identity().role != Role::Authority {
        return Err(PolicyError::Signer(signer.identity().role));
    }
    let algorithm = signer.algorithm();
    if !SIGNERS.contains(&algorithm) || !believed.contains(&algorithm) {
        return Err(PolicyError::Algorithm(algorithm));
    }
    let key = PublicKey::of(&chain[0]).map_err(|_| PolicyError::Unsigned)?;
    key.verify(text, &signature)
        .map_err(|_| PolicyError::Signature)?;
    Ok(Policy::from_toml(readable(text)?)?)
}

fn readable(text: &[u8]) -> Result<&str, DocumentError> {
    let text = str::from_utf8(text).map_err(|_| DocumentError::Format)?;
    if text.starts_with(FIRST_LINE) {
        Ok(text)
    } else {
        Err(DocumentError::Format)
    }
}

/// The signature, and the signer's chain behind it.
fn take_apart(file: &[u8]) -> Option<(Vec<u8>, Vec<Certificate>)> {
    if file.len() > SIGNATURE_BYTES_MAX {
        return None;
    }
    let text = str::from_utf8(file).ok()?;
    let end = text.find(END)? + END.len();
    let (first, rest) = text.split_at(end);
    let (label, signature) = pem::decode_vec(first.as_bytes()).ok()?;
    let chain = Certificate::chain_from_pem(rest.trim_start()).ok()?;
    (label == LABEL).then_some((signature, chain))
}
