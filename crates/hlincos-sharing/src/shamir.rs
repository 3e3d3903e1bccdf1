//! Shamir's scheme over GF(2^8): a polynomial per byte, the secret at 0, shares at 1 to n.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::dealer::Dealer;
use crate::interpolator::Interpolator;
use crate::{Kernel, Point, Randomness, RandomnessError, Threshold};

/// Splits a secret.
///
/// Shape: `L` bytes become n shares of `L` bytes, at points 1 to n.
/// Randomness: (k-1) * L bytes; coefficients are uniform, zero included. From a [`crate::Keystream`]
/// each of the k-1 rows begins at a block of its own.
/// Security: fewer than k shares are independent of the secret if the bytes drawn are uniform;
/// as strong as `rng.grade()` says. Says nothing of integrity.
/// Time: constant in the secret; linear in L * n * (k-1).
///
/// # Errors
/// [`RandomnessError`] when the source cannot give; nothing was dealt then.
///
/// Source: Shamir 1979, section 2; `spec/sharing.md`, section 3.
pub fn split(
    threshold: Threshold,
    secret: &[u8],
    rng: &mut dyn Randomness,
) -> Result<Vec<Vec<u8>>, RandomnessError> {
    let n = usize::from(threshold.n());
    let mut shares = vec![vec![0; secret.len()]; n];
    let mut outs: Vec<&mut [u8]> = shares.iter_mut().map(Vec::as_mut_slice).collect();
    rng.begin_secret()?;
    Dealer::new(Kernel::best(), threshold).deal(secret, rng, &mut outs)?;
    Ok(shares)
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
    let (points, rows): (Vec<Point>, Vec<&[u8]>) = shares.iter().copied().unzip();
    let interpolator = Interpolator::new(Kernel::best(), &points)?;
    let mut secret = Zeroizing::new(vec![0; rows[0].len()]);
    interpolator.secret(&rows, &mut secret)?;
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
