//! Errors, one enum per operation; each variant says what to do next.

use std::io;

use crate::object::{HEAD_BYTES, OBJECT_BYTES_MAX, ObjectKey};

/// Says why a store did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store is open in another process; stop that one first")]
    Locked,
    /// A segment was written by a later release.
    #[error(
        "segment {segment} has format version {version}; open it with the release that wrote it"
    )]
    Version {
        /// The segment's number.
        segment: u32,
        /// The version in its header.
        version: u16,
    },
    /// A segment file carries the number of another one.
    #[error("file {file:08}.seg holds segment {segment}; give the file its own name back")]
    Misnamed {
        /// The number in the file's name.
        file: u32,
        /// The number in its header.
        segment: u32,
    },
    /// The disk failed.
    #[error("the store's disk failed while {doing}; check the disk and the rights on the folder")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The index could not be made from the segments.
    #[error(
        "the index could not be rebuilt; make room on the disk, remove index.redb and open again"
    )]
    Index(#[source] Box<redb::Error>),
}

/// Says why nothing of a batch was acknowledged.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The disk has no room; reads go on, and a later write is tried again.
    #[error("the store's disk is full or at its reserve; make room, then send the batch again")]
    Full,
    /// A write or its sync failed: what is on the disk is unknown until the log is read again.
    #[error("the store's disk failed; stop this process, check the disk, start again")]
    Broken,
    /// An object is longer than [`OBJECT_BYTES_MAX`].
    #[error("object {key:?} has {len} bytes, more than {OBJECT_BYTES_MAX}; split it")]
    TooLarge {
        /// Which object.
        key: ObjectKey,
        /// Its bytes.
        len: usize,
    },
    /// An object is shorter than [`HEAD_BYTES`].
    #[error("object {key:?} has {len} bytes, fewer than {HEAD_BYTES}; it is no share object")]
    TooSmall {
        /// Which object.
        key: ObjectKey,
        /// Its bytes.
        len: usize,
    },
}

/// Says why an object could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The stored bytes changed on the disk.
    #[error(
        "object {key:?} is damaged (segment {segment}, offset {offset}); \
         restore it from the other sites and put it again"
    )]
    Rotten {
        /// Which object.
        key: ObjectKey,
        /// The segment's number.
        segment: u32,
        /// Where its record starts.
        offset: u32,
    },
    /// The disk failed.
    #[error("the store's disk failed while reading; check the disk")]
    Io(#[source] io::Error),
    /// The index failed.
    #[error("the store's index failed; restart this process: it rebuilds the index")]
    Index(#[source] Box<redb::Error>),
}
