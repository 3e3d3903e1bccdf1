//! Stateless private keys, public keys, and what signs certificates.

use core::error::Error;

use der::asn1::{BitString, OctetStringRef};
use der::pem::LineEnding;
use der::{Decode, Document, Encode, SecretDocument};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfoRef};
use spki::{EncodePublicKey, SubjectPublicKeyInfoOwned};
use zeroize::Zeroizing;

use crate::algorithm::{fn_dsa, hss, mayo, ml_dsa, slh_dsa, xmss};
use crate::{Certificate, SignatureAlgorithm, VerifyError};

const PEM_LABEL: &str = "PRIVATE KEY";

/// A private key that may sign any number of times, with its public key.
///
/// Secrets are wiped when dropped, by the libraries or here; so is the PEM text that comes out.
pub struct KeyPair {
    private: Private,
    public: PublicKey,
}

enum Private {
    MlDsa65(Box<ml_dsa::PrivateKey>),
    FnDsa512(Box<fn_dsa::PrivateKey>),
    Mayo1(mayo::PrivateKey),
    SlhDsa128s(slh_dsa::PrivateKey128s),
    SlhDsa128f(slh_dsa::PrivateKey128f),
}

/// Why a key is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gave no randomness, or the library refused.
    #[error("no key could be made; the system gives no random numbers")]
    Generate,
    /// The text is no PKCS#8 private key of an algorithm of ours.
    #[error("this is no PKCS#8 private key of H-LINCOS; issue a new one with `hlincos ca issue`")]
    Malformed,
    /// A key whose leaves sign once was asked for as one that signs at will, or the reverse.
    #[error("HSS and XMSS keys sign certificates through their ledger alone; use `hlincos ca`")]
    Stateful,
    /// The key is under a passphrase and none was given.
    #[error("the private key is under a passphrase; give it (--passphrase-file, --passphrase-env)")]
    Locked,
    /// The passphrase is wrong.
    #[error("the passphrase is not the one of this private key")]
    Passphrase,
    /// The public key is not one of its algorithm.
    #[error("the certificate's public key is not one that H-LINCOS knows")]
    Public,
}

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The library refused the key.
    #[error("the private key does not sign; issue a new one with `hlincos ca issue`")]
    Key,
    /// The leaf is not one of this key's.
    #[error("the one-time key {0} is not in this key file; it was handed to another signer")]
    Leaf(u32),
    /// Who keeps the key's state refused.
    #[error(transparent)]
    State(Box<dyn Error + Send + Sync>),
}

/// Signs certificates and revocation lists.
///
/// A stateful signer must have the leaf's spending on disk before `sign` gives the signature out.
pub trait CertificateSigner {
    /// The key that verifies.
    fn public_key(&self) -> &PublicKey;

    /// Signs bytes.
    ///
    /// # Errors
    /// [`SignError`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

impl KeyPair {
    /// Makes a new key.
    ///
    /// Randomness: 24 to 64 bytes, drawn from the operating system.
    ///
    /// # Errors
    /// [`KeyError::Generate`]; [`KeyError::Stateful`] for HSS and XMSS.
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        Ok(Self::from(match algorithm {
            SignatureAlgorithm::MlDsa65 => {
                Private::MlDsa65(Box::new(ml_dsa::PrivateKey::generate()?))
            }
            SignatureAlgorithm::FnDsa512 => {
                Private::FnDsa512(Box::new(fn_dsa::PrivateKey::generate()))
            }
            SignatureAlgorithm::Mayo1 => Private::Mayo1(mayo::PrivateKey::generate()?),
            SignatureAlgorithm::SlhDsa128s => {
                Private::SlhDsa128s(slh_dsa::PrivateKey128s::generate())
            }
            SignatureAlgorithm::SlhDsa128f => {
                Private::SlhDsa128f(slh_dsa::PrivateKey128f::generate())
            }
            SignatureAlgorithm::Hss | SignatureAlgorithm::Xmss => return Err(KeyError::Stateful),
        }))
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.public.algorithm
    }

