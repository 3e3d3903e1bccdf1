//! What readers and the writer thread hold in common.

use std::collections::BTreeSet;
use std::io;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::disk::Disk;
use crate::error::ReadError;
use crate::index::{Entry, Index, IndexError};
use crate::object::{LIST_COUNT_MAX, Listed, ObjectKey, Stats};
use crate::record::Place;
use crate::segments::{RecordError, Segments};

/// A segment may be compacted away between looking an object up and reading it: looked up again
/// it has moved. More than one move during one read does not happen in practice.
const LOOKUPS_MAX: u32 = 8;

/// Bounds the damaged places remembered, so that each is counted once.
const ROTTEN_COUNT_MAX: usize = 100_000;

/// Holds the reading side of a store.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) segments: Arc<Segments>,
    /// `None` once the index failed and could not be rebuilt.
    index: RwLock<Option<Index>>,
    stats: Mutex<Stats>,
    rotten: Mutex<BTreeSet<Place>>,
}

impl Shared {
    pub(crate) fn new(disk: Arc<dyn Disk>, segments: Arc<Segments>) -> Self {
        Self {
            disk,
            segments,
            index: RwLock::default(),
            stats: Mutex::default(),
            rotten: Mutex::default(),
        }
    }

    /// Runs `work` on the index; it is not replaced meanwhile.
    pub(crate) fn index<T>(
        &self,
        work: impl FnOnce(&Index) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let index: RwLockReadGuard<'_, Option<Index>> =
            self.index.read().unwrap_or_else(PoisonError::into_inner);
        match index.as_ref() {
            Some(index) => work(index),
            None => Err(Box::new(redb::Error::DatabaseClosed)),
        }
    }

    /// Replaces the index: closes the old one, then lets `open` bring a new one.
    ///
    /// Readers wait meanwhile, for two open engines on one file would destroy it.
    pub(crate) fn replace_index<E>(
        &self,
        open: impl FnOnce() -> Result<Index, E>,
    ) -> Result<(), E> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        *index = None;
        *index = Some(open()?);
        Ok(())
    }

    /// Reads one object.
    pub(crate) fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>, ReadError> {
        let mut lookups = 0;
        loop {
            let found = self
                .index(|index| index.lookup()?.find(key))
                .map_err(ReadError::Index)?;
            let Some(entry) = found else { return Ok(None) };
            lookups += 1;
            match self.segments.read(key, &entry) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(RecordError::Io(error)) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ReadError::Io(error));
                }
                Err(RecordError::Io(_)) if lookups < LOOKUPS_MAX => {}
                Err(_) => return Err(self.rotten(*key, &entry)),
            }
        }
    }

    /// Lists objects in key order.
    pub(crate) fn list(
        &self,
        from: Bound<ObjectKey>,
        to: Bound<ObjectKey>,
        limit: usize,
    ) -> Result<Vec<Listed>, ReadError> {
        let limit = limit.min(LIST_COUNT_MAX);
        self.index(|index| index.list(from, to, limit))
            .map_err(ReadError::Index)
    }

    /// Notes damaged places.
    pub(crate) fn note_rotten(&self, places: impl IntoIterator<Item = Place>) {
        let mut rotten = self.rotten.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places {
            if rotten.len() < ROTTEN_COUNT_MAX {
                rotten.insert(place);
            }
        }
    }

    /// Gives the figures of this moment.
    pub(crate) fn stats(&self) -> Stats {
        let rotten = self
            .rotten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len();
        Stats {
            rotten: rotten as u64,
            ..*self.lock_stats()
        }
    }

    /// Sets the figures; `commits` more were made.
    pub(crate) fn set_stats(&self, stats: Stats, commits: u64) {
        let mut held = self.lock_stats();
        *held = Stats {
            commits: held.commits + commits,
            ..stats
        };
    }

    fn lock_stats(&self) -> MutexGuard<'_, Stats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rotten(&self, key: ObjectKey, entry: &Entry) -> ReadError {
        let Place { segment, offset } = entry.place;
        tracing::warn!(segment, offset, "a damaged record was read");
        self.note_rotten([entry.place]);
        ReadError::Rotten {
            key,
            segment,
            offset,
        }
    }
}
