//! The hands: two HTTPS listeners, one control, one clock.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use http::Response;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::api::{Door, answer, answer_control};
use crate::config::{Config, ConfigError, KmeConfig};
use crate::fault::Faults;
use crate::link::{Figures, Link, Member};

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const CONNECTIONS_MAX: usize = 256;

/// Why the pair could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be used.
    #[error("{0} cannot be used ({1}); `hlincos init kme` writes a folder that can")]
    File(std::path::PathBuf, String),
    /// The TLS configuration could not be made.
    #[error("certificate and key of {0} make no TLS configuration: {1}")]
    Tls(String, String),
    /// The socket could not be bound.
    #[error("cannot listen on {0}: {1}; choose another address in kme.toml")]
    Bind(SocketAddr, io::Error),
    /// The operating system gives no random numbers.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
}

/// A pair whose sockets are bound.
pub struct Server {
    doors: Vec<(TcpListener, TlsAcceptor, Arc<Door>)>,
    control_socket: Option<TcpListener>,
    control: Control,
}

/// What a test or a demo can do to a running pair.
#[derive(Clone)]
pub struct Control {
    link: Arc<Mutex<Link>>,
    started: Instant,
    pub(crate) seeded: bool,
}

impl Control {
    /// Forces a rate from now on, 0 for an outage; `None` follows the configuration again.
    pub fn force_rate(&self, bits_per_s: Option<u64>) {
        self.link().force_rate(bits_per_s);
    }

    /// Does these wrong from now on, and nothing else.
    pub fn set_faults(&self, faults: Faults) {
        self.link().set_faults(faults);
    }

    /// What happened so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.link().figures()
    }

    /// The link as it is now.
    pub(crate) fn link(&self) -> MutexGuard<'_, Link> {
        // A request that panicked left figures behind, at worst, that are off by one.
        let mut link = self
            .link
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        link.advance(self.started.elapsed());
        link
    }
}

impl Server {
    /// Reads certificates and binds the sockets.
    ///
    /// Randomness: 32 bytes from the operating system, unless the configuration has a seed.
    ///
    /// # Errors
    /// [`ServeError`], each with what to mend.
    pub async fn bind(config: &Config) -> Result<Self, ServeError> {
        config.check()?;
        let rate = config.link.rate()?;
        let member = |kme: &KmeConfig, sae: &str| Member {
            sae: sae.to_owned(),
            kme: kme.id.clone(),
        };
        let members = config
            .kme
            .iter()
            .flat_map(|kme| kme.sae.iter().map(move |sae| member(kme, &sae.id)))
            .collect();
        let mut link = Link::new(members, &config.link, rate, seed(config)?);
        link.set_faults(config.danger_fault_injection.clone());
        let control = Control {
            link: Arc::new(Mutex::new(link)),
            started: Instant::now(),
            seeded: config.link.danger_seed.is_some(),
        };
        let mut doors = Vec::new();
        for kme in &config.kme {
            let tls = TlsAcceptor::from(tls(kme)?);
            let door = Door {
                control: control.clone(),
                saes: kme.sae.clone(),
            };
            doors.push((bind(kme.listen).await?, tls, Arc::new(door)));
        }
        let control_socket = match config.control {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self {
            doors,
            control_socket,
            control,
        })
    }

    /// Where the two key managers listen.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.doors
            .iter()
            .map(|(socket, ..)| socket.local_addr())
            .collect()
    }

    /// Where page and control are.
    #[must_use]
    pub fn control_address(&self) -> Option<SocketAddr> {
        self.control_socket.as_ref()?.local_addr().ok()
    }

    /// What can be done to it while it runs.
    #[must_use]
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Serves until `stop` is ready; requests under way are cut off.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let mut open = JoinSet::new();
        for (socket, tls, door) in self.doors {
            open.spawn(serve_door(socket, tls, door));
        }
        if let Some(socket) = self.control_socket {
            open.spawn(serve_control(socket, self.control));
        }
        stop.await;
        open.shutdown().await;
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| ServeError::Bind(address, error))
}

fn seed(config: &Config) -> Result<[u8; 32], ServeError> {
    let mut seed = [0; 32];
    match config.link.danger_seed {
        Some(number) => seed = Sha256::digest(number.to_be_bytes()).into(),
        None => getrandom::fill(&mut seed).map_err(ServeError::Randomness)?,
    }
    Ok(seed)
}

/// TLS 1.2 and 1.3 with all that rustls offers, hybrid key exchange first; a client must show a
/// certificate of the configured authority.
fn tls(kme: &KmeConfig) -> Result<Arc<ServerConfig>, ServeError> {
    let read = |path: &std::path::Path| {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
        certificates.map_err(|error| ServeError::File(path.to_owned(), error.to_string()))
    };
    let key = PrivateKeyDer::from_pem_file(&kme.key)
        .map_err(|error| ServeError::File(kme.key.clone(), error.to_string()))?;
    let failed = |error: &dyn std::error::Error| ServeError::Tls(kme.id.clone(), error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    for ca in read(&kme.ca)? {
        roots.add(ca).map_err(|error| failed(&error))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .build()
        .map_err(|error| failed(&error))?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_client_cert_verifier(clients)
        .with_single_cert(read(&kme.certificate)?, key)
        .map_err(|error| failed(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn serve_door(socket: TcpListener, tls: TlsAcceptor, door: Arc<Door>) {
    accept(socket, move |stream| {
        let (tls, door) = (tls.clone(), door.clone());
        async move {
            let shaken = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await;
            let Ok(Ok(stream)) = shaken else {
                return;
            };
            let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
            let caller = shown.first().and_then(|leaf| door.caller(leaf));
            converse(stream, move |request| {
                let (door, caller) = (door.clone(), caller.clone());
                async move { answer(&door, caller.as_deref(), request).await }
            })
            .await;
        }
    })
    .await;
}

async fn serve_control(socket: TcpListener, control: Control) {
    accept(socket, move |stream| {
        let control = control.clone();
        converse(stream, move |request| {
            let control = control.clone();
            async move { answer_control(&control, request).await }
        })
    })
    .await;
}

/// Accepts for ever; what was accepted ends when this is dropped.
async fn accept<F: Future<Output = ()> + Send + 'static>(
    socket: TcpListener,
    serve: impl Fn(TcpStream) -> F,
) {
    let mut open = JoinSet::new();
    loop {
        while open.len() >= CONNECTIONS_MAX {
            open.join_next().await;
        }
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    open.spawn(serve(stream));
                }
                Err(error) => {
                    // Out of descriptors, most likely: let others finish first.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = open.join_next() => {}
        }
    }
}

async fn converse<S, F>(stream: S, answer: impl Fn(Request) -> F + Clone + Send + Sync + 'static)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Response<Body>> + Send + 'static,
{
    let router = Router::new().fallback(answer);
    let service = TowerToHyperService::new(router);
    let server = auto::Builder::new(TokioExecutor::new());
    let served = server.serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(error = %error, "connection ended");
    }
}
