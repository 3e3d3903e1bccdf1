//! Encrypting, cutting into stripes and extending them, chunk after chunk.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{
    CIPHER_TAG_BYTES, ChunkCipher, HEAD_BYTES, KEY_BYTES, LENGTH_BYTES, bound_to, chunk_bytes,
    dispersed_len, nonce, piece_len,
};
use crate::polynomial::weights_at;
use crate::{Kernel, Randomness, RandomnessError, Threshold};

/// Encrypts a secret and disperses it.
///
/// Shape: n shares of [`dispersed_len`] bytes, at points 1 to n.
/// Randomness: 32 bytes for the key, 16 for the tag's point and (k-1) times [`HEAD_BYTES`].
/// Security: computational: fewer than k shares say nothing of the secret but its length, as AES-256
/// is strong. Fewer than k who change theirs are found out, as [`crate::protect_and_split`] says
/// for the key, and by the cipher's tag for the rest.
/// Time: constant in the secret; linear.
///
/// # Errors
/// [`RandomnessError`] when the source cannot give; nothing was dealt then.
///
/// # Panics
/// When the shares of so long a secret have no length on this machine.
///
/// Source: `spec/dispersal.md`, sections 2 and 3.
pub fn protect_and_split<C: ChunkCipher>(
    threshold: Threshold,
    secret: &[u8],
    rng: &mut dyn Randomness,
) -> Result<Vec<Vec<u8>>, RandomnessError> {
    let total = dispersed_len(threshold, secret.len()).expect("shares fit into memory");
    let mut shares: Vec<Vec<u8>> = threshold.points().map(|_| vec![0; total]).collect();
    let len = secret.len() as u64;
    let mut splitter = Splitter::<C>::begin(
        Kernel::best(),
        threshold,
        len,
        rng,
        &mut cut(&mut shares, 0, HEAD_BYTES),
    )?;
    let mut at = HEAD_BYTES;
    let mut rest = secret;
    loop {
        let (chunk, later) = rest.split_at(rest.len().min(chunk_bytes(threshold)));
        let until = at + piece_len(threshold, chunk.len());
        splitter.split_chunk(chunk, &mut cut(&mut shares, at, until));
        at = until;
        rest = later;
        if rest.is_empty() {
            return Ok(shares);
        }
    }
}

/// The same part of every share.
fn cut(shares: &mut [Vec<u8>], from: usize, until: usize) -> Vec<&mut [u8]> {
    let shares = shares.iter_mut();
    shares.map(|share| &mut share[from..until]).collect()
}

/// Encrypts and disperses the chunks of one secret, in order, into callers' buffers.
pub struct Splitter<C> {
    kernel: Kernel,
    threshold: Threshold,
    cipher: C,
    bound_to: [u8; 29],
    left: u64,
    chunks: u64,
    /// Per point beyond k: the weights of the stripes.
    weights: Vec<Vec<u8>>,
    sealed: Zeroizing<Vec<u8>>,
}

impl<C: ChunkCipher> Splitter<C> {
    /// Draws the key of one secret and deals it with the secret's length.
    ///
    /// Shape: n buffers of [`HEAD_BYTES`], for points 1 to n: the beginning of each share.
    /// Randomness: as [`protect_and_split`].
    ///
    /// # Errors
    /// [`RandomnessError`].
    ///
    /// # Panics
    /// When the buffers are not n or not of that length: bugs of the caller.
    pub fn begin(
        kernel: Kernel,
        threshold: Threshold,
        secret_len: u64,
        rng: &mut dyn Randomness,
        heads: &mut [&mut [u8]],
    ) -> Result<Self, RandomnessError> {
        let k = threshold.k();
        let mut head = Zeroizing::new([0; KEY_BYTES + LENGTH_BYTES]);
        rng.begin_secret()?;
        rng.fill(&mut head[..KEY_BYTES])?;
        head[KEY_BYTES..].copy_from_slice(&secret_len.to_be_bytes());
        crate::Splitter::with_kernel(kernel, threshold).split_chunk(&*head, rng, heads)?;
        let key = head.first_chunk().expect("32 of 40 bytes");
        let stripes: Vec<u8> = (1..=k).collect();
        let weights = (k + 1..=threshold.n())
            .map(|x| weights_at(&stripes, x))
            .collect();
        Ok(Self {
            kernel,
            threshold,
            cipher: C::new(key),
            bound_to: bound_to(threshold, secret_len),
            left: secret_len,
            chunks: 0,
            weights,
            sealed: Zeroizing::new(Vec::new()),
        })
    }

    /// Encrypts and disperses the next chunk.
    ///
    /// Shape: [`chunk_bytes`] bytes, or what is left of the secret; none only for the empty secret. n
    /// buffers of [`piece_len`], for points 1 to n.
    /// Time: constant in the chunk; linear. Does not allocate but for the first chunk.
    ///
    /// # Panics
    /// When the lengths are others, or after the last chunk: bugs of the caller.
    pub fn split_chunk(&mut self, chunk: &[u8], outs: &mut [&mut [u8]]) {
        let whole = chunk_bytes(self.threshold) as u64;
        assert_eq!(
            chunk.len() as u64,
            whole.min(self.left),
            "a whole chunk, or the last one"
        );
        assert!(
            self.chunks == 0 || !chunk.is_empty(),
            "a chunk after the last one"
        );
        let n = usize::from(self.threshold.n());
        assert_eq!(outs.len(), n, "one buffer for each share");
        let k = usize::from(self.threshold.k());
        let piece = piece_len(self.threshold, chunk.len());
        assert!(
            outs.iter().all(|out| out.len() == piece),
            "buffers of a piece's length"
        );

        let sealed_len = chunk.len() + CIPHER_TAG_BYTES;
        self.sealed.resize(k * piece, 0);
        self.sealed[..chunk.len()].copy_from_slice(chunk);
        self.sealed[sealed_len..].fill(0);
        self.cipher.seal(
            nonce(self.chunks),
            &self.bound_to,
            &mut self.sealed[..sealed_len],
        );

        let (stripes, beyond) = outs.split_at_mut(k);
        let rows: Vec<&[u8]> = self.sealed.chunks_exact(piece).collect();
        stripes
            .iter_mut()
            .zip(&rows)
            .for_each(|(out, row)| out.copy_from_slice(row));
        for (out, weights) in beyond.iter_mut().zip(&self.weights) {
            self.kernel.weighted_sum(&rows, weights, 0, out);
        }
        self.left -= chunk.len() as u64;
        self.chunks += 1;
    }
}
