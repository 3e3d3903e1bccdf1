//! The store as its callers see it (interim body: objects in memory, while the log is written).

use std::collections::BTreeMap;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{OpenError, ReadError, WriteError};
use crate::object::{HEAD_BYTES, LIST_COUNT_MAX, Listed, ObjectKey, Put, PutOutcome, Stats};
use crate::options::Options;

/// Keeps the share objects of one site; shared between threads in an `Arc`.
#[derive(Debug)]
pub struct Store {
    objects: Mutex<BTreeMap<ObjectKey, Vec<u8>>>,
}

impl Store {
    /// Opens the store in `dir`, making it if it is not there, and locks it for this process.
    ///
    /// # Errors
    /// [`OpenError`]; each variant says what to do next.
    pub fn open(_dir: &Path, _options: Options) -> Result<Self, OpenError> {
        Ok(Self {
            objects: Mutex::default(),
        })
    }

    /// Stores a batch; all of it is durable when this returns.
    ///
    /// Shape: one outcome per put, in order.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the batch is acknowledged.
    pub fn put(&self, batch: Vec<Put>) -> Result<Vec<PutOutcome>, WriteError> {
        let mut objects = self.lock();
        Ok(batch
            .into_iter()
            .map(|put| match objects.get(&put.key) {
                Some(there) if *there == put.bytes => PutOutcome::AlreadyStored,
                Some(_) => PutOutcome::Conflict,
                None => {
                    objects.insert(put.key, put.bytes);
                    PutOutcome::Stored
                }
            })
            .collect())
    }

    /// Reads one object, or `None` when there is none under this key.
    ///
    /// # Errors
    /// [`ReadError`]; never wrong bytes.
    pub fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.lock().get(key).cloned())
    }

    /// Lists up to `limit` objects of one folder, by name, after the name `after`.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn folder_page(
        &self,
        folder: &[u8; 32],
        after: Option<[u8; 16]>,
        limit: usize,
    ) -> Result<Vec<Listed>, ReadError> {
        let from = after.map_or(Bound::Included([0; 16]), Bound::Excluded);
        let from = from.map(|name| ObjectKey {
            folder: *folder,
            name,
        });
        let last = ObjectKey {
            folder: *folder,
            name: [0xff; 16],
        };
        if from == Bound::Excluded(last) {
            return Ok(Vec::new());
        }
        Ok(self.range((from, Bound::Included(last)), limit))
    }

    /// Lists up to `limit` objects of the whole store in key order, after the key `after`.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn list(&self, after: Option<ObjectKey>, limit: usize) -> Result<Vec<Listed>, ReadError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.range((from, Bound::Unbounded), limit))
    }

    /// Deletes objects; the deletion is durable when this returns.
    ///
    /// Shape: per key, in order, whether there was an object.
    ///
    /// # Errors
    /// [`WriteError`]: nothing is acknowledged.
    pub fn delete(&self, keys: Vec<ObjectKey>) -> Result<Vec<bool>, WriteError> {
        let mut objects = self.lock();
        Ok(keys
            .iter()
            .map(|key| objects.remove(key).is_some())
            .collect())
    }

    /// Counts what the store holds.
    pub fn stats(&self) -> Stats {
        let objects = self.lock();
        Stats {
            objects: objects.len() as u64,
            object_bytes: objects.values().map(|bytes| bytes.len() as u64).sum(),
            ..Stats::default()
        }
    }

    fn range(&self, range: (Bound<ObjectKey>, Bound<ObjectKey>), limit: usize) -> Vec<Listed> {
        let head = |bytes: &[u8]| {
            let mut head = [0; HEAD_BYTES];
            head.copy_from_slice(&bytes[..HEAD_BYTES]);
            head
        };
        self.lock()
            .range(range)
            .take(limit.min(LIST_COUNT_MAX))
            .map(|(key, bytes)| Listed {
                key: *key,
                head: head(bytes),
                len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, Vec<u8>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
