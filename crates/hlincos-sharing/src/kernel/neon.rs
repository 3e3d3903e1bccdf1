//! 16 bytes at a time on aarch64: products by two look-ups of nibbles in a register (`tbl`).

#![allow(unsafe_code, reason = "vector instructions")]
#![allow(
    unused_unsafe,
    reason = "some are safe where NEON is part of the target, some not"
)]

#[cfg(target_arch = "aarch64")]
use core::arch::aarch64 as instructions;
#[cfg(not(target_arch = "aarch64"))]
mod emulated;
#[cfg(not(target_arch = "aarch64"))]
use emulated as instructions;

use instructions::{
    uint8x16_t, vandq_u8, vdupq_n_u8, veorq_u8, vld1q_u8, vqtbl1q_u8, vshrq_n_u8, vst1q_u8,
};

use super::lanes::{self, Powers, Rows, Vector};
use super::tables::NIBBLES;

/// See [`super::Kernel::deal`].
pub(super) fn deal(
    powers: &Powers,
    secret: &[u8],
    rows: Rows<'_>,
    outs: &mut [&mut [u8]],
    from: usize,
) {
    lanes::deal::<Neon>(powers, secret, rows, outs, from);
}

/// See [`super::Kernel::weighted_sum`].
pub(super) fn weighted_sum(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
    lanes::weighted_sum::<Neon>(rows, weights, from, out);
}

/// 16 bytes.
#[derive(Clone, Copy)]
struct Neon(uint8x16_t);

/// SAFETY of every `unsafe` here: NEON is part of aarch64; slices were cut to 16 bytes.
impl Vector for Neon {
    const BYTES: usize = 16;
    type Narrower = Self;
    /// Products with the low and with the high nibbles.
    type Factor = [uint8x16_t; 2];
    /// Low and high nibbles.
    type Operand = [uint8x16_t; 2];

    #[inline(always)]
    fn zero() -> Self {
        Self(unsafe { vdupq_n_u8(0) })
    }

    #[inline(always)]
    fn load(from: &[u8], at: usize) -> Self {
        let from = &from[at..at + 16];
        Self(unsafe { vld1q_u8(from.as_ptr()) })
    }

    #[inline(always)]
    fn store(self, to: &mut [u8], at: usize) {
        let to = &mut to[at..at + 16];
        unsafe { vst1q_u8(to.as_mut_ptr(), self.0) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(unsafe { veorq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn factor(element: u8) -> Self::Factor {
        NIBBLES[usize::from(element)].map(|table| Self::load(&table, 0).0)
    }

    #[inline(always)]
    fn operand(self) -> Self::Operand {
        unsafe { [vandq_u8(self.0, vdupq_n_u8(0x0F)), vshrq_n_u8::<4>(self.0)] }
    }

    #[inline(always)]
    fn times(operand: Self::Operand, factor: Self::Factor) -> Self {
        unsafe {
            let low = vqtbl1q_u8(factor[0], operand[0]);
            let high = vqtbl1q_u8(factor[1], operand[1]);
            Self(veorq_u8(low, high))
        }
    }
}
