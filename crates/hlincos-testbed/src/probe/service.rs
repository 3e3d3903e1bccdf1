//! The far end: echoes datagrams, answers requests with as many bytes as they ask for.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::client::REQUEST_BYTES;
use crate::Testbed;
use crate::topology::NodeId;

/// Services that are bound and do not answer yet.
pub(super) struct Services {
    udp: UdpSocket,
    tcp: TcpListener,
}

impl Services {
    pub(super) fn bind(testbed: &Testbed, at: NodeId) -> io::Result<Self> {
        let address = (testbed.address(at), 0);
        testbed.enter(at, || {
            Ok(Self {
                udp: UdpSocket::bind(address)?,
                tcp: TcpListener::bind(address)?,
            })
        })?
    }

    pub(super) fn udp_at(&self) -> io::Result<SocketAddr> {
        self.udp.local_addr()
    }

    pub(super) fn tcp_at(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Answers for as long as `act` runs.
    pub(super) fn serve_while(
        &self,
        testbed: &Testbed,
        at: NodeId,
        act: impl FnOnce(),
    ) -> io::Result<()> {
        let stop = AtomicBool::new(false);
        let tcp_at = self.tcp_at()?;
        self.udp.set_read_timeout(Some(LOOK_UP))?;
        std::thread::scope(|scope| {
            scope.spawn(|| echo(&self.udp, &stop));
            scope.spawn(|| answer_all(&self.tcp, &stop));
            act();
            stop.store(true, Ordering::Relaxed);
            // A caller of our own wakes who waits for the next one.
            testbed.enter(at, || TcpStream::connect(tcp_at).map(drop))?
        })
    }
}

fn echo(socket: &UdpSocket, stop: &AtomicBool) {
    let mut buffer = [0; 2_048];
    while !stop.load(Ordering::Relaxed) {
        // A timeout looks up; another error tells of a client that is gone.
        if let Ok((length, client)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], client);
        }
    }
}

/// One connection after the other, as the client opens them.
fn answer_all(listener: &TcpListener, stop: &AtomicBool) {
    for stream in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // A client that leaves ends its connection, not the service.
        if let Ok(stream) = stream {
            let _ = answer(stream, stop);
        }
    }
}

fn answer(mut stream: TcpStream, stop: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK_UP))?;
    stream.set_write_timeout(Some(LOOK_UP))?;
    let mut request = [0; REQUEST_BYTES];
    let mut filled = 0;
    loop {
        match stream.read(&mut request[filled..]) {
            Ok(0) => return Ok(()),
            Ok(length) => filled += length,
            Err(error) if is_timeout(&error) && !stop.load(Ordering::Relaxed) => (),
            Err(error) => return Err(error),
        }
        if filled == REQUEST_BYTES {
            filled = 0;
            let asked = request
                .first_chunk()
                .map_or(0, |length| u64::from_be_bytes(*length));
            write(&mut stream, asked, stop)?;
        }
    }
}

fn write(stream: &mut TcpStream, bytes: u64, stop: &AtomicBool) -> io::Result<()> {
    let chunk = [0x5A; 65_536];
    let mut left = bytes;
    while left > 0 {
        let next = usize::try_from(left).map_or(chunk.len(), |left| left.min(chunk.len()));
        match stream.write(&chunk[..next]) {
            Ok(length) => left -= length as u64,
            Err(error) if is_timeout(&error) && !stop.load(Ordering::Relaxed) => (),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_timeout(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), TimedOut | WouldBlock | Interrupted)
}

/// How often a waiting service looks whether it is still wanted.
const LOOK_UP: Duration = Duration::from_millis(200);
