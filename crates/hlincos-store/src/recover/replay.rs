//! Replays the log into the index, from where the index ends to the end of the log.

use std::collections::BTreeMap;

use super::{begin, failed, index_failed};
use crate::error::OpenError;
use crate::figures::Figures;
use crate::index::{Changes, Entry, Index};
use crate::log::Active;
use crate::object::HEAD_BYTES;
use crate::record::{
    Kind, Place, RecordHeader, SEGMENT_HEADER_BYTES, SegmentHeaderDefect, check_segment_header,
};
use crate::segments::Segments;
use crate::walk::{Found, Walk};

/// Records are entered into the index in groups of this many.
const GROUP_RECORDS: usize = 10_000;

/// The index is made durable after this many groups, so that an interrupted rebuild goes on.
const GROUPS_PER_CHECKPOINT: u32 = 32;

/// Holds index and figures while they catch up with the log.
pub(super) struct Replay<'s> {
    segments: &'s Segments,
    index: Index,
    figures: Figures,
    changes: Changes,
    groups: u32,
    replayed: bool,
    rotten: Vec<Place>,
}

impl<'s> Replay<'s> {
    pub(super) fn new(segments: &'s Segments, index: Index, figures: Figures) -> Self {
        let (changes, rotten) = (Changes::new(), Vec::new());
        Self {
            segments,
            index,
            figures,
            changes,
            groups: 0,
            replayed: false,
            rotten,
        }
    }

    /// Replays every segment from where the figures end; returns the one to append to.
    pub(super) fn run(&mut self, lengths: &BTreeMap<u32, u64>) -> Result<Active, OpenError> {
        let reached = self
            .figures
            .segments()
            .next_back()
            .map(|(number, row)| (number, row.end));
        let (first, from) = reached.unwrap_or((0, 0));
        let last = lengths.last_key_value().map_or(1, |(number, _)| *number);
        for (number, length) in lengths.range(first..) {
            let from = if *number == first { from } else { 0 };
            let sound = self.check_header(*number, *length, *number == last)?;
            let end = self.segment(*number, from, *number == last)?;
            if *number == last {
                return self.active(*number, *length, end, sound);
            }
        }
        begin(self.segments, last)
    }

    /// Makes the index durable and hands out the results.
    pub(super) fn finish(mut self) -> Result<(Index, Figures, Vec<Place>), OpenError> {
        if self.replayed {
            self.index
                .apply(&self.changes, &mut self.figures, true)
                .map_err(index_failed)?;
        }
        Ok((self.index, self.figures, self.rotten))
    }

    /// Tells whether the header of a segment is good; refuses one of another version or name.
    fn check_header(&mut self, number: u32, length: u64, last: bool) -> Result<bool, OpenError> {
        let mut header = [0; SEGMENT_HEADER_BYTES];
        let whole = length >= SEGMENT_HEADER_BYTES as u64;
        if whole {
            let file = self.segments.open(number);
            file.and_then(|file| file.read_at(0, &mut header))
                .map_err(|source| failed("reading a segment", source))?;
        }
        match check_segment_header(&header, number) {
            Ok(()) => Ok(true),
            Err(SegmentHeaderDefect::Version(version)) => Err(OpenError::Version {
                segment: number,
                version,
            }),
            Err(SegmentHeaderDefect::Misnamed(segment)) => Err(OpenError::Misnamed {
                file: number,
                segment,
            }),
            Err(SegmentHeaderDefect::Damaged) => {
                if !last {
                    self.note_rot(Place {
                        segment: number,
                        offset: 0,
                    });
                }
                Ok(false)
            }
        }
    }

    /// Replays one segment; returns where its last good record or the damage before one ends.
    ///
    /// In a sealed segment this is the end of the file. In the last one, damage with nothing
    /// good behind it is a torn tail and not counted.
    fn segment(&mut self, number: u32, from: u64, last: bool) -> Result<u64, OpenError> {
        let file = self
            .segments
            .open(number)
            .map_err(|e| failed("opening a segment", e))?;
        let mut walk =
            Walk::new(file.as_ref(), number, from).map_err(|e| failed("reading a segment", e))?;
        let mut end = from.max(SEGMENT_HEADER_BYTES as u64);
        let mut damage = Vec::new();
        while let Some(found) = walk.step().map_err(|e| failed("reading a segment", e))? {
            match found {
                Found::Damaged(range) => damage.push(range),
                Found::Record {
                    header,
                    header_crc,
                    payload,
                } => {
                    for range in damage.drain(..) {
                        self.note_rot_at(number, range.start);
                    }
                    end = u64::from(header.place.offset) + header.record_bytes();
                    self.record(&header, header_crc, payload, end)?;
                }
            }
        }
        if !last {
            for range in damage {
                self.note_rot_at(number, range.start);
            }
            end = file.length().map_err(|e| failed("reading a segment", e))?;
        }
        if self
            .figures
            .segment(number)
            .is_none_or(|row| row.end != end)
        {
            self.figures.set_end(number, end);
            self.replayed = true;
        }
        Ok(end)
    }

    fn record(
        &mut self,
        header: &RecordHeader,
        header_crc: u32,
        payload: &[u8],
        end: u64,
    ) -> Result<(), OpenError> {
        self.replayed = true;
        self.figures.set_end(header.place.segment, end);
        self.figures.last = Some((header.place, header_crc));
        let change = match header.kind {
            Kind::Put => Some(Entry::of(header, payload)),
            Kind::Tombstone => {
                self.figures.add_tombstone(header.place);
                None
            }
        };
        self.changes.insert(header.key, change);
        if self.changes.len() < GROUP_RECORDS {
            return Ok(());
        }
        self.groups += 1;
        let durable = self.groups.is_multiple_of(GROUPS_PER_CHECKPOINT);
        self.index
            .apply(&self.changes, &mut self.figures, durable)
            .map_err(index_failed)?;
        self.changes.clear();
        Ok(())
    }

    /// Cuts a torn tail off the last segment and opens it for appending.
    fn active(
        &mut self,
        number: u32,
        length: u64,
        end: u64,
        sound: bool,
    ) -> Result<Active, OpenError> {
        let empty = end == SEGMENT_HEADER_BYTES as u64;
        if !sound && empty {
            return begin(self.segments, number);
        }
        if !sound {
            self.note_rot(Place {
                segment: number,
                offset: 0,
            });
        }
        let cut = || {
            let file = self.segments.open(number)?;
            if length > end {
                tracing::warn!(
                    segment = number,
                    bytes = length - end,
                    "cutting a torn tail"
                );
                file.set_length(end)?;
            }
            Ok(Active { number, file, end })
        };
        cut().map_err(|source| failed("cutting a torn tail", source))
    }

    fn note_rot_at(&mut self, segment: u32, offset: u64) {
        self.note_rot(Place {
            segment,
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
        });
    }

    fn note_rot(&mut self, place: Place) {
        tracing::warn!(
            segment = place.segment,
            offset = place.offset,
            "a damaged place in the log"
        );
        self.rotten.push(place);
    }
}

impl Entry {
    /// Draws the index entry of a record.
    pub(crate) fn of(header: &RecordHeader, payload: &[u8]) -> Self {
        let mut head = [0; HEAD_BYTES];
        head.copy_from_slice(&payload[..HEAD_BYTES]);
        Self {
            place: header.place,
            len: header.payload_bytes,
            crc: header.payload_crc,
            head,
        }
    }
}
