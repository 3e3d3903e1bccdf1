//! Every bound of the stored formats, with its unit in its name.

/// Contents of one bundle before compression; a longer record is dealt in parts.
pub const CONTENTS_BYTES_MAX: usize = 4 << 20;
/// Table of contents of one bundle before compression.
pub const TOC_BYTES_MAX: usize = 4 << 20;
/// One whole bundle, padding included: what is split.
pub const BUNDLE_BYTES_MAX: usize = 10 << 20;
/// One share object as a shareholder keeps it.
pub const SHARE_OBJECT_BYTES_MAX: usize = 11 << 20;
/// Entries of one table of contents.
pub const ENTRIES_MAX: usize = 65_536;
/// One path inside a store.
pub const PATH_BYTES_MAX: usize = 4_096;
/// One record (a file of the store): 64 GiB.
pub const RECORD_BYTES_MAX: u64 = 64 << 30;
/// A facility's identifier.
pub const FACILITY_BYTES_MAX: usize = 32;
/// A patient's identifier.
pub const PATIENT_BYTES_MAX: usize = 32;
/// The label of a store.
pub const LABEL_BYTES_MAX: usize = 64;
/// The name of a site.
pub const SITE_NAME_BYTES_MAX: usize = 40;
/// Smallest padded bundle: shorter ones all look alike.
pub const PADDED_BYTES_MIN: usize = 4_096;
