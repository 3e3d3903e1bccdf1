//! The terminal's pages as HTML, without anything from outside.
//!
//! maud escapes every text that is put in, after it was decoded, so whatever a record holds is
//! shown as text. Both languages stand in every page; the style shows one of them.

mod blocks;
mod documents;
mod frame;
mod identity;
mod laboratory;
mod patient;
mod proof;
mod record;
mod simple;

pub(crate) use documents::{DocumentLine, documents};
pub(crate) use frame::{Language, Surroundings, link_words};
pub use patient::page;
pub(crate) use patient::patient;
pub(crate) use record::{record, record_detail};
pub(crate) use simple::{
    Choice, Keeping, NO_CODE, Search, Trouble, choose, search, several, trouble, unlock,
};

#[cfg(test)]
mod tests;
