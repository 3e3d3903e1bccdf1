//! A deterministic generator that takes new seeds all the time, and a physical source hedged by it.

use zeroize::Zeroizing;

use crate::{Kernel, Keystream, Randomness, RandomnessError, RandomnessGrade};

/// Blocks given under one key, but for a single request that needs more: 1 MiB.
const BLOCKS_PER_SEED: u64 = 65_536;

/// AES-256 in counter mode, under a new key for each secret and each MiB.
///
/// Security: computational, and graded so. The next key is the keystream's next 32 bytes XOR a
/// new seed: who learns a key learns no earlier coefficients, and a process that was forked, or a
/// machine that was restored from a snapshot, gives other coefficients from the next secret on,
/// since its seed is another one.
pub struct Drbg<S> {
    kernel: Kernel,
    seeds: S,
    stream: Keystream,
    used: u64,
}

impl<S: FnMut(&mut [u8; 32]) -> Result<(), RandomnessError>> Drbg<S> {
    /// Takes the first seed.
    ///
    /// Shape: `seeds` gives 32 uniform bytes that nobody knows at each call.
    ///
    /// # Errors
    /// What `seeds` says.
    pub fn new(kernel: Kernel, mut seeds: S) -> Result<Self, RandomnessError> {
        let mut key = Zeroizing::new([0; 32]);
        seeds(&mut key)?;
        let stream = Keystream::new(kernel, &key, [0; 8]);
        Ok(Self {
            kernel,
            seeds,
            stream,
            used: 0,
        })
    }

    fn reseed(&mut self) -> Result<(), RandomnessError> {
        let mut seed = Zeroizing::new([0; 32]);
        (self.seeds)(&mut seed)?;
        let mut key = Zeroizing::new([0; 32]);
        self.stream.fill(&mut *key);
        xor(&mut *key, &*seed);
        self.stream = Keystream::new(self.kernel, &key, [0; 8]);
        self.used = 0;
        Ok(())
    }

    fn make_room(&mut self, blocks: u64) -> Result<(), RandomnessError> {
        if self.used > 0 && self.used.saturating_add(blocks) > BLOCKS_PER_SEED {
            self.reseed()?;
        }
        self.used = self.used.saturating_add(blocks);
        Ok(())
    }
}

impl<S: FnMut(&mut [u8; 32]) -> Result<(), RandomnessError>> Randomness for Drbg<S> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.make_room(out.len().div_ceil(16) as u64)?;
        self.stream.fill(out);
        Ok(())
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Drbg
    }

    fn begin_secret(&mut self) -> Result<(), RandomnessError> {
        self.reseed()
    }

    fn keystream(&mut self, blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        self.make_room(blocks)?;
        Ok(Some(&mut self.stream))
    }
}

/// A physical source XOR a generator: uniform if either is.
///
/// Security: graded hedged, never physical: whether the source alone was good, nobody can tell
/// from the shares.
pub struct Hedged<P, D> {
    physical: P,
    drbg: D,
}

impl<P: Randomness, D: Randomness> Hedged<P, D> {
    /// Joins the two; neither must depend on the other.
    pub fn new(physical: P, drbg: D) -> Self {
        Self { physical, drbg }
    }
}

impl<P: Randomness, D: Randomness> Randomness for Hedged<P, D> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        self.physical.fill(out)?;
        let mut pad = Zeroizing::new([0; 1_024]);
        for out in out.chunks_mut(pad.len()) {
            let pad = &mut pad[..out.len()];
            self.drbg.fill(pad)?;
            xor(out, pad);
        }
        Ok(())
    }

    /// The weaker of hedged and what the physical source claims to be.
    fn grade(&self) -> RandomnessGrade {
        match self.physical.grade() {
            RandomnessGrade::Physical => RandomnessGrade::Hedged,
            weaker => weaker,
        }
    }

    fn begin_secret(&mut self) -> Result<(), RandomnessError> {
        self.physical.begin_secret()?;
        self.drbg.begin_secret()
    }
}

fn xor(to: &mut [u8], from: &[u8]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
}
