//! Secure streams between real sockets.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops at the place where it could not"
)]

mod authority;
mod farewell;
mod links;
mod quic;
mod suites;
