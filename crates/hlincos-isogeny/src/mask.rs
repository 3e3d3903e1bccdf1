//! Secret truths, which are computed with and never branched on.

use core::hint::black_box;
use core::ops::{BitAnd, BitOr, Not};

use zeroize::Zeroize;

/// All ones or zero. What it is, the compiler is kept from guessing.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct Mask(u64);

impl Mask {
    /// Whether the lowest bit is set.
    #[inline]
    pub(crate) fn of_bit(number: u64) -> Self {
        Self(black_box(0_u64.wrapping_sub(number & 1)))
    }

    #[inline]
    pub(crate) fn is_zero(number: u64) -> Self {
        // The top bit of n | -n is set exactly if some bit of n is.
        !Self::of_bit((number | number.wrapping_neg()) >> 63)
    }

    #[inline]
    pub(crate) fn are_equal(a: u64, b: u64) -> Self {
        Self::is_zero(a ^ b)
    }

    /// Whether a < b; both below 2^63.
    #[inline]
    pub(crate) fn is_below(a: u64, b: u64) -> Self {
        Self::of_bit(a.wrapping_sub(b) >> 63)
    }

    /// As a word: all ones or zero.
    #[inline]
    pub(crate) fn word(self) -> u64 {
        self.0
    }

    /// One or zero.
    #[inline]
    pub(crate) fn bit(self) -> u64 {
        self.0 & 1
    }

    /// The one if it is true, else the other.
    #[inline]
    pub(crate) fn choose(self, one: u64, other: u64) -> u64 {
        other ^ (self.0 & (one ^ other))
    }
}

impl Not for Mask {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl BitAnd for Mask {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Mask {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
