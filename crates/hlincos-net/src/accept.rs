//! Making a secure stream with a caller: the server's half.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hlincos_pki::ShownChain;
use hlincos_record::share_object::LinkGrade;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::dial::SecureStream;

/// A caller that has not finished its handshake by then is dropped.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Callers whose handshake failed and who are let finish speaking, at once; more are cut off.
const FAREWELLS_MAX: usize = 64;
/// They get so long,
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);
/// and are listened to for so many bytes.
const FAREWELL_BYTES_MAX: u64 = 256 << 10;

/// What went wrong with one caller; it is logged, and the caller is gone.
pub type CallerError = Box<dyn std::error::Error + Send + Sync>;

/// Who is calling, with the certificates that say so: every request carries it as an extension.
#[derive(Clone, Debug)]
pub struct Peer(pub Arc<ShownChain>);

/// What protects the connection that a request came over: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried(pub LinkGrade);

/// A way of telling who calls.
pub trait Accept: Send + Sync {
    /// Authenticates both ends of a connection that was just accepted.
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, Result<Accepted, CallerError>>;
}

/// A caller that proved who it is.
pub struct Accepted {
    /// Who it is.
    pub peer: Peer,
    /// What it says.
    pub stream: Box<dyn SecureStream>,
    /// What protects it.
    pub grade: LinkGrade,
}

/// TLS over TCP.
pub struct TlsAccept {
    tls: TlsAcceptor,
    farewells: Semaphore,
}

impl TlsAccept {
    /// Callers that this configuration lets in.
    #[must_use]
    pub fn new(tls: Arc<ServerConfig>) -> Self {
        Self {
            tls: TlsAcceptor::from(tls),
            farewells: Semaphore::new(FAREWELLS_MAX),
        }
    }

    /// The handshake; a caller that fails it hears why.
    async fn shake_hands(&self, stream: TcpStream) -> Result<Accepted, CallerError> {
        let accept = self.tls.accept(stream).into_fallible();
        let stream = match tokio::time::timeout(HANDSHAKE_TIMEOUT, accept).await? {
            Ok(stream) => stream,
            Err((error, stream)) => {
                if let Ok(_farewell) = self.farewells.try_acquire() {
                    let _ = tokio::time::timeout(FAREWELL_TIMEOUT, part(stream)).await;
                }
                return Err(error.into());
            }
        };
        let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
        if certificates.is_empty() {
            return Err("the caller shows no certificate".into());
        }
        let peer = Peer(Arc::new(ShownChain::new(certificates)?));
        Ok(Accepted {
            peer,
            stream: Box::new(stream),
            grade: LinkGrade::PqTls,
        })
    }
}

impl Accept for TlsAccept {
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, Result<Accepted, CallerError>> {
        Box::pin(self.shake_hands(stream))
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
