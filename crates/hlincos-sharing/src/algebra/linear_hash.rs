//! 16 bytes for a whole share, in which sums and multiples of shares show.
//!
//! h(y) = y_0 r^L + y_1 r^(L-1) + ... + y_(L-1) r over the bytes y_i, for a public random r of
//! the extension field. It is linear over GF(2^8) since the bytes stand as they are, and y that is
//! not 0 hashes to any one value for at most L of the 2^128 r.
//!
//! The bytes are taken as rows of `COLUMNS`: row m times the weight r^(COLUMNS * (ROWS - 1 - m)),
//! an element of 16 coefficients, makes 16 sums of rows, which is what the kernels are good at.
//! What is left in the end, 16 rows, is folded in halves.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::extension::{DEGREE, Element, add, mul, power, times_z};
use crate::Kernel;

/// Bytes of a verification value.
pub const VALUE_BYTES: usize = DEGREE;

/// A hash under way, over a share that is given piece by piece.
///
/// Security: for two shares that differ, set before `r` was drawn, h(y) and h(y') differ by any
/// one value with probability at most L/2^128, whatever the adversary's power. It hides nothing: add
/// a mask before it is shown.
/// Time: constant in the bytes; depends on their number and on r, which are public.
///
/// Source: `spec/algebra.md`, section 2; Carter and Wegman 1979.
pub struct LinearHash {
    kernel: Kernel,
    r: Element,
    /// Per coefficient of the sum: for the 16 rows so far, then for `ROWS` rows of bytes.
    weights: Vec<[u8; DEGREE + ROWS]>,
    /// 16 rows of `COLUMNS`: the sum so far, an element per column; and room for the next.
    sums: Zeroizing<Vec<u8>>,
    next: Zeroizing<Vec<u8>>,
    /// Bytes that wait for a whole block.
    rest: Zeroizing<Vec<u8>>,
    started: bool,
}

impl LinearHash {
    /// Computes the weights for a public random element.
    #[must_use]
    pub fn new(kernel: Kernel, r: [u8; VALUE_BYTES]) -> Self {
        let row = power(&r, COLUMNS as u64);
        let powers: Vec<Element> =
            core::iter::successors(Some(super::extension::ONE), |last| Some(mul(last, &row)))
                .take(ROWS + 1)
                .collect();
        let elements: Vec<Element> = coefficients(powers[ROWS])
            .into_iter()
            .chain(powers[..ROWS].iter().rev().copied())
            .collect();
        let weights = (0..DEGREE)
            .map(|t| core::array::from_fn(|m| elements[m][t]))
            .collect();
        Self {
            kernel,
            r,
            weights,
            sums: Zeroizing::new(vec![0; DEGREE * COLUMNS]),
            next: Zeroizing::new(vec![0; DEGREE * COLUMNS]),
            rest: Zeroizing::new(Vec::with_capacity(BLOCK_BYTES)),
            started: false,
        }
    }

    /// Adds the share's next bytes.
    pub fn update(&mut self, mut piece: &[u8]) {
        if !self.rest.is_empty() {
            let (now, later) = piece.split_at(piece.len().min(BLOCK_BYTES - self.rest.len()));
            self.rest.extend_from_slice(now);
            piece = later;
            if self.rest.len() == BLOCK_BYTES {
                let block = core::mem::take(&mut self.rest);
                self.add_block(&block);
                self.rest = block;
                self.rest.clear();
            }
        }
        let mut blocks = piece.chunks_exact(BLOCK_BYTES);
        for block in blocks.by_ref() {
            self.add_block(block);
        }
        self.rest.extend_from_slice(blocks.remainder());
    }

    /// Gives the hash plus a mask, and begins anew.
    pub fn finish(&mut self, mask: &[u8; VALUE_BYTES]) -> [u8; VALUE_BYTES] {
        let mut sum = [0; DEGREE];
        if self.started {
            sum = self.folded();
        }
        if !self.rest.is_empty() {
            let shift = power(&self.r, self.rest.len() as u64);
            self.add_rest();
            sum = add(mul(&sum, &shift), &self.folded());
        }
        self.rest.clear();
        self.started = false;
        self.sums.fill(0);
        add(mul(&sum, &self.r), mask)
    }

    /// `sums = sums * r^BLOCK_BYTES + block`.
    fn add_block(&mut self, block: &[u8]) {
        let mut rows = [&[][..]; DEGREE + ROWS];
        let earlier = self.sums.chunks_exact(COLUMNS);
        let given = earlier.chain(block.chunks_exact(COLUMNS));
        rows.iter_mut()
            .zip(given)
            .for_each(|(row, given)| *row = given);
        // No need to multiply zeros.
        let from = if self.started { 0 } else { DEGREE };
        let weights = core::array::from_fn(|t| &self.weights[t][from..]);
        self.kernel
            .sixteen_sums(&rows[from..], weights, &mut self.next);
        core::mem::swap(&mut self.sums, &mut self.next);
        self.started = true;
    }

    /// `sums =` the bytes that wait, with zeros before them to fill whole rows.
    fn add_rest(&mut self) {
        let len = self.rest.len();
        let rows = len.div_ceil(COLUMNS);
        let zeros = rows * COLUMNS - len;
        self.rest.resize(rows * COLUMNS, 0);
        self.rest.copy_within(..len, zeros);
        self.rest[..zeros].fill(0);
        let rows: Vec<&[u8]> = self.rest.chunks_exact(COLUMNS).collect();
        let from = DEGREE + ROWS - rows.len();
        let weights = core::array::from_fn(|t| &self.weights[t][from..]);
        self.kernel.sixteen_sums(&rows, weights, &mut self.sums);
    }

