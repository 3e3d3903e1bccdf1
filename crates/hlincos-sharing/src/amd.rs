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

use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash, Key};
use subtle::ConstantTimeEq;

use crate::Kernel;
#[cfg(target_arch = "x86_64")]
use crate::kernel::Ghash;

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
    sum: Sum,
    blocks: usize,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each chunk, without allocation"
)]
enum Sum {
    Library(GHash),
    #[cfg(target_arch = "x86_64")]
    Wide(Ghash),
}

impl Tag {
    pub(crate) fn new(kernel: Kernel, x: &[u8; ELEMENT_BYTES]) -> Self {
        let mut tag = Self {
            sum: Sum::new(kernel, x),
            blocks: 0,
        };
        tag.sum.update(&BEGINNING);
        tag
    }

    /// Adds the chunk's next bytes; only the last piece may end within a block.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        let (whole, rest) = piece.split_at(piece.len() / ELEMENT_BYTES * ELEMENT_BYTES);
        self.sum.update(whole);
        if !rest.is_empty() {
            let mut last = zeroize::Zeroizing::new([0; ELEMENT_BYTES]);
            last[..rest.len()].copy_from_slice(rest);
            self.sum.update(&*last);
        }
        self.blocks += piece.len().div_ceil(ELEMENT_BYTES);
    }

    /// Pads and gives the tag.
    pub(crate) fn finish(mut self) -> [u8; ELEMENT_BYTES] {
        if self.blocks.is_multiple_of(2) {
            self.sum.update(&[0; ELEMENT_BYTES]);
        }
        match self.sum {
            Sum::Library(sum) => sum.finalize().into(),
            #[cfg(target_arch = "x86_64")]
            Sum::Wide(sum) => sum.sum(),
        }
    }

    /// Whether this is the tag; see [`Self::finish`].
    pub(crate) fn verifies(self, told: &[u8; ELEMENT_BYTES]) -> bool {
        self.finish().ct_eq(told).into()
    }

    /// For summing what passes by in registers, where that can be done; whoever does adds the
    /// blocks that passed.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn wide(&mut self) -> Option<(&mut Ghash, &mut usize)> {
        match &mut self.sum {
            Sum::Wide(sum) => Some((sum, &mut self.blocks)),
            Sum::Library(_) => None,
        }
    }
}

impl Sum {
    fn new(kernel: Kernel, x: &[u8; ELEMENT_BYTES]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(sum) = kernel.ghash(x) {
            return Self::Wide(sum);
        }
        let _ = kernel;
        Self::Library(GHash::new(&Key::from(*x)))
    }

    fn update(&mut self, whole: &[u8]) {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Wide(sum) => sum.update(whole),
            Self::Library(sum) => {
                let (blocks, rest) = Block::slice_as_chunks(whole);
                debug_assert!(rest.is_empty());
                sum.update(blocks);
            }
        }
    }
}
