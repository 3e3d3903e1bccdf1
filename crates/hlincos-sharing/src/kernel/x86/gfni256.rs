//! 32 bytes at a time: products by one instruction (`gf2p8affineqb`), for machines without AVX-512.

use core::arch::x86_64::{
    __m256i, _mm256_gf2p8affine_epi64_epi8, _mm256_loadu_si256, _mm256_set1_epi64x,
    _mm256_setzero_si256, _mm256_storeu_si256, _mm256_xor_si256,
};

use crate::kernel::lanes::{self, Powers, Rows, Vector};
use crate::kernel::tables::MATRICES;

super::loops!(Affine32, "avx2,gfni");

/// 32 bytes.
#[derive(Clone, Copy)]
pub(super) struct Affine32(__m256i);

/// SAFETY of every `unsafe` here: the methods are inlined into functions compiled for AVX2 and
/// GFNI, which run only where these are there; slices were cut to 32 bytes.
impl Vector for Affine32 {
    const BYTES: usize = 32;
    type Narrower = super::ssse3::Bytes16;
    /// The matrix, four times.
    type Factor = __m256i;
    type Operand = __m256i;

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
        unsafe { _mm256_set1_epi64x(MATRICES[usize::from(element)].cast_signed()) }
    }

    #[inline(always)]
    fn operand(self) -> Self::Operand {
        self.0
    }

    #[inline(always)]
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self {
        Self(unsafe { _mm256_gf2p8affine_epi64_epi8::<0>(operand, factor) })
    }
}
