//! From a seed to all random bytes: HKDF with SHA-256 (RFC 5869).

use hkdf::Hkdf;
use sha2::Sha256;

/// A seed that gives bytes under names.
pub(crate) struct Expander(Hkdf<Sha256>);

impl Expander {
    /// Of 32 uniform bytes.
    pub(crate) fn new(seed: &[u8; 32]) -> Self {
        Self(Hkdf::from_prk(seed).expect("32 bytes are a key of SHA-256"))
    }

    /// Of a secret that is not uniform bytes, and what it is for.
    pub(crate) fn of_secret(purpose: &[u8], secret: &[u8]) -> Self {
        Self(Hkdf::new(Some(purpose), secret))
    }

    /// Fills with bytes that belong to a name.
    pub(crate) fn fill(&self, name: &[&[u8]], out: &mut [u8]) {
        self.0
            .expand_multi_info(name, out)
            .expect("no name asks for more than 8,160 bytes");
    }
}
