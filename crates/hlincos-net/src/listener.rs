//! The server side: accept, authenticate, hand each request on with its caller's identity.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use futures_util::future::join_all;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::accept::{Accept, Accepted, CallerError, Carried, TlsAccept};
use crate::dial::SecureStream;
use crate::quic::{LinkProfile, QuicCaller, QuicDoor};

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// Requests under way when the server stops get this long to finish.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
const WINDOW_BYTES: u32 = 16 << 20;

/// Bound sockets that serve only callers who prove who they are.
pub struct Listener {
    address: SocketAddr,
    doors: Vec<Door>,
}

/// A socket, and how callers prove themselves there.
enum Door {
    Tcp {
        socket: TcpListener,
        accept: Arc<dyn Accept>,
    },
    Quic(QuicDoor),
}

impl Listener {
    /// Binds an address for TLS; port 0 lets the system choose.
    ///
    /// # Errors
    /// Whatever the system says, for example that the port is taken.
    pub async fn bind(address: SocketAddr, tls: Arc<ServerConfig>) -> io::Result<Self> {
        let mut listener = Self {
            address,
            doors: Vec::new(),
        };
        let accept = Arc::new(TlsAccept::new(tls));
        listener.address = listener.open(address, accept).await?;
        Ok(listener)
    }

    /// Binds one more address, where callers prove themselves in another way; tells which.
    ///
    /// # Errors
    /// Whatever the system says.
    pub async fn open(
        &mut self,
        address: SocketAddr,
        accept: Arc<dyn Accept>,
    ) -> io::Result<SocketAddr> {
        let socket = TcpListener::bind(address).await?;
        let bound = socket.local_addr()?;
        self.doors.push(Door::Tcp { socket, accept });
        Ok(bound)
    }

    /// Binds one more address for QUIC; tells which.
    ///
    /// # Errors
    /// Whatever the system says, or that the TLS configuration does not fit.
    pub fn open_quic(
        &mut self,
        address: SocketAddr,
        tls: Arc<ServerConfig>,
        profile: LinkProfile,
    ) -> io::Result<SocketAddr> {
        let door = QuicDoor::bind(address, tls, profile)?;
        let bound = door.address()?;
        self.doors.push(Door::Quic(door));
        Ok(bound)
    }

    /// The address that was bound for TLS.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is ready, then lets requests under way finish.
    ///
    /// Security: a caller that does not prove to be a party never reaches the router.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let (stopping, _) = watch::channel(false);
        let house = House {
            router,
            seats: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            stop: stopping.subscribe(),
        };
        let doors = self.doors.into_iter().map(|door| door.serve(house.clone()));
        let told = async {
            stop.await;
            stopping.send_replace(true);
        };
        tokio::join!(join_all(doors), told);
    }
}

/// What every caller of every door needs.
#[derive(Clone)]
struct House {
    router: Router,
    seats: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl House {
    /// Ready when the server shall stop.
    async fn stopped(&self) {
        let mut stop = self.stop.clone();
        // Whoever may tell it to stop outlives everybody who asks.
        while !*stop.borrow_and_update() && stop.changed().await.is_ok() {}
    }

    async fn seat(&self) -> OwnedSemaphorePermit {
        let seats = self.seats.clone();
        seats
            .acquire_owned()
            .await
            .expect("the semaphore stays open")
    }
}

impl Door {
    async fn serve(self, house: House) {
        let mut callers = JoinSet::new();
        loop {
            let next = async {
                let seat = house.seat().await;
                (seat, self.next().await)
            };
            let (seat, caller) = tokio::select! {
                next = next => next,
                () = house.stopped() => break,
            };
            let Some(caller) = caller else { continue };
            let house = house.clone();
            callers.spawn(async move {
                if let Err(error) = caller.converse(&house).await {
                    tracing::debug!(error = %error, "connection ended");
                }
                drop(seat);
            });
            while callers.try_join_next().is_some() {}
        }
        let quic = match self {
            // Dropping the socket refuses whoever comes now.
            Self::Tcp { .. } => None,
            Self::Quic(door) => Some(door),
        };
        let drained = async { while callers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
        if let Some(door) = quic {
            door.shut();
        }
    }

    /// Somebody at the door.
    async fn next(&self) -> Option<Caller> {
        match self {
            Self::Tcp { socket, accept } => match socket.accept().await {
                Ok((stream, _)) => Some(Caller::Tcp(stream, accept.clone())),
                Err(error) => {
                    // Out of descriptors, most likely: let others finish first.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    None
                }
            },
            Self::Quic(door) => Some(Caller::Quic(Box::new(door.next().await?))),
        }
    }
}

/// Somebody of whom nothing is known yet.
enum Caller {
    Tcp(TcpStream, Arc<dyn Accept>),
    Quic(Box<quinn::Incoming>),
}

impl Caller {
    async fn converse(self, house: &House) -> Result<(), CallerError> {
        match self {
            Self::Tcp(stream, accept) => {
                stream.set_nodelay(true)?;
                let accepted = tokio::select! {
                    accepted = accept.accept(stream) => accepted?,
                    () = house.stopped() => return Ok(()),
                };
                converse(accepted, house.clone()).await
            }
            Self::Quic(incoming) => {
                let caller = QuicCaller::admit(*incoming).await?;
                let mut streams = JoinSet::new();
                loop {
                    let stream = tokio::select! {
                        stream = caller.stream() => stream,
                        () = house.stopped() => break,
                    };
                    let Some(stream) = stream else { break };
                    let house = house.clone();
                    streams.spawn(converse(stream, house));
                    while streams.try_join_next().is_some() {}
                }
                while streams.join_next().await.is_some() {}
                Ok(())
            }
        }
    }
}

/// HTTP on a secure stream, until its end or until the server stops.
async fn converse(caller: Accepted, house: House) -> Result<(), CallerError> {
    let (peer, carried) = (caller.peer, Carried(caller.grade));
    let router = house.router.clone().layer(axum::middleware::from_fn(
        move |mut request: Request, next: axum::middleware::Next| {
            request.extensions_mut().insert(peer.clone());
            request.extensions_mut().insert(carried);
            next.run(request)
        },
    ));
    let graceful = GracefulShutdown::new();
    let connection = serve_http(caller.stream, router, graceful.watcher());
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = &mut connection => return ended,
        () = house.stopped() => {}
    }
    tokio::join!(connection, graceful.shutdown()).0
}

async fn serve_http(
    stream: Box<dyn SecureStream>,
    router: Router,
    watcher: Watcher,
) -> Result<(), CallerError> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(2 * WINDOW_BYTES)
        .max_frame_size(1 << 20);
    let connection =
        server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    watcher.watch(connection).await
}
