//! 32 bytes at a time: products by two look-ups of nibbles in a register (`vpshufb`).

use core::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_loadu_si256,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
    _mm256_storeu_si256, _mm256_xor_si256,
};

use crate::kernel::lanes::{self, Powers, Rows, Vector};
use crate::kernel::tables::NIBBLES;

super::loops!(Bytes32, "avx2");

/// 32 bytes.
#[derive(Clone, Copy)]
pub(super) struct Bytes32(__m256i);

/// SAFETY of every `unsafe` here: the methods are inlined into functions compiled for AVX2, which
/// run only where it is there; slices were cut to the bytes loaded or stored.
impl Vector for Bytes32 {
    const BYTES: usize = 32;
    type Narrower = super::ssse3::Bytes16;
    /// Products with the low and with the high nibbles.
    type Factor = [__m256i; 2];
    /// Low and high nibbles.
    type Operand = [__m256i; 2];

    #[inline(always)]
    fn zero() -> Self {
        Self(unsafe { _mm256_setzero_si256() })
    }

    #[inline(always)]
    fn load(from: &[u8], at: usize) -> Self {
        let from = &from[at..at + 32];
        Self(unsafe { _mm256_loadu_si256(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u8], at: usize) {
        let to = &mut to[at..at + 32];
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn factor(element: u8) -> Self::Factor {
        let [low, high] = &NIBBLES[usize::from(element)];
        let both = |table: &[u8; 16]| unsafe {
            _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()))
        };
        [both(low), both(high)]
    }

    #[inline(always)]
    fn operand(self) -> Self::Operand {
        unsafe {
            let mask = _mm256_set1_epi8(0x0F);
            let high = _mm256_srli_epi16::<4>(self.0);
            [_mm256_and_si256(self.0, mask), _mm256_and_si256(high, mask)]
        }
    }

    #[inline(always)]
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self {
        unsafe {
            let low = _mm256_shuffle_epi8(factor[0], operand[0]);
            let high = _mm256_shuffle_epi8(factor[1], operand[1]);
            Self(_mm256_xor_si256(low, high))
        }
    }
}
