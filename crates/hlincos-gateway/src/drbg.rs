//! Randomness for splitting: ChaCha20 seeded by the operating system.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use hlincos_sharing::{Randomness, RandomnessGrade};
use zeroize::Zeroize;

/// A DRBG with a seed of its own for each batch.
///
/// Security: computational, and graded so: shares made with it are not information-theoretic.
pub(crate) struct SystemSeeded(ChaCha20Rng);

impl SystemSeeded {
    /// Draws 32 bytes from the operating system.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut seed = [0_u8; 32];
        getrandom::fill(&mut seed)?;
        let rng = ChaCha20Rng::from_seed(seed);
        seed.zeroize();
        Ok(Self(rng))
    }
}

impl Randomness for SystemSeeded {
    fn fill(&mut self, out: &mut [u8]) {
        self.0.fill_bytes(out);
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }
}
