//! Frames of the gateway's streams, and batches of bundles.

use bytes::{Buf, Bytes, BytesMut};
use hlincos_record::identifier::BundleId;
use hlincos_record::limits::BUNDLE_BYTES_MAX;

use super::{Progress, RestoreSummary};

/// Bundles of one request together.
pub const BATCH_BYTES_MAX: usize = 24 << 20;

const BUNDLE: u8 = 1;
const PROGRESS: u8 = 2;
const SUBJECT_END: u8 = 3;
const FAILED: u8 = 4;
const END: u8 = 5;
const LOST: u8 = 6;
const TEXT_BYTES_MAX: usize = 1 << 20;
const FRAME_HEAD_BYTES: usize = 5;

/// One frame of a restore stream.
#[derive(Debug)]
pub enum Frame {
    /// A verified bundle; of one subject they come newest first.
    Bundle(Bytes),
    /// How far the gateway is.
    Progress(Progress),
    /// All bundles of a subject were sent.
    SubjectEnd,
    /// The gateway cannot go on, and why; nothing follows.
    Failed(String),
    /// All is sent; nothing follows.
    End(Box<RestoreSummary>),
    /// Acknowledged bundles that do not restore, at most [`Frame::LOST_MAX`].
    Lost(Vec<BundleId>),
}

/// The bytes are no frames of this interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway's stream is malformed")]
pub struct FrameError;

impl Frame {
    /// Lost bundles in one frame.
    pub const LOST_MAX: usize = TEXT_BYTES_MAX / 16;

    /// Writes the frame: kind, length, payload.
    ///
    /// # Panics
    /// Never: the types here are always JSON, and bundles are bounded.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        let json =
            |value: Result<Vec<u8>, serde_json::Error>| value.expect("plain structs are JSON");
        let (kind, payload) = match self {
            Self::Bundle(bytes) => (BUNDLE, bytes.to_vec()),
            Self::Progress(progress) => (PROGRESS, json(serde_json::to_vec(progress))),
            Self::SubjectEnd => (SUBJECT_END, Vec::new()),
            Self::Failed(text) => (FAILED, text.clone().into_bytes()),
            Self::End(summary) => (END, json(serde_json::to_vec(summary))),
            Self::Lost(ids) => (LOST, ids.iter().flat_map(|id| id.0).collect()),
        };
        let len = u32::try_from(payload.len()).expect("frames are bounded");
        let mut out = Vec::with_capacity(FRAME_HEAD_BYTES + payload.len());
        out.push(kind);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&payload);
        Bytes::from(out)
    }

    fn from_parts(kind: u8, payload: Bytes) -> Result<Self, FrameError> {
        let bad = |_| FrameError;
        Ok(match kind {
            BUNDLE => Self::Bundle(payload),
            PROGRESS => Self::Progress(serde_json::from_slice(&payload).map_err(bad)?),
            SUBJECT_END if payload.is_empty() => Self::SubjectEnd,
            FAILED => Self::Failed(String::from_utf8_lossy(&payload).into_owned()),
            END => Self::End(serde_json::from_slice(&payload).map_err(bad)?),
            LOST => {
                let (ids, rest) = payload.as_chunks::<16>();
                if !rest.is_empty() {
                    return Err(FrameError);
                }
                Self::Lost(ids.iter().copied().map(BundleId).collect())
            }
            _ => return Err(FrameError),
        })
    }
}

/// Puts frames together from the pieces in which they arrive.
#[derive(Default)]
pub struct FrameReader {
    buffer: BytesMut,
}

impl FrameReader {
    /// Takes a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// Gives the next whole frame, if there is one.
    ///
    /// # Errors
    /// [`FrameError`] when kind or length are impossible.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(head) = self.buffer.first_chunk::<FRAME_HEAD_BYTES>() else {
            return Ok(None);
        };
        let [kind, len @ ..] = *head;
        let len = u32::from_be_bytes(len) as usize;
        let limit = if kind == BUNDLE {
            BUNDLE_BYTES_MAX
        } else {
            TEXT_BYTES_MAX
        };
        if len > limit {
            return Err(FrameError);
        }
        if self.buffer.len() < FRAME_HEAD_BYTES + len {
            return Ok(None);
        }
        self.buffer.advance(FRAME_HEAD_BYTES);
        Frame::from_parts(kind, self.buffer.split_to(len).freeze()).map(Some)
    }

    /// Whether bytes of an unfinished frame are left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

/// Writes a batch of bundles: each with its length before it.
#[must_use]
pub fn write_bundles<'a>(bundles: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for bundle in bundles {
        let len = u32::try_from(bundle.len()).expect("bundles are bounded");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(bundle);
    }
    out
}

/// Reads a batch of bundles.
///
/// # Errors
/// [`FrameError`]; answered with 400.
pub fn read_bundles(mut body: &[u8]) -> Result<Vec<&[u8]>, FrameError> {
    let mut bundles = Vec::new();
    while !body.is_empty() {
        let (len, rest) = body.split_first_chunk::<4>().ok_or(FrameError)?;
        let len = u32::from_be_bytes(*len) as usize;
        if len > BUNDLE_BYTES_MAX {
            return Err(FrameError);
        }
        let (bundle, rest) = rest.split_at_checked(len).ok_or(FrameError)?;
        bundles.push(bundle);
        body = rest;
    }
    Ok(bundles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_together_from_pieces_of_any_size() {
        let frames = [
            Frame::Bundle(Bytes::from_static(b"abc")),
            Frame::Progress(Progress {
                subjects: 1,
                subjects_total: 2,
                bundles: 3,
            }),
            Frame::SubjectEnd,
            Frame::Failed("why".into()),
            Frame::Lost(vec![BundleId([1; 16]), BundleId([2; 16])]),
            Frame::End(Box::new(RestoreSummary {
                lost: 4,
                ..RestoreSummary::default()
            })),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::to_bytes).collect();
        for size in 1..bytes.len() {
            let mut reader = FrameReader::default();
            let mut read = Vec::new();
            for piece in bytes.chunks(size) {
                reader.feed(piece);
                while let Some(frame) = reader.next_frame().unwrap() {
                    read.push(format!("{frame:?}"));
                }
            }
            let expected: Vec<_> = frames.iter().map(|frame| format!("{frame:?}")).collect();
            assert_eq!(read, expected);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn a_frame_longer_than_allowed_is_refused_before_it_is_read() {
        let mut reader = FrameReader::default();
        reader.feed(&[BUNDLE, 0xFF, 0, 0, 0]);
        assert_eq!(reader.next_frame().unwrap_err(), FrameError);
    }

    #[test]
    fn a_batch_gives_back_its_bundles_and_refuses_a_cut() {
        let batch = write_bundles([&b"one"[..], b"", b"three"]);
        assert_eq!(read_bundles(&batch).unwrap(), [&b"one"[..], b"", b"three"]);
        assert!(read_bundles(&batch[..batch.len() - 1]).is_err());
    }
}
