//! Shamir's scheme over GF(2^8): a polynomial per byte, the secret at 0, shares at 1 to n.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::field::scale_and_add;
use crate::polynomial::Polynomial;
use crate::{Point, Randomness, Threshold};

/// Splits a secret.
///
/// Shape: `L` bytes become n shares of `L` bytes, at points 1 to n.
/// Randomness: (k-1) * L bytes; coefficients are uniform, zero included.
/// Security: fewer than k shares are independent of the secret if the bytes drawn are uniform;
/// as strong as `rng.grade()` says. Says nothing of integrity.
/// Time: constant in the secret; linear in L * n * (k-1).
///
/// Source: Shamir 1979, section 2; `spec/sharing.md`, section 3.
#[must_use]
pub fn split(threshold: Threshold, secret: &[u8], rng: &mut dyn Randomness) -> Vec<Vec<u8>> {
    let n = usize::from(threshold.n());
    let mut shares = vec![vec![0; secret.len()]; n];
    let mut scratch = Coefficients::new(threshold, secret.len());
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    split_into(threshold, secret, rng, &mut scratch, &mut outs);
    shares
}

/// Room for the coefficients of one piece; wiped when dropped.
pub(crate) struct Coefficients(Zeroizing<Vec<u8>>);

impl Coefficients {
    pub(crate) fn new(threshold: Threshold, len_max: usize) -> Self {
        let bytes = usize::from(threshold.k() - 1) * len_max;
        Self(Zeroizing::new(vec![0; bytes]))
    }
}

/// Splits a piece into callers' buffers.
///
/// Shape: n buffers of the piece's length; room for that length.
/// Randomness: k-1 times the length.
pub(crate) fn split_into(
    threshold: Threshold,
    secret: &[u8],
    rng: &mut dyn Randomness,
    scratch: &mut Coefficients,
    outs: &mut [&mut [u8]],
) {
    let len = secret.len();
    let coefficients = &mut scratch.0[..usize::from(threshold.k() - 1) * len];
    rng.fill(coefficients);
    // Part by part, so that what all shares need stays in the nearest cache.
    for from in (0..len).step_by(PART_BYTES) {
        let until = len.min(from + PART_BYTES);
        for (point, out) in threshold.points().zip(outs.iter_mut()) {
            // Horner's rule, from the highest coefficient down to the secret.
            let out = &mut out[from..until];
            let mut rows = coefficients.chunks_exact(len).rev();
            let highest = rows.next().expect("k is 2 or more");
            out.copy_from_slice(&highest[from..until]);
            for row in rows {
                scale_and_add(out, point.get(), &row[from..until]);
            }
            scale_and_add(out, point.get(), &secret[from..until]);
        }
    }
}

/// Combines shares into the secret.
///
/// Shape: the number of shares given is taken for k; all of one length.
/// Security: says nothing of correctness; a wrong share gives a wrong secret.
/// [`crate::combine_robust`] tells.
/// Time: constant in the bytes of the shares; linear in L * k.
///
/// # Errors
/// [`CombineError`].
///
/// Source: Lagrange interpolation at 0; `spec/sharing.md`, section 3.
pub fn combine(shares: &[(Point, &[u8])]) -> Result<Zeroizing<Vec<u8>>, CombineError> {
    let Some((_, first)) = shares.first() else {
        return Err(CombineError::NoShares);
    };
    if shares.iter().any(|(_, share)| share.len() != first.len()) {
        return Err(CombineError::Lengths);
    }
    let mut points: Vec<Point> = shares.iter().map(|(point, _)| *point).collect();
    points.sort_unstable();
    if points.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(CombineError::SamePoint);
    }
    let mut secret = Zeroizing::new(vec![0; first.len()]);
    let given = shares.iter().map(|(point, share)| (point.get(), *share));
    Polynomial::through(given).value_at(0, &mut secret);
    Ok(secret)
}

/// Why shares cannot be combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CombineError {
    /// Nothing was given.
    #[error("no share was given; ask sites for theirs")]
    NoShares,
    /// The lengths differ.
    #[error("the shares are of different secrets: their lengths differ")]
    Lengths,
    /// Two shares have the same point.
    #[error("two shares have the same point; each site holds another")]
    SamePoint,
}

/// Bytes of a piece split at a time.
const PART_BYTES: usize = 4_096;
