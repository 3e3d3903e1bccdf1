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
use tokio::sync::{Semaphore, watch};

use crate::accept::{Accept, Accepted, CallerError, Carried, TlsAccept};

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// Requests under way when the server stops get this long to finish.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
const WINDOW_BYTES: u32 = 16 << 20;

/// Bound sockets that serve only callers who prove who they are.
pub struct Listener {
    doors: Vec<Door>,
}

/// A socket, and how callers prove themselves there.
struct Door {
    socket: TcpListener,
    accept: Arc<dyn Accept>,
}

impl Listener {
    /// Binds an address for TLS; port 0 lets the system choose.
    ///
    /// # Errors
    /// Whatever the system says, for example that the port is taken.
    pub async fn bind(address: SocketAddr, tls: Arc<ServerConfig>) -> io::Result<Self> {
        let mut listener = Self { doors: Vec::new() };
        let accept = Arc::new(TlsAccept::new(tls));
        listener.open(address, accept).await?;
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
        self.doors.push(Door { socket, accept });
        Ok(bound)
    }

    /// The address that was bound for TLS.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.doors[0].socket.local_addr()
    }

    /// Serves until `stop` is ready, then lets requests under way finish.
    ///
    /// Security: a caller that does not prove to be a party never reaches the router.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let (stopping, _) = watch::channel(false);
        let doors = self.doors.into_iter().map(|door| {
            let (router, seats) = (router.clone(), seats.clone());
            door.serve(router, seats, stopping.subscribe())
        });
        let told = async {
            stop.await;
            stopping.send_replace(true);
        };
        tokio::join!(join_all(doors), told);
    }
}

impl Door {
    async fn serve(self, router: Router, seats: Arc<Semaphore>, mut stop: watch::Receiver<bool>) {
        let connections = GracefulShutdown::new();
        let stopped = async move {
            // Whoever may tell it to stop outlives it.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        tokio::pin!(stopped);
        loop {
            let seat = tokio::select! {
                seat = seats.clone().acquire_owned() => seat.expect("the semaphore stays open"),
                () = &mut stopped => break,
            };
            let stream = tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        // Out of descriptors, most likely: let others finish first.
                        tracing::warn!(%error, "could not accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                },
                () = &mut stopped => break,
            };
            let (accept, router) = (self.accept.clone(), router.clone());
            let watcher = connections.watcher();
            tokio::spawn(async move {
                if let Err(error) = admit(stream, &*accept, router, watcher).await {
                    tracing::debug!(error = %error, "connection ended");
                }
                drop(seat);
            });
        }
        drop(self.socket);
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
    }
}

async fn admit(
    stream: TcpStream,
    accept: &dyn Accept,
    router: Router,
    watcher: Watcher,
) -> Result<(), CallerError> {
    stream.set_nodelay(true)?;
    converse(accept.accept(stream).await?, router, watcher).await
}

async fn converse(caller: Accepted, router: Router, watcher: Watcher) -> Result<(), CallerError> {
    let (peer, carried) = (caller.peer, Carried(caller.grade));
    let router = router.layer(axum::middleware::from_fn(
        move |mut request: Request, next: axum::middleware::Next| {
            request.extensions_mut().insert(peer.clone());
            request.extensions_mut().insert(carried);
            next.run(request)
        },
    ));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(2 * WINDOW_BYTES)
        .max_frame_size(1 << 20);
    let connection = server.serve_connection(
        TokioIo::new(caller.stream),
        TowerToHyperService::new(router),
    );
    watcher.watch(connection).await
}
