//! SLH-DSA with SHA-2 at 128 bits, small and fast, by the crate `slh-dsa`: pure, empty context.

use signature::{Keypair, RandomizedSigner, Verifier};
use slh_dsa::{ParameterSet, Sha2_128f, Sha2_128s, Signature, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::key::SignError;
use crate::randomness::Randomness;

/// The library wipes the key when it is dropped.
pub(crate) struct PrivateKey<P: ParameterSet>(SigningKey<P>);

/// The small parameter set.
pub(crate) type PrivateKey128s = PrivateKey<Sha2_128s>;
/// The fast parameter set.
pub(crate) type PrivateKey128f = PrivateKey<Sha2_128f>;

pub(super) fn verify_128s(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    verify::<Sha2_128s>(public_key, message, signature)
}

pub(super) fn verify_128f(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    verify::<Sha2_128f>(public_key, message, signature)
}

fn verify<P: ParameterSet>(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = VerifyingKey::<P>::try_from(public_key);
    let signature = Signature::<P>::try_from(signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify(message, &signature).is_ok(),
        _ => false,
    }
}

impl<P: ParameterSet> PrivateKey<P> {
    pub(crate) fn generate() -> Self {
        Self(SigningKey::new(&mut Randomness))
    }

    /// RFC 9909, section 6: SK.seed, SK.prf, PK.seed and PK.root, 16 bytes each.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        SigningKey::try_from(bytes)
            .map(Self)
            .map_err(|_| KeyError::Malformed)
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_vec())
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_vec()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.0.try_sign_with_rng(&mut Randomness, message);
        Ok(signature.map_err(|_| SignError::Key)?.to_vec())
    }
}