    /// Signs bytes.
    ///
    /// Randomness: up to 56 bytes, drawn from the operating system.
    ///
    /// # Errors
    /// [`SignError::Key`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.private {
            Private::MlDsa65(key) => key.sign(message),
            Private::FnDsa512(key) => key.sign(message),
            Private::Mayo1(key) => key.sign(message),
            Private::SlhDsa128s(key) => key.sign(message),
            Private::SlhDsa128f(key) => key.sign(message),
        }
    }

    /// Writes the key as PKCS#8 in DER, not encrypted.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the library cannot encode it.
    pub fn to_pkcs8_der(&self) -> Result<SecretDocument, KeyError> {
        let octets = match &self.private {
            Private::MlDsa65(key) => return key.to_pkcs8(),
            Private::FnDsa512(key) => key.to_bytes(),
            Private::Mayo1(key) => key.to_bytes(),
            Private::SlhDsa128s(key) => key.to_bytes(),
            Private::SlhDsa128f(key) => key.to_bytes(),
        };
        to_pkcs8(self.algorithm(), &octets)
    }

    /// Reads a key from PKCS#8 in DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]; [`KeyError::Stateful`] for HSS and XMSS.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let (algorithm, octets) = from_pkcs8(der)?;
        Ok(Self::from(match algorithm {
            SignatureAlgorithm::MlDsa65 => {
                Private::MlDsa65(Box::new(ml_dsa::PrivateKey::from_pkcs8(der)?))
            }
            SignatureAlgorithm::FnDsa512 => {
                Private::FnDsa512(Box::new(fn_dsa::PrivateKey::from_bytes(&octets)?))
            }
            SignatureAlgorithm::Mayo1 => Private::Mayo1(mayo::PrivateKey::from_bytes(&octets)?),
            SignatureAlgorithm::SlhDsa128s => {
                Private::SlhDsa128s(slh_dsa::PrivateKey::from_bytes(&octets)?)
            }
            SignatureAlgorithm::SlhDsa128f => {
                Private::SlhDsa128f(slh_dsa::PrivateKey::from_bytes(&octets)?)
            }
            SignatureAlgorithm::Hss | SignatureAlgorithm::Xmss => return Err(KeyError::Stateful),
        }))
    }

    /// Writes the key as PKCS#8 in PEM, not encrypted.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the library cannot encode it.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.to_pkcs8_der()?;
        document
            .to_pem(PEM_LABEL, LineEnding::LF)
            .map_err(|_| KeyError::Malformed)
    }

    /// Reads a key from PKCS#8 in PEM that is not encrypted.
    ///
    /// # Errors
    /// [`KeyError::Malformed`]; [`KeyError::Stateful`] for HSS and XMSS.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyError::Malformed)?;
        if label != PEM_LABEL {
            return Err(KeyError::Malformed);
        }
        Self::from_pkcs8_der(document.as_bytes())
    }
}

impl From<Private> for KeyPair {
    fn from(private: Private) -> Self {
        let (algorithm, bytes) = match &private {
            Private::MlDsa65(key) => (SignatureAlgorithm::MlDsa65, key.public_key()),
            Private::FnDsa512(key) => (SignatureAlgorithm::FnDsa512, key.public_key()),
            Private::Mayo1(key) => (SignatureAlgorithm::Mayo1, key.public_key()),
            Private::SlhDsa128s(key) => (SignatureAlgorithm::SlhDsa128s, key.public_key()),
            Private::SlhDsa128f(key) => (SignatureAlgorithm::SlhDsa128f, key.public_key()),
        };
        let public = PublicKey { algorithm, bytes };
        Self { private, public }
    }
}

impl CertificateSigner for KeyPair {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Self::sign(self, message)
    }
}

/// Wraps the private key's octets, of an algorithm without parameters.
pub(crate) fn to_pkcs8(
    algorithm: SignatureAlgorithm,
    octets: &[u8],
) -> Result<SecretDocument, KeyError> {
    let identifier = AlgorithmIdentifierRef {
        oid: algorithm.oid(),
        parameters: None,
    };
    let octets = OctetStringRef::new(octets).map_err(|_| KeyError::Malformed)?;
    let info = PrivateKeyInfoRef::new(identifier, octets);
    SecretDocument::encode_msg(&info).map_err(|_| KeyError::Malformed)
}

/// The algorithm and the private key's octets.
pub(crate) fn from_pkcs8(der: &[u8]) -> Result<(SignatureAlgorithm, Zeroizing<Vec<u8>>), KeyError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Malformed)?;
    let algorithm = SignatureAlgorithm::from_oid(&info.algorithm.oid).ok_or(KeyError::Malformed)?;
    if info.algorithm.parameters.is_some() {
        return Err(KeyError::Malformed);
    }
    let octets = info.private_key.as_bytes().to_vec();
    Ok((algorithm, Zeroizing::new(octets)))
}

