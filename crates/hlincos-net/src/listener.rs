//! The server side: accept, authenticate, hand each request on with its caller's identity.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hlincos_pki::Identity;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Connections served at once; more wait to be accepted.
const CONNECTIONS_MAX: usize = 1_024;
/// A caller that has not finished its handshake by then is dropped.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Callers whose handshake failed and who are let finish speaking, at once; more are cut off.
const FAREWELLS_MAX: usize = 64;
/// They get so long,
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);
/// and are listened to for so many bytes.
const FAREWELL_BYTES_MAX: u64 = 256 << 10;
/// Requests under way when the server stops get this long to finish.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
const WINDOW_BYTES: u32 = 16 << 20;

/// Who is calling: every request carries it as an extension.
#[derive(Clone, Debug)]
pub struct Peer(pub Arc<Identity>);

/// A bound socket that serves only callers with a certificate.
pub struct Listener {
    socket: TcpListener,
    tls: TlsAcceptor,
}

impl Listener {
    /// Binds an address; port 0 lets the system choose.
    ///
    /// # Errors
    /// Whatever the system says, for example that the port is taken.
    pub async fn bind(address: SocketAddr, tls: Arc<ServerConfig>) -> io::Result<Self> {
        Ok(Self {
            socket: TcpListener::bind(address).await?,
            tls: TlsAcceptor::from(tls),
        })
    }

    /// The address that was bound.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop` is ready, then lets requests under way finish.
    ///
    /// Security: a caller without a certificate of our root never reaches the router; neither
    /// does one whose certificate names no party.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let connections = GracefulShutdown::new();
        let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let farewells = Arc::new(Semaphore::new(FAREWELLS_MAX));
        tokio::pin!(stop);
        loop {
            let seat = tokio::select! {
                seat = seats.clone().acquire_owned() => seat.expect("the semaphore stays open"),
                () = &mut stop => break,
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
                () = &mut stop => break,
            };
            let (tls, router, watcher) = (self.tls.clone(), router.clone(), connections.watcher());
            let farewells = farewells.clone();
            tokio::spawn(async move {
                let done = match shake_hands(stream, &tls, &farewells).await {
                    Ok(stream) => converse(stream, router, watcher).await,
                    Err(error) => Err(error),
                };
                if let Err(error) = done {
                    tracing::debug!(error = %error, "connection ended");
                }
                drop(seat);
            });
        }
        drop(self.socket);
        let _ = tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await;
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The handshake; a caller that fails it hears why.
async fn shake_hands(
    stream: TcpStream,
    tls: &TlsAcceptor,
    farewells: &Semaphore,
) -> Result<TlsStream<TcpStream>, BoxError> {
    stream.set_nodelay(true)?;
    let accept = tls.accept(stream).into_fallible();
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, accept).await? {
        Ok(stream) => Ok(stream),
        Err((error, stream)) => {
            if let Ok(_farewell) = farewells.try_acquire() {
                let _ = tokio::time::timeout(FAREWELL_TIMEOUT, part(stream)).await;
            }
            Err(error.into())
        }
    }
}

/// Lets the caller read the alert that says why: a TLS 1.3 caller speaks on before its certificate
/// is judged, and closing on bytes that nobody read resets the connection, alert and all.
async fn part(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut unheard = stream.take(FAREWELL_BYTES_MAX);
    tokio::io::copy(&mut unheard, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn converse(
    stream: TlsStream<TcpStream>,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) -> Result<(), BoxError> {
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let leaf = certificates
        .first()
        .ok_or("the caller shows no certificate")?;
    let peer = Peer(Arc::new(Identity::from_certificate(leaf)?));
    let router = router.layer(axum::middleware::from_fn(
        move |mut request: Request, next: axum::middleware::Next| {
            request.extensions_mut().insert(peer.clone());
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
    let connection =
        server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    watcher.watch(connection).await
}
