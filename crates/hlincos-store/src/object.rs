//! What callers put in and get out: keys, objects, outcomes, listings, figures.

use std::fmt;

/// Counts the first bytes of an object that the index keeps, so that listing reads no payload.
pub const HEAD_BYTES: usize = 64;

/// Bounds one object.
pub const OBJECT_BYTES_MAX: usize = 16 << 20;

/// Bounds what one call of [`Store::list`](crate::Store::list) or
/// [`Store::folder_page`](crate::Store::folder_page) returns; a larger `limit` is lowered to it.
pub const LIST_COUNT_MAX: usize = 10_000;

/// Names one object: the folder it lies in and its name there.
///
/// Keys order by folder, then by name, each as unsigned bytes.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The handle of the folder.
    pub folder: [u8; 32],
    /// The name within the folder.
    pub name: [u8; 16],
}

/// Asks for one object to be stored under its key, once.
#[derive(Clone, PartialEq, Eq)]
pub struct Put {
    /// Where to store it.
    pub key: ObjectKey,
    /// Shape: `HEAD_BYTES..=OBJECT_BYTES_MAX` bytes.
    pub bytes: Vec<u8>,
}

/// Says what became of one [`Put`].
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is durable now.
    Stored,
    /// The same bytes were durable already.
    AlreadyStored,
    /// Other bytes are stored under this key; they stay, for objects are put once.
    Conflict,
}

/// Describes one stored object without its payload.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it is stored.
    pub key: ObjectKey,
    /// Its first bytes.
    pub head: [u8; HEAD_BYTES],
    /// Units: bytes of the whole object.
    pub len: u32,
}

/// Figures of a store at one moment.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Objects that can be read.
    pub objects: u64,
    /// Their bytes.
    pub object_bytes: u64,
    /// Segment files.
    pub segments: u64,
    /// Bytes of all segment files.
    pub segment_bytes: u64,
    /// Bytes of segment files that hold no live record.
    pub dead_bytes: u64,
    /// Group commits since the store was opened; each made one segment durable.
    pub commits: u64,
    /// Damaged places found in segments since the store was opened, each counted once.
    pub rotten: u64,
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.folder[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("../")?;
        for byte in &self.name[..4] {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("..")
    }
}

impl fmt::Debug for Put {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Put({:?}, {} bytes)", self.key, self.bytes.len())
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listed({:?}, {} bytes)", self.key, self.len)
    }
}
