//! The dealer and combiner: splits, restores, answers queries, keeps no patient data.
//!
//! What it writes to disk is a catalogue of store labels, facilities, run numbers and counts, and
//! it can lose that: it is recreated from any k sites. And a log of who read whose records, by
//! handles: that is kept.

mod access;
mod breaker;
mod catalogue;
mod check;
mod config;
mod directory;
mod intake;
mod outlet;
mod randomness;
mod reading;
mod server;
mod site_client;
mod ways;

pub use access::{AccessConfig, AccessError};
pub use config::{Config, DocumentScheme, SiteConfig, read_directory_key};
pub use randomness::{ConfiguredGrade, RandomnessConfig, Source as RandomnessSource, SourceError};
pub use server::{ServeError, Server};
