//! Refresh: new shares of the same secret, by adding shares of zero.
//!
//! Source: Herzberg, Jarecki, Krawczyk, Yung, "Proactive Secret Sharing", CRYPTO 1995, section 3;
//! `spec/algebra.md`, section 3.

use alloc::vec::Vec;

use super::route::{Route, RouteError, ShareId};
use super::{Accepted, PIECE_BYTES, VALUE_BYTES, same_lengths, sum};
use crate::{Dealer, Kernel, Point, Randomness, RandomnessError, Threshold};

/// Deals shares of zeros, piece after piece.
pub struct ZeroDealer {
    pieces: PieceDealer,
}

impl ZeroDealer {
    /// Prepares for any number of objects.
    #[must_use]
    pub fn new(kernel: Kernel, threshold: Threshold) -> Self {
        Self {
            pieces: PieceDealer::new(kernel, threshold),
        }
    }

    /// Deals the next piece of an object.
    ///
    /// Shape: n buffers, for points 1 to n, of one length, [`PIECE_BYTES`] at most.
    /// Randomness: (k-1) times the length; as strong as `rng.grade()` says.
    /// Security: who sees fewer than k-1 of the buffers learns nothing of the others. With k-1 of
    /// them all are known: **for k = 2 every holder who gets one knows the whole dealing.**
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`RefreshError::Buffers`], [`RefreshError::Lengths`], [`RefreshError::Randomness`].
    pub fn deal_piece(
        &mut self,
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), RefreshError> {
        let len = outs.first().map_or(0, |out| out.len());
        let zeros = ZEROS.get(..len).ok_or(RefreshError::Lengths)?;
        Ok(self.pieces.deal(zeros, rng, outs)?)
    }

    /// Deals the mask of an object's verification values, after its last piece.
    ///
    /// Shape, Randomness, Security: as of a piece of 16 bytes.
    ///
    /// # Errors
    /// As [`Self::deal_piece`].
    pub fn deal_mask(
        &mut self,
        rng: &mut dyn Randomness,
        outs: &mut [[u8; VALUE_BYTES]],
    ) -> Result<(), RefreshError> {
        Ok(self.pieces.deal_last(&ZEROS[..VALUE_BYTES], rng, outs)?)
    }
}

static ZEROS: [u8; PIECE_BYTES] = [0; PIECE_BYTES];

/// A dealer that sees to its buffers, and takes a new seed for each piece: whatever was abandoned
/// before, no two objects are dealt from one seed.
pub(crate) struct PieceDealer {
    threshold: Threshold,
    dealer: Dealer,
}

impl PieceDealer {
    pub(crate) fn new(kernel: Kernel, threshold: Threshold) -> Self {
        Self {
            threshold,
            dealer: Dealer::new(kernel, threshold),
        }
    }

    pub(crate) fn deal(
        &mut self,
        secret: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), PieceError> {
        if outs.len() != usize::from(self.threshold.n()) {
            return Err(PieceError::Buffers);
        }
        let fits = outs.iter().all(|out| out.len() == secret.len());
        if !fits || secret.len() > PIECE_BYTES {
            return Err(PieceError::Lengths);
        }
        rng.begin_secret()?;
        Ok(self.dealer.deal(secret, rng, outs)?)
    }

    pub(crate) fn deal_last(
        &mut self,
        secret: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [[u8; VALUE_BYTES]],
    ) -> Result<(), PieceError> {
        let mut outs: Vec<&mut [u8]> = outs.iter_mut().map(|out| &mut out[..]).collect();
        self.deal(secret, rng, &mut outs)
    }
}

/// Why a piece cannot be dealt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PieceError {
    #[error("buffers")]
    Buffers,
    #[error("lengths")]
    Lengths,
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
}

/// One holder's part of a refresh, once it is known whose dealings are accepted.
#[derive(Clone, Debug)]
pub struct Refresh {
    kernel: Kernel,
    id: ShareId,
    me: Point,
    accepted: Vec<Point>,
}

impl Refresh {
    /// Prepares to add the accepted dealings.
    ///
    /// Shape: `id` of the share before.
    #[must_use]
    pub fn new(kernel: Kernel, id: ShareId, me: Point, accepted: &Accepted) -> Self {
        Self {
            kernel,
            id,
            me,
            accepted: accepted.contributors.clone(),
        }
    }

    /// Makes a piece of the new share.
    ///
    /// Shape: the same piece of the share before and of each accepted dealing, in any order; all
    /// of `new`'s length. Masks are not added to shares.
    /// Security: whoever does not know the sum of the dealings cannot use shares of both epochs
    /// together. Every holder must make its new share, or none; then the share before and the
    /// dealings are to be erased.
    /// Time: constant in the bytes.
    ///
    /// # Errors
    /// [`RefreshError::Route`], [`RefreshError::Missing`], [`RefreshError::Lengths`].
    pub fn apply(
        &self,
        before: &[u8],
        dealings: &[(Route, &[u8])],
        new: &mut [u8],
    ) -> Result<(), RefreshError> {
        expect_each(self.id, self.me, &self.accepted, dealings)?.map_err(RefreshError::Missing)?;
        let rows: Vec<&[u8]> = dealings
            .iter()
            .map(|(_, piece)| *piece)
            .chain([before])
            .collect();
        if !same_lengths(&rows, new.len()) {
            return Err(RefreshError::Lengths);
        }
        sum(self.kernel, &rows, new);
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

/// Sees that exactly these senders sent one message each, to one receiver; tells who is missing.
pub(crate) fn expect_each<T>(
    id: ShareId,
    to: Point,
    senders: &[Point],
    messages: &[(Route, T)],
) -> Result<Result<(), Point>, RouteError> {
    for (at, (route, _)) in messages.iter().enumerate() {
        id.expect(route.id)?;
        if route.to != to {
            return Err(RouteError::To(route.to));
        }
        let again = messages[..at]
            .iter()
            .any(|(other, _)| other.from == route.from);
        if again || !senders.contains(&route.from) {
            return Err(RouteError::From(route.from));
        }
    }
    let sent = |sender: &&Point| messages.iter().any(|(route, _)| route.from == **sender);
    Ok(match senders.iter().find(|sender| !sent(sender)) {
        Some(missing) => Err(*missing),
        None => Ok(()),
    })
}

/// Why a share cannot be refreshed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// A message of something else.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The source cannot give.
    #[error(transparent)]
    Randomness(RandomnessError),
    /// Not one buffer for each holder.
    #[error("a dealing takes one buffer for each of the n holders")]
    Buffers,
    /// Lengths differ or are too great.
    #[error("the pieces differ in length or are longer than 64 KiB; ask for them again")]
    Lengths,
    /// An accepted dealing is not there.
    #[error("the dealing of holder {0} was accepted and is not there; ask for it again")]
    Missing(Point),
}

impl From<PieceError> for RefreshError {
    fn from(error: PieceError) -> Self {
        match error {
            PieceError::Buffers => Self::Buffers,
            PieceError::Lengths => Self::Lengths,
            PieceError::Randomness(error) => Self::Randomness(error),
        }
    }
}
