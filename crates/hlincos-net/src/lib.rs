//! HTTP over streams whose both ends are authenticated: TLS over TCP, and QUIC.
//!
//! It carries bytes between parties whose certificates were checked, and knows nothing of what
//! they say to each other. TLS parameters come in as rustls configurations.

mod accept;
mod client;
mod dial;
pub mod link;
mod listener;
pub mod qkd014;
mod quic;

pub use accept::{Accept, Accepted, CallerError, Carried, Peer, TlsAccept};
pub use client::{Call, CallError, Client, Failure};
pub use dial::{Dial, Dialed, SecureStream, TlsDial};
pub use listener::Listener;
pub use quic::{LinkProfile, QuicDial};
