//! Combining chunk by chunk: the streaming form of `combine_robust`.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::amd::{ELEMENT_BYTES, Tag};
use crate::outliers::without_outliers;
use crate::polynomial::weights_at;
use crate::protected::{PROTECTED_CHUNK_BYTES, TAG_BYTES};
use crate::robust::{Bound, RobustError};
use crate::subsets::{few_subsets, subsets};
use crate::verdict::{Verdict, judge};
use crate::{Kernel, Point, Threshold};

/// Combines the protected chunks of one secret, in order, and remembers who was wrong.
///
/// Security: a chunk it gives is right as [`crate::combine_robust`] says; that no chunk is missing
/// at the end is for the caller to know, from the length.
pub struct Combiner {
    kernel: Kernel,
    k: usize,
    points: Vec<Point>,
    verdicts: Vec<Verdict>,
    /// The k answers that were right last.
    good: Vec<usize>,
    piece: Zeroizing<Vec<u8>>,
    chunks: usize,
    ended: bool,
}

impl Combiner {
    /// Prepares for answers at these points, with the machine's fastest kernel.
    ///
    /// # Errors
    /// [`RobustError::TooFew`], [`RobustError::DuplicatePoint`], [`RobustError::BeyondN`].
    pub fn new(threshold: Threshold, points: &[Point]) -> Result<Self, RobustError> {
        Self::with_kernel(Kernel::best(), threshold, points)
    }

    /// Prepares for answers at these points, with this kernel.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_kernel(
        kernel: Kernel,
        threshold: Threshold,
        points: &[Point],
    ) -> Result<Self, RobustError> {
        let k = usize::from(threshold.k());
        let mut sorted = points.to_vec();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(RobustError::DuplicatePoint(pair[0]));
        }
        if let Some(last) = sorted.last().filter(|last| last.get() > threshold.n()) {
            return Err(RobustError::BeyondN(*last));
        }
        if points.len() < k {
            return Err(RobustError::TooFew {
                have: points.len(),
                need: k,
            });
        }
        Ok(Self {
            kernel,
            k,
            points: points.to_vec(),
            verdicts: vec![Verdict::Fits; points.len()],
            good: (0..k).collect(),
            piece: Zeroizing::new(Vec::new()),
            chunks: 0,
            ended: false,
        })
    }

    /// Combines the next chunk.
    ///
    /// Shape: for each point, in the order given to `new`, the answer's next
    /// [`PROTECTED_CHUNK_BYTES`] bytes, or what is left; returns the chunk without its tag.
    ///
    /// # Errors
    /// [`RobustError::WrongLength`] for pieces of different lengths, of a length that no chunk
    /// has, or after the last chunk; [`RobustError::NoAgreement`].
    ///
    /// # Panics
    /// When there are not as many pieces as points: a bug of the caller.
    pub fn combine_chunk(&mut self, pieces: &[&[u8]]) -> Result<&[u8], RobustError> {
        let mut piece = core::mem::take(&mut self.piece);
        piece.resize(pieces.first().map_or(0, |piece| piece.len()), 0);
        let combined = self.combine_chunk_into(pieces, &mut piece);
        self.piece = piece;
        combined.map(|len| &self.piece[..len])
    }

    /// Combines the next chunk into a buffer of the pieces' length; tells how many bytes the chunk
    /// has. Behind them lie its tag's bytes.
    ///
    /// Shape, Errors: as [`Self::combine_chunk`].
    ///
    /// # Errors
    /// As [`Self::combine_chunk`]; the buffer holds nothing of use then.
    ///
    /// # Panics
    /// When there are not as many pieces as points, or the buffer is not as long as the first
    /// piece: bugs of the caller.
    pub fn combine_chunk_into(
        &mut self,
        pieces: &[&[u8]],
        out: &mut [u8],
    ) -> Result<usize, RobustError> {
        assert_eq!(pieces.len(), self.points.len(), "one piece for each point");
        let len = pieces.first().map_or(0, |piece| piece.len());
        // An empty chunk stands only alone, for the empty secret.
        let least = TAG_BYTES + usize::from(self.chunks > 0);
        let lawful = (least..=PROTECTED_CHUNK_BYTES).contains(&len) && !self.ended;
        if !lawful || pieces.iter().any(|piece| piece.len() != len) {
            return Err(RobustError::WrongLength);
        }
        assert_eq!(out.len(), len, "a buffer of the pieces' length");

        // Whoever was found wrong before is asked last.
        let trusted: Vec<usize> = (0..pieces.len())
            .filter(|index| self.verdicts[*index] != Verdict::Culprit)
            .collect();
        let everyone: Vec<usize> = (0..pieces.len()).collect();
        let first = self.combine_among(&trusted, pieces, out);
        if first.is_err() && trusted.len() < everyone.len() {
            self.combine_among(&everyone, pieces, out)?;
        } else {
            first?;
        }
        self.chunks += 1;
        self.ended = len < PROTECTED_CHUNK_BYTES;
        Ok(len - TAG_BYTES)
    }

    /// Points whose answers were wrong so far, in ascending order.
    ///
    /// Security: under the condition of [`crate::Combined::culprits`].
    #[must_use]
    pub fn culprits(&self) -> Vec<Point> {
        self.points_with(Verdict::Culprit)
    }

    /// Points of which some were wrong so far, and it cannot be told which, in ascending order.
    #[must_use]
    pub fn suspects(&self) -> Vec<Point> {
        self.points_with(Verdict::Suspect)
    }

    fn points_with(&self, verdict: Verdict) -> Vec<Point> {
        let pairs = self.points.iter().zip(&self.verdicts);
        let chosen = pairs.filter(|(_, given)| **given == verdict);
        let mut points: Vec<Point> = chosen.map(|(point, _)| *point).collect();
        points.sort_unstable();
        points
    }

    /// Combines a chunk from some of the answers and judges them.
    fn combine_among(
        &mut self,
        among: &[usize],
        pieces: &[&[u8]],
        out: &mut [u8],
    ) -> Result<(), RobustError> {
        let column: Vec<(u8, &[u8])> = among
            .iter()
            .map(|index| (self.points[*index].get(), pieces[*index]))
            .collect();
        let place = |index: &usize| among.iter().position(|other| other == index);
        let last_good: Option<Vec<usize>> = self.good.iter().map(place).collect();
        let good = find_agreement(self.kernel, &column, self.k, last_good, out)?;
        let verdicts = judge(self.kernel, &column, self.k, &good, out);
        for (index, verdict) in among.iter().zip(verdicts) {
            self.verdicts[*index] = self.verdicts[*index].max(verdict);
        }
        self.good = good.into_iter().map(|at| among[at]).collect();
        Ok(())
    }
}

