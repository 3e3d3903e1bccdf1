//! Reshare: shares of another threshold or for other holders, without the secret.
//!
//! Each old holder deals its share as if it were a secret; a new holder adds what it gets of k of
//! them, times Lagrange's weights at 0.
//!
//! Source: Desmedt and Jajodia, "Redistributing Secret Shares to New Access Structures and Its
//! Applications", George Mason University, 1997; checks as Wong, Wang, Wing, "Verifiable Secret
//! Redistribution for Archive Systems", 2002, without discrete logarithms: `spec/algebra.md`,
//! section 7.

use alloc::vec::Vec;

use super::refresh::{PieceDealer, PieceError, expect_each};
use super::route::{Route, RouteError, ShareId};
use super::{VALUE_BYTES, same_lengths};
use crate::polynomial::weights_at;
use crate::{Kernel, Point, Randomness, RandomnessError, Threshold};

mod check;

pub use check::{Dispute, Parity, ReshareCheck, Reshared};

/// Deals an old holder's share to the new holders, piece after piece.
pub struct SubDealer {
    pieces: PieceDealer,
}

impl SubDealer {
    /// Prepares for any number of objects, with the new threshold.
    #[must_use]
    pub fn new(kernel: Kernel, new: Threshold) -> Self {
        Self {
            pieces: PieceDealer::new(kernel, new),
        }
    }

    /// Deals the next piece of the share.
    ///
    /// Shape: n' buffers, for new points 1 to n', of the piece's length, [`super::PIECE_BYTES`] at
    /// most.
    /// Randomness: (k'-1) times the length.
    /// Security: fewer than k' new holders learn nothing of the share. **Old shares keep their
    /// threshold until they are erased.**
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`ReshareError::Buffers`], [`ReshareError::Lengths`], [`ReshareError::Randomness`].
    pub fn deal_piece(
        &mut self,
        share: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), ReshareError> {
        Ok(self.pieces.deal(share, rng, outs)?)
    }

    /// Deals the holder's part of the mask, after the last piece; see [`super::scrub_mask`].
    ///
    /// # Errors
    /// As [`Self::deal_piece`].
    pub fn deal_mask(
        &mut self,
        mask: &[u8; VALUE_BYTES],
        rng: &mut dyn Randomness,
        outs: &mut [[u8; VALUE_BYTES]],
    ) -> Result<(), ReshareError> {
        Ok(self.pieces.deal_last(mask, rng, outs)?)
    }
}

/// One new holder's part of a reshare, once it is known whose dealings are used.
#[derive(Clone, Debug)]
pub struct Reshare {
    kernel: Kernel,
    id: ShareId,
    me: Point,
    dealers: Vec<Point>,
    weights: Vec<u8>,
}

impl Reshare {
    /// Computes the weights of the k old holders whose dealings all new holders use.
    ///
    /// Shape: `id` of the old shares.
    #[must_use]
    pub fn new(kernel: Kernel, id: ShareId, me: Point, checked: &Reshared) -> Self {
        let points: Vec<u8> = checked.dealers.iter().map(|point| point.get()).collect();
        Self {
            kernel,
            id,
            me,
            dealers: checked.dealers.clone(),
            weights: weights_at(&points, 0),
        }
    }

    /// Makes a piece of the new share.
    ///
    /// Shape: the same piece from each of the k dealers, in any order, all of `out`'s length.
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`ReshareError::Route`], [`ReshareError::Missing`], [`ReshareError::Lengths`].
    pub fn apply(&self, pieces: &[(Route, &[u8])], out: &mut [u8]) -> Result<(), ReshareError> {
        expect_each(self.id, self.me, &self.dealers, pieces)?.map_err(ReshareError::Missing)?;
        let rows: Vec<&[u8]> = pieces.iter().map(|(_, piece)| *piece).collect();
        if !same_lengths(&rows, out.len()) {
            return Err(ReshareError::Lengths);
        }
        let place = |from: Point| self.dealers.iter().position(|dealer| *dealer == from);
        let weights: Vec<u8> = pieces
            .iter()
            .map(|(route, _)| self.weights[place(route.from).expect("expected above")])
            .collect();
        self.kernel.weighted_sum(&rows, &weights, 0, out);
        Ok(())
    }

    /// What the new share is of.
    ///
    /// # Errors
    /// [`RouteError::LastEpoch`].
    pub fn id_after(&self) -> Result<ShareId, RouteError> {
        self.id.next()
    }
}

/// Why shares cannot be changed into others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReshareError {
    /// A message of something else.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The source cannot give.
    #[error(transparent)]
    Randomness(RandomnessError),
    /// Not one buffer for each new holder.
    #[error("a dealing takes one buffer for each of the new holders")]
    Buffers,
    /// Lengths differ or are too great.
    #[error("the pieces differ in length or are longer than 64 KiB; ask for them again")]
    Lengths,
    /// An old holder stands twice.
    #[error("old holder {0} stands twice; each deals once")]
    DuplicatePoint(Point),
    /// No holder has this point.
    #[error("the point {0} is beyond the number of holders; use the right threshold")]
    BeyondN(Point),
    /// A value or piece is not there.
    #[error("what old holder {0} dealt is not there with all new holders; ask for it again")]
    Missing(Point),
    /// Too few dealings are straight.
    #[error("{have} dealings can be used and {need} are needed; let further old holders deal")]
    TooFew {
        /// Straight ones.
        have: usize,
        /// k.
        need: usize,
        /// Who says what about whom.
        disputes: Vec<Dispute>,
    },
    /// An old share is wrong or its holder lies, and it cannot be told which.
    #[error("an old share is wrong, and it cannot be told which; scrub the old shares")]
    Parity,
}

impl From<PieceError> for ReshareError {
    fn from(error: PieceError) -> Self {
        match error {
            PieceError::Buffers => Self::Buffers,
            PieceError::Lengths => Self::Lengths,
            PieceError::Randomness(error) => Self::Randomness(error),
        }
    }
}
