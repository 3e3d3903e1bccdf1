//! Lends the index engine a file of the store's disk.

use std::io;
use std::sync::Arc;

use redb::StorageBackend;

use crate::disk::{Disk, DiskFile};

/// Holds the index file; the store's own lock keeps other processes away from it.
#[derive(Debug)]
pub(super) struct IndexFile(Arc<dyn DiskFile>);

impl IndexFile {
    /// Opens the file, making an empty one if there is none.
    pub(super) fn open(disk: &dyn Disk, name: &str) -> io::Result<Self> {
        match disk.open(name) {
            Ok(file) => Ok(Self(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => disk.create(name).map(Self),
            Err(error) => Err(error),
        }
    }

    /// Counts its bytes.
    pub(super) fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}

impl StorageBackend for IndexFile {
    fn len(&self) -> Result<u64, io::Error> {
        self.0.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read_at(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.0.set_length(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.0.write_at(offset, data)
    }
}
