//! The same wires without kernel devices: services listen on loopback, clients meet a proxy.
//!
//! ```text
//! client ─► proxy at `from` ─► Wire ─► Wire ─► ... ─► at `to` ─► service      (and back)
//! ```
//!
//! Datagrams are carried one by one. Streams are cut into segments that are acknowledged, sent
//! again when lost, and limited by a window that opens as in slow start; opening costs a round
//! trip. That is like TCP, it is not the kernel's TCP, and the client's own connect returns at
//! once: figures made here are marked `in-process`. Timers are exact to about a millisecond.

mod carrier;
mod datagram;
mod network;
mod stream;

pub(crate) use network::Network;
