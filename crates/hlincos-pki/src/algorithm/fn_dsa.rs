//! FN-DSA-512 by the crate `fn-dsa`: empty context, message not hashed beforehand.
//!
//! FIPS 206 is not published; keys and signatures may not be those of the final standard.

use fn_dsa::{
    DOMAIN_NONE, FN_DSA_LOGN_512, HASH_ID_RAW, KeyPairGenerator, KeyPairGenerator512, SigningKey,
    SigningKey512, VerifyingKey, VerifyingKey512, sign_key_size, signature_size, vrfy_key_size,
};
use zeroize::Zeroizing;

use crate::KeyError;
use crate::key::SignError;
use crate::randomness::Randomness;

const PRIVATE_KEY_BYTES: usize = sign_key_size(FN_DSA_LOGN_512);

/// The encoded key; each signature decodes it, since signing wants it to itself.
pub(crate) struct PrivateKey(Zeroizing<[u8; PRIVATE_KEY_BYTES]>);

pub(super) fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    VerifyingKey512::decode(public_key)
        .is_some_and(|key| key.verify(signature, &DOMAIN_NONE, &HASH_ID_RAW, message))
}

impl PrivateKey {
    pub(crate) fn generate() -> Self {
        let mut key = Zeroizing::new([0; PRIVATE_KEY_BYTES]);
        let mut public = [0; vrfy_key_size(FN_DSA_LOGN_512)];
        let mut generator = KeyPairGenerator512::default();
        generator.keygen(FN_DSA_LOGN_512, &mut Randomness, &mut *key, &mut public);
        Self(key)
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        SigningKey512::decode(bytes).ok_or(KeyError::Malformed)?;
        let bytes = bytes.try_into().map_err(|_| KeyError::Malformed)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_vec())
    }

    pub(crate) fn public_key(&self) -> Vec<u8> {
        let mut public = vec![0; vrfy_key_size(FN_DSA_LOGN_512)];
        self.decoded().to_verifying_key(&mut public);
        public
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mut signature = vec![0; signature_size(FN_DSA_LOGN_512)];
        self.decoded()
            .sign(
                &mut Randomness,
                &DOMAIN_NONE,
                &HASH_ID_RAW,
                message,
                &mut signature,
            )
            .ok_or(SignError::Key)?;
        Ok(signature)
    }

    fn decoded(&self) -> SigningKey512 {
        SigningKey512::decode(&*self.0).expect("decoded once when the key was made")
    }
}
