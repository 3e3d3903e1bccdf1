//! The frame: 32 bytes of head, payload, 16 bytes of tag.

use crate::octets::{Octets, Truncated};
use crate::{LinkId, Suite};

/// Length of the head.
pub const HEAD_BYTES: usize = 32;
/// Length of the tag.
pub const TAG_BYTES: usize = 16;
/// The longest payload.
pub const PAYLOAD_BYTES_MAX: usize = 16 << 10;
/// The longest frame.
pub const FRAME_BYTES_MAX: usize = HEAD_BYTES + PAYLOAD_BYTES_MAX + TAG_BYTES;
const MAGIC: [u8; 4] = *b"HLQ1";
const CONTROL: u8 = 1;

/// The number of a channel of a link, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u32);

/// The head of a frame; authenticated with the payload.
///
/// Source: `spec/channel.md`, section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// How the payload is protected.
    pub suite: Suite,
    /// Whether the payload is for the channel itself and not for who reads from it.
    pub control: bool,
    /// Link, class, direction.
    pub link: LinkId,
    /// Number of the frame in its direction of this channel, from 0.
    pub seq: u64,
    /// Suites 1 and 2: a [`crate::PadOffset`]; suites 3 and 4: steps of the key.
    pub place: u64,
    /// Bytes of the payload.
    pub payload_len: u32,
    /// The channel.
    pub generation: Generation,
}

impl FrameHead {
    /// Writes the head.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEAD_BYTES] {
        let mut out = [0; HEAD_BYTES];
        out[..4].copy_from_slice(&MAGIC);
        out[4] = self.suite as u8;
        out[5] = if self.control { CONTROL } else { 0 };
        out[6..8].copy_from_slice(&self.link.to_bits().to_be_bytes());
        out[8..16].copy_from_slice(&self.seq.to_be_bytes());
        out[16..24].copy_from_slice(&self.place.to_be_bytes());
        out[24..28].copy_from_slice(&self.payload_len.to_be_bytes());
        out[28..].copy_from_slice(&self.generation.0.to_be_bytes());
        out
    }

    /// Reads a head and refuses whatever `spec/channel.md`, section 2.2, forbids.
    ///
    /// # Errors
    /// [`FrameError`]: the sender is no channel, or a defect one; the channel closes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut octets = Octets(bytes);
        let short = |Truncated| FrameError::Truncated;
        if octets.array::<4>().map_err(short)? != MAGIC {
            return Err(FrameError::Magic);
        }
        let [suite, flags] = octets.array().map_err(short)?;
        let head = Self {
            suite: Suite::from_code(suite).ok_or(FrameError::Suite)?,
            control: flags == CONTROL,
            link: LinkId::from_bits(octets.u16().map_err(short)?).ok_or(FrameError::Link)?,
            seq: octets.u64().map_err(short)?,
            place: octets.u64().map_err(short)?,
            payload_len: octets.u32().map_err(short)?,
            generation: Generation(octets.u32().map_err(short)?),
        };
        if flags & !CONTROL != 0 {
            return Err(FrameError::Flags);
        }
        if head.payload_len == 0 || head.payload() > PAYLOAD_BYTES_MAX {
            return Err(FrameError::Length);
        }
        Ok(head)
    }

    /// Bytes of the payload.
    pub(crate) const fn payload(&self) -> usize {
        self.payload_len as usize
    }

    /// Bytes of the whole frame.
    #[must_use]
    pub const fn frame_len(&self) -> usize {
        HEAD_BYTES + self.payload() + TAG_BYTES
    }
}

/// Why bytes are no frame of this channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// Shorter than a head.
    #[error("the frame ends inside its head")]
    Truncated,
    /// Not `HLQ1`.
    #[error("these bytes are no frame of a channel")]
    Magic,
    /// No such suite.
    #[error("the frame has an unknown suite; a newer release reads it")]
    Suite,
    /// A flag that has no meaning.
    #[error("the frame has unknown flags; a newer release reads it")]
    Flags,
    /// Another link, class or direction.
    #[error("the frame belongs to another link, class or direction")]
    Link,
    /// A payload of nothing, or of too much.
    #[error("the frame's payload is empty or longer than 16 KiB")]
    Length,
    /// Another channel.
    #[error("the frame belongs to another channel of the link")]
    Generation,
    /// Not the next one.
    #[error("the frame is not the next one: frames were lost, repeated or swapped")]
    Sequence,
    /// A level below the class's minimum.
    #[error("the frame's level is below the minimum of its class")]
    Minimum,
    /// Pad that is spent, or not leased to this channel, or beyond its block.
    #[error("the frame names pad that this channel may not use")]
    Pad,
    /// A key that the channel does not have.
    #[error("the frame names a key that this channel does not have")]
    Key,
    /// Changed on the way, or made by somebody else.
    #[error("the frame's tag is wrong: it was changed on the way")]
    Tag,
    /// A control frame that says nothing known.
    #[error("the control frame is malformed")]
    Control,
    /// Something behind the close frame.
    #[error("there is a frame behind the end of the channel")]
    AfterClose,
}
