//! The vectors of x86-64, and the loops compiled for each.

#![allow(unsafe_code, reason = "vector instructions")]

pub(super) mod aes512;
pub(super) mod avx2;
pub(super) mod avx512;
pub(super) mod fused512;
pub(super) mod gfni256;
pub(super) mod ghash512;
pub(crate) mod pad512;
pub(super) mod sixteen;
pub(super) mod ssse3;

/// Makes the loops of `lanes.rs` for one vector, as functions compiled with its instructions.
///
/// The functions are safe to call: a `Kernel` with this path exists only where they can run.
macro_rules! loops {
    ($vector:ty, $features:literal) => {
        pub(in crate::kernel) fn deal(
            powers: &Powers,
            secret: &[u8],
            rows: Rows<'_>,
            outs: &mut [&mut [u8]],
            from: usize,
        ) {
            #[target_feature(enable = $features)]
            fn compiled(
                powers: &Powers,
                secret: &[u8],
                rows: Rows<'_>,
                outs: &mut [&mut [u8]],
                from: usize,
            ) {
                lanes::deal::<$vector>(powers, secret, rows, outs, from);
            }
            // SAFETY: whoever came here has a `Kernel` of this path.
            unsafe { compiled(powers, secret, rows, outs, from) }
        }

        pub(in crate::kernel) fn weighted_sum(
            rows: &[&[u8]],
            weights: &[u8],
            from: usize,
            out: &mut [u8],
        ) {
            #[target_feature(enable = $features)]
            fn compiled(rows: &[&[u8]], weights: &[u8], from: usize, out: &mut [u8]) {
                lanes::weighted_sum::<$vector>(rows, weights, from, out);
            }
            // SAFETY: whoever came here has a `Kernel` of this path.
            unsafe { compiled(rows, weights, from, out) }
        }
    };
}
use loops;
