//! 64 bytes at a time: products by one instruction (`gf2p8affineqb`).

use core::arch::x86_64::{
    __m512i, _mm512_gf2p8affine_epi64_epi8, _mm512_loadu_si512, _mm512_set1_epi64,
    _mm512_setzero_si512, _mm512_storeu_si512, _mm512_xor_si512,
};

use crate::kernel::lanes::{self, Powers, Rows, Vector};
use crate::kernel::tables::MATRICES;

super::loops!(Affine64, "avx512f,avx512bw,avx512vl,gfni");

/// 64 bytes.
#[derive(Clone, Copy)]
pub(super) struct Affine64(pub(super) __m512i);

/// SAFETY of every `unsafe` here: the methods are inlined into functions compiled for AVX-512 and
/// GFNI, which run only where these are there; slices were cut to 64 bytes.
impl Vector for Affine64 {
    const BYTES: usize = 64;
    type Narrower = super::gfni256::Affine32;
    /// The matrix, eight times.
    type Factor = __m512i;
    type Operand = __m512i;

    #[inline(always)]
    fn zero() -> Self {
        Self(unsafe { _mm512_setzero_si512() })
    }

    #[inline(always)]
    fn load(from: &[u8], at: usize) -> Self {
        let from = &from[at..at + 64];
        Self(unsafe { _mm512_loadu_si512(from.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u8], at: usize) {
        let to = &mut to[at..at + 64];
        unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn factor(element: u8) -> Self::Factor {
        unsafe { _mm512_set1_epi64(MATRICES[usize::from(element)].cast_signed()) }
    }

    #[inline(always)]
    fn operand(self) -> Self::Operand {
        self.0
    }

    #[inline(always)]
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self {
        Self(unsafe { _mm512_gf2p8affine_epi64_epi8::<0>(operand, factor) })
    }
}
