//! The bundle: records of one patient dealt together, immutable.
//!
//! A bundle says whose it is, which run wrote it, and lists what it changes in the subject's
//! tree: contents, empty folders, references to contents already there, removals. Folding the
//! bundles of a subject in order gives the tree as of any generation ([`crate::bundle::Entry`]).

mod entry;
mod error;
mod given_up;
mod read;
mod run;
mod write;

pub use entry::{Digest, Entry, Modified, Part};
pub use error::{BuildError, BundleError};
pub use given_up::{GivenUp, GivenUpError};
pub use read::{Bundle, BundleHeader};
pub use run::{RunRecord, RunRecordError};
pub use write::BundleBuilder;

/// What a bundle holds; visible to shareholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Standard storage: HL7 messages.
    Messages = 1,
    /// Everything else of a store: extended storage, images, stray files.
    Documents = 2,
    /// A directory page: which patients a store has.
    Directory = 3,
    /// A run's record: what a finished generation consists of.
    Run = 4,
    /// A root page: which stores there are.
    Root = 5,
    /// A list of given-up bundles: they no longer restored, and a later run sent again what of
    /// their files was current. 6 is refused for ever: a vector of the first version says so.
    GivenUp = 7,
}

impl Class {
    /// Whether its contents are a record of their own, not files.
    const fn has_no_entries(self) -> bool {
        matches!(self, Self::Run | Self::GivenUp)
    }
}

impl TryFrom<u8> for Class {
    type Error = BundleError;
    fn try_from(code: u8) -> Result<Self, BundleError> {
        Ok(match code {
            1 => Self::Messages,
            2 => Self::Documents,
            3 => Self::Directory,
            4 => Self::Run,
            5 => Self::Root,
            7 => Self::GivenUp,
            _ => return Err(BundleError::Class),
        })
    }
}

pub(crate) const MAGIC: [u8; 4] = *b"HLBN";
pub(crate) const VERSION: u8 = 1;
pub(crate) const HEADER_BYTES: usize = 68;
/// The body is one Zstandard frame.
pub(crate) const COMPRESSION_ZSTD: u8 = 1;

#[cfg(test)]
mod tests;
