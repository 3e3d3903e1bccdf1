//! ML-DSA-65 keys: the one place that names the signature algorithm.
//!
//! Other roots and leaves come as further adapters like this one.

use aws_lc_rs::signature::{KeyPair as _, ML_DSA_65_SIGNING, PqdsaKeyPair};
use der::asn1::BitString;
use der::pem::LineEnding;
use der::{Document, SecretDocument};
use signature::{Keypair, Signer};
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, ObjectIdentifier,
    SignatureBitStringEncoding, SubjectPublicKeyInfoOwned,
};
use zeroize::Zeroizing;

/// id-ml-dsa-65, RFC 9881.
const ML_DSA_65: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.3.18");
/// Bytes of an ML-DSA-65 signature, FIPS 204, table 2.
const SIGNATURE_BYTES: usize = 3309;
const PEM_LABEL: &str = "PRIVATE KEY";

/// A private key with its public key.
///
/// The library wipes its own copy; the PEM text that comes out is wiped when dropped.
pub struct KeyPair(PqdsaKeyPair);

/// Why a key is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gave no randomness, or the library refused.
    #[error("no key could be made; the system gives no random numbers")]
    Generate,
    /// The text is no PKCS#8 private key of ML-DSA-65.
    #[error("this is no PKCS#8 private key of ML-DSA-65; issue a new one with `hlincos ca issue`")]
    Malformed,
}

impl KeyPair {
    /// Makes a new key.
    ///
    /// Randomness: 32 bytes, drawn by the library from the operating system.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn generate() -> Result<Self, KeyError> {
        PqdsaKeyPair::generate(&ML_DSA_65_SIGNING)
            .map(Self)
            .map_err(|_| KeyError::Generate)
    }

    /// Writes the key as PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the library cannot encode it.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let der = self.0.to_pkcs8v1().map_err(|_| KeyError::Malformed)?;
        let document = SecretDocument::try_from(der.as_ref()).map_err(|_| KeyError::Malformed)?;
        document
            .to_pem(PEM_LABEL, LineEnding::LF)
            .map_err(|_| KeyError::Malformed)
    }

    /// Reads a key from PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyError::Malformed)?;
        if label != PEM_LABEL {
            return Err(KeyError::Malformed);
        }
        PqdsaKeyPair::from_pkcs8(&ML_DSA_65_SIGNING, document.as_bytes())
            .map(Self)
            .map_err(|_| KeyError::Malformed)
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

/// A public key, as certificates carry it.
#[derive(Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    pub(crate) fn info(&self) -> Result<SubjectPublicKeyInfoOwned, der::Error> {
        Ok(SubjectPublicKeyInfoOwned {
            algorithm: algorithm(),
            subject_public_key: BitString::from_bytes(&self.0)?,
        })
    }
}

const fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ML_DSA_65,
        parameters: None,
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::encode_msg(&self.info()?)?)
    }
}

impl Keypair for KeyPair {
    type VerifyingKey = PublicKey;
    fn verifying_key(&self) -> PublicKey {
        self.public()
    }
}

impl DynSignatureAlgorithmIdentifier for KeyPair {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(algorithm())
    }
}

/// A signature's bytes.
pub(crate) struct Raw(Vec<u8>);

impl SignatureBitStringEncoding for Raw {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}

impl Signer<Raw> for KeyPair {
    fn try_sign(&self, message: &[u8]) -> Result<Raw, signature::Error> {
        let mut bytes = vec![0; SIGNATURE_BYTES];
        let len = self
            .0
            .sign(message, &mut bytes)
            .map_err(|_| signature::Error::new())?;
        bytes.truncate(len);
        Ok(Raw(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem() {
        let key = KeyPair::generate().unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        let again = KeyPair::from_pkcs8_pem(&pem).unwrap();
        assert_eq!(key.public().0, again.public().0);
        assert_eq!(key.public().0.len(), 1952, "FIPS 204, table 2");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let pem = KeyPair::generate().unwrap().to_pkcs8_pem().unwrap();
        for wrong in [
            "",
            "-----BEGIN",
            &pem.replace("PRIVATE", "PUBLIC"),
            &pem[..pem.len() / 2],
        ] {
            assert!(KeyPair::from_pkcs8_pem(wrong).is_err());
        }
    }
}
