//! Why a bundle cannot be read or made.

use crate::identifier::SubjectError;
use crate::limits::{CONTENTS_BYTES_MAX, ENTRIES_MAX, PATH_BYTES_MAX};

/// Why bytes are no bundle; whoever sent them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bytes end too early.
    #[error("the bundle is truncated")]
    Truncated,
    /// Not `HLBN`.
    #[error("these bytes are no bundle")]
    Magic,
    /// Written by a later version.
    #[error("the bundle has an unknown version; a newer release reads it")]
    Version,
    /// Unknown class.
    #[error("the bundle has an unknown class")]
    Class,
    /// Unknown compression.
    #[error("the bundle has an unknown compression")]
    Compression,
    /// A length passes its limit.
    #[error("a length in the bundle passes its limit")]
    Limit,
    /// Subject kind, class and identifiers do not go together.
    #[error("the bundle's subject is malformed")]
    Subject,
    /// The body does not decompress to the lengths of the header.
    #[error("the bundle's body does not decompress to its stated length")]
    Body,
    /// An entry is malformed.
    #[error("an entry of the bundle's table of contents is malformed")]
    Entry,
    /// A path is absolute, empty, or has an empty, `.` or `..` component or a NUL.
    #[error("a path in the bundle is not a plain relative path")]
    Path,
    /// Bytes after the body are not zero, or reserved bytes are set.
    #[error("the bundle's padding or reserved bytes are set")]
    Padding,
}

impl From<SubjectError> for BundleError {
    fn from(_: SubjectError) -> Self {
        Self::Subject
    }
}

/// Why an entry does not go into a bundle; the caller starts another bundle or refuses the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The bundle is full: finish it and start the next.
    #[error("the bundle is full ({CONTENTS_BYTES_MAX} bytes or {ENTRIES_MAX} entries)")]
    Full,
    /// The path is no plain relative path of up to 4,096 bytes.
    #[error("the path is not a plain relative path of 1 to {PATH_BYTES_MAX} bytes")]
    Path,
    /// The contents are not the length that the entry's part says.
    #[error("the part's length does not fit the record's size")]
    Part,
    /// The compressor failed.
    #[error("the body could not be compressed")]
    Compression,
}
