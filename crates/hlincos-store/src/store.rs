//! The store as its callers see it.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;
use std::{io, thread};

use crate::disk::{Disk, FolderDisk};
use crate::error::{OpenError, ReadError, WriteError};
use crate::object::{HEAD_BYTES, Listed, OBJECT_BYTES_MAX, ObjectKey, Put, PutOutcome, Stats};
use crate::options::Options;
use crate::shared::Shared;
use crate::writer::{Job, Writer};

/// Bounds the calls that wait for the writer thread; further callers wait for their turn.
const WAITING_JOBS_MAX: usize = 64;

/// Keeps the share objects of one site.
///
/// All methods take `&self` and may be called from many threads: keep it in an `Arc`. They block;
/// call them from a thread that may. Dropping it makes the index durable and frees the folder.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
    /// `None` only while the store is dropped: the writer ends when its queue does.
    jobs: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Opens the store in `dir`, making it if it is not there, and locks it for this process.
    ///
    /// Time: linear in the log written since the last index checkpoint; in the whole log when
    /// the index is missing or does not fit.
    ///
    /// # Errors
    /// [`OpenError`]; each variant says what to do next.
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let disk = FolderDisk::open(dir).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked,
            _ => OpenError::Io {
                doing: "opening the folder",
                source,
            },
        })?;
        Self::open_on(Arc::new(disk), options)
    }

    /// Opens the store on a disk of the caller's, such as a simulated one.
    ///
    /// # Errors
    /// [`OpenError`]; each variant says what to do next.
    pub fn open_on(disk: Arc<dyn Disk>, options: Options) -> Result<Self, OpenError> {
        let (shared, writer) = Writer::open(disk, options)?;
        let (jobs, queue) = mpsc::sync_channel(WAITING_JOBS_MAX);
        let writer = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(|source| OpenError::Io {
                doing: "starting the writer thread",
                source,
            })?;
        Ok(Self {
            shared,
            jobs: Some(jobs),
            writer: Some(writer),
        })
    }

    /// Stores a batch; all of it is durable when this returns.
    ///
    /// Callers at the same time share one commit. An object that is there already with the same
    /// bytes is left as it is, or written again if its stored bytes are damaged.
    ///
    /// Shape: one outcome per put, in order.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the batch is acknowledged.
    pub fn put(&self, batch: Vec<Put>) -> Result<Vec<PutOutcome>, WriteError> {
        for Put { key, bytes } in &batch {
            if bytes.len() > OBJECT_BYTES_MAX {
                return Err(WriteError::TooLarge {
                    key: *key,
                    len: bytes.len(),
                });
            }
            if bytes.len() < HEAD_BYTES {
                return Err(WriteError::TooSmall {
                    key: *key,
                    len: bytes.len(),
                });
            }
        }
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|answer| Job::Put { batch, answer })
    }

    /// Reads one object, or `None` when there is none under this key.
    ///
    /// # Errors
    /// [`ReadError`]; never wrong bytes.
    pub fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>, ReadError> {
        self.shared.get(key)
    }

    /// Lists up to `limit` objects of one folder, by name, after the name `after`.
    ///
    /// Shape: at most [`LIST_COUNT_MAX`](crate::LIST_COUNT_MAX); an empty page is the last one.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn folder_page(
        &self,
        folder: &[u8; 32],
        after: Option<[u8; 16]>,
        limit: usize,
    ) -> Result<Vec<Listed>, ReadError> {
        let last = [0xff; 16];
        if after == Some(last) {
            return Ok(Vec::new());
        }
        let from = after.map_or(Bound::Included([0; 16]), Bound::Excluded);
        let key = |name| ObjectKey {
            folder: *folder,
            name,
        };
        self.shared
            .list(from.map(key), Bound::Included(key(last)), limit)
    }

    /// Lists up to `limit` objects of the whole store in key order, after the key `after`.
    ///
    /// Shape: at most [`LIST_COUNT_MAX`](crate::LIST_COUNT_MAX); an empty page is the last one.
    ///
    /// # Errors
    /// [`ReadError`] when the index cannot be read.
    pub fn list(&self, after: Option<ObjectKey>, limit: usize) -> Result<Vec<Listed>, ReadError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.shared.list(from, Bound::Unbounded, limit)
    }

    /// Deletes objects; the deletion is durable when this returns.
    ///
    /// Shape: per key, in order, whether there was an object.
    /// Security: the bytes stay on the medium until their segment is compacted and overwritten.
    ///
    /// # Errors
    /// [`WriteError`]: nothing is acknowledged.
    pub fn delete(&self, keys: Vec<ObjectKey>) -> Result<Vec<bool>, WriteError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        self.ask(|answer| Job::Delete { keys, answer })
    }

    /// Empties segments that are mostly dead; counts them.
    ///
    /// The store does this by itself while nobody waits for it; this is for when room is needed now.
    ///
    /// # Errors
    /// [`WriteError::Broken`] when the disk fails meanwhile.
    pub fn compact(&self) -> Result<u64, WriteError> {
        self.ask(|answer| Job::Compact { answer })
    }

    /// Counts what the store holds.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Hands a job to the writer thread and waits for the answer.
    ///
    /// A thread that is gone panicked, which is a bug: what it wrote is unknown.
    fn ask<T>(
        &self,
        job: impl FnOnce(SyncSender<Result<T, WriteError>>) -> Job,
    ) -> Result<T, WriteError> {
        let (answer, answered): (_, Receiver<_>) = mpsc::sync_channel(1);
        let jobs = self.jobs.as_ref().ok_or(WriteError::Broken)?;
        jobs.send(job(answer)).map_err(|_| WriteError::Broken)?;
        answered.recv().map_err(|_| WriteError::Broken)?
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the thread was reported where it happened.
            let _ = writer.join();
        }
    }
}
