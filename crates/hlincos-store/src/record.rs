//! The bytes of segments and records, as `spec/segment.md` sections 3 and 4 draw them.

use crate::object::{HEAD_BYTES, OBJECT_BYTES_MAX, ObjectKey};

pub(crate) const SEGMENT_HEADER_BYTES: usize = 24;
pub(crate) const RECORD_HEADER_BYTES: usize = 72;

const SEGMENT_MAGIC: [u8; 8] = *b"HLSEGMNT";
const VERSION: u16 = 1;
const KIND_PUT: [u8; 4] = *b"HLPU";
const KIND_TOMBSTONE: [u8; 4] = *b"HLTO";

/// Says what a record does to its key.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Tombstone,
}

/// Says where a record stands.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) offset: u32,
}

/// Holds a record header that passed every check of section 6 but the one on the file's end.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordHeader {
    pub(crate) kind: Kind,
    pub(crate) place: Place,
    pub(crate) key: ObjectKey,
    pub(crate) payload_bytes: u32,
    pub(crate) payload_crc: u32,
}

/// Says what is wrong with a segment header.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum SegmentHeaderDefect {
    Damaged,
    Version(u16),
    Misnamed(u32),
}

/// Draws a segment header.
pub(crate) fn segment_header(number: u32) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut bytes = [0; SEGMENT_HEADER_BYTES];
    bytes[..8].copy_from_slice(&SEGMENT_MAGIC);
    bytes[8..10].copy_from_slice(&VERSION.to_be_bytes());
    bytes[12..16].copy_from_slice(&number.to_be_bytes());
    let crc = crc32c::crc32c(&bytes[..20]);
    bytes[20..].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// Checks a segment header against the number in the file's name.
pub(crate) fn check_segment_header(
    bytes: &[u8; SEGMENT_HEADER_BYTES],
    number: u32,
) -> Result<(), SegmentHeaderDefect> {
    if bytes[..8] != SEGMENT_MAGIC || crc32c::crc32c(&bytes[..20]) != u32_at(bytes, 20) {
        return Err(SegmentHeaderDefect::Damaged);
    }
    let version = u16::from_be_bytes([bytes[8], bytes[9]]);
    if version != VERSION {
        return Err(SegmentHeaderDefect::Version(version));
    }
    if u32_at(bytes, 12) != number {
        return Err(SegmentHeaderDefect::Misnamed(u32_at(bytes, 12)));
    }
    if bytes[10..12] != [0; 2] || bytes[16..20] != [0; 4] {
        return Err(SegmentHeaderDefect::Damaged);
    }
    Ok(())
}

impl RecordHeader {
    /// Draws the header.
    pub(crate) fn encode(&self) -> [u8; RECORD_HEADER_BYTES] {
        let mut bytes = [0; RECORD_HEADER_BYTES];
        bytes[..4].copy_from_slice(match self.kind {
            Kind::Put => &KIND_PUT,
            Kind::Tombstone => &KIND_TOMBSTONE,
        });
        bytes[8..12].copy_from_slice(&self.place.segment.to_be_bytes());
        bytes[12..16].copy_from_slice(&self.place.offset.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.payload_bytes.to_be_bytes());
        bytes[20..24].copy_from_slice(&self.payload_crc.to_be_bytes());
        bytes[24..56].copy_from_slice(&self.key.folder);
        bytes[56..].copy_from_slice(&self.key.name);
        let crc = header_crc(&bytes);
        bytes[4..8].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// Reads the header of the record that should stand at `place`, or nothing if it is bad.
    pub(crate) fn decode(bytes: &[u8; RECORD_HEADER_BYTES], place: Place) -> Option<Self> {
        let kind = match [bytes[0], bytes[1], bytes[2], bytes[3]] {
            KIND_PUT => Kind::Put,
            KIND_TOMBSTONE => Kind::Tombstone,
            _ => return None,
        };
        let stands = Place {
            segment: u32_at(bytes, 8),
            offset: u32_at(bytes, 12),
        };
        // "the header CRC is wrong, the segment number or offset is not where it stands"
        if header_crc(bytes) != u32_at(bytes, 4) || stands != place {
            return None;
        }
        let payload_bytes = u32_at(bytes, 16);
        let payload_crc = u32_at(bytes, 20);
        let lawful = match kind {
            Kind::Put => (HEAD_BYTES..=OBJECT_BYTES_MAX).contains(&(payload_bytes as usize)),
            Kind::Tombstone => payload_bytes == 0 && payload_crc == 0,
        };
        let mut key = ObjectKey {
            folder: [0; 32],
            name: [0; 16],
        };
        key.folder.copy_from_slice(&bytes[24..56]);
        key.name.copy_from_slice(&bytes[56..]);
        lawful.then_some(Self {
            kind,
            place,
            key,
            payload_bytes,
            payload_crc,
        })
    }

    /// Counts the bytes of the whole record.
    pub(crate) fn record_bytes(&self) -> u64 {
        record_bytes(self.payload_bytes)
    }
}

/// Counts the bytes of a record with such a payload.
pub(crate) fn record_bytes(payload_bytes: u32) -> u64 {
    RECORD_HEADER_BYTES as u64 + u64::from(payload_bytes)
}

/// Reads the header CRC of an encoded record header.
pub(crate) fn stored_crc(bytes: &[u8; RECORD_HEADER_BYTES]) -> u32 {
    u32_at(bytes, 4)
}

/// Finds the next place where a record header could start: the first bytes that both kinds share.
pub(crate) fn next_candidate(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|pair| pair == &KIND_PUT[..2])
}

fn header_crc(bytes: &[u8; RECORD_HEADER_BYTES]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&bytes[..4]), &bytes[8..])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
