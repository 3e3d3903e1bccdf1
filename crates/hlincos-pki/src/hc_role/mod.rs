//! Healthcare roles in certificates: hcRole of ISO 17090 as Japan's HPKI writes it.
//!
//! ```text
//! subjectDirectoryAttributes 2.5.29.9, not critical
//! SEQUENCE OF                              one Attribute
//!   SEQUENCE { 1.0.17090.0.1, SET OF       one HCActorData
//!     SET OF HCActor                       sorted, as DER wants it
//! HCActor   ::= SEQUENCE { codedData [0], regionalHCActorData [1] OPTIONAL }
//! CodedData ::= SET { codingSchemeReference [0] OBJECT IDENTIFIER,
//!                     codeDataValue         [1] NumericString OPTIONAL,
//!                     codeDataFreeText      [2] UTF8String OPTIONAL }     all tags EXPLICIT
//! ```
//! `spec/certificates.md`, section 4.

mod encoding;
mod table;

pub use encoding::{HcActor, HcRoleError, decode_actors, encode_actors};
pub use table::{HcRole, UnknownRole};
