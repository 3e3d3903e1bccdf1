//! The durable share store of one site: append-only segments and a derived index.
//!
//! [`Store`] keeps share objects put-once under an [`ObjectKey`]. What [`Store::put`] and
//! [`Store::delete`] acknowledge is durable. The segment log (`spec/segment.md`) is the only truth;
//! the index beside it is derived and rebuilt whenever it does not fit the log.

mod error;
mod object;
mod options;
mod store;

pub use error::{OpenError, ReadError, WriteError};
pub use object::{
    HEAD_BYTES, LIST_COUNT_MAX, Listed, OBJECT_BYTES_MAX, ObjectKey, Put, PutOutcome, Stats,
};
pub use options::{Options, SEGMENT_BYTES_CEILING};
pub use store::Store;
