//! The tag against algebraic manipulation: a polynomial in a random point of GF(2^128).
//!
//! f(x) = x^(d+2) + s_1 x^d + s_2 x^(d-1) + ... + s_d x, with d odd: s_i are the chunk's 16-byte
//! blocks, the last one filled with zeros, and one block of zeros more where their number would
//! be even. GHASH gives its first block the highest power, so f is the GHASH sum of 1, 0 and the
//! blocks, under the key x.
//!
//! Source: Cramer, Dodis, Fehr, Padró, Wichs, "Detection of Algebraic Manipulation with
//! Applications to Robust Secret Sharing and Fuzzy Extractors", EUROCRYPT 2008, section 3;
//! `spec/amd.md`.

use subtle::ConstantTimeEq;

use crate::Kernel;
use crate::ghash::Ghash;
#[cfg(target_arch = "x86_64")]
use crate::kernel::Ghash as Wide;

/// Bytes of the random point and of the tag, each.
pub(crate) const ELEMENT_BYTES: usize = 16;

/// 1 and 0: the field's unit in the bit order of GCM, then nothing.
const BEGINNING: [u8; 2 * ELEMENT_BYTES] = {
    let mut blocks = [0; 2 * ELEMENT_BYTES];
    blocks[0] = 0x80;
    blocks
};

/// A tag under way, over a chunk that is given piece by piece.
///
/// Time: constant in the bytes and in x.
pub(crate) struct Tag {
    sum: Ghash,
    blocks: usize,
}

impl Tag {
    pub(crate) fn new(kernel: Kernel, x: &[u8; ELEMENT_BYTES]) -> Self {
        let mut tag = Self {
            sum: Ghash::new(kernel, x),
            blocks: 0,
        };
        tag.sum.update(&BEGINNING);
        tag
    }

    /// Adds the chunk's next bytes; only the last piece may end within a block.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.sum.update_padded(piece);
        self.blocks += piece.len().div_ceil(ELEMENT_BYTES);
    }

    /// Pads and gives the tag.
    pub(crate) fn finish(mut self) -> [u8; ELEMENT_BYTES] {
        if self.blocks.is_multiple_of(2) {
            self.sum.update(&[0; ELEMENT_BYTES]);
        }
        self.sum.finish()
    }

    /// Whether this is the tag; see [`Self::finish`].
    pub(crate) fn verifies(self, told: &[u8; ELEMENT_BYTES]) -> bool {
        self.finish().ct_eq(told).into()
    }

    /// For summing what passes by in registers, where that can be done; whoever does adds the
    /// blocks that passed.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn wide(&mut self) -> Option<(&mut Wide, &mut usize)> {
        Some((self.sum.wide()?, &mut self.blocks))
    }
}
