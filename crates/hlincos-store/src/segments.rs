//! Reads records out of segment files, with a bounded number of them open.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Disk, DiskFile};
use crate::index::Entry;
use crate::object::{OBJECT_BYTES_MAX, ObjectKey};
use crate::record::{Kind, RECORD_HEADER_BYTES, RecordHeader};

/// Bounds the segment files held open for reading.
const OPEN_FILES_MAX: usize = 256;

/// The largest number that the eight digits of a file name hold.
pub(crate) const SEGMENT_NUMBER_MAX: u32 = 99_999_999;

/// Holds the open segment files.
#[derive(Debug)]
pub(crate) struct Segments {
    disk: Arc<dyn Disk>,
    open: Mutex<HashMap<u32, Arc<dyn DiskFile>>>,
}

/// Says why a record could not be read.
#[derive(Debug)]
pub(crate) enum RecordError {
    Rotten,
    Io(io::Error),
}

impl Segments {
    /// Starts with no file open.
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            open: Mutex::default(),
        }
    }

    /// Opens a segment, or gives it if it is open already.
    pub(crate) fn open(&self, number: u32) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = self.lock().get(&number) {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.open(&segment_name(number))?;
        let mut open = self.lock();
        if open.len() >= OPEN_FILES_MAX {
            // Which one goes hardly matters: opening a file again costs microseconds.
            let any = open.keys().next().copied();
            any.map(|number| open.remove(&number));
        }
        open.insert(number, Arc::clone(&file));
        Ok(file)
    }

    /// Closes a segment that is removed.
    pub(crate) fn forget(&self, number: u32) {
        self.lock().remove(&number);
    }

    /// Reads the object that the index places at `entry`; never returns other bytes than were put.
    pub(crate) fn read(&self, key: &ObjectKey, entry: &Entry) -> Result<Vec<u8>, RecordError> {
        // A damaged index must not make us ask for gigabytes.
        if entry.len as usize > OBJECT_BYTES_MAX {
            return Err(RecordError::Rotten);
        }
        let file = self.open(entry.place.segment).map_err(RecordError::Io)?;
        let at = u64::from(entry.place.offset);
        let mut header = [0; RECORD_HEADER_BYTES];
        let mut payload = vec![0; entry.len as usize];
        file.read_at(at, &mut header).map_err(short_is_rotten)?;
        file.read_at(at + RECORD_HEADER_BYTES as u64, &mut payload)
            .map_err(short_is_rotten)?;
        let header = RecordHeader::decode(&header, entry.place).ok_or(RecordError::Rotten)?;
        let right = header.kind == Kind::Put
            && header.key == *key
            && header.payload_bytes == entry.len
            && header.payload_crc == entry.crc
            && crc32c::crc32c(&payload) == entry.crc;
        if right {
            Ok(payload)
        } else {
            Err(RecordError::Rotten)
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<dyn DiskFile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names the file of a segment.
pub(crate) fn segment_name(number: u32) -> String {
    format!("{number:08}.seg")
}

/// Reads the number out of a segment's file name; other files give `None`.
pub(crate) fn segment_number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(".seg")?;
    let decimal = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    decimal
        .then(|| digits.parse().ok())
        .flatten()
        .filter(|number| *number > 0)
}

fn short_is_rotten(error: io::Error) -> RecordError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => RecordError::Rotten,
        _ => RecordError::Io(error),
    }
}
