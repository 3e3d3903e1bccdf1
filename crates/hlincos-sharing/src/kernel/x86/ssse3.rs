//! 16 bytes at a time: products by two look-ups of nibbles in a register (`pshufb`).

use core::arch::x86_64::{
    __m128i, _mm_and_si128, _mm_loadu_si128, _mm_set1_epi8, _mm_setzero_si128, _mm_shuffle_epi8,
    _mm_srli_epi16, _mm_storeu_si128, _mm_xor_si128,
};

use crate::kernel::lanes::{self, Powers, Rows, Vector};
use crate::kernel::tables::NIBBLES;

super::loops!(Bytes16, "ssse3");

/// 16 bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes16(__m128i);

/// SAFETY of every `unsafe` here: the methods are inlined into functions compiled for SSSE3, which
/// run only where it is there; slices were cut to 16 bytes.
impl Vector for Bytes16 {
    const BYTES: usize = 16;
    type Narrower = Self;
    /// Products with the low and with the high nibbles.
    type Factor = [__m128i; 2];
    /// Low and high nibbles.
    type Operand = [__m128i; 2];

    #[inline(always)]
    fn zero() -> Self {
        Self(unsafe { _mm_setzero_si128() })
    }

    #[inline(always)]
    fn load(from: &[u8], at: usize) -> Self {
        let from = &from[at..at + 16];
        Self(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u8], at: usize) {
        let to = &mut to[at..at + 16];
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm_xor_si128(self.0, other.0) })
    }

    #[inline(always)]
    fn factor(element: u8) -> Self::Factor {
        NIBBLES[usize::from(element)].map(|table| Self::load(&table, 0).0)
    }

    #[inline(always)]
    fn operand(self) -> Self::Operand {
        unsafe {
            let mask = _mm_set1_epi8(0x0F);
            let high = _mm_srli_epi16::<4>(self.0);
            [_mm_and_si128(self.0, mask), _mm_and_si128(high, mask)]
        }
    }

    #[inline(always)]
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self {
        unsafe {
            let low = _mm_shuffle_epi8(factor[0], operand[0]);
            let high = _mm_shuffle_epi8(factor[1], operand[1]);
            Self(_mm_xor_si128(low, high))
        }
    }
}
