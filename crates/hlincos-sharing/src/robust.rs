//! Combining answers of which some may be wrong: find k that are right, name the others.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::combiner::Combiner;
use crate::protected::{PROTECTED_CHUNK_BYTES, TAG_BYTES, secret_len};
use crate::{Point, Threshold};

/// Subsets of the answers that are tried for one chunk; where there are more, none is.
///
/// Enough for every subset of up to 16 answers: there are 12,870 of 8 of 16.
pub const SUBSETS_MAX: usize = 20_000;

/// A secret that k answers agree on.
pub struct Combined {
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// Points whose answers are wrong, in ascending order.
    ///
    /// Security: if fewer than k answers are wrong and k or more right. Before anyone acts on it,
    /// 2k-1 sites must have answered: then the second follows from the first.
    pub culprits: Vec<Point>,
    /// Points of which some are wrong, and it cannot be told which, in ascending order.
    ///
    /// Empty when one answer is wrong; `spec/sharing.md`, section 6, says when else.
    pub suspects: Vec<Point>,
}

impl core::fmt::Debug for Combined {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Combined")
            .field("culprits", &self.culprits)
            .field("suspects", &self.suspects)
            .finish_non_exhaustive()
    }
}

/// Why answers could not be combined.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RobustError {
    /// Fewer than k answers of one length: ask further sites.
    #[error("{have} of the {need} shares needed are there; ask further sites")]
    TooFew {
        /// Answers that could be used.
        have: usize,
        /// k.
        need: usize,
    },
    /// A point stands twice: the caller mixed sites up.
    #[error("the point {0} stands twice among the shares; each site holds another")]
    DuplicatePoint(Point),
    /// A point is none of the n: the caller mixed thresholds up.
    #[error("the point {0} is beyond the number of shares; use the threshold they were made with")]
    BeyondN(Point),
    /// No answer has a length that a share can have, or a chunk's pieces differ in length.
    #[error("no secret has shares of these lengths; ask the sites again")]
    WrongLength,
    /// No k answers carry a valid tag; nobody can be named.
    #[error("no {need} of the {have} shares agree: {bound}")]
    NoAgreement {
        /// Answers that were tried.
        have: usize,
        /// k.
        need: usize,
        /// Which bound failed.
        bound: Bound,
    },
}

/// What would have been needed to correct wrong answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// More answers than k: one or more of these k is wrong.
    Spare,
    /// k right answers: every subset was tried.
    Right,
    /// At most half of the spare answers wrong, or few enough subsets to try them all.
    Search,
}

impl core::fmt::Display for Bound {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Spare => "one is wrong or more, and none is to spare; ask further sites",
            Self::Right => "too few of them are right; ask further sites",
            Self::Search => {
                "more than half of those to spare are wrong, too many to try all subsets; \
                 leave out sites that are not trusted"
            }
        })
    }
}

/// Combines k or more answers, corrects wrong ones and names their points.
///
/// Shape: k to n answers at distinct points. Lengths that no share has count as wrong, and so do
/// those that fewer answers have than another length. Every chunk must carry its tag.
/// Security: let fewer than k answers be wrong and k or more right. Then the secret comes out
/// right, but for (d+2)/2^128 per subset tried, if all subsets can be tried (up to 16 answers
/// always) or at most (m-k)/2 of m answers are wrong; no right answer is ever a culprit. With k
/// or more colluding liars it says nothing. Liars must not see others' answers before theirs.
/// Time: depends on which answers are wrong, not on the secret; linear when none is.
///
/// # Errors
/// [`RobustError`].
///
/// Source: `spec/sharing.md`, sections 5 and 6.
pub fn combine_robust(
    threshold: Threshold,
    answers: &[(Point, &[u8])],
) -> Result<Combined, RobustError> {
    let all: Vec<Point> = answers.iter().map(|(point, _)| *point).collect();
    Combiner::new(threshold, &all)?;
    let len = usual_len(answers).ok_or(RobustError::WrongLength)?;
    let (usable, odd): (Vec<_>, Vec<_>) = answers
        .iter()
        .copied()
        .partition(|(_, share)| share.len() == len);
    let points: Vec<Point> = usable.iter().map(|(point, _)| *point).collect();
    let mut combiner = Combiner::new(threshold, &points)?;

    let secret_len = secret_len(len).ok_or(RobustError::WrongLength)?;
    // Each chunk is put where the tag of the one before lay.
    let mut secret = Zeroizing::new(alloc::vec![0; secret_len + TAG_BYTES]);
    let (mut at, mut put) = (0, 0);
    while at < len {
        let until = len.min(at + PROTECTED_CHUNK_BYTES);
        let pieces: Vec<&[u8]> = usable.iter().map(|(_, share)| &share[at..until]).collect();
        put += combiner.combine_chunk_into(&pieces, &mut secret[put..put + until - at])?;
        at = until;
    }
    secret.truncate(secret_len);
    let mut culprits = combiner.culprits();
    culprits.extend(odd.iter().map(|(point, _)| *point));
    culprits.sort_unstable();
    let suspects = combiner.suspects();
    Ok(Combined {
        secret,
        culprits,
        suspects,
    })
}

/// The length that most answers have, of those that shares can have; the longest of those that
/// are equally frequent.
fn usual_len(answers: &[(Point, &[u8])]) -> Option<usize> {
    let lens = || answers.iter().map(|(_, share)| share.len());
    let votes = |len: usize| lens().filter(|other| *other == len).count();
    lens()
        .filter(|len| secret_len(*len).is_some())
        .max_by_key(|len| (votes(*len), *len))
}
