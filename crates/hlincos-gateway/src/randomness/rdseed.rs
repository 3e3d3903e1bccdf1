//! The processor's own physical source, where it has one.

use hlincos_sharing::{Randomness, RandomnessError, RandomnessGrade};

use super::SourceError;

/// Draws that come back empty before the source counts as silent; all cores share one source.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
const TRIES: usize = 64;

/// RDSEED: conditioned noise of the processor, about 15 MB/s.
///
/// Security: physical as far as the processor's maker is believed.
pub(super) struct Rdseed(#[cfg(any(target_arch = "x86", target_arch = "x86_64"))] rdrand::RdSeed);

impl Rdseed {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    pub(super) fn new() -> Result<Self, SourceError> {
        rdrand::RdSeed::new()
            .map(Self)
            .map_err(|_| SourceError::NoRdseed)
    }

    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    pub(super) fn new() -> Result<Self, SourceError> {
        Err(SourceError::NoRdseed)
    }
}

impl Randomness for Rdseed {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        use rand_core::TryRng;

        for part in out.chunks_mut(256) {
            let given = (0..TRIES).any(|_| self.0.try_fill_bytes(part).is_ok());
            if !given {
                return Err(RandomnessError::Silent);
            }
        }
        Ok(())
    }

    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    fn fill(&mut self, _out: &mut [u8]) -> Result<(), RandomnessError> {
        Err(RandomnessError::Silent)
    }

    fn grade(&self) -> RandomnessGrade {
        RandomnessGrade::Physical
    }
}
