//! HTTP over mutually authenticated TLS: one listener, one client.
//!
//! It carries bytes between parties whose certificates were checked, and knows nothing of what
//! they say to each other. TLS parameters come in as rustls configurations.

mod client;
mod listener;
pub mod qkd014;

pub use client::{Call, CallError, Client};
pub use listener::{Listener, Peer};
