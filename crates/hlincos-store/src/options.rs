//! What an operator may set when a store is opened.

/// Sets the limits of a store; [`Options::default`] fits a production site.
#[derive(Clone, Debug)]
pub struct Options {
    /// Units: bytes. A segment is closed when the next record would pass this length;
    /// lowered to [`SEGMENT_BYTES_CEILING`].
    pub segment_bytes: u64,
    /// Units: bytes. Objects are refused while the file system has less free space than this.
    pub reserve_bytes: u64,
    /// Units: bytes of memory the index may use as cache.
    pub index_cache_bytes: usize,
    /// Units: commits. The index is made durable after so many of them.
    pub checkpoint_commits: u32,
    /// Units: bytes of log. The index is made durable after so many of them.
    pub checkpoint_bytes: u64,
}

/// Bounds [`Options::segment_bytes`], so that every offset fits the 32 bits of a record.
pub const SEGMENT_BYTES_CEILING: u64 = 1 << 30;

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            reserve_bytes: 64 << 20,
            index_cache_bytes: 256 << 20,
            checkpoint_commits: 256,
            checkpoint_bytes: 256 << 20,
        }
    }
}
