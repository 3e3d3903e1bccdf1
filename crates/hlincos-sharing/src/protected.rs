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
pub const PROTECTED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

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
    let mut shares: Vec<Vec<u8>> = threshold.points().map(|_| alloc::vec![0; total]).collect();
    let mut splitter = Splitter::new(threshold, secret.len().min(CHUNK_BYTES));
    let mut at = 0;
    let mut rest = secret;
    loop {
        let (chunk, later) = rest.split_at(rest.len().min(CHUNK_BYTES));
        let until = at + chunk.len() + TAG_BYTES;
        let mut outs: Vec<&mut [u8]> = shares
            .iter_mut()
            .map(|share| &mut share[at..until])
            .collect();
        splitter.split_chunk(chunk, rng, &mut outs);
        at = until;
        rest = later;
        if rest.is_empty() {
            return shares;
        }
    }
}

/// Protects and splits the chunks of one secret, in order, into callers' buffers.
///
/// What it holds between chunks is wiped when it is dropped.
pub struct Splitter {
    threshold: Threshold,
    chunk_bytes_max: usize,
    scratch: Coefficients,
    piece: Zeroizing<Vec<u8>>,
    chunks: usize,
    ended: bool,
}

impl Splitter {
    /// Prepares for chunks of up to so many bytes: [`CHUNK_BYTES`], or the length of a shorter
    /// secret.
    ///
    /// # Panics
    /// When that is more than [`CHUNK_BYTES`].
    #[must_use]
    pub fn new(threshold: Threshold, chunk_bytes_max: usize) -> Self {
        assert!(chunk_bytes_max <= CHUNK_BYTES, "a chunk is 64 KiB at most");
        let piece_max = chunk_bytes_max + TAG_BYTES;
        Self {
            threshold,
            chunk_bytes_max,
            scratch: Coefficients::new(threshold, piece_max),
            piece: Zeroizing::new(Vec::with_capacity(piece_max)),
            chunks: 0,
            ended: false,
        }
    }

    /// Protects and splits the next chunk.
    ///
    /// Shape: [`CHUNK_BYTES`] bytes, or fewer for the last chunk; none only for the empty secret.
    /// n buffers, for points 1 to n, of the chunk's length and [`TAG_BYTES`].
    /// Randomness: 16 bytes, then (k-1) times the length of a buffer.
    /// Security, Time: as [`protect_and_split`].
    ///
    /// # Panics
    /// When the chunk is longer than promised or follows the last one, or the buffers are not n
    /// or not of that length: bugs of the caller.
    pub fn split_chunk(&mut self, chunk: &[u8], rng: &mut dyn Randomness, outs: &mut [&mut [u8]]) {
        assert!(
            chunk.len() <= self.chunk_bytes_max,
            "a chunk longer than promised"
        );
        assert!(!self.ended, "a chunk after the last one");
        assert!(
            self.chunks == 0 || !chunk.is_empty(),
            "only an empty secret has an empty chunk"
        );
        assert_eq!(
            outs.len(),
            usize::from(self.threshold.n()),
            "one buffer for each share"
        );
        let len = chunk.len() + TAG_BYTES;
        assert!(
            outs.iter().all(|out| out.len() == len),
            "buffers of the protected length"
        );

        let mut x = Zeroizing::new([0; ELEMENT_BYTES]);
        rng.fill(&mut *x);
        self.piece.clear();
        self.piece.extend_from_slice(chunk);
        self.piece.extend_from_slice(&*x);
        self.piece
            .extend_from_slice(&*Zeroizing::new(tag(chunk, &x)));
        split_into(self.threshold, &self.piece, rng, &mut self.scratch, outs);
        self.chunks += 1;
        self.ended = chunk.len() < CHUNK_BYTES;
    }
}
