//! ML-DSA-65 by aws-lc-rs.

use aws_lc_rs::signature::{
    KeyPair as _, ML_DSA_65, ML_DSA_65_SIGNING, PqdsaKeyPair, UnparsedPublicKey,
};
use der::SecretDocument;

use super::SignatureAlgorithm;
use crate::KeyError;
use crate::key::SignError;

/// The library wipes its own copy of the key.
pub(crate) struct PrivateKey(PqdsaKeyPair);

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ML_DSA_65, public_key)
        .verify(message, signature)
        .is_ok()
}

impl PrivateKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        PqdsaKeyPair::generate(&ML_DSA_65_SIGNING)
            .map(Self)
            .map_err(|_| KeyError::Generate)
    }

    /// RFC 9881, section 6: the 32-byte seed alone.
    pub(crate) fn to_pkcs8(&self) -> Result<SecretDocument, KeyError> {
        let der = self.0.to_pkcs8v1().map_err(|_| KeyError::Malformed)?;
        SecretDocument::try_from(der.as_ref()).map_err(|_| KeyError::Malformed)
    }

    pub(crate) fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        PqdsaKeyPair::from_pkcs8(&ML_DSA_65_SIGNING, der)
            .map(Self)
            .map_err(|_| KeyError::Malformed)
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; SignatureAlgorithm::MlDsa65.signature_bytes()];
        let len = self
            .0
            .sign(message, &mut signature)
            .map_err(|_| SignError::Key)?;
        signature.truncate(len);
        Ok(signature)
    }
}
