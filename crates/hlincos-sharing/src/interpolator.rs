//! The value at 0 of the polynomials through shares, into a caller's buffer.

use alloc::vec::Vec;

use crate::polynomial::weights_at;
use crate::shamir::CombineError;
use crate::{Kernel, Point};

/// Combines shares at fixed points, buffer after buffer, without allocation.
pub struct Interpolator {
    kernel: Kernel,
    weights: Vec<u8>,
}

impl Interpolator {
    /// Computes Lagrange's weights for as many points as k.
    ///
    /// # Errors
    /// [`CombineError::NoShares`], [`CombineError::SamePoint`].
    pub fn new(kernel: Kernel, points: &[Point]) -> Result<Self, CombineError> {
        if points.is_empty() {
            return Err(CombineError::NoShares);
        }
        let mut sorted = points.to_vec();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(CombineError::SamePoint);
        }
        let points: Vec<u8> = points.iter().map(|point| point.get()).collect();
        Ok(Self {
            kernel,
            weights: weights_at(&points, 0),
        })
    }

    /// Puts the secret into `out`.
    ///
    /// Shape: one share for each point, in the order of the points, all of `out`'s length.
    /// Security, Time: as [`crate::combine`].
    ///
    /// # Errors
    /// [`CombineError::Lengths`]; [`CombineError::NoShares`] when there are not as many shares as
    /// points.
    pub fn secret(&self, shares: &[&[u8]], out: &mut [u8]) -> Result<(), CombineError> {
        if shares.len() != self.weights.len() {
            return Err(CombineError::NoShares);
        }
        if shares.iter().any(|share| share.len() != out.len()) {
            return Err(CombineError::Lengths);
        }
        self.kernel.weighted_sum(shares, &self.weights, 0, out);
        Ok(())
    }
}
