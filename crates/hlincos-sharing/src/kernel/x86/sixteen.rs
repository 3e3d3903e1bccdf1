//! Sixteen sums that stay in registers while each row is loaded once or twice.

use super::avx512::Affine64;
use super::gfni256::Affine32;
use crate::kernel::lanes::Vector;
use crate::kernel::sixteen::SUMS;

/// Whether a row is whole vectors of AVX-512.
pub(in crate::kernel) fn is_whole_512(len: usize) -> bool {
    len.is_multiple_of(Affine64::BYTES)
}

/// Whether a row is whole vectors of AVX2.
pub(in crate::kernel) fn is_whole_256(len: usize) -> bool {
    len.is_multiple_of(Affine32::BYTES)
}

/// See [`crate::Kernel::sixteen_sums`]; what it checks is taken for granted.
pub(in crate::kernel) fn sums_512(rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,gfni")]
    fn compiled(rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
        // All sums, of 32 registers.
        sums::<Affine64, 16>(rows, weights, out);
    }
    // SAFETY: whoever came here has a `Kernel` of this path.
    unsafe { compiled(rows, weights, out) }
}

/// See [`crate::Kernel::sixteen_sums`]; what it checks is taken for granted.
pub(in crate::kernel) fn sums_256(rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
    #[target_feature(enable = "avx2,gfni")]
    fn compiled(rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
        // Half the sums, of 16 registers.
        sums::<Affine32, 8>(rows, weights, out);
    }
    // SAFETY: whoever came here has a `Kernel` of this path.
    unsafe { compiled(rows, weights, out) }
}

/// `TOGETHER` sums at a time.
#[inline(always)]
fn sums<V: Vector, const TOGETHER: usize>(rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
    let len = out.len() / SUMS;
    for first in (0..SUMS).step_by(TOGETHER) {
        let weights: [&[u8]; TOGETHER] =
            core::array::from_fn(|t| &weights[first + t][..rows.len()]);
        for at in (0..len).step_by(V::BYTES) {
            let mut sums = [V::zero(); TOGETHER];
            for (j, row) in rows.iter().enumerate() {
                let operand = V::load(row, at).operand();
                for t in 0..TOGETHER {
                    sums[t] = sums[t].add(V::times(operand, V::factor(weights[t][j])));
                }
            }
            for (t, sum) in sums.into_iter().enumerate() {
                sum.store(out, (first + t) * len + at);
            }
        }
    }
}
