//! The GHASH sum of NIST SP 800-38D over whole blocks, by the widest instructions there are.

use ::ghash::universal_hash::UniversalHash;
use ::ghash::{Block, GHash, Key};

use crate::Kernel;
#[cfg(target_arch = "x86_64")]
use crate::kernel::Ghash as Wide;

/// Bytes of the key, of a block and of the sum, each.
pub const BLOCK_BYTES: usize = 16;

/// A GHASH sum under way; a clone begun with a key saves the next sum the key's powers.
///
/// Security: almost universal: two different texts of at most L blocks have a chosen difference of
/// sums with a probability of L / 2^128 over a uniform key. The sum itself tells of the key: show
/// it under a one-time pad only. Key and powers are wiped when dropped.
/// Time: constant in the bytes and in the key.
///
/// Source: NIST SP 800-38D, section 6.4.
#[derive(Clone)]
pub struct Ghash(Sum);

#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each chunk, without allocation"
)]
enum Sum {
    Library(GHash),
    #[cfg(target_arch = "x86_64")]
    Wide(Wide),
}

impl Ghash {
    /// Begins a sum under a key: with four blocks in a register where the kernel has that, by the
    /// `ghash` crate elsewhere.
    #[must_use]
    pub fn new(kernel: Kernel, key: &[u8; BLOCK_BYTES]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(sum) = kernel.ghash(key) {
            return Self(Sum::Wide(sum));
        }
        let _ = kernel;
        Self(Sum::Library(GHash::new(&Key::from(*key))))
    }

    /// Adds whole blocks.
    ///
    /// # Panics
    /// When a block is not whole: a bug of the caller.
    pub fn update(&mut self, blocks: &[u8]) {
        match &mut self.0 {
            #[cfg(target_arch = "x86_64")]
            Sum::Wide(sum) => sum.update(blocks),
            Sum::Library(sum) => {
                let (blocks, rest) = Block::slice_as_chunks(blocks);
                assert!(rest.is_empty(), "whole blocks");
                sum.update(blocks);
            }
        }
    }

    /// Adds bytes, the last block filled with zeros.
    pub fn update_padded(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.split_at(bytes.len() / BLOCK_BYTES * BLOCK_BYTES);
        self.update(whole);
        if !rest.is_empty() {
            let mut last = zeroize::Zeroizing::new([0; BLOCK_BYTES]);
            last[..rest.len()].copy_from_slice(rest);
            self.update(&*last);
        }
    }

    /// Gives the sum.
    #[must_use]
    pub fn finish(self) -> [u8; BLOCK_BYTES] {
        match self.0 {
            Sum::Library(sum) => sum.finalize().into(),
            #[cfg(target_arch = "x86_64")]
            Sum::Wide(sum) => sum.sum(),
        }
    }

    /// For summing what passes by in registers, where that can be done.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn wide(&mut self) -> Option<&mut Wide> {
        match &mut self.0 {
            Sum::Wide(sum) => Some(sum),
            Sum::Library(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_kernel_gives_the_sum_of_the_library() {
        let bytes: Vec<u8> = (0..1_000_u32)
            .map(|at| at.to_be_bytes()[3] ^ 0x5A)
            .collect();
        for len in (0..=100).chain([511, 512, 1_000]) {
            let mut expected = GHash::new(&Key::from([7; BLOCK_BYTES]));
            expected.update_padded(&bytes[..len]);
            let expected: [u8; BLOCK_BYTES] = expected.finalize().into();
            for kernel in Kernel::available() {
                let begun = Ghash::new(kernel, &[7; BLOCK_BYTES]);
                let mut sum = begun.clone();
                sum.update_padded(&bytes[..len]);
                assert_eq!(sum.finish(), expected, "{kernel}, {len} bytes");
            }
        }
    }
}