/// A public key, as certificates carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: SignatureAlgorithm,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Takes the contents of a certificate's BIT STRING.
    ///
    /// # Errors
    /// [`KeyError::Public`] when the length, or the parameter set that HSS and XMSS keys begin
    /// with, is another than the algorithm's.
    pub fn new(algorithm: SignatureAlgorithm, bytes: &[u8]) -> Result<Self, KeyError> {
        let prefix: &[u8] = match algorithm {
            SignatureAlgorithm::Hss => &hss::PUBLIC_KEY_PREFIX,
            SignatureAlgorithm::Xmss => &xmss::PUBLIC_KEY_PREFIX,
            _ => &[],
        };
        if bytes.len() != algorithm.public_key_bytes() || !bytes.starts_with(prefix) {
            return Err(KeyError::Public);
        }
        let bytes = bytes.to_vec();
        Ok(Self { algorithm, bytes })
    }

    /// Reads a `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyError::Public`] unless it is one of our algorithms without parameters.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoOwned::from_der(der).map_err(|_| KeyError::Public)?;
        Self::from_info(&info)
    }

    /// The key that a certificate is for.
    ///
    /// # Errors
    /// [`KeyError::Public`] unless it is one of our algorithms without parameters.
    pub fn of(certificate: &Certificate) -> Result<Self, KeyError> {
        Self::from_info(
            certificate
                .inner
                .tbs_certificate()
                .subject_public_key_info(),
        )
    }

    fn from_info(info: &SubjectPublicKeyInfoOwned) -> Result<Self, KeyError> {
        let algorithm =
            SignatureAlgorithm::from_oid(&info.algorithm.oid).ok_or(KeyError::Public)?;
        let bytes = info.subject_public_key.as_bytes().ok_or(KeyError::Public)?;
        if info.algorithm.parameters.is_some() {
            return Err(KeyError::Public);
        }
        Self::new(algorithm, bytes)
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The contents of a certificate's BIT STRING.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Verifies a signature.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        self.algorithm.verify(&self.bytes, message, signature)
    }

    /// Writes the `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    /// [`KeyError::Public`]: never for a key that was made.
    pub fn to_spki_der(&self) -> Result<Vec<u8>, KeyError> {
        let info = self.info().map_err(|_| KeyError::Public)?;
        info.to_der().map_err(|_| KeyError::Public)
    }

    pub(crate) fn info(&self) -> Result<SubjectPublicKeyInfoOwned, der::Error> {
        Ok(SubjectPublicKeyInfoOwned {
            algorithm: self.algorithm.identifier(),
            subject_public_key: BitString::from_bytes(&self.bytes)?,
        })
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::encode_msg(&self.info()?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATELESS: [SignatureAlgorithm; 5] = [
        SignatureAlgorithm::MlDsa65,
        SignatureAlgorithm::FnDsa512,
        SignatureAlgorithm::Mayo1,
        SignatureAlgorithm::SlhDsa128s,
        SignatureAlgorithm::SlhDsa128f,
    ];

    #[test]
    fn every_stateless_key_survives_its_pem_and_signs() {
        for algorithm in STATELESS {
            let key = KeyPair::generate(algorithm).unwrap();
            let pem = key.to_pkcs8_pem().unwrap();
            let again = KeyPair::from_pkcs8_pem(&pem).unwrap();
            assert_eq!(key.public, again.public, "{algorithm}");
            assert_eq!(again.algorithm(), algorithm);
            let signature = again.sign(b"a message").unwrap();
            assert_eq!(signature.len(), algorithm.signature_bytes(), "{algorithm}");
            assert_eq!(key.public.verify(b"a message", &signature), Ok(()));
            let spki = key.public.to_spki_der().unwrap();
            assert_eq!(PublicKey::from_spki_der(&spki).unwrap(), key.public);
        }
    }

    #[test]
    fn a_changed_message_signature_or_key_does_not_verify() {
        for algorithm in STATELESS {
            let key = KeyPair::generate(algorithm).unwrap();
            let other = KeyPair::generate(algorithm).unwrap();
            let signature = key.sign(b"a message").unwrap();
            assert!(key.public.verify(b"another", &signature).is_err());
            assert!(other.public.verify(b"a message", &signature).is_err());
            for at in [0, signature.len() / 2, signature.len() - 1] {
                let mut wrong = signature.clone();
                wrong[at] ^= 0x10;
                assert!(
                    key.public.verify(b"a message", &wrong).is_err(),
                    "{algorithm}, byte {at}"
                );
            }
            for wrong in [&signature[1..], &signature[..signature.len() - 1], &[]] {
                assert!(key.public.verify(b"a message", wrong).is_err());
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = KeyPair::generate(SignatureAlgorithm::MlDsa65).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        for wrong in [
            "",
            "-----BEGIN",
            &pem.replace("PRIVATE", "PUBLIC"),
            &pem[..pem.len() / 2],
        ] {
            assert!(KeyPair::from_pkcs8_pem(wrong).is_err());
        }
        for algorithm in STATELESS {
            let der = to_pkcs8(algorithm, &[7; 5]).unwrap();
            assert!(KeyPair::from_pkcs8_der(der.as_bytes()).is_err());
        }
    }
}
