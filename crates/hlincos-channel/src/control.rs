//! What control frames say.

use crate::manifest::Manifest;
use crate::octets::Octets;
use crate::{FrameError, Source};

/// Blocks in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) source: Source,
    pub(crate) first: u64,
    pub(crate) count: u8,
}

impl Row {
    pub(crate) fn numbers(self) -> core::ops::Range<u64> {
        self.first..self.first.saturating_add(u64::from(self.count))
    }
}

/// One control frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// The sender has leased these blocks and asks to spend them.
    Lease(Row),
    /// The receiver has claimed them durably: they may be spent.
    Granted(Row),
    /// The receiver has spent or lost them; it has blocks from `first` on.
    Declined(Row),
    /// The next block of the sender's QKD stream.
    Manifest(Manifest),
    /// The receiver has that block.
    Confirmed { number: u64, tag: [u8; 16] },
    /// The receiver could not collect that block.
    Lost { number: u64 },
    /// Nothing comes after this in the direction.
    Close,
}

impl Control {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let row = |out: &mut Vec<u8>, kind: u8, row: &Row| {
            out.extend_from_slice(&[kind, row.source as u8, row.count]);
            out.extend_from_slice(&row.first.to_be_bytes());
        };
        match self {
            Self::Lease(it) => row(&mut out, 1, it),
            Self::Granted(it) => row(&mut out, 2, it),
            Self::Declined(it) => row(&mut out, 3, it),
            Self::Manifest(manifest) => {
                out.push(4);
                manifest.write(&mut out);
            }
            Self::Confirmed { number, tag } => {
                out.push(5);
                out.extend_from_slice(&number.to_be_bytes());
                out.extend_from_slice(tag);
            }
            Self::Lost { number } => {
                out.push(6);
                out.extend_from_slice(&number.to_be_bytes());
            }
            Self::Close => out.push(7),
        }
        out
    }

    /// Refuses whatever `spec/channel.md`, section 5, forbids.
    pub(crate) fn read(payload: &[u8]) -> Result<Self, FrameError> {
        let mut octets = Octets(payload);
        let short = |_| FrameError::Control;
        let kind = octets.u8().map_err(short)?;
        let mut row = || {
            let source = match octets.u8()? {
                0 => Some(Source::Couriered),
                1 => Some(Source::Qkd),
                _ => None,
            };
            let count = octets.u8()?;
            let first = octets.u64()?;
            Ok::<_, crate::octets::Truncated>(source.map(|source| Row {
                source,
                first,
                count,
            }))
        };
        let control = match kind {
            1..=3 => {
                let row = row().map_err(|_| FrameError::Control)?;
                let row = row.filter(|row| row.count > 0 && row.count <= 64);
                let row = row.ok_or(FrameError::Control)?;
                match kind {
                    1 => Self::Lease(row),
                    2 => Self::Granted(row),
                    _ => Self::Declined(row),
                }
            }
            4 => Self::Manifest(Manifest::read(&mut octets).map_err(|_| FrameError::Control)?),
            5 => Self::Confirmed {
                number: octets.u64().map_err(short)?,
                tag: octets.array().map_err(short)?,
            },
            6 => Self::Lost {
                number: octets.u64().map_err(short)?,
            },
            7 => Self::Close,
            _ => return Err(FrameError::Control),
        };
        if octets.0.is_empty() {
            Ok(control)
        } else {
            Err(FrameError::Control)
        }
    }
}
