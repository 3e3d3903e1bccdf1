//! A deterministic generator that takes new seeds all the time, and a physical source hedged by it.

use zeroize::Zeroizing;

use crate::{Kernel, Keystream, Randomness, RandomnessError, RandomnessGrade};

/// Blocks given under one key, but for a single request that needs more: 1 MiB.
const BLOCKS_PER_SEED: u64 = 65_536;

/// AES-256 in counter mode, under a new key for each secret and each MiB.
///
/// Security: computational, and graded so. The next key is the keystream's next 32 bytes XOR a
/// new seed: who learns a key learns the coefficients made with it and
/// none of earlier keys, and a process that was forked, or a
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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::{Splitter, Threshold, protect_and_split, split};

    type Drawn = Result<(), RandomnessError>;

    /// Seeds 1, 2, 3 ..., and how many were drawn.
    fn seeds() -> (Rc<RefCell<u8>>, impl FnMut(&mut [u8; 32]) -> Drawn) {
        let drawn = Rc::new(RefCell::new(0));
        let counted = drawn.clone();
        let seeds = move |seed: &mut [u8; 32]| {
            *counted.borrow_mut() += 1;
            seed.fill(*counted.borrow());
            Ok(())
        };
        (drawn, seeds)
    }

    fn stream(key: [u8; 32], skip: usize, len: usize) -> Vec<u8> {
        let mut stream = Keystream::new(Kernel::PORTABLE, &key, [0; 8]);
        stream.fill(&mut alloc::vec![0; skip]);
        let mut out = alloc::vec![0; len];
        stream.fill(&mut out);
        out
    }

    fn draw(rng: &mut impl Randomness, len: usize) -> Vec<u8> {
        let mut out = alloc::vec![0; len];
        rng.fill(&mut out).unwrap();
        out
    }

    #[test]
    fn the_first_bytes_are_aes_under_the_first_seed_and_none_comes_twice() {
        let mut rng = Drbg::new(Kernel::best(), seeds().1).unwrap();
        assert_eq!(draw(&mut rng, 48), stream([1; 32], 0, 48));
        assert_eq!(draw(&mut rng, 48), stream([1; 32], 48, 48));
    }

    #[test]
    fn the_next_key_is_the_old_stream_xor_a_new_seed() {
        let (drawn, seeds) = seeds();
        let mut rng = Drbg::new(Kernel::best(), seeds).unwrap();
        draw(&mut rng, 16);
        rng.begin_secret().unwrap();
        assert_eq!(*drawn.borrow(), 2);
        let mut key: [u8; 32] = stream([1; 32], 16, 32).try_into().unwrap();
        key.iter_mut().for_each(|byte| *byte ^= 2);
        assert_eq!(draw(&mut rng, 64), stream(key, 0, 64));
    }

    #[test]
    fn a_machine_restored_from_a_snapshot_gives_other_bytes_from_the_next_secret_on() {
        let mut last = 1;
        let twins = [5_u8, 6].map(|next| {
            let mut rng = Drbg::new(Kernel::best(), move |seed: &mut [u8; 32]| {
                seed.fill(last);
                last = next;
                Ok(())
            })
            .unwrap();
            let before = draw(&mut rng, 32);
            rng.begin_secret().unwrap();
            last = 1;
            (before, draw(&mut rng, 32))
        });
        assert_eq!(twins[0].0, twins[1].0, "the snapshot");
        assert_ne!(twins[0].1, twins[1].1);
    }

    #[test]
    fn a_new_seed_is_taken_for_each_secret_and_each_mebibyte() {
        let (drawn, seeds) = seeds();
        let mut rng = Drbg::new(Kernel::best(), seeds).unwrap();
        let threshold = Threshold::new(2, 3).unwrap();
        for secret in 2..=4 {
            protect_and_split(threshold, &[7; 100_000], &mut rng).unwrap();
            assert_eq!(*drawn.borrow(), secret, "one more for each secret");
        }
        split(threshold, b"x", &mut rng).unwrap();
        assert_eq!(*drawn.borrow(), 5);
        let mut splitter = Splitter::new(threshold);
        for secret in 6..=7 {
            splitter.restart();
            let mut shares = [[0; 35]; 3];
            let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(|share| &mut share[..]).collect();
            splitter.split_chunk(b"abc", &mut rng, &mut outs).unwrap();
            assert_eq!(*drawn.borrow(), secret);
        }
        (0..32).for_each(|_| drop(draw(&mut rng, 65_536)));
        assert_eq!(*drawn.borrow(), 9, "two MiB took two more");
    }

    #[test]
    fn a_seed_that_is_not_to_be_had_is_told_and_nothing_is_given_instead() {
        let silent = |_: &mut [u8; 32]| Err(RandomnessError::Silent);
        assert!(Drbg::new(Kernel::best(), silent).is_err());
        let mut first = true;
        let mut rng = Drbg::new(Kernel::best(), move |seed: &mut [u8; 32]| {
            seed.fill(1);
            if core::mem::take(&mut first) {
                Ok(())
            } else {
                Err(RandomnessError::Silent)
            }
        })
        .unwrap();
        let threshold = Threshold::new(2, 3).unwrap();
        assert_eq!(
            split(threshold, b"x", &mut rng),
            Err(RandomnessError::Silent)
        );
    }

    /// A physical source that gives one byte over and over, or nothing.
    struct Physical(Option<u8>);

    impl Randomness for Physical {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
            out.fill(self.0.ok_or(RandomnessError::Spent)?);
            Ok(())
        }

        fn grade(&self) -> RandomnessGrade {
            RandomnessGrade::Physical
        }
    }

    #[test]
    fn hedged_bytes_are_the_physical_ones_xor_the_generator_s() {
        let drbg = || Drbg::new(Kernel::best(), seeds().1).unwrap();
        let mut hedged = Hedged::new(Physical(Some(0x5A)), drbg());
        let mut expected = draw(&mut drbg(), 1_024);
        expected.extend(stream([1; 32], 1_024, 476));
        expected.iter_mut().for_each(|byte| *byte ^= 0x5A);
        assert_eq!(draw(&mut hedged, 1_500), expected);
        assert_eq!(hedged.grade(), RandomnessGrade::Hedged);
        let mut dead = Hedged::new(Physical(None), drbg());
        assert_eq!(dead.fill(&mut [0; 4]), Err(RandomnessError::Spent));
        assert!(Hedged::new(drbg(), drbg()).grade() == RandomnessGrade::Drbg);
    }
}
