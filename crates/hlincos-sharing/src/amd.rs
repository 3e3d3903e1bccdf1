//! The tag against algebraic manipulation: a polynomial in a random point of GF(2^128).
//!
//! Source: Cramer, Dodis, Fehr, Padró, Wichs, "Detection of Algebraic Manipulation with
//! Applications to Robust Secret Sharing and Fuzzy Extractors", EUROCRYPT 2008, section 3.

use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash, Key};
use subtle::ConstantTimeEq;

/// Bytes of the random point and of the tag, each.
pub(crate) const ELEMENT_BYTES: usize = 16;

/// The field's unit in the bit order of GCM.
const ONE: [u8; ELEMENT_BYTES] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// f(x) = x^(d+2) + s_1 x^d + s_2 x^(d-1) + ... + s_d x, with d odd.
///
/// Shape: s_i are the chunk's 16-byte blocks, the last one filled with zeros, and one block of
/// zeros more where their number would be even.
/// Time: constant in the bytes.
pub(crate) fn tag(chunk: &[u8], x: &[u8; ELEMENT_BYTES]) -> [u8; ELEMENT_BYTES] {
    let zero = Block::default();
    let mut hash = GHash::new(&Key::from(*x));
    // GHASH gives its first block the highest power: x^(d+2), then x^(d+1).
    hash.update(&[Block::from(ONE), zero]);
    hash.update_padded(chunk);
    if chunk.len().div_ceil(ELEMENT_BYTES).is_multiple_of(2) {
        hash.update(&[zero]);
    }
    hash.finalize().into()
}

/// Whether a protected chunk carries the tag that belongs to it.
///
/// Time: constant in the bytes.
pub(crate) fn verifies(protected: &[u8]) -> bool {
    let Some((chunk, last)) = protected.split_last_chunk::<{ 2 * ELEMENT_BYTES }>() else {
        return false;
    };
    let (x, told) = last.split_at(ELEMENT_BYTES);
    let x = x.try_into().expect("half of 32 bytes");
    tag(chunk, x).ct_eq(told).into()
}
