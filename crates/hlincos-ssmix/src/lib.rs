//! SS-MIX2 names and paths, HL7 v2.5 messages, Japanese characters: bytes to values and defects.
//!
//! - [`path`]: whose a file is and what its name says;
//! - [`characters`]: ISO-2022-JP as hospitals write it, to text;
//! - [`mod@encode`] and [`mod@write`]: text to the bytes of a message, folded and escaped;
//! - [`hl7`]: segments, fields, repetitions, components of a message;
//! - [`kinds`], [`fields`], [`order`], [`time`]: the tables of the standard storage;
//! - [`defect`]: a message together with every rule that it breaks, and where;
//! - [`views`]: segments by the names of their fields;
//! - [`dosage`]: how a drug is taken, in plain Japanese and English;
//! - [`outline`]: a message as a person reads it;
//! - [`transaction`], [`index_table`]: the transaction storage and the index database;
//! - [`document`]: CDA, DICOM, PDF and images of the extended storage;
//! - [`summary`]: one patient's current records for a screen.
//!
//! Pure, and tolerant: one bad field never refuses a message.

pub mod characters;
pub mod defect;
pub mod document;
pub mod dosage;
pub mod encode;
pub mod fields;
pub mod hl7;
pub mod index_table;
pub mod kinds;
pub mod order;
pub mod outline;
pub mod path;
pub mod rule;
pub mod screen;
pub mod summary;
pub mod time;
pub mod transaction;
pub mod views;
pub mod write;
