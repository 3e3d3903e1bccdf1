//! Writes messages of SS-MIX2: what is data stays data.
//!
//! A value gets into a message only through [`Segment`], which folds it to the characters of
//! SS-MIX2 and escapes every delimiter in it; there is no way to hand in ready-made HL7.
//!
//! ```
//! use hlincos_ssmix::write::{Header, Message, name};
//!
//! let mut message = Message::begin(&Header {
//!     sent: "20190901101530",
//!     kind: ["ADT", "A08", "ADT_A01"],
//!     control: "20190901000001",
//!     ..Header::default()
//! });
//! message
//!     .segment(name("PID"))
//!     .text(1, "0001")
//!     .components(3, &["0000781125", "", "", "", "PI"])
//!     .repetitions(5, &[&["土佐", "花子", "", "", "", "", "L", "I"], &["ﾄｻ", "ﾊﾅｺ", "", "", "", "", "L", "P"]]);
//! let written = message.finish();
//! assert!(written.warnings.is_empty() && written.bytes.ends_with(b"\r"));
//! ```
//!
//! Source: HL7 v2.5, sections 2.5 to 2.10; `spec/ssmix-writing.md`.

mod fold;
mod message;
mod table;

pub use fold::{Folded, Replacement, WarningKind, fold};
pub use message::{Header, Message, Segment, SegmentName, Warning, Written, name};

#[cfg(test)]
mod tests;
