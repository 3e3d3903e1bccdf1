//! A topology, running: what drills and tests use, whichever emulator carries it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::link::{Counters, Emulator, IpError, NoTun, Transport, inprocess, tun};
use crate::topology::{LinkId, NodeId, Topology};

/// Which emulator is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// TUN where it can run, in-process elsewhere.
    #[default]
    Best,
    /// TUN or nothing.
    Tun,
    /// In-process, even as root.
    InProcess,
}

/// Why a testbed does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// TUN was insisted on.
    #[error("the TUN emulator cannot run here: {0}")]
    NoTun(#[from] NoTun),
    /// Namespaces, devices or routes were refused.
    #[error("the network does not come up: {0}")]
    Ip(#[from] IpError),
    /// Threads or sockets were refused.
    #[error("the emulator does not start: {0}")]
    System(#[from] io::Error),
}

/// A running topology. Dropping it ends its processes and removes its namespaces.
///
/// Services listen on [`Testbed::address`] of their place; clients connect to what
/// [`Testbed::reach`] tells them. With TUN the two are the same; in-process the second is a proxy.
///
/// ```
/// use std::net::UdpSocket;
/// use hlincos_testbed::link::Transport;
/// use hlincos_testbed::{Choice, Testbed, Topology};
///
/// let topology = Topology::from_toml(
///     "nodes = ['here', 'there']
///      [[link]]
///      name = 'line'
///      between = ['here', 'there']
///      delay_ms = 1",
/// )?;
/// let [here, there] = ["here", "there"].map(|name| topology.node(name).unwrap());
/// let line = topology.link_named("line").unwrap();
/// let testbed = Testbed::start(topology, Choice::InProcess, 1)?;
///
/// let address = testbed.address(there);
/// let service = testbed.enter(there, || UdpSocket::bind((address, 0)))??;
/// let service_at = service.local_addr()?;
/// let met_at = testbed.reach(here, there, service_at, Transport::Udp)?;
/// let client = testbed.enter(here, || UdpSocket::bind((testbed.address(here), 0)))??;
/// client.send_to(b"hello", met_at)?;
///
/// let mut buffer = [0; 16];
/// let (length, _) = service.recv_from(&mut buffer)?;
/// assert_eq!(&buffer[..length], b"hello");
/// assert_eq!(testbed.counters(line)[0].delivered, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Testbed {
    topology: Topology,
    emulator: Box<dyn Emulator>,
    cut: Mutex<Vec<LinkId>>,
}

impl Testbed {
    /// Tells why the TUN emulator cannot run here; none if it can.
    pub fn without_tun() -> Option<NoTun> {
        tun::unavailable()
    }

    /// Starts a topology; `seed` decides which packets are lost.
    ///
    /// # Errors
    /// [`StartError`] says what the machine lacks or refused.
    pub fn start(topology: Topology, choice: Choice, seed: u64) -> Result<Self, StartError> {
        let lack = match choice {
            Choice::InProcess => None,
            Choice::Best | Choice::Tun => Some(Self::without_tun()),
        };
        let emulator = match (choice, lack) {
            (_, Some(None)) => tun::start(&topology, seed)?,
            (Choice::Tun, Some(Some(lack))) => return Err(lack.into()),
            _ => Box::new(inprocess::Network::start(&topology, seed)?),
        };
        Ok(Self {
            topology,
            emulator,
            cut: Mutex::default(),
        })
    }

    /// The topology that runs.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// `tun` or `in-process`: stands beside every figure made here.
    pub fn emulator(&self) -> &'static str {
        self.emulator.name()
    }

    /// The address at which services of a place listen.
    pub fn address(&self, node: NodeId) -> IpAddr {
        self.emulator.address(node)
    }

    /// The network namespace of a place, for `ip netns exec`; none in-process.
    pub fn namespace(&self, node: NodeId) -> Option<&str> {
        self.emulator.namespace(node)
    }

    /// Tells a client at `from` the address of a service that listens at `to`.
    ///
    /// # Errors
    /// No more sockets for a proxy.
    pub fn reach(
        &self,
        from: NodeId,
        to: NodeId,
        service: SocketAddr,
        transport: Transport,
    ) -> io::Result<SocketAddr> {
        self.emulator.reach(from, to, service, transport)
    }

    /// Runs `act` on a thread of its own in the network of a place.
    ///
    /// Sockets made there belong there and can be used from any thread afterwards.
    ///
    /// # Errors
    /// The thread cannot start or cannot enter the namespace.
    ///
    /// # Panics
    /// If `act` does.
    pub fn enter<T: Send>(&self, node: NodeId, act: impl FnOnce() -> T + Send) -> io::Result<T> {
        let (mut act, mut result) = (Some(act), None);
        self.emulator.enter(node, &mut || {
            result = act.take().map(|act| act());
        })?;
        Ok(result.expect("an emulator runs it once"))
    }

    /// Starts a program in the network of a place; it has the place's loopback and links, the
    /// machine's files.
    ///
    /// # Errors
    /// As of [`Command::spawn`] and [`Testbed::enter`].
    pub fn spawn(&self, node: NodeId, command: &mut Command) -> io::Result<Child> {
        self.enter(node, || command.spawn())?
    }

    /// Cuts a link: packets vanish, and nobody is told, until [`Testbed::reroute`].
    ///
    /// What has left the sender already arrives.
    pub fn cut(&self, link: LinkId) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        if !cut.contains(&link) {
            cut.push(link);
        }
        self.emulator.cut(link);
    }

    /// Ends a cut.
    pub fn restore(&self, link: LinkId) {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        cut.retain(|other| *other != link);
        self.emulator.restore(link);
    }

    /// Leads all traffic over links that are not cut, as routers do once they have noticed.
    ///
    /// # Errors
    /// [`IpError`] quotes what the system refused.
    pub fn reroute(&self) -> Result<(), IpError> {
        let cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        let routes = self.topology.routes(|link| !cut.contains(&link));
        self.emulator.reroute(routes)
    }

    /// What both directions of a link have done: up, down.
    pub fn counters(&self, link: LinkId) -> [Counters; 2] {
        self.emulator.counters(link)
    }

    /// How late the emulator was at worst, over all links: the error of every figure made here.
    pub fn late_max(&self) -> Duration {
        let links = self.topology.links();
        let late = links
            .flat_map(|link| self.counters(link))
            .map(|one| one.late_max);
        late.max().unwrap_or_default()
    }
}
