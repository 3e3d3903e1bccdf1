//! The derived index: where in the log each object stands, and how far into the log this is known.
//!
//! The index is never the truth. What it says is checked against the log when it is opened
//! ([`crate::recover`]) and again whenever a record is read ([`crate::segments`]).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition};

use crate::disk::Disk;
use crate::figures::{Figures, SegmentRow};
use crate::object::{HEAD_BYTES, Listed, ObjectKey};
use crate::record::Place;

mod file;

/// Where the index lies in the store's folder.
pub(crate) const INDEX_NAME: &str = "index.redb";

/// Up to this length every page of the index is checked when it is opened; above it would take seconds.
const CHECKED_BYTES_MAX: u64 = 128 << 20;

const OBJECTS: TableDefinition<'_, &[u8; KEY_BYTES], &[u8; ENTRY_BYTES]> =
    TableDefinition::new("objects-1");
const SEGMENTS: TableDefinition<'_, u32, (u64, u64, u64)> = TableDefinition::new("segments-1");
/// One row: segment, offset and header CRC of the last record, then objects and their bytes.
const POSITION: TableDefinition<'_, (), (u32, u32, u32, u64, u64)> =
    TableDefinition::new("position-1");

const KEY_BYTES: usize = 48;
const ENTRY_BYTES: usize = 16 + HEAD_BYTES;

pub(crate) type IndexError = Box<redb::Error>;

/// Says where an object stands and what must be read there.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) len: u32,
    pub(crate) crc: u32,
    pub(crate) head: [u8; HEAD_BYTES],
}

/// What a group changes: an entry is put, `None` is a deletion.
pub(crate) type Changes = BTreeMap<ObjectKey, Option<Entry>>;

/// Holds the open index.
#[derive(Debug)]
pub(crate) struct Index {
    db: Database,
}

/// Answers point queries from one state of the index.
pub(crate) struct Lookup {
    objects: ReadOnlyTable<&'static [u8; KEY_BYTES], &'static [u8; ENTRY_BYTES]>,
}

impl Index {
    /// Opens the index, making an empty one if there is none.
    pub(crate) fn open(disk: &dyn Disk, cache_bytes: usize) -> Result<Self, IndexError> {
        guarded(|| {
            let file = file::IndexFile::open(disk, INDEX_NAME).map_err(redb::Error::Io)?;
            let check = file.length().map_err(redb::Error::Io)? <= CHECKED_BYTES_MAX;
            let db = Database::builder()
                .set_cache_size(cache_bytes)
                .set_check_integrity_on_open(check)
                .create_with_backend(file)?;
            let transaction = db.begin_write()?;
            transaction.open_table(OBJECTS)?;
            transaction.open_table(SEGMENTS)?;
            transaction.open_table(POSITION)?;
            transaction.commit()?;
            Ok(Self { db })
        })
    }

    /// Reads what the index knows of the log; `None` if nothing was ever entered.
    pub(crate) fn figures(&self) -> Result<Option<Figures>, IndexError> {
        guarded(|| {
            let transaction = self.db.begin_read()?;
            let Some(row) = transaction.open_table(POSITION)?.get(())? else {
                return Ok(None);
            };
            let (segment, offset, crc, objects, object_bytes) = row.value();
            let last = (segment != 0).then_some((Place { segment, offset }, crc));
            let mut figures = Figures::resume(last, objects, object_bytes);
            for row in transaction.open_table(SEGMENTS)?.iter()? {
                let (number, value) = row?;
                let (end, live_bytes, tombstone_bytes) = value.value();
                let row = SegmentRow {
                    end,
                    live_bytes,
                    tombstone_bytes,
                };
                figures.resume_segment(number.value(), row);
            }
            Ok(Some(figures))
        })
    }

