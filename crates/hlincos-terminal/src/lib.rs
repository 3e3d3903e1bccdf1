//! The clinician's local program: one patient's page, on loopback only.
//!
//! - [`page()`]: a summary as one HTML page, without script, without anything from outside;
//! - [`Viewer`]: serves it to this machine's browser, once per token.

mod page;
mod style;
mod viewer;

pub use page::{Provenance, page};
pub use viewer::Viewer;
