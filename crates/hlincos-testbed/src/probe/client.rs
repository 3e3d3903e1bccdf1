//! The near end: asks, and takes the time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use crate::Testbed;
use crate::topology::NodeId;

/// A client that knows where the services are met.
pub(super) struct Client<'a> {
    pub(super) testbed: &'a Testbed,
    pub(super) at: NodeId,
    pub(super) udp: SocketAddr,
    pub(super) tcp: SocketAddr,
    pub(super) echo_patience: Duration,
    pub(super) patience: Duration,
}

impl Client<'_> {
    /// Sends a numbered datagram and waits for the same one; none if it does not come back.
    pub(super) fn echo(&self, number: u64) -> Option<Duration> {
        let address = (self.testbed.address(self.at), 0);
        let bound = self.testbed.enter(self.at, || UdpSocket::bind(address));
        let socket = bound.ok()?.ok()?;
        socket.set_read_timeout(Some(self.echo_patience)).ok()?;
        let mut sent = [0; ECHO_BYTES];
        sent[..8].copy_from_slice(&number.to_be_bytes());
        let mut came = [0; ECHO_BYTES];
        let start = Instant::now();
        socket.send_to(&sent, self.udp).ok()?;
        let length = socket.recv(&mut came).ok()?;
        (came[..length] == sent).then(|| start.elapsed())
    }

    /// Opens a connection; none if it does not open.
    pub(super) fn connect(&self) -> Option<(TcpStream, Duration)> {
        let opened = self.testbed.enter(self.at, || {
            let start = Instant::now();
            let stream = TcpStream::connect_timeout(&self.tcp, self.patience)?;
            Ok::<_, io::Error>((stream, start.elapsed()))
        });
        let (stream, time) = opened.ok()?.ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(self.patience)).ok()?;
        stream.set_write_timeout(Some(self.patience)).ok()?;
        Some((stream, time))
    }

    /// Fetches an answer over a new connection, the opening included, and again over the same.
    pub(super) fn transfers(&self, bytes: usize) -> Option<[Duration; 2]> {
        let (mut stream, opening) = self.connect()?;
        let cold = opening + fetch(&mut stream, bytes).ok()?;
        let warm = fetch(&mut stream, bytes).ok()?;
        Some([cold, warm])
    }
}

fn fetch(stream: &mut TcpStream, bytes: usize) -> io::Result<Duration> {
    let mut request = [0; REQUEST_BYTES];
    request[..8].copy_from_slice(&(bytes as u64).to_be_bytes());
    let mut answer = vec![0; bytes];
    let start = Instant::now();
    stream.write_all(&request)?;
    stream.read_exact(&mut answer)?;
    Ok(start.elapsed())
}

pub(super) const ECHO_BYTES: usize = 64;
pub(super) const REQUEST_BYTES: usize = 16;