    /// The elements of all columns as one: the first column times the highest power of r.
    fn folded(&mut self) -> Element {
        let mut width = COLUMNS;
        while width > FOLDED_COLUMNS {
            width /= 2;
            let factors = coefficients(power(&self.r, width as u64));
            for t in 0..DEGREE {
                let left = self.sums.chunks_exact(COLUMNS).map(|row| &row[..width]);
                let right = &self.sums[t * COLUMNS + width..][..width];
                let rows: Vec<&[u8]> = left.chain([right]).collect();
                let weights: Vec<u8> = factors.iter().map(|f| f[t]).chain([1]).collect();
                let out = &mut self.next[t * COLUMNS..][..width];
                self.kernel.weighted_sum(&rows, &weights, 0, out);
            }
            core::mem::swap(&mut self.sums, &mut self.next);
        }
        (0..width).fold([0; DEGREE], |sum, column| {
            let element = core::array::from_fn(|t| self.sums[t * COLUMNS + column]);
            add(mul(&sum, &self.r), &element)
        })
    }
}

/// An element times z^0, z^1, ..., z^15: what each coefficient of another is multiplied by.
fn coefficients(element: Element) -> Vec<Element> {
    core::iter::successors(Some(element), |last| Some(times_z(last)))
        .take(DEGREE)
        .collect()
}

/// Bytes of a row: a few of the widest vectors.
const COLUMNS: usize = 1_024;
/// Rows of a block.
const ROWS: usize = 64;
/// Bytes taken at a time: as many as in a piece, so that whole pieces are not copied.
const BLOCK_BYTES: usize = ROWS * COLUMNS;
/// Columns that are left to the rule of Horner.
const FOLDED_COLUMNS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field;

    const R: Element = [7, 0, 200, 3, 9, 1, 0, 0, 255, 4, 18, 90, 77, 5, 6, 120];

    fn text(seed: usize, len: usize) -> Vec<u8> {
        let byte = |at: usize| (at + seed).wrapping_mul(0x9E37_79B1 + 2 * seed) >> 11;
        (0..len).map(|at| byte(at).to_be_bytes()[7]).collect()
    }

    /// Horner's rule, byte by byte.
    fn plain(r: &Element, bytes: &[u8]) -> Element {
        bytes.iter().fold([0; DEGREE], |mut sum, byte| {
            sum[0] ^= byte;
            mul(&sum, r)
        })
    }

    fn hash(kernel: Kernel, r: Element, bytes: &[u8]) -> Element {
        let mut hash = LinearHash::new(kernel, r);
        hash.update(bytes);
        hash.finish(&[0; DEGREE])
    }

    #[test]
    fn every_kernel_hashes_every_length_as_the_plain_twin() {
        let long = [
            COLUMNS - 1,
            COLUMNS + 1,
            3 * COLUMNS,
            BLOCK_BYTES - 1,
            BLOCK_BYTES,
            BLOCK_BYTES + 1,
            3 * BLOCK_BYTES + 5 * COLUMNS + 17,
        ];
        for kernel in Kernel::available() {
            for len in (0..=200).chain(long) {
                let bytes = text(1, len);
                assert_eq!(hash(kernel, R, &bytes), plain(&R, &bytes), "{kernel} {len}");
            }
        }
    }

    #[test]
    fn pieces_and_masks_add_up_and_the_next_begins_anew() {
        let bytes = text(2, 2 * BLOCK_BYTES + 1_000);
        let mask = [0x5A; DEGREE];
        let mut hash = LinearHash::new(Kernel::best(), R);
        for size in [1, 511, 4_096, BLOCK_BYTES + 1] {
            bytes.chunks(size).for_each(|piece| hash.update(piece));
            assert_eq!(hash.finish(&mask), add(plain(&R, &bytes), &mask), "{size}");
        }
    }

    #[test]
    fn multiples_and_sums_of_shares_are_those_of_their_hashes() {
        for len in [1, 16, 33, 1_000, BLOCK_BYTES + 77] {
            let (a, b) = (text(3, len), text(4, len));
            let (of_a, of_b) = (hash(Kernel::best(), R, &a), hash(Kernel::best(), R, &b));
            let step = if len > 1_000 { 51 } else { 1 };
            for by in (0..=255).step_by(step) {
                let mixed: Vec<u8> = a
                    .iter()
                    .zip(&b)
                    .map(|(a, b)| field::mul(*a, by) ^ b)
                    .collect();
                let expected = add(of_a.map(|byte| field::mul(byte, by)), &of_b);
                assert_eq!(hash(Kernel::best(), R, &mixed), expected, "{len} {by}");
            }
        }
    }

    #[test]
    fn a_change_of_the_last_byte_cannot_be_cancelled_by_the_mask() {
        // Were its power of r 0, a change of the mask would undo it whatever r is.
        let mut seen = Vec::new();
        for first in 0..=255 {
            let mut r = R;
            r[0] = first;
            seen.push(hash(Kernel::best(), r, &[0, 0, 1]));
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 256);
    }
}
