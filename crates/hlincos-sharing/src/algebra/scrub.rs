//! Scrub: whether all shares of an object still lie on polynomials, by 16 bytes from each holder.
//!
//! Holder j tells z_j = h_r(y_j) + w_j, where the w_j are shares of a random mask. Who holds a
//! share that was lost or altered cannot tell a z_j that fits, unless it has seen those of others.
//!
//! Source: `spec/algebra.md`, section 5.

use alloc::vec;
use alloc::vec::Vec;

use super::collinear::{Located, Value, locate};
use super::refresh::{PieceDealer, PieceError, expect_each};
use super::route::{Route, RouteError, ShareId};
use super::{Accepted, VALUE_BYTES};
use crate::{Kernel, Point, Randomness, RandomnessError, Threshold};
use zeroize::Zeroizing;

/// Deals masks for scrubs and reshares.
pub struct MaskDealer {
    threshold: Threshold,
    pieces: PieceDealer,
}

/// A holder's part of a mask, and the mask of that mask's own verification value.
pub type MaskDealing = [[u8; VALUE_BYTES]; 2];

impl MaskDealer {
    /// Prepares for any number of masks.
    #[must_use]
    pub fn new(kernel: Kernel, threshold: Threshold) -> Self {
        let pieces = PieceDealer::new(kernel, threshold);
        Self { threshold, pieces }
    }

    /// Deals one: for points 1 to n, 32 bytes each.
    ///
    /// Randomness: 32 bytes for the secrets and 32 (k-1) for their shares.
    /// Security: a mask hides if one of those who dealt is honest, so k must deal; and it
    /// must be used for one challenge only.
    ///
    /// # Errors
    /// [`ScrubError::Randomness`].
    pub fn deal(&mut self, rng: &mut dyn Randomness) -> Result<Vec<MaskDealing>, ScrubError> {
        let n = usize::from(self.threshold.n());
        let mut dealings = vec![[[0; VALUE_BYTES]; 2]; n];
        let mut secret = Zeroizing::new([0; 2 * VALUE_BYTES]);
        // Its own seed, so that no mask serves two challenges.
        rng.begin_secret().map_err(ScrubError::Randomness)?;
        rng.fill(&mut *secret).map_err(ScrubError::Randomness)?;
        let mut outs: Vec<&mut [u8]> = dealings
            .iter_mut()
            .map(|dealing| dealing.as_flattened_mut())
            .collect();
        match self.pieces.deal(&*secret, rng, &mut outs) {
            Ok(()) => Ok(dealings),
            Err(PieceError::Randomness(error)) => Err(ScrubError::Randomness(error)),
            Err(PieceError::Buffers | PieceError::Lengths) => unreachable!("made here"),
        }
    }
}

/// Adds up the masks that were accepted, for one holder.
///
/// Shape: from each accepted contributor the 32 bytes dealt to this holder, in any order.
///
/// # Errors
/// [`ScrubError::Route`], [`ScrubError::Missing`].
pub fn scrub_mask(
    id: ShareId,
    me: Point,
    accepted: &Accepted,
    dealings: &[(Route, MaskDealing)],
) -> Result<[u8; VALUE_BYTES], ScrubError> {
    expect_each(id, me, &accepted.contributors, dealings)?.map_err(ScrubError::Missing)?;
    let masks = dealings.iter().map(|(_, dealing)| &dealing[0]);
    Ok(masks.fold([0; VALUE_BYTES], |sum, mask| {
        super::extension::add(sum, mask)
    }))
}

/// What a scrub found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed {
    /// Holders whose shares or answers are wrong, in ascending order; none if all is well.
    ///
    /// Security: if at most (m-k)/2 of m answers are wrong.
    pub culprits: Vec<Point>,
}

/// Compares the answers of a scrub.
///
/// Shape: k+1 to n answers of 16 bytes, at distinct points.
/// Security: fewer than m-k+1 wrong of m answers are seen but for L/2^128, and up to (m-k)/2
/// are named: with k+1 answers one is detected, with k+2 one is located. It takes that `r` was drawn after
/// the masks were accepted and the shares fixed, and that nobody told its answer having seen
/// another's: let all commit to theirs first, or tell them privately to one who compares.
/// The answers hide h_r of the secret and of every share.
/// Time: depends on which are wrong.
///
/// # Errors
/// [`ScrubError`].
pub fn check_scrub(
    threshold: Threshold,
    id: ShareId,
    answers: &[(ShareId, Point, [u8; VALUE_BYTES])],
) -> Result<Scrubbed, ScrubError> {
    let mut sorted: Vec<Point> = answers.iter().map(|(_, point, _)| *point).collect();
    sorted.sort_unstable();
    for (told, _, _) in answers {
        id.expect(*told)?;
    }
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(ScrubError::DuplicatePoint(pair[0]));
    }
    if let Some(last) = sorted.last().filter(|last| last.get() > threshold.n()) {
        return Err(ScrubError::BeyondN(*last));
    }
    let k = usize::from(threshold.k());
    if answers.len() <= k {
        let have = answers.len();
        return Err(ScrubError::TooFew { have, need: k + 1 });
    }
    let values: Vec<Value> = answers
        .iter()
        .map(|(_, x, value)| (x.get(), *value))
        .collect();
    let mut culprits = match locate(&values, k) {
        Located::AllFit => Vec::new(),
        Located::Off(which) => which.into_iter().map(|at| answers[at].1).collect(),
        Located::Unknown => return Err(ScrubError::NotCollinear),
    };
    culprits.sort_unstable();
    Ok(Scrubbed { culprits })
}

/// Why a scrub says nothing, or nothing good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScrubError {
    /// A message of something else.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The source cannot give.
    #[error(transparent)]
    Randomness(RandomnessError),
    /// Any k answers fit.
    #[error("{have} answers were given and a scrub takes {need}; ask further holders")]
    TooFew {
        /// Given.
        have: usize,
        /// k+1.
        need: usize,
    },
    /// An answer stands twice.
    #[error("holder {0} stands twice among the answers; each answers once")]
    DuplicatePoint(Point),
    /// No holder has this point.
    #[error("the point {0} is beyond the number of holders; use the threshold of this object")]
    BeyondN(Point),
    /// An accepted mask is not there.
    #[error("the mask of holder {0} was accepted and is not there; ask for it again")]
    Missing(Point),
    /// A share is lost or altered, or a holder lies, and it cannot be told which.
    #[error(
        "a share is wrong, and it cannot be told which; ask further holders, or restore to see"
    )]
    NotCollinear,
}
