//! Real kernel TCP and UDP over links that are not there: a network namespace for each place, and
//! for each link a TUN device at both ends with a thread for each direction between them.
//!
//! ```text
//! namespace kochi                        this process                      namespace yokohama
//! lo 10.77.1.1 ── routes ── satellite ─► pump: read, Wire, write ─► satellite ── routes ── lo 10.77.2.1
//!                           (TUN)      ◄─ pump: write, Wire, read ◄─ (TUN)
//! ```
//!
//! Each place has one address, on its loopback device, whichever links lead to it: connections
//! survive a change of the route. Needs `CAP_NET_ADMIN`, `CAP_SYS_ADMIN`, `/dev/net/tun` and `ip`.

mod available;
#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod pump;

pub(crate) use available::unavailable;
pub use available::{IpError, NoTun};

use super::Emulator;
use crate::topology::Topology;

/// Starts a topology; the caller has seen that nothing is [`unavailable`].
///
/// # Errors
/// [`IpError`] quotes what the system refused.
#[cfg(target_os = "linux")]
pub(crate) fn start(topology: &Topology, seed: u64) -> Result<Box<dyn Emulator>, IpError> {
    Ok(Box::new(network::Network::start(topology, seed)?))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn start(_: &Topology, _: u64) -> Result<Box<dyn Emulator>, IpError> {
    unreachable!("nothing but Linux is available")
}
