//! The receiving half: refuses what is no next frame of this channel, opens what is.

use hlincos_sharing::Kernel;

use crate::connection::lane::{Epoch, Lane};
use crate::frame::{FrameError, FrameHead, HEAD_BYTES, TAG_BYTES};
use crate::suite::gcm::{FRAMES_PER_KEY, GcmKey};
use crate::suite::pad::{BLOCK_HEAD_BYTES, Lease};
use crate::{BlockId, Level, Link, PadOffset, Source, Suite};

pub(super) struct Receiver {
    pub(super) lane: Lane,
    pub(super) minimum: Level,
    pub(super) lowest: Option<Level>,
}

/// What became of a frame's bytes.
pub(super) enum Opened {
    /// The payload lies behind the head, and is plain.
    Frame(FrameHead),
    /// More bytes must come first.
    Incomplete,
    /// The bytes of the frame's block must be read first.
    Absent(BlockId),
}

impl Receiver {
    /// Opens the frame at the beginning of `bytes` in place.
    ///
    /// The head is judged as soon as it is there. A frame that fails spends nothing.
    pub(super) fn open(&mut self, kernel: Kernel, bytes: &mut [u8]) -> Result<Opened, FrameError> {
        if bytes.len() < HEAD_BYTES {
            return Ok(Opened::Incomplete);
        }
        let head = FrameHead::from_bytes(bytes)?;
        self.judge(&head)?;
        let Some(frame) = bytes.get_mut(..head.frame_len()) else {
            return Ok(Opened::Incomplete);
        };
        let (head_bytes, rest) = frame.split_first_chunk_mut::<HEAD_BYTES>().expect("judged");
        let absent = match head.suite {
            Suite::Otp => self.open_pad(kernel, &head, head_bytes, rest)?,
            Suite::Qkd => self.open_epoch(kernel, &head, head_bytes, rest)?,
            Suite::Psk => {
                let steps = self.lane.psk.as_mut().ok_or(FrameError::Key)?;
                steps.open(head.place, head.seq, head_bytes, rest)?;
                None
            }
            Suite::Hybrid => {
                let steps = self.lane.hybrid.as_mut().ok_or(FrameError::Key)?;
                steps.open(head.place, head.seq, head_bytes, rest)?;
                None
            }
        };
        if let Some(absent) = absent {
            return Ok(Opened::Absent(absent));
        }
        self.lane.seq += 1;
        if self.lowest.is_none_or(|lowest| head.suite.level() < lowest) {
            self.lowest = Some(head.suite.level());
        }
        Ok(Opened::Frame(head))
    }

    /// Everything that needs no key, in the order of `spec/channel.md`, section 2.2.
    fn judge(&self, head: &FrameHead) -> Result<(), FrameError> {
        let scope = &self.lane.scope;
        if head.generation != scope.generation {
            return Err(FrameError::Generation);
        }
        if head.link != scope.link {
            return Err(FrameError::Link);
        }
        if head.suite.level() < self.minimum {
            return Err(FrameError::Minimum);
        }
        if head.seq != self.lane.seq {
            return Err(FrameError::Sequence);
        }
        if self.lane.closed {
            return Err(FrameError::AfterClose);
        }
        Ok(())
    }

    fn open_pad(
        &mut self,
        kernel: Kernel,
        head: &FrameHead,
        head_bytes: &[u8; HEAD_BYTES],
        rest: &mut [u8],
    ) -> Result<Option<BlockId>, FrameError> {
        let place = PadOffset::from_bits(head.place);
        let lease = match self.lease(kernel, place)? {
            Ok(lease) => lease,
            Err(absent) => return Ok(Some(absent)),
        };
        let (payload, tag) = rest.split_at_mut(rest.len() - TAG_BYTES);
        lease.open(place, head_bytes, payload, tag)?;
        Ok(None)
    }

    fn open_epoch(
        &mut self,
        kernel: Kernel,
        head: &FrameHead,
        head_bytes: &[u8; HEAD_BYTES],
        rest: &mut [u8],
    ) -> Result<Option<BlockId>, FrameError> {
        if let Some(epoch) = &mut self.lane.epoch
            && epoch.place == head.place
        {
            epoch.frames += 1;
            if epoch.frames > FRAMES_PER_KEY {
                return Err(FrameError::Key);
            }
            epoch.key.open(head.seq, head_bytes, rest)?;
            return Ok(None);
        }
        let place = PadOffset::from_bits(head.place);
        if place.source != Source::Qkd {
            return Err(FrameError::Key);
        }
        let scope = self.lane.scope;
        let lease = match self.lease(kernel, place)? {
            Ok(lease) => lease,
            Err(absent) => return Ok(Some(absent)),
        };
        let key = GcmKey::of_slice(&lease.slice_at(place)?, &scope, head.place);
        key.open(head.seq, head_bytes, rest)?;
        lease.slice_used(place);
        self.lane.epoch = Some(Epoch {
            place: head.place,
            key,
            frames: 1,
        });
        Ok(None)
    }

    /// The block of a place: one that was granted to this channel. Its name if its bytes are on disk.
    fn lease(
        &mut self,
        kernel: Kernel,
        place: PadOffset,
    ) -> Result<Result<&mut Lease, BlockId>, FrameError> {
        let block_bytes = self.lane.block_bytes(place.source);
        let number = place.at.checked_div(block_bytes).ok_or(FrameError::Pad)?;
        let block = self
            .lane
            .blocks
            .iter_mut()
            .find(|block| block.id().source == place.source && block.id().number == number)
            .ok_or(FrameError::Pad)?;
        let id = block.id();
        Ok(block.open(kernel).ok_or(id))
    }

    /// Forgets blocks before the one in use that are through, so that few are in memory.
    pub(super) fn leave_spent(&mut self, link: &mut Link, now_ms: u64) {
        let direction = self.lane.scope.link.direction;
        while self.lane.blocks.len() > 1 {
            let block_bytes = self.lane.block_bytes(self.lane.blocks[0].id().source);
            let left = self.lane.blocks[0].left(block_bytes);
            if left > (TAG_BYTES as u64) {
                break;
            }
            self.lane.blocks.pop_front();
            let counts = link.counters.of_mut(direction);
            counts.wasted(now_ms, left);
            counts.spent(now_ms, 0, BLOCK_HEAD_BYTES as u64);
        }
    }
}
