//! Dealing: shares into callers' buffers, with or without the tag, in one pass over the secret.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroizing;

use crate::amd::{ELEMENT_BYTES, Tag};
use crate::kernel::{Powers, Rows};
use crate::keystream::{BLOCK_BYTES, KeystreamRows};
use crate::{Kernel, Randomness, RandomnessError, Threshold};

/// Deals secret after secret without allocation.
pub struct Dealer {
    kernel: Kernel,
    powers: Powers,
    /// Bytes of the secret in one part, so that its coefficients stay in the nearest cache.
    part_bytes: usize,
    /// Room for the coefficients of one part, or of a whole piece where the source is no
    /// keystream; wiped when dropped.
    coefficients: Zeroizing<Vec<u8>>,
}

impl Dealer {
    /// Computes the powers of the points.
    #[must_use]
    pub fn new(kernel: Kernel, threshold: Threshold) -> Self {
        let rows = usize::from(threshold.k()) - 1;
        let part_bytes = (COEFFICIENT_BYTES / rows).next_multiple_of(PART_BYTES_MIN);
        Self {
            kernel,
            powers: Powers::new(threshold),
            part_bytes,
            coefficients: Zeroizing::new(vec![0; KeystreamRows::room(rows, part_bytes)]),
        }
    }

    /// Splits a secret into callers' buffers.
    ///
    /// Shape: n buffers of the secret's length, for points 1 to n.
    /// Randomness, Security, Time: as [`crate::split`]; allocates once more when the source is no
    /// keystream and the secret longer than any before.
    ///
    /// # Errors
    /// [`RandomnessError`]; the buffers hold nothing of use then.
    ///
    /// # Panics
    /// When the buffers are not n or not of the secret's length: bugs of the caller.
    pub fn deal(
        &mut self,
        secret: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), RandomnessError> {
        assert!(
            outs.iter().all(|out| out.len() == secret.len()),
            "buffers of the secret's length"
        );
        self.deal_piece(secret, None, rng, outs)
    }

    /// Splits a chunk with its random point and tag behind it.
    ///
    /// Shape: n buffers of the chunk's length and twice [`ELEMENT_BYTES`].
    pub(crate) fn deal_tagged(
        &mut self,
        chunk: &[u8],
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), RandomnessError> {
        let mut x = Zeroizing::new([0; ELEMENT_BYTES]);
        rng.fill(&mut *x)?;
        self.deal_piece(chunk, Some(&x), rng, outs)
    }

    fn deal_piece(
        &mut self,
        secret: &[u8],
        x: Option<&[u8; ELEMENT_BYTES]>,
        rng: &mut dyn Randomness,
        outs: &mut [&mut [u8]],
    ) -> Result<(), RandomnessError> {
        let rows = usize::from(self.powers.threshold().k()) - 1;
        let total = secret.len() + x.map_or(0, |_| 2 * ELEMENT_BYTES);
        let mut tag = x.map(|x| Tag::new(self.kernel, x));
        let blocks = (rows * total.div_ceil(BLOCK_BYTES)) as u64;
        let source = match rng.keystream(blocks)? {
            Some(stream) => Source::Keystream(KeystreamRows::take(stream, rows, total)),
            None => {
                let drawn = rows * total;
                if self.coefficients.len() < drawn {
                    self.coefficients = Zeroizing::new(vec![0; drawn]);
                }
                rng.fill(&mut self.coefficients[..drawn])?;
                Source::Drawn { stride: total }
            }
        };
        let mut from = 0;
        if let Source::Keystream(rows) = &source {
            let threshold = self.powers.threshold();
            from = bytes_to_line(outs).min(secret.len() / BLOCK_BYTES * BLOCK_BYTES);
            self.deal_parts(&source, &mut tag, secret, outs, 0..from);
            from +=
                self.kernel
                    .deal_in_registers(threshold, rows, tag.as_mut(), secret, outs, from);
        }
        self.deal_parts(&source, &mut tag, secret, outs, from..secret.len());
        if let (Some(x), Some(tag)) = (x, tag) {
            let mut last = Zeroizing::new([0; 2 * ELEMENT_BYTES]);
            last[..ELEMENT_BYTES].copy_from_slice(x);
            last[ELEMENT_BYTES..].copy_from_slice(&tag.finish());
            let rows = source.part(secret.len(), last.len(), &mut self.coefficients);
            self.kernel
                .deal(&self.powers, &*last, rows, outs, secret.len());
        }
        Ok(())
    }

    /// Deals a range of the secret, part by part.
    fn deal_parts(
        &mut self,
        source: &Source<'_>,
        tag: &mut Option<Tag>,
        secret: &[u8],
        outs: &mut [&mut [u8]],
        range: Range<usize>,
    ) {
        let mut from = range.start;
        for part in secret[range].chunks(self.part_bytes) {
            if let Some(tag) = tag {
                tag.update(part);
            }
            let rows = source.part(from, part.len(), &mut self.coefficients);
            self.kernel.deal(&self.powers, part, rows, outs, from);
            from += part.len();
        }
    }
}

/// Bytes until the buffers' next cache line, if it is the same whole number of blocks for all.
///
/// A vector that straddles two lines costs two stores.
fn bytes_to_line(outs: &[&mut [u8]]) -> usize {
    let to_line = |out: &[u8]| out.as_ptr().align_offset(LINE_BYTES);
    let first = outs.first().map_or(0, |out| to_line(out));
    let alike = outs.iter().all(|out| to_line(out) == first);
    if alike && first < LINE_BYTES && first.is_multiple_of(BLOCK_BYTES) {
        first
    } else {
        0
    }
}

/// Where the coefficients of a piece are.
enum Source<'a> {
    /// In a keystream, yet to be made.
    Keystream(KeystreamRows<'a>),
    /// In the dealer's buffer, row behind row.
    Drawn { stride: usize },
}

impl Source<'_> {
    fn part<'a>(&self, from: usize, len: usize, coefficients: &'a mut [u8]) -> Rows<'a> {
        match self {
            Self::Keystream(rows) => rows.part(from, len, coefficients),
            Self::Drawn { stride } => Rows {
                bytes: &coefficients[from..],
                stride: *stride,
            },
        }
    }
}

/// Coefficients made at a time: a third of the nearest cache of usual machines.
const COEFFICIENT_BYTES: usize = 16_384;

/// The least part of a secret, so that vectors are well filled.
const PART_BYTES_MIN: usize = 512;

/// Bytes of a cache line, and of the widest vector.
const LINE_BYTES: usize = 64;
