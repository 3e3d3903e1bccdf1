//! Multiples: products of degrees, below 2^512, some of them secret.

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::mask::Mask;

/// A number below 2^512.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Scalar([u64; 8]);

impl Scalar {
    pub(crate) const fn new(value: u64) -> Self {
        let mut limbs = [0; 8];
        limbs[0] = value;
        Self(limbs)
    }

    pub(crate) const fn of_limbs(limbs: [u64; 8]) -> Self {
        Self(limbs)
    }

    /// Multiplies in place; the caller knows that the product fits. Constant time.
    pub(crate) fn scale(&mut self, factor: u64) {
        let mut carry = 0;
        for limb in &mut self.0 {
            let wide = u128::from(*limb) * u128::from(factor) + u128::from(carry);
            #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
            let halves = (wide as u64, (wide >> 64) as u64);
            (*limb, carry) = halves;
        }
    }

    /// Whether a bit is set.
    #[inline]
    pub(crate) fn has_bit(&self, bit: usize) -> Mask {
        Mask::of_bit(self.0[bit / 64] >> (bit % 64))
    }

    /// How many bits it has; for numbers that are no secret.
    pub(crate) fn bits(&self) -> usize {
        let top = (0..8).rev().find(|limb| self.0[*limb] != 0);
        top.map_or(0, |limb| {
            let zeros = usize::try_from(self.0[limb].leading_zeros()).unwrap_or(0);
            64 * limb + 64 - zeros
        })
    }
}
