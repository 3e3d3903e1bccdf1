//! One mutual TLS handshake over loopback, with its bytes and times.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use hlincos_pki::{ShownChain, Usage, VerifiedIdentity, Verifier};
use rustix::time::{ClockId, clock_gettime};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, ServerConfig, ServerConnection};

use super::round_trips::Flights;

/// A caller that hears nothing for so long gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one handshake took.
pub(super) struct Taken {
    pub(super) wall: Duration,
    /// Processor time of both ends' threads.
    pub(super) cpu: Duration,
    pub(super) flights: Flights,
    /// The caller, as the server verified it.
    pub(super) caller: VerifiedIdentity,
}

/// Both ends of a suite.
pub(super) struct Ends {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    pub(super) name: ServerName<'static>,
    pub(super) verifier: Verifier,
}

impl Ends {
    /// Connects once.
    pub(super) fn connect(&self, now: Duration) -> anyhow::Result<Taken> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let server = self.server.clone();
        let serving = thread::spawn(move || serve(&listener, server));
        let mut wire = Counting::new(TcpStream::connect(address)?)?;
        let started = Instant::now();
        let (called, cpu) = on_this_thread(|| {
            let mut tls = ClientConnection::new(self.client.clone(), self.name.clone())?;
            shake(&mut tls, &mut wire)
        });
        let served = serving
            .join()
            .map_err(|_| anyhow!("the server's thread ended"))?;
        let wall = started.elapsed();
        // The end that refuses says why; the other only hears an alert.
        let (shown, server_cpu) = match (called, served) {
            (_, Ok(served)) => served,
            (Err(caller), Err(server)) => return Err(server.context(caller)),
            (Ok(()), Err(server)) => return Err(server),
        };
        let caller = self.verifier.verify(&shown, Usage::Client, now)?;
        Ok(Taken {
            wall,
            cpu: cpu + server_cpu,
            flights: wire.flights(),
            caller,
        })
    }
}

fn serve(
    listener: &TcpListener,
    config: Arc<ServerConfig>,
) -> anyhow::Result<(ShownChain, Duration)> {
    let (stream, _) = listener.accept()?;
    let mut wire = Counting::new(stream)?;
    let (shaken, cpu) = on_this_thread(|| {
        let mut tls = ServerConnection::new(config)?;
        shake(&mut tls, &mut wire)?;
        Ok::<_, anyhow::Error>(tls)
    });
    let tls = shaken?;
    let certificates = tls.peer_certificates().context("the caller shows none")?;
    Ok((ShownChain::new(certificates)?, cpu))
}

fn shake<D>(tls: &mut ConnectionCommon<D>, wire: &mut Counting) -> anyhow::Result<()> {
    while tls.is_handshaking() {
        tls.complete_io(wire)?;
    }
    while tls.wants_write() {
        tls.write_tls(wire)?;
    }
    Ok(())
}

/// The processor time of this thread while it ran.
fn on_this_thread<T>(run: impl FnOnce() -> T) -> (T, Duration) {
    let before = thread_time();
    let result = run();
    (result, thread_time().saturating_sub(before))
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}

/// A socket that counts, and marks where the first flight ended.
struct Counting {
    stream: TcpStream,
    sent: u64,
    received: u64,
    sent_first: Option<u64>,
}

impl Counting {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            sent: 0,
            received: 0,
            sent_first: None,
        })
    }

    /// Seen from the caller.
    fn flights(&self) -> Flights {
        let hello = self.sent_first.unwrap_or(self.sent);
        Flights {
            hello,
            server: self.received,
            client: self.sent - hello,
        }
    }
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.sent_first.get_or_insert(self.sent);
        self.received += count as u64;
        Ok(count)
    }
}

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.sent += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
