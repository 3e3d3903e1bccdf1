//! A signer that lives and dies with the process.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::{
    CertificateSigner, KeyError, KeyPair, LEAVES, OneTimeIndex, PublicKey, SignError,
    SignatureAlgorithm, StatefulKey, Tree,
};

/// A signer of any algorithm whose key is never written: for loopback checks and tests.
///
/// Security: the count of used leaves is in memory, as the key is; both end together.
pub struct EphemeralSigner(Kind);

enum Kind {
    Stateless(KeyPair),
    Stateful(Box<StatefulKey>, Tree, AtomicU32),
}

/// All leaves of an ephemeral key are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("all {LEAVES} one-time keys of the ephemeral signer are used; make a new one")]
pub struct Exhausted;

impl EphemeralSigner {
    /// Makes a new key.
    ///
    /// Time: half a second for HSS and XMSS.
    ///
    /// # Errors
    /// [`KeyError::Generate`].
    pub fn generate(algorithm: SignatureAlgorithm) -> Result<Self, KeyError> {
        if !algorithm.is_stateful() {
            return Ok(Self(Kind::Stateless(KeyPair::generate(algorithm)?)));
        }
        let (key, tree) = StatefulKey::generate(algorithm)?;
        let next = AtomicU32::new(0);
        Ok(Self(Kind::Stateful(Box::new(key), tree, next)))
    }
}

impl CertificateSigner for EphemeralSigner {
    fn public_key(&self) -> &PublicKey {
        match &self.0 {
            Kind::Stateless(key) => key.public_key(),
            Kind::Stateful(key, ..) => key.public_key(),
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let (key, tree, next) = match &self.0 {
            Kind::Stateless(key) => return key.sign(message),
            Kind::Stateful(key, tree, next) => (key, tree, next),
        };
        let free = |used: u32| (used < LEAVES).then_some(used + 1);
        let index = next
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, free)
            .map_err(|_| SignError::State(Box::new(Exhausted)))?;
        key.sign(tree, OneTimeIndex::danger_spent(index), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ephemeral_stateful_key_signs_each_leaf_once_and_then_refuses() {
        let signer = EphemeralSigner::generate(SignatureAlgorithm::Hss).unwrap();
        for index in 0..LEAVES {
            let signature = signer.sign(b"m").unwrap();
            assert_eq!(signature[4..8], index.to_be_bytes(), "RFC 8554: q");
        }
        let refused = signer.sign(b"m").unwrap_err();
        assert!(refused.to_string().contains("all 1024"), "{refused}");
    }
}
