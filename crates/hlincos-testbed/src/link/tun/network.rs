//! A topology of namespaces and devices, with addresses, routes and pumps.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tun_rs::{DeviceBuilder, SyncDevice};

use super::super::{Clock, Counters, Emulator, Transport, Wire, dice};
use super::IpError;
use super::command::ip_batch;
use super::namespace::Namespace;
use super::pump::Pump;
use crate::topology::{LinkId, NodeId, Routes, Tcp, Topology};

/// A running network. Fields are dropped in this order: pumps and their devices before namespaces.
pub(super) struct Network {
    /// For each link, up and down.
    pumps: Vec<[Pump; 2]>,
    namespaces: Vec<Namespace>,
    topology: Topology,
    clock: Clock,
}

impl Network {
    /// Makes namespaces and devices, and starts the pumps.
    ///
    /// # Errors
    /// [`IpError`] quotes what the system refused.
    pub(super) fn start(topology: &Topology, seed: u64) -> Result<Self, IpError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut network = Self {
            pumps: Vec::new(),
            namespaces: Vec::new(),
            topology: topology.clone(),
            clock: Clock::start(),
        };
        for node in topology.nodes() {
            let namespace = Namespace::create(number, topology.node_name(node))?;
            { namespace.enter(set_up_kernel) }
                .and_then(|set| set)
                .map_err(|error| refused("sysctl", &error))?;
            let address = format!("addr add {}/32 dev lo", address(node));
            ip_batch(namespace.name(), &["link set lo up".to_owned(), address])?;
            network.namespaces.push(namespace);
        }
        for link in topology.links() {
            let pumps = network.join(link, seed)?;
            network.pumps.push(pumps);
        }
        network.reroute(topology.routes(|_| true))?;
        Ok(network)
    }

    /// Makes the devices of a link and starts its pumps.
    fn join(&self, id: LinkId, seed: u64) -> Result<[Pump; 2], IpError> {
        let link = self.topology.link(id);
        let device = |node: NodeId| {
            let made = self.namespaces[node.0].enter(|| device(&link.name));
            let made = made.and_then(|device| device).map(Arc::new);
            made.map_err(|error| refused(&link.name, &error))
        };
        let [near, far] = [device(link.near)?, device(link.far)?];
        let start = |settings, ends, direction| {
            let dice = dice(seed, id, direction);
            Pump::start(Wire::new(settings), ends, dice, self.clock)
                .map_err(|error| refused(&link.name, &error))
        };
        let up = start(link.up.clone(), [Arc::clone(&near), Arc::clone(&far)], 0)?;
        let down = start(link.down.clone(), [far, near], 1)?;
        Ok([up, down])
    }
}

impl Emulator for Network {
    fn name(&self) -> &'static str {
        "tun"
    }

    fn address(&self, node: NodeId) -> IpAddr {
        address(node)
    }

    fn namespace(&self, node: NodeId) -> Option<&str> {
        Some(self.namespaces[node.0].name())
    }

    fn reach(
        &self,
        _: NodeId,
        _: NodeId,
        service: SocketAddr,
        _: Transport,
    ) -> io::Result<SocketAddr> {
        Ok(service)
    }

    fn enter(&self, node: NodeId, act: &mut (dyn FnMut() + Send)) -> io::Result<()> {
        self.namespaces[node.0].enter(act)
    }

    fn cut(&self, link: LinkId) {
        for pump in &self.pumps[link.0] {
            pump.wire().cut(self.clock.now());
        }
    }

    fn restore(&self, link: LinkId) {
        for pump in &self.pumps[link.0] {
            pump.wire().restore(self.clock.now());
        }
    }

    fn reroute(&self, routes: Routes) -> Result<(), IpError> {
        for from in self.topology.nodes() {
            let others = self.topology.nodes().filter(|to| *to != from);
            let lines: Vec<String> = others
                .map(|to| route(&self.topology, &routes, from, to))
                .collect();
            ip_batch(self.namespaces[from.0].name(), &lines)?;
        }
        Ok(())
    }

    fn counters(&self, link: LinkId) -> [Counters; 2] {
        self.pumps[link.0]
            .each_ref()
            .map(|pump| pump.wire().counters())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // All at once, so that nobody waits for them one by one.
        self.pumps.iter().flatten().for_each(Pump::stop);
    }
}

/// The line that sets the way from one place to another.
fn route(topology: &Topology, routes: &Routes, from: NodeId, to: NodeId) -> String {
    let (source, goal) = (address(from), address(to));
    let Some(hop) = routes.next(from, to) else {
        return format!("route replace unreachable {goal}/32");
    };
    let Tcp {
        congestion,
        initial_window,
    } = &topology.tcp;
    let mut line = format!(
        "route replace {goal}/32 dev {} src {source}",
        topology.link(hop.link).name
    );
    if let Some(congestion) = congestion {
        line.push_str(&format!(" congctl {congestion}"));
    }
    if let Some(window) = initial_window {
        line.push_str(&format!(" initcwnd {window} initrwnd {window}"));
    }
    line
}

/// A device in the namespace of the calling thread.
fn device(name: &str) -> io::Result<SyncDevice> {
    let device = DeviceBuilder::new()
        .name(name)
        .mtu(MTU)
        // The default of 500 packets drops in silence what the wire should queue and count.
        .with(|options| {
            options.tx_queue_len(4_000).packet_information(false);
        })
        .build_sync()?;
    device.set_nonblocking(true)?;
    Ok(device)
}

/// Settings of the namespace of the calling thread.
fn set_up_kernel() -> io::Result<()> {
    let set = |key: &str, value: &str| std::fs::write(format!("/proc/sys/net/{key}"), value);
    // Places hand on what is not theirs.
    set("ipv4/ip_forward", "1")?;
    // A run must not know the windows of the one before.
    set("ipv4/tcp_no_metrics_save", "1")?;
    // After a change of route, answers may come by another device than questions go.
    set("ipv4/conf/all/rp_filter", "0")?;
    set("ipv4/conf/default/rp_filter", "0")?;
    // IPv6 announces itself on every new device; a kernel without it has no such setting.
    for scope in ["all", "default"] {
        let _ = set(&format!("ipv6/conf/{scope}/disable_ipv6"), "1");
    }
    Ok(())
}

fn address(node: NodeId) -> IpAddr {
    let number = u8::try_from(node.0 + 1).expect("a topology has 64 places at most");
    Ipv4Addr::new(10, 77, number, 1).into()
}

fn refused(command: &str, error: &io::Error) -> IpError {
    IpError {
        command: command.to_owned(),
        message: error.to_string(),
    }
}

const MTU: u16 = 1_500;
