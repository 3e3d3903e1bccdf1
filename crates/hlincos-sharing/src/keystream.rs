//! AES-256 in counter mode, as the source of coefficients.

use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use aes::{Aes256, Block};
use zeroize::Zeroize;

use crate::Kernel;
use crate::kernel::Rows;
#[cfg(target_arch = "x86_64")]
use crate::kernel::{RoundKeys, Stream};

/// A keystream that the kernel may make in registers, where it never reaches memory.
///
/// Shape: block i is AES-256 of the nonce and i, both most significant byte first.
/// Security: computational; as uniform as AES-256 is a pseudorandom permutation, for far fewer
/// than 2^64 blocks. No block is given twice.
/// Time: constant in the key.
///
/// Source: NIST SP 800-38A, section 6.5 and appendix B.
pub struct Keystream {
    cipher: Cipher,
    nonce: [u8; 8],
    next: u64,
}

#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each secret, without allocation"
)]
enum Cipher {
    Library(Aes256),
    #[cfg(target_arch = "x86_64")]
    Wide(RoundKeys),
}

impl Keystream {
    /// Expands a key.
    #[must_use]
    pub fn new(kernel: Kernel, key: &[u8; 32], nonce: [u8; 8]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(keys) = kernel.round_keys(key) {
            return Self {
                cipher: Cipher::Wide(keys),
                nonce,
                next: 0,
            };
        }
        let _ = kernel;
        Self {
            cipher: Cipher::Library(Aes256::new(&Array::from(*key))),
            nonce,
            next: 0,
        }
    }

    /// Fills the buffer from the next whole blocks; what is left of the last one is thrown away.
    pub fn fill(&mut self, out: &mut [u8]) {
        let blocks = out.len().div_ceil(BLOCK_BYTES) as u64;
        let first = self.take(blocks);
        self.fill_from(first, out);
    }

    /// Sets blocks aside; returns the number of the first.
    ///
    /// # Panics
    /// When all 2^64 are spent: that never comes.
    fn take(&mut self, blocks: u64) -> u64 {
        let first = self.next;
        self.next = first
            .checked_add(blocks)
            .expect("a keystream of 2^68 bytes");
        first
    }

    pub(crate) fn fill_from(&self, first: u64, out: &mut [u8]) {
        match &self.cipher {
            #[cfg(target_arch = "x86_64")]
            Cipher::Wide(keys) => keys.fill(self.nonce, first, out),
            Cipher::Library(cipher) => {
                let mut blocks = [Block::default(); TOGETHER];
                let mut number = first;
                for out in out.chunks_mut(TOGETHER * BLOCK_BYTES) {
                    let count = out.len().div_ceil(BLOCK_BYTES);
                    for block in &mut blocks[..count] {
                        let (nonce, counter) = block.split_at_mut(8);
                        nonce.copy_from_slice(&self.nonce);
                        counter.copy_from_slice(&number.to_be_bytes());
                        number = number.wrapping_add(1);
                    }
                    cipher.encrypt_blocks(&mut blocks[..count]);
                    let bytes = blocks.iter().flatten();
                    out.iter_mut()
                        .zip(bytes)
                        .for_each(|(out, byte)| *out = *byte);
                }
                blocks.iter_mut().for_each(|block| block.zeroize());
            }
        }
    }
}

/// Rows of coefficients set aside in a keystream; each begins at a block of its own.
pub(crate) struct KeystreamRows<'a> {
    stream: &'a Keystream,
    first: u64,
    rows: usize,
    row_blocks: u64,
}

impl<'a> KeystreamRows<'a> {
    pub(crate) fn take(stream: &'a mut Keystream, rows: usize, row_bytes: usize) -> Self {
        let row_blocks = row_bytes.div_ceil(BLOCK_BYTES) as u64;
        let first = stream.take(row_blocks * rows as u64);
        Self {
            stream,
            first,
            rows,
            row_blocks,
        }
    }

    /// Makes a part of every row in `scratch`, which has room for [`Self::room`].
    pub(crate) fn part<'b>(&self, from: usize, len: usize, scratch: &'b mut [u8]) -> Rows<'b> {
        let skipped = from % BLOCK_BYTES;
        let stride = (skipped + len).next_multiple_of(BLOCK_BYTES);
        let mut first = self.first + (from / BLOCK_BYTES) as u64;
        for row in scratch[..self.rows * stride].chunks_exact_mut(stride) {
            self.stream.fill_from(first, row);
            first += self.row_blocks;
        }
        Rows {
            bytes: &scratch[skipped..self.rows * stride],
            stride,
        }
    }

    /// Bytes of scratch that [`Self::part`] takes at most.
    pub(crate) fn room(rows: usize, len: usize) -> usize {
        rows * (len + 2 * BLOCK_BYTES)
    }

    /// For making them in registers from a whole block on, where that can be done.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn wide(&self, from: usize) -> Option<Stream<'_>> {
        match &self.stream.cipher {
            Cipher::Wide(keys) => Some(Stream {
                keys,
                nonce: self.stream.nonce,
                first: self.first + (from / BLOCK_BYTES) as u64,
                row_blocks: self.row_blocks,
            }),
            Cipher::Library(_) => None,
        }
    }
}

pub(crate) const BLOCK_BYTES: usize = 16;

/// Blocks given to the library at once: as many as its widest code takes.
const TOGETHER: usize = 64;
