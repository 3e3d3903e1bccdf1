//! AES-256-GCM as an argument: this crate names the cipher, the caller the code.

/// AES-256-GCM under one key, with nonces of 12 bytes and tags of 16.
///
/// Contract: exactly that cipher, whatever the code, or shares cannot be combined elsewhere.
/// The key is wiped when dropped.
///
/// Source: NIST SP 800-38D.
pub trait ChunkCipher {
    /// Expands a key.
    fn new(key: &[u8; super::KEY_BYTES]) -> Self;

    /// Encrypts in place.
    ///
    /// Shape: the text and room for the tag, 16 bytes, behind it.
    fn seal(&self, nonce: [u8; 12], bound_to: &[u8], sealed: &mut [u8]);

    /// Decrypts in place, and tells whether the tag is right; if not, the text is of no use.
    ///
    /// Shape: the ciphertext and the tag behind it.
    #[must_use]
    fn open(&self, nonce: [u8; 12], bound_to: &[u8], sealed: &mut [u8]) -> bool;
}

#[cfg(feature = "aws-lc")]
mod aws_lc {
    use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

    use super::ChunkCipher;
    use crate::dispersal::{CIPHER_TAG_BYTES, KEY_BYTES};

    /// AES-256-GCM of AWS-LC.
    pub struct AwsLcGcm(LessSafeKey);

    impl ChunkCipher for AwsLcGcm {
        fn new(key: &[u8; KEY_BYTES]) -> Self {
            let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes");
            Self(LessSafeKey::new(key))
        }

        fn seal(&self, nonce: [u8; 12], bound_to: &[u8], sealed: &mut [u8]) {
            let (text, room) = sealed.split_at_mut(sealed.len() - CIPHER_TAG_BYTES);
            let nonce = Nonce::assume_unique_for_key(nonce);
            let tag = self
                .0
                .seal_in_place_separate_tag(nonce, Aad::from(bound_to), text)
                .expect("a chunk is far below what one nonce may encrypt");
            room.copy_from_slice(tag.as_ref());
        }

        fn open(&self, nonce: [u8; 12], bound_to: &[u8], sealed: &mut [u8]) -> bool {
            let nonce = Nonce::assume_unique_for_key(nonce);
            self.0
                .open_in_place(nonce, Aad::from(bound_to), sealed)
                .is_ok()
        }
    }
}

#[cfg(feature = "aws-lc")]
pub use aws_lc::AwsLcGcm;
