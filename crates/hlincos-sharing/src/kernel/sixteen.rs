//! Sixteen sums of the same rows at once: elements of an extension field times bytes.

use super::{Kernel, lanes};
#[cfg(target_arch = "x86_64")]
use super::{Path, x86};

/// How many.
pub(crate) const SUMS: usize = 16;

impl Kernel {
    /// `out[t] = sum of weights[t][j] * rows[j]`, for sixteen t.
    ///
    /// Shape: rows of one length L, as many weights for each sum; `out` is 16 rows of L bytes.
    /// Time: constant in the bytes; depends on the weights, which are public.
    ///
    /// # Panics
    /// When lengths or counts differ: a bug of the caller in this crate.
    pub(crate) fn sixteen_sums(self, rows: &[&[u8]], weights: [&[u8]; SUMS], out: &mut [u8]) {
        let len = out.len() / SUMS;
        assert_eq!(out.len(), len * SUMS, "sixteen rows");
        weights
            .iter()
            .for_each(|weights| lanes::check_sum(rows, weights, len));
        #[cfg(target_arch = "x86_64")]
        match self.0 {
            Path::Avx512 if x86::sixteen::is_whole_512(len) => {
                return x86::sixteen::sums_512(rows, weights, out);
            }
            Path::Gfni256 if x86::sixteen::is_whole_256(len) => {
                return x86::sixteen::sums_256(rows, weights, out);
            }
            _ => {}
        }
        if len > 0 {
            for (out, weights) in out.chunks_exact_mut(len).zip(weights) {
                self.weighted_sum(rows, weights, 0, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::field::mul;

    fn bytes(seed: usize, len: usize) -> Vec<u8> {
        let byte = |at: usize| (at + 7 * seed).wrapping_mul(0x9E37_79B1 + 2 * seed) >> 13;
        (0..len).map(|at| byte(at).to_be_bytes()[7]).collect()
    }

    #[test]
    fn every_kernel_sums_as_the_plain_twin() {
        for kernel in Kernel::available() {
            for count in [0, 1, 2, 15, 16, 17, 80] {
                for len in [0, 1, 31, 32, 63, 64, 65, 96, 128, 320] {
                    let rows: Vec<Vec<u8>> = (0..count).map(|row| bytes(row, len)).collect();
                    let rows: Vec<&[u8]> = rows.iter().map(Vec::as_slice).collect();
                    let weights: Vec<Vec<u8>> = (0..SUMS).map(|t| bytes(t + 99, count)).collect();
                    let mut out = vec![0xEE; SUMS * len];
                    let of_sums = core::array::from_fn(|t| weights[t].as_slice());
                    kernel.sixteen_sums(&rows, of_sums, &mut out);
                    for (t, weights) in weights.iter().enumerate() {
                        for at in 0..len {
                            let terms = rows.iter().zip(weights);
                            let sum = terms.fold(0, |sum, (row, w)| sum ^ mul(row[at], *w));
                            assert_eq!(out[t * len + at], sum, "{kernel} {count} {len}");
                        }
                    }
                }
            }
        }
    }
}
