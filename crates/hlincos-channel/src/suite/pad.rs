//! Suite 1: a leased block of pad, spent from its beginning to its end.

use hlincos_sharing::Kernel;
use hlincos_sharing::ghash::Ghash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::frame::{FrameError, HEAD_BYTES, TAG_BYTES};
use crate::kdf::Secret;
use crate::{BlockId, PadOffset};

/// Bytes of a block before those that frames may use: its hash key, and the pad of its confirm.
pub(crate) const BLOCK_HEAD_BYTES: usize = 32;
/// Pad behind an epoch key of suite 2.
pub(crate) const SLICE_BYTES: usize = 32;
/// The smallest block; the largest is 1 MiB.
pub const BLOCK_BYTES_MIN: usize = 256;
/// The largest block.
pub const BLOCK_BYTES_MAX: usize = 1 << 20;

/// A block that one channel spends.
///
/// Security: information-theoretic. A frame of L blocks (its head and length included) that
/// somebody else made passes with a probability of at most L / 2^128, whatever he computes.
/// Source: Wegman and Carter 1981; Portmann, ePrint 2012/058; `spec/channel.md`, section 3.1.
pub(crate) struct Lease {
    id: BlockId,
    bytes: Zeroizing<Vec<u8>>,
    /// Everything before is spent and wiped.
    at: usize,
    hash: Ghash,
}

impl Lease {
    /// Begins a block.
    ///
    /// # Panics
    /// When it is shorter than [`BLOCK_BYTES_MIN`]: the pool checks lengths.
    pub(crate) fn new(kernel: Kernel, id: BlockId, mut bytes: Zeroizing<Vec<u8>>) -> Self {
        assert!(bytes.len() >= BLOCK_BYTES_MIN, "the pool checks lengths");
        let mut key = Zeroizing::new([0; 16]);
        key.copy_from_slice(&bytes[..16]);
        wipe(&mut bytes[..BLOCK_HEAD_BYTES]);
        Self {
            id,
            bytes,
            at: BLOCK_HEAD_BYTES,
            hash: Ghash::new(kernel, &key),
        }
    }

    pub(crate) const fn id(&self) -> BlockId {
        self.id
    }

    /// Bytes that nobody has spent.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// The longest payload that fits, 0 if none does.
    pub(crate) fn payload_max(&self) -> usize {
        self.left().saturating_sub(TAG_BYTES)
    }

    /// Where the next frame's pad begins.
    pub(crate) fn place(&self) -> PadOffset {
        PadOffset {
            source: self.id.source,
            at: self.id.number * self.bytes.len() as u64 + self.at as u64,
        }
    }

    /// Encrypts a payload in place, spends its pad and gives the tag.
    ///
    /// # Panics
    /// When the payload is longer than [`Self::payload_max`]: the sender cuts it.
    pub(crate) fn seal(&mut self, head: &[u8; HEAD_BYTES], payload: &mut [u8]) -> [u8; TAG_BYTES] {
        let pad = &mut self.bytes[self.at..self.at + TAG_BYTES + payload.len()];
        self.at += pad.len();
        let (tag_pad, pad) = pad.split_at_mut(TAG_BYTES);
        xor(payload, pad);
        let tag = tag(&self.hash, head, payload, tag_pad);
        wipe(pad);
        wipe(tag_pad);
        tag
    }

    /// Checks the tag, decrypts in place, and wipes the pad up to the frame's end.
    ///
    /// A frame that fails spends nothing.
    ///
    /// # Errors
    /// [`FrameError::Pad`] for pad that is spent or beyond the block, [`FrameError::Tag`].
    pub(crate) fn open(
        &mut self,
        place: PadOffset,
        head: &[u8; HEAD_BYTES],
        payload: &mut [u8],
        told: &[u8],
    ) -> Result<(), FrameError> {
        let at = self.within(place, TAG_BYTES + payload.len())?;
        let end = at + TAG_BYTES + payload.len();
        let (tag_pad, pad) = self.bytes[at..end].split_at(TAG_BYTES);
        let expected = tag(&self.hash, head, payload, tag_pad);
        if !bool::from(expected.ct_eq(told)) {
            return Err(FrameError::Tag);
        }
        xor(payload, pad);
        self.spend_to(end);
        Ok(())
    }

