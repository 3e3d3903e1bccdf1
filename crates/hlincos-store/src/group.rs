//! Decides what a group of jobs does to the log: which puts are new, which are there, which conflict.

use std::collections::BTreeMap;

use crate::index::{Changes, Entry, IndexError, Lookup};
use crate::log::{Log, LogError};
use crate::object::{HEAD_BYTES, ObjectKey, Put, PutOutcome};
use crate::record::Kind;
use crate::segments::Segments;

/// Says why a group could not be staged.
#[derive(Debug)]
pub(crate) enum StageError {
    Log(LogError),
    Index(IndexError),
}

/// Stages one group: what it appends to the log and will change in the index.
pub(crate) struct Group<'g> {
    log: &'g mut Log,
    lookup: &'g Lookup,
    segments: &'g Segments,
    pending: BTreeMap<ObjectKey, Pending<'g>>,
}

/// What the group itself did to a key so far.
enum Pending<'g> {
    Put(Entry, &'g [u8]),
    Deleted,
}

impl<'g> Group<'g> {
    pub(crate) fn new(log: &'g mut Log, lookup: &'g Lookup, segments: &'g Segments) -> Self {
        Self {
            log,
            lookup,
            segments,
            pending: BTreeMap::new(),
        }
    }

    /// Stages one put.
    pub(crate) fn put(&mut self, put: &'g Put) -> Result<PutOutcome, StageError> {
        let crc = crc32c::crc32c(&put.bytes);
        let there = match self.pending.get(&put.key) {
            Some(Pending::Put(_, bytes)) if *bytes == put.bytes => PutOutcome::AlreadyStored,
            Some(Pending::Put(..)) => PutOutcome::Conflict,
            Some(Pending::Deleted) => PutOutcome::Stored,
            None => self.compare(put, crc)?,
        };
        if there != PutOutcome::Stored {
            return Ok(there);
        }
        let place = self.log.append(Kind::Put, &put.key, &put.bytes, crc)?;
        let mut head = [0; HEAD_BYTES];
        head.copy_from_slice(&put.bytes[..HEAD_BYTES]);
        let len = u32::try_from(put.bytes.len()).expect("objects are at most 16 MiB");
        let entry = Entry {
            place,
            len,
            crc,
            head,
        };
        self.pending
            .insert(put.key, Pending::Put(entry, &put.bytes));
        Ok(PutOutcome::Stored)
    }

    /// Stages one deletion; tells whether there was an object.
    pub(crate) fn delete(&mut self, key: &ObjectKey) -> Result<bool, StageError> {
        let there = match self.pending.get(key) {
            Some(Pending::Put(..)) => true,
            Some(Pending::Deleted) => false,
            None => self.lookup.find(key).map_err(StageError::Index)?.is_some(),
        };
        if there {
            self.log.append(Kind::Tombstone, key, &[], 0)?;
            self.pending.insert(*key, Pending::Deleted);
        }
        Ok(there)
    }

    /// Gives what the index must change once the log is durable.
    pub(crate) fn changes(self) -> Changes {
        let change = |pending| match pending {
            Pending::Put(entry, _) => Some(entry),
            Pending::Deleted => None,
        };
        self.pending
            .into_iter()
            .map(|(key, pending)| (key, change(pending)))
            .collect()
    }

    /// Compares a put with what is stored; `Stored` means it must be written.
    ///
    /// Where the stored bytes cannot be read any more, length, head and CRC decide: a put that
    /// agrees in all three brings the damaged object back.
    fn compare(&self, put: &Put, crc: u32) -> Result<PutOutcome, StageError> {
        let found = self.lookup.find(&put.key).map_err(StageError::Index)?;
        let Some(entry) = found else {
            return Ok(PutOutcome::Stored);
        };
        let alike = entry.len as usize == put.bytes.len()
            && entry.crc == crc
            && put.bytes.starts_with(&entry.head);
        if !alike {
            return Ok(PutOutcome::Conflict);
        }
        Ok(match self.segments.read(&put.key, &entry) {
            Ok(bytes) if bytes == put.bytes => PutOutcome::AlreadyStored,
            Ok(_) => PutOutcome::Conflict,
            Err(_) => PutOutcome::Stored,
        })
    }
}

impl From<LogError> for StageError {
    fn from(error: LogError) -> Self {
        Self::Log(error)
    }
}
