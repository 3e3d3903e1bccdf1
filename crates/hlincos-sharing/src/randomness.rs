//! Randomness as an argument, with a grade that travels with the shares.

use alloc::boxed::Box;
use core::fmt;

use crate::Keystream;

/// What kind of source the coefficients came from; weaker is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RandomnessGrade {
    /// A deterministic generator: sharing is as strong as that, computationally.
    Drbg = 1,
    /// A physical source XORed with a DRBG.
    Hedged = 2,
    /// A physical source alone: only this may be called information-theoretic.
    Physical = 3,
}

/// The number is no grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no grade of randomness")]
pub struct GradeError(pub u8);

impl TryFrom<u8> for RandomnessGrade {
    type Error = GradeError;
    fn try_from(code: u8) -> Result<Self, GradeError> {
        match code {
            1 => Ok(Self::Drbg),
            2 => Ok(Self::Hedged),
            3 => Ok(Self::Physical),
            other => Err(GradeError(other)),
        }
    }
}

impl fmt::Display for RandomnessGrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drbg => "DRBG",
            Self::Hedged => "hedged",
            Self::Physical => "physical",
        })
    }
}

/// A source of uniform bytes.
///
/// Contract: every byte is uniform and used once; `grade` tells the truth about all bytes given
/// so far, and never changes: a source that cannot give says so, it does not fall back to another.
pub trait Randomness {
    /// Fills the buffer.
    ///
    /// # Errors
    /// [`RandomnessError`]; what was written is not to be used then.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError>;

    /// What kind of source it is.
    fn grade(&self) -> RandomnessGrade;

    /// Called before each secret; a generator takes a new seed here.
    ///
    /// # Errors
    /// [`RandomnessError`].
    fn begin_secret(&mut self) -> Result<(), RandomnessError> {
        Ok(())
    }

    /// A keystream to take this many blocks from instead of filling buffers, if the source is one.
    ///
    /// # Errors
    /// [`RandomnessError`].
    fn keystream(&mut self, blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        let _ = blocks;
        Ok(None)
    }
}

impl<R: Randomness + ?Sized> Randomness for Box<R> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomnessError> {
        (**self).fill(out)
    }

    fn grade(&self) -> RandomnessGrade {
        (**self).grade()
    }

    fn begin_secret(&mut self) -> Result<(), RandomnessError> {
        (**self).begin_secret()
    }

    fn keystream(&mut self, blocks: u64) -> Result<Option<&mut Keystream>, RandomnessError> {
        (**self).keystream(blocks)
    }
}

/// Why a source cannot give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RandomnessError {
    /// What could be used once was used.
    #[error("the source of random bytes is spent; give it new ones")]
    Spent,
    /// It gives nothing.
    #[error("the source of random bytes gives nothing; see whether its device works")]
    Silent,
    /// What it gives is not random.
    #[error("the source of random bytes fails its health test; replace its device")]
    Unhealthy,
}
