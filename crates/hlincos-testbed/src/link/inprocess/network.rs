//! A topology of proxies, with a runtime of its own.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError};

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::super::{Counters, Emulator, IpError, Transport};
use super::carrier::Carrier;
use super::{datagram, stream};
use crate::topology::{LinkId, NodeId, Routes, Topology};

/// A running network.
pub(crate) struct Network {
    carrier: Arc<Carrier>,
    /// Taken when dropped.
    runtime: Option<Runtime>,
}

impl Network {
    pub(crate) fn start(topology: &Topology, seed: u64) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("links")
            .enable_all()
            .build()?;
        let carrier = Arc::new(Carrier::new(topology, seed));
        for link in topology.links() {
            for direction in [0, 1] {
                runtime.spawn(Arc::clone(&carrier).run(link, direction));
            }
        }
        Ok(Self {
            carrier,
            runtime: Some(runtime),
        })
    }
}

impl Emulator for Network {
    fn name(&self) -> &'static str {
        "in-process"
    }

    fn address(&self, _: NodeId) -> IpAddr {
        Ipv4Addr::LOCALHOST.into()
    }

    fn namespace(&self, _: NodeId) -> Option<&str> {
        None
    }

    fn reach(
        &self,
        from: NodeId,
        to: NodeId,
        service: SocketAddr,
        transport: Transport,
    ) -> io::Result<SocketAddr> {
        let runtime = self.runtime.as_ref().expect("taken when dropped only");
        let way = datagram::Way {
            from,
            to,
            service,
            carrier: Arc::clone(&self.carrier),
        };
        let _inside = runtime.enter();
        match transport {
            Transport::Udp => {
                let proxy = datagram::open()?;
                let address = proxy.1.local_addr()?;
                runtime.spawn(datagram::serve(proxy, way));
                Ok(address)
            }
            Transport::Tcp => {
                let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                listener.set_nonblocking(true)?;
                let address = listener.local_addr()?;
                runtime.spawn(stream::serve(TcpListener::from_std(listener)?, way));
                Ok(address)
            }
        }
    }

    fn enter(&self, _: NodeId, act: &mut (dyn FnMut() + Send)) -> io::Result<()> {
        act();
        Ok(())
    }

    fn cut(&self, link: LinkId) {
        let now = self.carrier.clock.now();
        self.carrier.wires(link, |wire| wire.cut(now));
    }

    fn restore(&self, link: LinkId) {
        let now = self.carrier.clock.now();
        self.carrier.wires(link, |wire| wire.restore(now));
    }

    fn reroute(&self, routes: Routes) -> Result<(), IpError> {
        let held = &self.carrier.routes;
        *held.write().unwrap_or_else(PoisonError::into_inner) = routes;
        Ok(())
    }

    fn counters(&self, link: LinkId) -> [Counters; 2] {
        self.carrier.wires(link, |wire| wire.counters())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting is not allowed where another runtime may be dropping us.
            runtime.shutdown_background();
        }
    }
}
