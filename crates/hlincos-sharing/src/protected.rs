//! Protection and splitting together, chunk after chunk.

use alloc::vec::Vec;

use crate::amd::ELEMENT_BYTES;
use crate::dealer::Dealer;
use crate::{Kernel, Randomness, RandomnessError, Threshold};

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
/// # Errors
/// [`RandomnessError`] when the source cannot give; nothing was dealt then.
///
/// Source: `spec/sharing.md`, sections 3 and 4.
pub fn protect_and_split(
    threshold: Threshold,
    secret: &[u8],
    rng: &mut dyn Randomness,
) -> Result<Vec<Vec<u8>>, RandomnessError> {
    let total = protected_len(secret.len());
    let mut shares: Vec<Vec<u8>> = threshold.points().map(|_| alloc::vec![0; total]).collect();
    let mut splitter = Splitter::new(threshold);
    let mut at = 0;
    let mut rest = secret;
    loop {
        let (chunk, later) = rest.split_at(rest.len().min(CHUNK_BYTES));
        let until = at + chunk.len() + TAG_BYTES;
        let mut outs: Vec<&mut [u8]> = shares
            .iter_mut()
            .map(|share| &mut share[at..until])
            .collect();
        splitter.split_chunk(chunk, rng, &mut outs)?;
        at = until;
        rest = later;
        if rest.is_empty() {
            return Ok(shares);
        }
    }
}

/// Protects and splits the chunks of one secret, in order, into callers' buffers.
pub struct Splitter {
    threshold: Threshold,
    dealer: Dealer,
    chunks: usize,
    ended: bool,
}

impl Splitter {
    /// Prepares for one secret, with the machine's fastest kernel.
    #[must_use]
    pub fn new(threshold: Threshold) -> Self {
        Self::with_kernel(Kernel::best(), threshold)
    }

    /// Prepares for one secret, with this kernel.
    #[must_use]
    pub fn with_kernel(kernel: Kernel, threshold: Threshold) -> Self {
        Self {
            threshold,
            dealer: Dealer::new(kernel, threshold),
            chunks: 0,
            ended: false,
        }
    }

    /// Prepares for another secret, keeping buffers.
    pub fn restart(&mut self) {
        self.chunks = 0;
        self.ended = false;
    }

    /// Protects and splits the next chunk.
    ///
    /// Shape: [`CHUNK_BYTES`] bytes, or fewer for the last chunk; none only for the empty secret.
    /// n buffers, for points 1 to n, of the chunk's length and [`TAG_BYTES`].
    /// Randomness: 16 bytes, then (k-1) times the length of a buffer.
    /// Security, Time: as [`protect_and_split`]. Does not allocate when the source is a keystream.
    ///
    /// # Errors
    /// [`RandomnessError`]; the chunk may be given again once the source gives.
    ///
    /// # Panics
    /// When the chunk is too long or follows the last one, or the buffers are not n or not of
    /// that length: bugs of the caller.
    pub fn split_chunk(
        &mut self,
        chunk: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), RandomnessError> {
        assert!(chunk.len() <= CHUNK_BYTES, "a chunk is 64 KiB at most");
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
        if self.chunks == 0 {
            rng.begin_secret()?;
        }
        self.dealer.deal_tagged(chunk, rng, outs)?;
        self.chunks += 1;
        self.ended = chunk.len() < CHUNK_BYTES;
        Ok(())
    }
}
