//! A party's key as rustls signs with it.

use core::fmt;
use std::sync::Arc;

use hlincos_pki::{KeyPair, SignatureAlgorithm};
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{Error, SignatureAlgorithm as TlsAlgorithm, SignatureScheme};

use hlincos_pki::CertificateSigner;

/// The code point of a party's signatures; authorities' have none in TLS.
///
/// Ours are private and such as rustls keeps in TLS 1.3: neither a first byte below 4 nor a second
/// below 3.
pub(super) const fn scheme(algorithm: SignatureAlgorithm) -> Option<SignatureScheme> {
    match algorithm {
        SignatureAlgorithm::MlDsa65 => Some(SignatureScheme::ML_DSA_65),
        SignatureAlgorithm::FnDsa512 => Some(SignatureScheme::Unknown(0xFE20)),
        SignatureAlgorithm::Mayo1 => Some(SignatureScheme::Unknown(0xFE30)),
        _ => None,
    }
}

/// Certificates and key in rustls's shape.
pub(super) fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: &Arc<KeyPair>,
) -> Result<CertifiedKey, Error> {
    let scheme = scheme(key.algorithm());
    let scheme = scheme
        .ok_or_else(|| Error::General(format!("keys of {} do not sign in TLS", key.algorithm())))?;
    let spki = key.public_key().to_spki_der();
    let key = Key {
        pair: key.clone(),
        scheme,
        spki: spki
            .map_err(|error| Error::General(error.to_string()))?
            .into(),
    };
    let certified = CertifiedKey::new(chain, Arc::new(key));
    certified.keys_match()?;
    Ok(certified)
}

#[derive(Clone)]
struct Key {
    pair: Arc<KeyPair>,
    scheme: SignatureScheme,
    spki: SubjectPublicKeyInfoDer<'static>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key of {:?}", self.scheme)
    }
}

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let known = offered.contains(&self.scheme);
        known.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.spki.clone())
    }

    fn algorithm(&self) -> TlsAlgorithm {
        // TLS 1.3 chooses by scheme alone.
        TlsAlgorithm::from(u16::from(self.scheme).to_be_bytes()[1])
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signed = self.pair.sign(message);
        signed.map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
