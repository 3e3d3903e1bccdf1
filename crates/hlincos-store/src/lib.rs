//! The durable share store of one site: append-only segments and a derived index.
//!
//! [`Store`] keeps share objects put-once under an [`ObjectKey`]. What [`Store::put`] and
//! [`Store::delete`] acknowledge is durable. The segment log (`spec/segment.md`) is the only truth;
//! the index beside it is derived and rebuilt whenever it does not fit the log.
//!
//! ```text
//! put, delete ─► queue ─► writer thread: stage ─► append to the log ─► fdatasync ─► index ─► answer
//! get ─► index ─► segment file: header, CRC, key checked ─► bytes
//! open ─► index fits the log? ─► replay the rest of the log ─► cut a torn tail ─► sync
//! ```
//!
//! A read error on one file of the disk is answered with an error, never with other bytes. A read
//! error while the log is *opened* stops the opening: guessing about a failing disk costs more
//! than the time until someone looks at it.

mod disk;
mod error;
mod figures;
mod group;
mod index;
mod log;
mod object;
mod options;
mod record;
mod recover;
mod segments;
mod shared;
mod store;
mod walk;
mod writer;

pub use disk::{Disk, DiskFile, FolderDisk};
pub use error::{OpenError, ReadError, WriteError};
pub use object::{
    HEAD_BYTES, LIST_COUNT_MAX, Listed, OBJECT_BYTES_MAX, ObjectKey, Put, PutOutcome, Stats,
};
pub use options::{Options, SEGMENT_BYTES_CEILING};
pub use store::Store;
