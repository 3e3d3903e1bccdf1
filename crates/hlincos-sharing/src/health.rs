//! Continuous health tests of a physical source.

use crate::{Randomness, RandomnessError, RandomnessGrade};

/// A physical source under test: every byte passes by before it is used.
///
/// The tests of NIST SP 800-90B, section 4.4, for a source that claims no more than one bit of
/// entropy per byte, each with a false alarm once in 2^30 windows at that claim, and far less
/// often for uniform bytes. They notice a source that died or got stuck, no subtle bias.
///
/// After an alarm it gives nothing any more.
pub struct Tested<P> {
    source: P,
    started: bool,
    failed: bool,
    last: Option<u8>,
    repeated: usize,
    sample: u8,
    seen: usize,
    same: usize,
}

impl<P: Randomness> Tested<P> {
    /// Puts a source under test; the first bytes are drawn and thrown away when it is used first.
    pub fn new(source: P) -> Self {
        Self {
            source,
            started: false,
            failed: false,
            last: None,
            repeated: 0,
            sample: 0,
            seen: 0,
            same: 0,
        }
    }

    fn pass(&mut self, bytes: &[u8]) -> Result<(), RandomnessError> {
        for byte in bytes {
            let (repeats, proportion) = (self.repeats(*byte), self.proportion(*byte));
            self.failed |= repeats || proportion;
        }
        if self.failed {
            Err(RandomnessError::Unhealthy)
        } else {
            Ok(())
        }
    }

    /// The repetition count test, section 4.4.1.
    fn repeats(&mut self, byte: u8) -> bool {
        self.repeated = if self.last == Some(byte) {
            self.repeated + 1
        } else {
            1
        };
        self.last = Some(byte);
        self.repeated >= REPEATED_MAX
    }

    /// The adaptive proportion test, section 4.4.2.
    fn proportion(&mut self, byte: u8) -> bool {
        if self.seen == 0 {
            (self.sample, self.same) = (byte, 0);
        }
        self.same += usize::from(byte == self.sample);
        self.seen = (self.seen + 1) % WINDOW_BYTES;
        self.same >= SAME_MAX
    }
}

impl<P: Randomness> Randomness for Tested<P> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        if self.failed {
            return Err(RandomnessError::Unhealthy);
        }
        if !self.started {
            let mut first = zeroize::Zeroizing::new([0; STARTUP_BYTES]);
            self.source.fill(&mut *first)?;
            self.pass(&*first)?;
            self.started = true;
        }
        self.source.fill(out)?;
        self.pass(out)
    }

    fn grade(&self) -> RandomnessGrade {
        self.source.grade()
    }

    fn begin_secret(&mut self) -> Result<(), RandomnessError> {
        self.source.begin_secret()
    }
}

/// Equal bytes in a row that are an alarm: 1 + 30 bits of rarity at one bit a byte.
const REPEATED_MAX: usize = 31;

/// Bytes of a window of the proportion test.
const WINDOW_BYTES: usize = 512;

/// So many bytes equal to a window's first are an alarm: one window in 2^30 at one bit a byte.
const SAME_MAX: usize = 325;

/// Bytes tested before the first is used, as section 4.3 asks.
const STARTUP_BYTES: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    struct Source<F>(F, usize);

    impl<F: FnMut(usize) -> u8> Randomness for Source<F> {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
            for byte in out {
                *byte = (self.0)(self.1);
                self.1 += 1;
            }
            Ok(())
        }
        fn grade(&self) -> RandomnessGrade {
            RandomnessGrade::Physical
        }
    }

    /// Draws a MiB; tells at which byte it failed, if it did.
    fn draw(at: impl FnMut(usize) -> u8) -> Option<usize> {
        let mut tested = Tested::new(Source(at, 0));
        for drawn in 0..1 << 20 {
            if tested.fill(&mut [0]) == Err(RandomnessError::Unhealthy) {
                assert_eq!(
                    tested.fill(&mut [0]),
                    Err(RandomnessError::Unhealthy),
                    "for good"
                );
                return Some(drawn);
            }
        }
        None
    }

    /// splitmix64's highest byte.
    fn good(at: usize) -> u8 {
        let mut z = (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ z >> 31).to_be_bytes()[0]
    }

    #[test]
    fn good_bytes_pass_and_a_dead_source_gives_not_a_single_byte() {
        assert_eq!(draw(good), None);
        assert_eq!(draw(|_| 0), Some(0));
    }

    #[test]
    fn a_source_that_gets_stuck_is_noticed_within_31_bytes() {
        let stuck = draw(|at| if at < 5_000 { good(at) } else { 7 });
        let first = 5_000 - STARTUP_BYTES;
        assert!(
            stuck.is_some_and(|at| (first..first + 31).contains(&at)),
            "{stuck:?}"
        );
    }

    #[test]
    fn a_source_that_prefers_one_value_is_noticed() {
        assert!(
            draw(|at| if at % 16 < 13 && at % 29 > 2 {
                1
            } else {
                good(at)
            })
            .is_some()
        );
    }

    #[test]
    fn the_cut_off_of_the_proportion_test_is_the_critical_binomial_at_2_to_the_minus_30() {
        // P(X >= c) for 512 trials at 1/2, from the top.
        let mut term = 0.5_f64.powi(512);
        let mut tail = 0.0;
        let mut cut = 512;
        for count in (0..=512_i32).rev() {
            tail += term;
            if tail > 0.5_f64.powi(30) {
                cut = count + 1;
                break;
            }
            term *= f64::from(count) / f64::from(513 - count);
        }
        assert_eq!(usize::try_from(cut).unwrap(), SAME_MAX);
    }
}
