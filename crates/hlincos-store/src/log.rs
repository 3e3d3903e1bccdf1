//! The writing end of the log: appends records, makes them durable, takes a failed group back.

use std::io;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, is_full};
use crate::figures::Figures;
use crate::object::ObjectKey;
use crate::record::{Kind, Place, RecordHeader, SEGMENT_HEADER_BYTES, segment_header, stored_crc};
use crate::segments::{SEGMENT_NUMBER_MAX, Segments, segment_name};

/// Records are collected up to this length before they are written.
const BUFFER_BYTES: usize = 4 << 20;

/// Holds the active segment, and what is needed to go back to the last accepted group.
#[derive(Debug)]
pub(crate) struct Log {
    disk: Arc<dyn Disk>,
    segments: Arc<Segments>,
    segment_bytes: u64,
    active: Active,
    /// Records that belong at `active.end - buffer.len()`.
    buffer: Vec<u8>,
    accepted: Active,
    /// Segments left full by the group, with their ends.
    filled: Vec<(u32, u64)>,
    /// Segments begun by the group.
    created: Vec<u32>,
    last: Option<(Place, u32)>,
    tombstones: Vec<Place>,
}

/// Holds one segment that is appended to.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) number: u32,
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) end: u64,
}

/// Says why the log could not be written.
#[derive(Debug)]
pub(crate) enum LogError {
    /// No room; [`Log::cut_back`] makes the log good again.
    Full,
    /// What is on the disk is unknown.
    Broken(io::Error),
}

impl Log {
    /// Goes on after the last record of the active segment.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        segments: Arc<Segments>,
        segment_bytes: u64,
        active: Active,
    ) -> Self {
        Self {
            disk,
            segments,
            segment_bytes,
            accepted: active.clone(),
            active,
            buffer: Vec::new(),
            filled: Vec::new(),
            created: Vec::new(),
            last: None,
            tombstones: Vec::new(),
        }
    }

    /// Appends one record; it is durable after [`Log::commit`], not before.
    pub(crate) fn append(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        payload: &[u8],
        payload_crc: u32,
    ) -> Result<Place, LogError> {
        let payload_bytes = u32::try_from(payload.len()).expect("objects are at most 16 MiB");
        let mut header = RecordHeader {
            kind,
            place: Place::default(),
            key: *key,
            payload_bytes,
            payload_crc,
        };
        let holds_records = self.active.end > SEGMENT_HEADER_BYTES as u64;
        if holds_records && self.active.end + header.record_bytes() > self.segment_bytes {
            self.begin_segment()?;
        }
        let offset = u32::try_from(self.active.end).expect("segments are at most 1 GiB");
        header.place = Place {
            segment: self.active.number,
            offset,
        };
        let encoded = header.encode();
        self.buffer.extend_from_slice(&encoded);
        self.buffer.extend_from_slice(payload);
        self.active.end += header.record_bytes();
        self.last = Some((header.place, stored_crc(&encoded)));
        if kind == Kind::Tombstone {
            self.tombstones.push(header.place);
        }
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(header.place)
    }

    /// Makes the group durable: first the bytes, then the names of files begun for it.
    pub(crate) fn commit(&mut self) -> Result<(), LogError> {
        self.flush()?;
        self.active.file.sync().map_err(LogError::Broken)?;
        if !self.created.is_empty() {
            self.disk.sync_names().map_err(LogError::Broken)?;
        }
        Ok(())
    }

    /// Enters the committed group into the figures.
    pub(crate) fn describe(&self, figures: &mut Figures) {
        for (number, end) in &self.filled {
            figures.set_end(*number, *end);
        }
        figures.set_end(self.active.number, self.active.end);
        figures.last = self.last.or(figures.last);
        for place in &self.tombstones {
            figures.add_tombstone(*place);
        }
    }

    /// Keeps the committed group for good; returns how many bytes the log grew.
    pub(crate) fn accept(&mut self) -> u64 {
        let filled: u64 = self.filled.iter().map(|(_, end)| end).sum();
        let grown = (filled + self.active.end).saturating_sub(self.accepted.end);
        self.accepted = self.active.clone();
        self.forget_group();
        grown
    }

    /// Takes back everything since the last accepted group.
    pub(crate) fn cut_back(&mut self) -> io::Result<()> {
        for number in std::mem::take(&mut self.created) {
            self.segments.forget(number);
            match self.disk.remove(&segment_name(number)) {
                // The name is noted before the file is made, so it may not be there.
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.active = self.accepted.clone();
        self.buffer.clear();
        self.forget_group();
        self.active.file.set_length(self.active.end)?;
        self.active.file.sync()?;
        self.disk.sync_names()
    }

    /// Gives the number of the active segment.
    pub(crate) fn active_number(&self) -> u32 {
        self.active.number
    }

    /// Seals the active segment and begins the next.
    ///
    /// The sealed one is durable before its successor exists: recovery looks for a torn tail
    /// only in the segment with the largest number.
    fn begin_segment(&mut self) -> Result<(), LogError> {
        self.flush()?;
        self.active.file.sync().map_err(LogError::Broken)?;
        self.filled.push((self.active.number, self.active.end));
        let number = self.active.number + 1;
        if number > SEGMENT_NUMBER_MAX {
            return Err(LogError::Full);
        }
        self.created.push(number);
        let file = self
            .disk
            .create(&segment_name(number))
            .map_err(write_error)?;
        self.active = Active {
            number,
            file,
            end: SEGMENT_HEADER_BYTES as u64,
        };
        self.buffer.extend_from_slice(&segment_header(number));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LogError> {
        if !self.buffer.is_empty() {
            let at = self.active.end - self.buffer.len() as u64;
            self.active
                .file
                .write_at(at, &self.buffer)
                .map_err(write_error)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn forget_group(&mut self) {
        self.filled.clear();
        self.created.clear();
        self.tombstones.clear();
        self.last = None;
    }
}

fn write_error(error: io::Error) -> LogError {
    if is_full(&error) {
        LogError::Full
    } else {
        LogError::Broken(error)
    }
}
