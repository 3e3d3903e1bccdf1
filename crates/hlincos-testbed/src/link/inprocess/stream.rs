//! Streams: opened by a round trip, carried in segments that are acknowledged one by one.

mod receiver;
mod sender;
mod window;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::carrier::{Carrier, Parcel};
use super::datagram::Way;
use crate::topology::NodeId;

/// Takes the proxy's clients, for ever.
pub(super) async fn serve(proxy: TcpListener, way: Way) {
    let way = Arc::new(way);
    loop {
        // A client that gave up before it was taken is an error here; the next one is not.
        if let Ok((client, _)) = proxy.accept().await {
            let way = Arc::clone(&way);
            tokio::spawn(async move {
                if let Err(error) = carry(client, &way).await {
                    tracing::debug!(%error, "a stream over the link ended");
                }
            });
        }
    }
}

async fn carry(client: TcpStream, way: &Way) -> io::Result<()> {
    let there = Path {
        from: way.from,
        to: way.to,
        carrier: Arc::clone(&way.carrier),
    };
    let back = there.reversed();
    open(&there).await?;
    let service = TcpStream::connect(way.service).await?;
    client.set_nodelay(true)?;
    service.set_nodelay(true)?;
    let (client_read, client_write) = client.into_split();
    let (service_read, service_write) = service.into_split();
    tokio::try_join!(
        pipe(there, client_read, service_write),
        pipe(back, service_read, client_write),
    )?;
    Ok(())
}

/// One direction between two places.
#[derive(Clone)]
struct Path {
    from: NodeId,
    to: NodeId,
    carrier: Arc<Carrier>,
}

impl Path {
    fn reversed(&self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            carrier: Arc::clone(&self.carrier),
        }
    }

    fn send(&self, payload: usize, arrive: impl FnOnce() + Send + 'static) {
        self.carrier.send(Parcel {
            from: self.from,
            to: self.to,
            bytes: payload + HEADERS_BYTES,
            arrive: Box::new(arrive),
        });
    }
}

/// Asks and waits for the answer, again and again as TCP does.
async fn open(there: &Path) -> io::Result<()> {
    for attempt in 0..OPENINGS_MAX {
        let (answered, answer) = oneshot::channel();
        let back = there.reversed();
        there.send(0, move || {
            back.send(0, move || {
                // Nobody waits any more once the next attempt has begun.
                let _ = answered.send(());
            });
        });
        let patience = OPENING_PATIENCE * (1 << attempt);
        // A sender that is dropped tells of loss at once; TCP does not know, so neither may we.
        let answer = async {
            match answer.await {
                Ok(()) => (),
                Err(_) => std::future::pending().await,
            }
        };
        if tokio::time::timeout(patience, answer).await.is_ok() {
            return Ok(());
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// A segment on its way: its place in the stream, and which transmission it is.
struct Segment {
    number: u64,
    transmission: u64,
    /// None at the end of the stream.
    payload: Arc<[u8]>,
}

/// What arrived, by number and transmission.
struct Acknowledgement {
    number: u64,
    transmission: u64,
}

async fn pipe(
    path: Path,
    read: tokio::net::tcp::OwnedReadHalf,
    write: tokio::net::tcp::OwnedWriteHalf,
) -> io::Result<()> {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    let (acknowledged, acknowledgements) = mpsc::unbounded_channel();
    let back = path.reversed();
    // What is in these channels is bounded by the window: nothing more is under way.
    tokio::try_join!(
        sender::run(path, read, arrived, acknowledgements),
        receiver::run(back, write, arrivals, acknowledged),
    )?;
    Ok(())
}

/// IPv4 and TCP with timestamps.
const HEADERS_BYTES: usize = 52;
const OPENINGS_MAX: u32 = 6;
const OPENING_PATIENCE: Duration = Duration::from_secs(1);
