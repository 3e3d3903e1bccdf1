//! The stored bytes: bundle, share object, handle, limits.
//!
//! What this crate writes must be readable in a hundred years, so every layout has a page in
//! `spec/` (`bundle.md`, `share-object.md`, `handle.md`) and is written out by hand, big-endian.
//! It knows nothing of HL7, roles, sockets or files.
//!
//! - [`bundle::Bundle`]: the records of one patient dealt together, as one sequence of bytes;
//! - [`share_object::ShareHead`]: the 64 bytes before a share at a shareholder;
//! - [`handle::SiteKeys`]: the pseudonyms under which one shareholder keeps them.

pub mod bundle;
pub mod handle;
pub mod identifier;
pub mod limits;
pub mod padding;
pub mod share_object;

mod octets;
