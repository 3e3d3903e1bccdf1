//! Links that are not there: delay, rate, jitter, loss, queue and outage, imposed on real traffic.
//!
//! ```text
//!            wire (pure: one direction, packets in, packets out when due)
//!              │                                   │
//!   tun: network namespaces, TUN devices,      inprocess: proxies on loopback,
//!   real kernel TCP and UDP; needs root        for machines without root
//! ```
//!
//! [`Testbed`](crate::Testbed) puts a whole topology on one of the two and says which.

pub(crate) mod inprocess;
pub(crate) mod tun;
mod wire;

pub use tun::{IpError, NoTun};
pub use wire::{Counters, IN_FLIGHT_BYTES_MAX, Loss, Outage, Verdict, Wire, WireSettings};

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

use crate::topology::{LinkId, NodeId, Routes};

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Streams.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A topology that traffic runs over. Dropping it takes everything down.
pub(crate) trait Emulator: Send + Sync {
    /// How figures made on it are marked.
    fn name(&self) -> &'static str;

    /// The address at which services of a place listen.
    fn address(&self, node: NodeId) -> IpAddr;

    /// The network namespace of a place, if it has one.
    fn namespace(&self, node: NodeId) -> Option<&str>;

    /// The address at which a client at `from` meets a service that listens at `to`.
    fn reach(
        &self,
        from: NodeId,
        to: NodeId,
        service: SocketAddr,
        transport: Transport,
    ) -> io::Result<SocketAddr>;

    /// Runs `act` once, on a thread that is in the network of a place.
    fn enter(&self, node: NodeId, act: &mut (dyn FnMut() + Send)) -> io::Result<()>;

    fn cut(&self, link: LinkId);

    fn restore(&self, link: LinkId);

    fn reroute(&self, routes: Routes) -> Result<(), IpError>;

    /// Up and down.
    fn counters(&self, link: LinkId) -> [Counters; 2];
}

/// Dice of one direction of one link: the same seed drops the same packets of the same sequence.
fn dice(seed: u64, link: LinkId, direction: usize) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream((2 * link.0 + direction) as u64);
    rng
}

/// The one place that reads the clock: times are since the start of the emulator.
#[derive(Clone, Copy)]
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn now(self) -> std::time::Duration {
        self.0.elapsed()
    }
}