    /// Spends the pad of an epoch key of suite 2.
    ///
    /// # Panics
    /// When fewer bytes are left: the sender asks before.
    pub(crate) fn slice(&mut self) -> (PadOffset, Secret) {
        let place = self.place();
        let end = self.at + SLICE_BYTES;
        let slice = self.copy(self.at);
        self.spend_to(end);
        (place, slice)
    }

    /// Reads the pad of an epoch key and spends nothing; [`Self::slice_used`] does.
    ///
    /// # Errors
    /// [`FrameError::Pad`].
    pub(crate) fn slice_at(&self, place: PadOffset) -> Result<Secret, FrameError> {
        Ok(self.copy(self.within(place, SLICE_BYTES)?))
    }

    /// Wipes the pad up to the end of an epoch key that proved right.
    pub(crate) fn slice_used(&mut self, place: PadOffset) {
        if let Ok(at) = self.within(place, SLICE_BYTES) {
            self.spend_to(at + SLICE_BYTES);
        }
    }

    /// Whether the place lies in this block.
    pub(crate) fn holds(&self, place: PadOffset) -> bool {
        place.source == self.id.source && place.at / self.bytes.len() as u64 == self.id.number
    }

    /// Where a place of so many bytes begins in the block, if none of them is spent.
    fn within(&self, place: PadOffset, len: usize) -> Result<usize, FrameError> {
        if !self.holds(place) {
            return Err(FrameError::Pad);
        }
        usize::try_from(place.at % self.bytes.len() as u64)
            .ok()
            .filter(|at| *at >= self.at && at + len <= self.bytes.len())
            .ok_or(FrameError::Pad)
    }

    fn copy(&self, at: usize) -> Secret {
        let mut out = Secret::default();
        out.copy_from_slice(&self.bytes[at..at + SLICE_BYTES]);
        out
    }

    fn spend_to(&mut self, end: usize) {
        wipe(&mut self.bytes[self.at..end]);
        self.at = end;
    }
}

/// Writes zeros, many at a time; the barrier keeps the compiler from leaving them out.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    zeroize::optimization_barrier(bytes);
}

/// Time: constant in the bytes.
fn xor(out: &mut [u8], pad: &[u8]) {
    out.iter_mut().zip(pad).for_each(|(out, pad)| *out ^= *pad);
}

/// `GHASH_H(head ‖ ciphertext ‖ zeros ‖ lengths in bits) xor pad`.
fn tag(hash: &Ghash, head: &[u8; HEAD_BYTES], payload: &[u8], pad: &[u8]) -> [u8; TAG_BYTES] {
    let mut hash = hash.clone();
    let bits = |bytes: &[u8]| (bytes.len() as u64 * 8).to_be_bytes();
    let mut lengths = [0; 16];
    lengths[..8].copy_from_slice(&bits(head));
    lengths[8..].copy_from_slice(&bits(payload));
    hash.update(head);
    hash.update_padded(payload);
    hash.update(&lengths);
    let mut tag = hash.finish();
    xor(&mut tag, pad);
    tag
}

/// The tag by which the receiver of a block shows that it has the same: under the block's own
/// first 32 bytes, which nothing else uses, so that it says nothing of the rest.
pub(crate) fn confirm(kernel: Kernel, number: u64, block: &[u8]) -> [u8; TAG_BYTES] {
    let (head, rest) = block.split_at(BLOCK_HEAD_BYTES);
    let mut key = Zeroizing::new([0; 16]);
    key.copy_from_slice(&head[..16]);
    let mut hash = Ghash::new(kernel, &key);
    let mut lengths = [0; 16];
    lengths[..8].copy_from_slice(&number.to_be_bytes());
    lengths[8..].copy_from_slice(&(block.len() as u64).to_be_bytes());
    hash.update_padded(rest);
    hash.update(&lengths);
    let mut tag = hash.finish();
    xor(&mut tag, &head[16..]);
    tag
}