    /// Enters a group and the figures that go with it, in one transaction.
    ///
    /// On an error the figures are of no use any more: the index is opened anew.
    pub(crate) fn apply(
        &self,
        changes: &Changes,
        figures: &mut Figures,
        durable: bool,
    ) -> Result<(), IndexError> {
        guarded(|| {
            let mut transaction = self.db.begin_write()?;
            let durability = if durable {
                Durability::Immediate
            } else {
                Durability::None
            };
            transaction.set_durability(durability)?;
            {
                let mut objects = transaction.open_table(OBJECTS)?;
                for (key, change) in changes {
                    let old = match change {
                        Some(entry) => {
                            figures.add(entry);
                            objects.insert(&key_bytes(key), &entry_bytes(entry))?
                        }
                        None => objects.remove(&key_bytes(key))?,
                    };
                    if let Some(old) = old {
                        figures.drop_entry(&read_entry(old.value()));
                    }
                }
                let mut segments = transaction.open_table(SEGMENTS)?;
                for number in figures.take_changed() {
                    match figures.segment(number) {
                        Some(row) => {
                            let row = (row.end, row.live_bytes, row.tombstone_bytes);
                            segments.insert(number, row)?;
                        }
                        None => drop(segments.remove(number)?),
                    }
                }
                let (place, crc) = figures.last.unwrap_or_default();
                transaction.open_table(POSITION)?.insert(
                    (),
                    (
                        place.segment,
                        place.offset,
                        crc,
                        figures.objects,
                        figures.object_bytes,
                    ),
                )?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    /// Opens the present state for point queries.
    pub(crate) fn lookup(&self) -> Result<Lookup, IndexError> {
        guarded(|| {
            Ok(Lookup {
                objects: self.db.begin_read()?.open_table(OBJECTS)?,
            })
        })
    }

    /// Lists up to `limit` objects in key order.
    pub(crate) fn list(
        &self,
        from: Bound<ObjectKey>,
        to: Bound<ObjectKey>,
        limit: usize,
    ) -> Result<Vec<Listed>, IndexError> {
        guarded(|| {
            let objects = self.db.begin_read()?.open_table(OBJECTS)?;
            let (from, to) = (
                from.map(|key| key_bytes(&key)),
                to.map(|key| key_bytes(&key)),
            );
            let mut listed = Vec::new();
            for row in objects
                .range::<&[u8; KEY_BYTES]>((from.as_ref(), to.as_ref()))?
                .take(limit)
            {
                let (key, entry) = row?;
                let entry = read_entry(entry.value());
                listed.push(Listed {
                    key: read_key(key.value()),
                    head: entry.head,
                    len: entry.len,
                });
            }
            Ok(listed)
        })
    }
}

impl Lookup {
    /// Finds one object.
    pub(crate) fn find(&self, key: &ObjectKey) -> Result<Option<Entry>, IndexError> {
        guarded(|| {
            let row = self.objects.get(&key_bytes(key))?;
            Ok(row.map(|row| read_entry(row.value())))
        })
    }
}

/// Turns a panic inside the index engine into an error: it may panic on a file that was altered
/// since it last wrote it, and a damaged index must cost a rebuild, never the store.
fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| {
            Err(redb::Error::Corrupted(
                "the index file was altered".to_owned(),
            ))
        })
        .map_err(Box::new)
}

fn key_bytes(key: &ObjectKey) -> [u8; KEY_BYTES] {
    let mut bytes = [0; KEY_BYTES];
    bytes[..32].copy_from_slice(&key.folder);
    bytes[32..].copy_from_slice(&key.name);
    bytes
}

fn read_key(bytes: &[u8; KEY_BYTES]) -> ObjectKey {
    let mut key = ObjectKey {
        folder: [0; 32],
        name: [0; 16],
    };
    key.folder.copy_from_slice(&bytes[..32]);
    key.name.copy_from_slice(&bytes[32..]);
    key
}

fn entry_bytes(entry: &Entry) -> [u8; ENTRY_BYTES] {
    let mut bytes = [0; ENTRY_BYTES];
    bytes[..4].copy_from_slice(&entry.place.segment.to_be_bytes());
    bytes[4..8].copy_from_slice(&entry.place.offset.to_be_bytes());
    bytes[8..12].copy_from_slice(&entry.len.to_be_bytes());
    bytes[12..16].copy_from_slice(&entry.crc.to_be_bytes());
    bytes[16..].copy_from_slice(&entry.head);
    bytes
}

fn read_entry(bytes: &[u8; ENTRY_BYTES]) -> Entry {
    let word =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let mut head = [0; HEAD_BYTES];
    head.copy_from_slice(&bytes[16..]);
    Entry {
        place: Place {
            segment: word(0),
            offset: word(4),
        },
        len: word(8),
        crc: word(12),
        head,
    }
}
