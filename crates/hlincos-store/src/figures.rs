//! What is known of the log as a whole: its segments, how much of them is live, where it ends.

use std::collections::{BTreeMap, BTreeSet};

use crate::index::Entry;
use crate::object::Stats;
use crate::record::{Place, SEGMENT_HEADER_BYTES, record_bytes};

/// Figures of one segment.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentRow {
    /// Where the next record would go: the length of the file.
    pub(crate) end: u64,
    /// Bytes of records that hold a live object.
    pub(crate) live_bytes: u64,
    /// Bytes of tombstones.
    pub(crate) tombstone_bytes: u64,
}

/// Figures of the whole log, kept in the index and in memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    segments: BTreeMap<u32, SegmentRow>,
    segment_bytes: u64,
    changed: BTreeSet<u32>,
    /// Place and header CRC of the last record of the log.
    pub(crate) last: Option<(Place, u32)>,
    pub(crate) objects: u64,
    pub(crate) object_bytes: u64,
}

impl Figures {
    /// Takes up stored figures, yet without segments.
    pub(crate) fn resume(last: Option<(Place, u32)>, objects: u64, object_bytes: u64) -> Self {
        Self {
            last,
            objects,
            object_bytes,
            ..Self::default()
        }
    }

    /// Takes up one stored segment.
    pub(crate) fn resume_segment(&mut self, number: u32, row: SegmentRow) {
        self.segments.insert(number, row);
        self.segment_bytes += row.end;
    }

    /// Notes that a segment reaches to `end` now.
    pub(crate) fn set_end(&mut self, number: u32, end: u64) {
        let row = self.row(number);
        let before = std::mem::replace(&mut row.end, end);
        self.segment_bytes = self.segment_bytes - before + end;
    }

    /// Notes a tombstone.
    pub(crate) fn add_tombstone(&mut self, place: Place) {
        self.row(place.segment).tombstone_bytes += record_bytes(0);
    }

    /// Notes an object that is live now.
    pub(crate) fn add(&mut self, entry: &Entry) {
        self.objects += 1;
        self.object_bytes += u64::from(entry.len);
        self.row(entry.place.segment).live_bytes += record_bytes(entry.len);
    }

    /// Notes an object that is live no more.
    pub(crate) fn drop_entry(&mut self, entry: &Entry) {
        self.objects = self.objects.saturating_sub(1);
        self.object_bytes = self.object_bytes.saturating_sub(u64::from(entry.len));
        if self.segments.contains_key(&entry.place.segment) {
            let row = self.row(entry.place.segment);
            row.live_bytes = row.live_bytes.saturating_sub(record_bytes(entry.len));
        }
    }

    /// Forgets a segment that is about to be removed.
    pub(crate) fn remove_segment(&mut self, number: u32) {
        if let Some(row) = self.segments.remove(&number) {
            self.segment_bytes -= row.end;
        }
        self.changed.insert(number);
    }

    /// Gives one segment's figures.
    pub(crate) fn segment(&self, number: u32) -> Option<&SegmentRow> {
        self.segments.get(&number)
    }

    /// Gives all segments in the order of their numbers.
    pub(crate) fn segments(&self) -> impl DoubleEndedIterator<Item = (u32, &SegmentRow)> {
        self.segments.iter().map(|(number, row)| (*number, row))
    }

    /// Hands out the segments whose rows changed since the last call.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.changed)
    }

    /// Draws the part of the statistics that comes from here.
    pub(crate) fn stats(&self) -> Stats {
        let segments = self.segments.len() as u64;
        let live_bytes = self.object_bytes + self.objects * record_bytes(0);
        let used_bytes = live_bytes + segments * SEGMENT_HEADER_BYTES as u64;
        Stats {
            objects: self.objects,
            object_bytes: self.object_bytes,
            segments,
            segment_bytes: self.segment_bytes,
            dead_bytes: self.segment_bytes.saturating_sub(used_bytes),
            ..Stats::default()
        }
    }

    fn row(&mut self, number: u32) -> &mut SegmentRow {
        self.changed.insert(number);
        let empty = SegmentRow {
            end: 0,
            live_bytes: 0,
            tombstone_bytes: 0,
        };
        self.segments.entry(number).or_insert(empty)
    }
}
