//! SS-MIX2 names and paths, HL7 v2.5 messages, Japanese characters: bytes to values and defects.
//!
//! - [`path`]: whose a file is and what its name says;
//! - [`characters`]: ISO-2022-JP as hospitals write it, to text;
//! - [`mod@encode`] and [`mod@write`]: text to the bytes of a message, folded and escaped;
//! - [`hl7`]: segments, fields, repetitions, components of a message;
//! - [`defect`]: which rules a file breaks; it is kept all the same;
//! - [`summary`]: one patient's current records for a screen.
//!
//! Pure, and tolerant: one bad field never refuses a message.

pub mod characters;
pub mod defect;
pub mod encode;
pub mod hl7;
pub mod path;
pub mod summary;
pub mod write;
