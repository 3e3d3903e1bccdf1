//! Protection and splitting together, chunk after chunk.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::amd::{ELEMENT_BYTES, tag};
use crate::shamir::{Coefficients, split_into};
use crate::{Randomness, Threshold};

/// Bytes of a secret under one tag; the last chunk may be shorter.
pub const CHUNK_BYTES: usize = 65_536;
/// What the protection adds to a chunk: a random point and the tag.
pub const TAG_BYTES: usize = 2 * ELEMENT_BYTES;
/// A whole chunk with its protection.
pub(crate) const PROTECTED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// Length of each share of a protected secret.
#[must_use]
pub const fn protected_len(secret_len: usize) -> usize {
    let chunks = secret_len.div_ceil(CHUNK_BYTES);
    secret_len + TAG_BYTES * if chunks == 0 { 1 } else { chunks }
}

/// Length of the secret behind a share; `None` when no secret has such shares.
#[must_use]
pub const fn secret_len(protected_len: usize) -> Option<usize> {
    let whole = protected_len / PROTECTED_CHUNK_BYTES;
    let rest = protected_len % PROTECTED_CHUNK_BYTES;
    match rest {
        0 if whole > 0 => Some(whole * CHUNK_BYTES),
        // A chunk without bytes stands only alone, for the empty secret.
        TAG_BYTES if whole > 0 => None,
        TAG_BYTES.. => Some(whole * CHUNK_BYTES + rest - TAG_BYTES),
        _ => None,
    }
}

/// Protects a secret and splits it.
///
/// Shape: n shares of [`protected_len`] bytes, at points 1 to n.
/// Randomness: 16 bytes per chunk for the tag's point, then (k-1) times the protected length.
/// Security: secrecy as [`crate::split`]. Fewer than k shares changed by who knows fewer than k
/// shares pass the tag with probability at most (d+2)/2^128 per chunk, d <= 4,097.
/// Time: constant in the secret; linear.
///
/// Source: `spec/sharing.md`, sections 3 and 4.
#[must_use]
pub fn protect_and_split(
    threshold: Threshold,
    secret: &[u8],
    rng: &mut dyn Randomness,
) -> Vec<Vec<u8>> {
    let total = protected_len(secret.len());
    let piece_max = total.min(PROTECTED_CHUNK_BYTES);
    let mut shares: Vec<Vec<u8>> = threshold.points().map(|_| alloc::vec![0; total]).collect();
    let mut scratch = Coefficients::new(threshold, piece_max);
    let mut piece = Zeroizing::new(Vec::with_capacity(piece_max));
    let mut at = 0;
    let mut rest = secret;
    loop {
        let (chunk, later) = rest.split_at(rest.len().min(CHUNK_BYTES));
        let mut x = Zeroizing::new([0; ELEMENT_BYTES]);
        rng.fill(&mut *x);
        piece.clear();
        piece.extend_from_slice(chunk);
        piece.extend_from_slice(&*x);
        piece.extend_from_slice(&tag(chunk, &x));
        let until = at + piece.len();
        let outs = shares
            .iter_mut()
            .map(|share| &mut share[at..until])
            .collect();
        split_into(threshold, &piece, rng, &mut scratch, outs);
        at = until;
        rest = later;
        if rest.is_empty() {
            return shares;
        }
    }
}
