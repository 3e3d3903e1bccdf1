//! Random choices of one patient, from one stream that nothing else reads.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};

/// What a stream is for: purposes do not disturb each other, so that more documents leave the
/// messages as they are.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// What happens at one facility.
    Life = 1,
    /// Bodies of documents and images.
    Documents = 2,
    /// Which files are spoilt, and how.
    Defects = 3,
    /// Who the person is and what ails them: the same at every facility.
    Nature = 4,
}

/// A stream of choices.
pub(crate) struct Draw(ChaCha20Rng);

impl Draw {
    /// Opens the stream of one patient of one facility for one purpose.
    pub(crate) fn open(seed: u64, facility: u32, patient: u32, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_be_bytes());
        key[8] = purpose as u8;
        key[9..13].copy_from_slice(&facility.to_be_bytes());
        let mut rng = ChaCha20Rng::from_seed(key);
        rng.set_stream(u64::from(patient));
        Self(rng)
    }

    /// Draws 32 bits.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Draws a number below `end`; 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        // The high half of the product is below `end`; its bias (2^-32 * end) is far below what a
        // synthetic store could show.
        let product = u64::from(self.0.next_u32()) * u64::from(end);
        u32::try_from(product >> 32).expect("the high half of 64 bits")
    }

    /// Draws from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below(high.abs_diff(low) + 1).cast_signed()
    }

    /// Says yes `percent` times in a hundred.
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// Says yes with the given probability.
    pub(crate) fn rate(&mut self, rate: f64) -> bool {
        f64::from(self.0.next_u32()) < rate * f64::from(u32::MAX)
    }

    /// Picks one of a non-empty list.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let length = u32::try_from(list.len()).expect("tables are short");
        &list[self.below(length) as usize]
    }

    /// Fills `bytes` with noise that does not compress.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
