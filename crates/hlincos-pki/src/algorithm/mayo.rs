//! MAYO-1 by the crate `pq-mayo`, with the changes of round 3.

use pq_mayo::{KeyPair, Mayo1, Signature, SigningKey, VerifyingKey};
use signature::Verifier;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::key::SignError;
use crate::randomness::Randomness;

/// The library wipes the key when it is dropped.
pub(crate) struct PrivateKey(SigningKey<Mayo1>);

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::<Mayo1>::try_from(public_key);
    let signature = Signature::<Mayo1>::try_from(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
        _ => false,
    }
}

impl PrivateKey {
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(&mut Randomness).map_err(|_| KeyError::Generate)?;
        Ok(Self(pair.signing_key().clone()))
    }

    /// The 24-byte seed.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        SigningKey::try_from(bytes)
            .map(Self)
            .map_err(|_| KeyError::Malformed)
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.as_ref().to_vec())
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        VerifyingKey::from(&self.0).as_ref().to_vec()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.0.sign_with_rng(&mut Randomness, message);
        Ok(signature.map_err(|_| SignError::Key)?.as_ref().to_vec())
    }
}