/// Puts the chunk into `piece` from k answers that carry its tag, and tells which: the last good
/// ones first, then those that decoding leaves, then every subset if they are few enough.
fn find_agreement(
    kernel: Kernel,
    column: &[(u8, &[u8])],
    k: usize,
    last_good: Option<Vec<usize>>,
    piece: &mut [u8],
) -> Result<Vec<usize>, RobustError> {
    let no_agreement = |bound| RobustError::NoAgreement {
        have: column.len(),
        need: k,
        bound,
    };
    if column.len() < k {
        return Err(no_agreement(Bound::Right));
    }
    let mut carries_tag = |subset: &Vec<usize>| carries_tag(kernel, column, subset, piece);
    let first = last_good.unwrap_or_else(|| (0..k).collect());
    if carries_tag(&first) {
        return Ok(first);
    }
    if column.len() == k {
        return Err(no_agreement(Bound::Spare));
    }
    let decoded = without_outliers(kernel, column, k).map(|kept| kept[..k].to_vec());
    if let Some(decoded) = decoded.filter(&mut carries_tag) {
        return Ok(decoded);
    }
    if few_subsets(k, column.len()).is_none() {
        return Err(no_agreement(Bound::Search));
    }
    subsets(k, column.len())
        .find(carries_tag)
        .ok_or(no_agreement(Bound::Right))
}

/// Puts the value at 0 of the polynomial through some answers into `piece`; tells whether the
/// chunk carries its tag.
///
/// Time: constant in the bytes.
fn carries_tag(kernel: Kernel, column: &[(u8, &[u8])], subset: &[usize], piece: &mut [u8]) -> bool {
    let (points, rows): (Vec<u8>, Vec<&[u8]>) = subset.iter().map(|index| column[*index]).unzip();
    let weights = weights_at(&points, 0);
    let (chunk, last) = piece.split_at_mut(piece.len() - TAG_BYTES);
    // The tag's point stands behind what it is to be summed over.
    kernel.weighted_sum(&rows, &weights, chunk.len(), last);
    let (x, told) = last.split_first_chunk::<ELEMENT_BYTES>().expect("32 bytes");
    let told = told.try_into().expect("the other 16");
    let mut tag = Tag::new(kernel, x);
    let mut from = kernel.combine_in_registers(&rows, &weights, &mut tag, chunk);
    for part in chunk[from..].chunks_mut(PART_BYTES) {
        kernel.weighted_sum(&rows, &weights, from, part);
        tag.update(part);
        from += part.len();
    }
    tag.verifies(told)
}

/// Bytes summed into the tag while they are in the nearest cache.
const PART_BYTES: usize = 4_096;
