//! Combining answers of which some may be wrong: the key first, then chunk after chunk.
//!
//! The ciphertext is a codeword that is known as a whole once k of its pieces are: so whoever
//! differs from pieces that open is wrong for certain, and there are no suspects but of the key.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{
    CIPHER_TAG_BYTES, ChunkCipher, HEAD_BYTES, KEY_BYTES, bound_to, chunk_bytes, dispersed_len,
    nonce, piece_len,
};
use crate::outliers::without_outliers;
use crate::polynomial::{Polynomial, weights_at};
use crate::subsets::{few_subsets, subsets};
use crate::{Bound, Combined, Kernel, Point, RobustError, Threshold};

/// Combines k or more answers, corrects wrong ones and names their points.
///
/// Shape: k to n answers at distinct points. Those whose length is not that of most of them (of
/// equally frequent lengths the longest counts) are wrong.
/// Security: as [`crate::combine_robust`], computationally; suspects come from the head alone.
/// Time: depends on which answers are wrong, not on the secret; linear when none is.
///
/// # Errors
/// [`RobustError`].
///
/// Source: `spec/dispersal.md`, section 4.
pub fn combine_robust<C: ChunkCipher>(
    threshold: Threshold,
    answers: &[(Point, &[u8])],
) -> Result<Combined, RobustError> {
    let all: Vec<Point> = answers.iter().map(|(point, _)| *point).collect();
    crate::Combiner::new(threshold, &all)?;
    let len = usual_len(answers).ok_or(RobustError::WrongLength)?;
    let (usable, odd): (Vec<_>, Vec<_>) = answers
        .iter()
        .copied()
        .partition(|(_, share)| share.len() == len);
    let points: Vec<Point> = usable.iter().map(|(point, _)| *point).collect();
    let cut = |from: usize, until: usize| -> Vec<&[u8]> {
        usable
            .iter()
            .map(|(_, share)| &share[from..until])
            .collect()
    };
    let mut combiner =
        Combiner::<C>::begin(Kernel::best(), threshold, &points, &cut(0, HEAD_BYTES))?;
    let total = usize::try_from(combiner.secret_len()).ok();
    let total = total.filter(|total| dispersed_len(threshold, *total) == Some(len));
    let total = total.ok_or(RobustError::WrongLength)?;
    let mut secret = Zeroizing::new(Vec::with_capacity(total));
    let mut at = HEAD_BYTES;
    while at < len {
        let until = at + combiner.next_piece_len().ok_or(RobustError::WrongLength)?;
        secret.extend_from_slice(combiner.combine_chunk(&cut(at, until))?);
        at = until;
    }
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

fn usual_len(answers: &[(Point, &[u8])]) -> Option<usize> {
    let lens = || answers.iter().map(|(_, share)| share.len());
    let votes = |len: usize| lens().filter(|other| *other == len).count();
    lens()
        .filter(|len| *len > HEAD_BYTES)
        .max_by_key(|len| (votes(*len), *len))
}

/// Combines the pieces of one secret, in order, and remembers who was wrong.
pub struct Combiner<C> {
    kernel: Kernel,
    threshold: Threshold,
    points: Vec<Point>,
    cipher: C,
    bound_to: [u8; 29],
    secret_len: u64,
    left: u64,
    chunks: u64,
    wrong: Vec<bool>,
    suspects: Vec<Point>,
    /// The k answers that were right last.
    good: Vec<usize>,
    sealed: Zeroizing<Vec<u8>>,
}

impl<C: ChunkCipher> Combiner<C> {
    /// Combines the key from the shares' heads.
    ///
    /// Shape: for each point the first [`HEAD_BYTES`] of its share.
    ///
    /// # Errors
    /// As [`crate::combine_robust`] of the heads.
    ///
    /// # Panics
    /// When there are not as many heads as points: a bug of the caller.
    pub fn begin(
        kernel: Kernel,
        threshold: Threshold,
        points: &[Point],
        heads: &[&[u8]],
    ) -> Result<Self, RobustError> {
        if heads.iter().any(|head| head.len() != HEAD_BYTES) {
            return Err(RobustError::WrongLength);
        }
        let mut of_key = crate::Combiner::with_kernel(kernel, threshold, points)?;
        let head = of_key.combine_chunk(heads)?;
        let (key, len) = head.split_first_chunk::<KEY_BYTES>().expect("40 bytes");
        let secret_len = u64::from_be_bytes(len.try_into().expect("the other 8"));
        let cipher = C::new(key);
        let (culprits, suspects) = (of_key.culprits(), of_key.suspects());
        let wrong: Vec<bool> = points
            .iter()
            .map(|point| culprits.contains(point))
            .collect();
        let right = (0..points.len()).filter(|index| !wrong[*index]);
        Ok(Self {
            kernel,
            threshold,
            points: points.to_vec(),
            cipher,
            bound_to: bound_to(threshold, secret_len),
            secret_len,
            left: secret_len,
            chunks: 0,
            good: right.take(usize::from(threshold.k())).collect(),
            wrong,
            suspects,
            sealed: Zeroizing::new(Vec::new()),
        })
    }

    /// Length of the secret, as it was dealt with the key.
    #[must_use]
    pub fn secret_len(&self) -> u64 {
        self.secret_len
    }

    /// Length of the next pieces; `None` after the last.
    #[must_use]
    pub fn next_piece_len(&self) -> Option<usize> {
        let more = self.left > 0 || self.chunks == 0;
        more.then(|| piece_len(self.threshold, self.next_chunk_len()))
    }

    fn next_chunk_len(&self) -> usize {
        let whole = chunk_bytes(self.threshold);
        usize::try_from(self.left).map_or(whole, |left| left.min(whole))
    }

    /// Combines the next chunk and decrypts it.
    ///
    /// Shape: for each point, in the order given to `begin`, its share's next
    /// [`Self::next_piece_len`] bytes.
    ///
    /// # Errors
    /// [`RobustError::WrongLength`], also after the last chunk; [`RobustError::NoAgreement`].
    ///
    /// # Panics
    /// When there are not as many pieces as points: a bug of the caller.
    pub fn combine_chunk(&mut self, pieces: &[&[u8]]) -> Result<&[u8], RobustError> {
        assert_eq!(pieces.len(), self.points.len(), "one piece for each point");
        let len = self.next_piece_len().ok_or(RobustError::WrongLength)?;
        if pieces.iter().any(|piece| piece.len() != len) {
            return Err(RobustError::WrongLength);
        }
        let chunk_len = self.next_chunk_len();
        let points = self.points.iter().map(|point| point.get());
        let column: Vec<(u8, &[u8])> = points.zip(pieces.iter().copied()).collect();
        let good = self.find_agreement(&column, chunk_len)?;
        let through = good.iter().map(|index| column[*index]);
        let polynomial = Polynomial::through(self.kernel, through);
        for (index, (x, piece)) in column.iter().enumerate() {
            let fits = good.contains(&index) || polynomial.passes(*x, piece);
            self.wrong[index] |= !fits;
        }
        self.good = good;
        self.left -= chunk_len as u64;
        self.chunks += 1;
        Ok(&self.sealed[..chunk_len])
    }

    /// Decrypts the chunk from k pieces that open: the last good ones first, then those that
    /// decoding leaves, then every subset if they are few enough.
    fn find_agreement(
        &mut self,
        column: &[(u8, &[u8])],
        chunk_len: usize,
    ) -> Result<Vec<usize>, RobustError> {
        let (have, need) = (column.len(), usize::from(self.threshold.k()));
        let no_agreement = |bound| RobustError::NoAgreement { have, need, bound };
        let last = self.good.clone();
        if last.len() == need && self.opens(column, &last, chunk_len) {
            return Ok(last);
        }
        if have == need {
            return Err(no_agreement(Bound::Spare));
        }
        let decoded = without_outliers(self.kernel, column, need);
        if let Some(kept) = decoded.map(|kept| kept[..need].to_vec())
            && self.opens(column, &kept, chunk_len)
        {
            return Ok(kept);
        }
        if few_subsets(need, have).is_none() {
            return Err(no_agreement(Bound::Search));
        }
        subsets(need, have)
            .find(|subset| self.opens(column, subset, chunk_len))
            .ok_or(no_agreement(Bound::Right))
    }

    /// Puts the stripes together from k pieces and decrypts them; tells whether they were right.
    fn opens(&mut self, column: &[(u8, &[u8])], subset: &[usize], chunk_len: usize) -> bool {
        let (points, rows): (Vec<u8>, Vec<&[u8]>) =
            subset.iter().map(|index| column[*index]).unzip();
        let piece = rows[0].len();
        self.sealed.resize(rows.len() * piece, 0);
        for (x, stripe) in (1..).zip(self.sealed.chunks_exact_mut(piece)) {
            match points.iter().position(|point| *point == x) {
                Some(at) => stripe.copy_from_slice(rows[at]),
                None => self
                    .kernel
                    .weighted_sum(&rows, &weights_at(&points, x), 0, stripe),
            }
        }
        let (sealed, padding) = self.sealed.split_at_mut(chunk_len + CIPHER_TAG_BYTES);
        // The tag does not cover the padding: were it free, a liar who changes it would make
        // the honest look wrong.
        let padded = padding.iter().all(|byte| *byte == 0);
        padded && self.cipher.open(nonce(self.chunks), &self.bound_to, sealed)
    }

    /// Points whose answers were wrong so far, in ascending order.
    ///
    /// Security: under the condition of [`crate::Combined::culprits`].
    #[must_use]
    pub fn culprits(&self) -> Vec<Point> {
        let pairs = self.points.iter().zip(&self.wrong);
        let mut culprits: Vec<Point> = pairs
            .filter(|(_, wrong)| **wrong)
            .map(|(point, _)| *point)
            .collect();
        culprits.sort_unstable();
        culprits
    }

    /// Points of which some gave wrong heads, and it cannot be told which, in ascending order.
    #[must_use]
    pub fn suspects(&self) -> Vec<Point> {
        let known = self.culprits();
        self.suspects
            .iter()
            .copied()
            .filter(|point| !known.contains(point))
            .collect()
    }
}
