//! Walks the records of one segment file and steps over damage (`spec/segment.md`, sections 6 and 7).

use std::io;
use std::ops::Range;

use crate::disk::DiskFile;
use crate::record::{
    Place, RECORD_HEADER_BYTES, RecordHeader, SEGMENT_HEADER_BYTES, next_candidate, stored_crc,
};

/// Reads the file in stretches of this length, or of one record if that is longer.
const WINDOW_BYTES: u64 = 1 << 20;

/// What stands next in a segment.
pub(crate) enum Found<'w> {
    /// A good record.
    Record {
        header: RecordHeader,
        header_crc: u32,
        payload: &'w [u8],
    },
    /// A damaged place.
    Damaged(Range<u64>),
}

/// Walks one segment from an offset to the end its file had when the walk began.
pub(crate) struct Walk<'f> {
    file: &'f dyn DiskFile,
    number: u32,
    end: u64,
    at: u64,
    window: Vec<u8>,
    window_start: u64,
}

impl<'f> Walk<'f> {
    /// Starts a walk at `from`, which is lifted to the first record.
    pub(crate) fn new(file: &'f dyn DiskFile, number: u32, from: u64) -> io::Result<Self> {
        let end = file.length()?.min(u64::from(u32::MAX));
        let at = from.max(SEGMENT_HEADER_BYTES as u64);
        Ok(Self {
            file,
            number,
            end,
            at,
            window: Vec::new(),
            window_start: 0,
        })
    }

    /// Steps over one record or one damaged place; `None` at the end.
    pub(crate) fn step(&mut self) -> io::Result<Option<Found<'_>>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let from = self.at;
        let Some((header, header_crc)) = self.header_at(from)? else {
            self.at = self.next_header(from + 1)?;
            return Ok(Some(Found::Damaged(from..self.at)));
        };
        self.at += header.record_bytes();
        let payload_at = from + RECORD_HEADER_BYTES as u64;
        let payload = self.bytes(payload_at, u64::from(header.payload_bytes))?;
        if crc32c::crc32c(payload) != header.payload_crc {
            return Ok(Some(Found::Damaged(from..from + header.record_bytes())));
        }
        Ok(Some(Found::Record {
            header,
            header_crc,
            payload,
        }))
    }

    /// Reads the good header at `at` whose payload ends within the file.
    fn header_at(&mut self, at: u64) -> io::Result<Option<(RecordHeader, u32)>> {
        let Ok(offset) = u32::try_from(at) else {
            return Ok(None);
        };
        if at + RECORD_HEADER_BYTES as u64 > self.end {
            return Ok(None);
        }
        let place = Place {
            segment: self.number,
            offset,
        };
        let bytes = self.bytes(at, RECORD_HEADER_BYTES as u64)?;
        let mut header = [0; RECORD_HEADER_BYTES];
        header.copy_from_slice(bytes);
        let crc = stored_crc(&header);
        let fits = |header: &RecordHeader| at + header.record_bytes() <= self.end;
        Ok(RecordHeader::decode(&header, place)
            .filter(fits)
            .map(|header| (header, crc)))
    }

    /// Finds the smallest offset from `at` on where a good header stands, or the end.
    fn next_header(&mut self, mut at: u64) -> io::Result<u64> {
        while at + RECORD_HEADER_BYTES as u64 <= self.end {
            let stretch = self.bytes(at, WINDOW_BYTES.min(self.end - at))?;
            let Some(skip) = next_candidate(stretch) else {
                // The last byte may be the first of a pair.
                at += stretch.len() as u64 - 1;
                continue;
            };
            at += skip as u64;
            if self.header_at(at)?.is_some() {
                return Ok(at);
            }
            at += 1;
        }
        Ok(self.end)
    }

    /// Gives `count` bytes at `at`, all of them before the end.
    fn bytes(&mut self, at: u64, count: u64) -> io::Result<&[u8]> {
        let held = self.window_start..self.window_start + self.window.len() as u64;
        if at < held.start || at + count > held.end {
            let load = count.max(WINDOW_BYTES).min(self.end - at);
            self.window.resize(window_index(load, 0), 0);
            self.window_start = at;
            if let Err(error) = self.file.read_at(at, &mut self.window) {
                self.window.clear();
                return Err(error);
            }
        }
        let start = window_index(at, self.window_start);
        Ok(&self.window[start..start + window_index(count, 0)])
    }
}

/// Turns a distance within the window, at most 16 MiB and a header, into an index.
fn window_index(at: u64, window_start: u64) -> usize {
    usize::try_from(at - window_start).expect("a window is far smaller than the address space")
}
