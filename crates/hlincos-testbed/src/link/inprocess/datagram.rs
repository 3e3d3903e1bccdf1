//! Datagrams: each client of the proxy gets a socket of its own towards the service.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket as Outlet};
use std::sync::Arc;

use tokio::net::UdpSocket;

use super::carrier::{Carrier, Parcel};
use crate::topology::NodeId;

/// From clients at one place to a service at another.
pub(super) struct Way {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) service: SocketAddr,
    pub(super) carrier: Arc<Carrier>,
}

/// Opens a proxy; its datagrams come in here and go out there, without waiting for the runtime.
pub(super) fn open() -> io::Result<(UdpSocket, Arc<Outlet>)> {
    let outlet = Outlet::bind((Ipv4Addr::LOCALHOST, 0))?;
    outlet.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(outlet.try_clone()?)?;
    Ok((socket, Arc::new(outlet)))
}

/// Carries datagrams between the proxy's clients and the service, for ever.
pub(super) async fn serve((proxy, to_client): (UdpSocket, Arc<Outlet>), way: Way) {
    let mut sockets: HashMap<SocketAddr, Arc<Outlet>> = HashMap::new();
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        // An error tells of a client that is gone.
        let Ok((length, client)) = proxy.recv_from(&mut buffer).await else {
            continue;
        };
        if !sockets.contains_key(&client) && sockets.len() < CLIENTS_MAX {
            let Ok((socket, outlet)) = open() else {
                continue;
            };
            sockets.insert(client, outlet);
            let carrier = Arc::clone(&way.carrier);
            let ends = [way.to, way.from];
            tokio::spawn(answer(
                socket,
                Arc::clone(&to_client),
                client,
                ends,
                carrier,
            ));
        }
        // Beyond the bound, newcomers are not served; UDP promises nothing.
        let Some(socket) = sockets.get(&client).map(Arc::clone) else {
            continue;
        };
        let (datagram, service) = (buffer[..length].to_vec(), way.service);
        way.carrier.send(Parcel {
            from: way.from,
            to: way.to,
            bytes: length + HEADERS_BYTES,
            arrive: Box::new(move || {
                // A full socket drops, as the kernel does with a datagram from outside.
                let _ = socket.send_to(&datagram, service);
            }),
        });
    }
}

/// Carries what the service answers to one client.
async fn answer(
    socket: UdpSocket,
    to_client: Arc<Outlet>,
    client: SocketAddr,
    [from, to]: [NodeId; 2],
    carrier: Arc<Carrier>,
) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok((length, _)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        let (datagram, to_client) = (buffer[..length].to_vec(), Arc::clone(&to_client));
        carrier.send(Parcel {
            from,
            to,
            bytes: length + HEADERS_BYTES,
            arrive: Box::new(move || {
                let _ = to_client.send_to(&datagram, client);
            }),
        });
    }
}

const DATAGRAM_BYTES_MAX: usize = 65_535;
const CLIENTS_MAX: usize = 1_024;
/// IPv4 and UDP.
const HEADERS_BYTES: usize = 28;
