//! Randomness as an argument, with a grade that travels with the shares.

use core::fmt;

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
/// so far. A source that cannot give panics or blocks, it never gives less.
pub trait Randomness {
    /// Fills the buffer.
    fn fill(&mut self, out: &mut [u8]);

    /// What kind of source it is.
    fn grade(&self) -> RandomnessGrade;
}
