//! The few things the store asks of a file system, as traits, so that tests can bring a disk that fails.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;

mod folder;

pub use folder::FolderDisk;

/// One folder of files, held by one store alone.
///
/// Names made or removed are durable once [`Disk::sync_names`] returned, not before.
/// All methods may be called from several threads.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Lists the files.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Creates an empty file and opens it for reading and writing.
    ///
    /// # Errors
    /// `AlreadyExists` when the name is taken; else whatever the file system says.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound` when there is none; else whatever the file system says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Removes a file; open files stay readable.
    ///
    /// # Errors
    /// `NotFound` when there is none; else whatever the file system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names durable.
    ///
    /// # Errors
    /// Whatever the file system says; then nothing is known of the names.
    fn sync_names(&self) -> io::Result<()>;

    /// Counts the bytes that may still be written.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// One open file. What was written is durable once [`DiskFile::sync`] returned, not before.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// Counts its bytes.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn length(&self) -> io::Result<u64>;

    /// Fills `out` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before; else whatever the file system says.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes all `bytes` at `offset`.
    ///
    /// # Errors
    /// Whatever the file system says; then any part of `bytes` may be in the file.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Cuts the file, or extends it with zeros, whose room is taken at once if the disk can do so.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Makes the bytes and the length durable.
    ///
    /// # Errors
    /// Whatever the file system says; then nothing is known of what was written since the last sync.
    fn sync(&self) -> io::Result<()>;
}

/// Tells a disk without room from a disk that fails.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
