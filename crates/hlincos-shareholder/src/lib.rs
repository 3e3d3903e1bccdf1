//! One site: keeps one share of everything, behind mutual TLS.
//!
//! It learns handles, sizes and times. It links no clinical parser and never combines.

mod config;
mod links;
mod server;

pub use config::{Config, PeerLink};
pub use server::{ServeError, Server};
