//! Entries of a bundle's table of contents.

use core::fmt;

use super::{BuildError, BundleError};
use crate::limits::{CONTENTS_BYTES_MAX, PATH_BYTES_MAX, RECORD_BYTES_MAX};
use crate::octets::{Octets, Truncated};

/// SHA-256 of a record's bytes.
pub type Digest = [u8; 32];

/// When a file was last changed, as its file system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Modified {
    /// Seconds since 1970, negative before.
    pub seconds: i64,
    /// Nanoseconds in the second.
    pub nanos: u32,
}

/// Which part of a record an entry holds; most records are whole: part 0 of 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 0.
    pub index: u32,
    /// How many there are; every part but the last is 4 MiB long.
    pub count: u32,
}

impl Part {
    /// A record in one piece.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// How many parts a record of `size` bytes has.
    ///
    /// # Panics
    /// When `size` passes [`RECORD_BYTES_MAX`].
    #[must_use]
    pub fn count_for(size: u64) -> u32 {
        let count = size.div_ceil(CONTENTS_BYTES_MAX as u64).max(1);
        assert!(
            size <= RECORD_BYTES_MAX,
            "records are bounded before they are cut"
        );
        u32::try_from(count).expect("64 GiB are 16,384 parts")
    }

    /// Where the part begins in its record, in bytes.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.index as u64 * CONTENTS_BYTES_MAX as u64
    }

    /// How long the part is in a record of `size` bytes; `None` when the record has no such part.
    #[must_use]
    pub fn len_in(self, size: u64) -> Option<u32> {
        if size > RECORD_BYTES_MAX
            || self.count != Self::count_for(size)
            || self.index >= self.count
        {
            return None;
        }
        u32::try_from((size - self.offset()).min(CONTENTS_BYTES_MAX as u64)).ok()
    }
}

/// One line of a table of contents: what becomes of one path.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file and its bytes, or one part of them.
    Content {
        /// Path inside the store.
        path: Vec<u8>,
        /// Bytes of the whole file.
        size: u64,
        /// When it was changed.
        modified: Modified,
        /// Of the whole file.
        digest: Digest,
        /// Which part this is.
        part: Part,
        /// Bytes of this part, in the bundle's contents.
        len: u32,
    },
    /// An empty folder.
    Folder {
        /// Path inside the store.
        path: Vec<u8>,
    },
    /// A file whose bytes an earlier bundle (or entry) of the same folder and store holds.
    Reference {
        /// Path inside the store.
        path: Vec<u8>,
        /// Bytes of the file.
        size: u64,
        /// When it was changed.
        modified: Modified,
        /// Which bytes.
        digest: Digest,
    },
    /// The path is no more.
    Removed {
        /// Path inside the store.
        path: Vec<u8>,
    },
    /// A member of a directory or root page: `facility NUL patient`, or a label.
    Member {
        /// The member's name.
        name: Vec<u8>,
    },
}

const CONTENT: u8 = 1;
const FOLDER: u8 = 2;
const REFERENCE: u8 = 3;
const REMOVED: u8 = 4;
const MEMBER: u8 = 5;

impl Entry {
    /// The path, or the member's name.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        match self {
            Self::Content { path, .. }
            | Self::Folder { path }
            | Self::Reference { path, .. }
            | Self::Removed { path } => path,
            Self::Member { name } => name,
        }
    }

    pub(super) fn check(&self) -> Result<(), BuildError> {
        let is_member = matches!(self, Self::Member { .. });
        let legal = if is_member {
            member_is_legal
        } else {
            path_is_plain
        };
        if !legal(self.path()) {
            return Err(BuildError::Path);
        }
        match self {
            Self::Content {
                size, part, len, ..
            } if part.len_in(*size) != Some(*len) => Err(BuildError::Part),
            Self::Reference { size, .. } if *size > RECORD_BYTES_MAX => Err(BuildError::Part),
            _ => Ok(()),
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let code = match self {
            Self::Content { .. } => CONTENT,
            Self::Folder { .. } => FOLDER,
            Self::Reference { .. } => REFERENCE,
            Self::Removed { .. } => REMOVED,
            Self::Member { .. } => MEMBER,
        };
        let path = self.path();
        let len = u16::try_from(path.len()).expect("`check` bounds the path");
        out.extend_from_slice(&[code, 0]);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(path);
        if let Self::Content {
            size,
            modified,
            digest,
            ..
        }
        | Self::Reference {
            size,
            modified,
            digest,
            ..
        } = self
        {
            out.extend_from_slice(&size.to_be_bytes());
            out.extend_from_slice(&modified.seconds.to_be_bytes());
            out.extend_from_slice(&modified.nanos.to_be_bytes());
            out.extend_from_slice(digest);
        }
        if let Self::Content { part, len, .. } = self {
            out.extend_from_slice(&part.index.to_be_bytes());
            out.extend_from_slice(&part.count.to_be_bytes());
            out.extend_from_slice(&len.to_be_bytes());
        }
    }

    pub(super) fn read(octets: &mut Octets<'_>) -> Result<Self, BundleError> {
        let short = |Truncated| BundleError::Entry;
        let code = octets.u8().map_err(short)?;
        if octets.u8().map_err(short)? != 0 {
            return Err(BundleError::Padding);
        }
        let len = octets.u16().map_err(short)?;
        let path = octets.take(usize::from(len)).map_err(short)?.to_vec();
        let entry = match code {
            CONTENT => {
                let (size, modified, digest) = read_file(octets).map_err(short)?;
                let index = octets.u32().map_err(short)?;
                let count = octets.u32().map_err(short)?;
                let len = octets.u32().map_err(short)?;
                Self::Content {
                    path,
                    size,
                    modified,
                    digest,
                    part: Part { index, count },
                    len,
                }
            }
            FOLDER => Self::Folder { path },
            REFERENCE => {
                let (size, modified, digest) = read_file(octets).map_err(short)?;
                Self::Reference {
                    path,
                    size,
                    modified,
                    digest,
                }
            }
            REMOVED => Self::Removed { path },
            MEMBER => Self::Member { name: path },
            _ => return Err(BundleError::Entry),
        };
        match entry.check() {
            Ok(()) => Ok(entry),
            Err(BuildError::Path) => Err(BundleError::Path),
            Err(_) => Err(BundleError::Entry),
        }
    }
}

/// Paths hold patient identifiers: `Debug` tells kind and lengths only.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Content { .. } => "Content",
            Self::Folder { .. } => "Folder",
            Self::Reference { .. } => "Reference",
            Self::Removed { .. } => "Removed",
            Self::Member { .. } => "Member",
        };
        write!(f, "{kind}(path of {} bytes)", self.path().len())
    }
}

fn read_file(octets: &mut Octets<'_>) -> Result<(u64, Modified, Digest), Truncated> {
    let size = octets.u64()?;
    let modified = Modified {
        seconds: octets.i64()?,
        nanos: octets.u32()?,
    };
    Ok((size, modified, octets.array()?))
}

/// A plain relative path: components of `/`, none empty, `.` or `..`, no NUL.
///
/// A restore joins it to its target folder, so nothing here may lead out of that folder.
fn path_is_plain(path: &[u8]) -> bool {
    !path.is_empty()
        && path.len() <= PATH_BYTES_MAX
        && !path.contains(&0)
        && path
            .split(|byte| *byte == b'/')
            .all(|part| !matches!(part, b"" | b"." | b".."))
}

fn member_is_legal(name: &[u8]) -> bool {
    name.len() <= PATH_BYTES_MAX
}
