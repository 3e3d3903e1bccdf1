//! Making a secure stream to one party: the client's half.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use hlincos_record::share_object::LinkGrade;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::CallError;

/// A stream whose other end is known and whose bytes are protected: HTTP runs on it.
pub trait SecureStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> SecureStream for S {}

/// A way to a party.
pub trait Dial: Send + Sync {
    /// Connects and authenticates both ends.
    fn dial(&self) -> BoxFuture<'_, Result<Dialed, CallError>>;

    /// Whether a connection of this grade is still as good as a new one would be.
    fn keeps(&self, grade: LinkGrade) -> bool;

    /// Where the party is, for people.
    fn address(&self) -> &str;
}

/// A connection that was made.
pub struct Dialed {
    /// What HTTP runs on.
    pub stream: Box<dyn SecureStream>,
    /// What protects it, from its first byte to its last: a stream never falls below.
    pub grade: LinkGrade,
}

/// TLS over TCP.
pub struct TlsDial {
    address: String,
    name: ServerName<'static>,
    tls: TlsConnector,
}

impl TlsDial {
    /// The party at an address, which must prove this name.
    #[must_use]
    pub fn new(address: String, name: ServerName<'static>, tls: Arc<ClientConfig>) -> Self {
        Self {
            address,
            name,
            tls: TlsConnector::from(tls),
        }
    }
}

impl Dial for TlsDial {
    fn dial(&self) -> BoxFuture<'_, Result<Dialed, CallError>> {
        Box::pin(async {
            let stream = connect(&self.address).await?;
            let connecting = self.tls.connect(self.name.clone(), stream);
            let stream = connecting.await.map_err(CallError::from_io)?;
            Ok(Dialed {
                stream: Box::new(stream),
                grade: LinkGrade::PqTls,
            })
        })
    }

    fn keeps(&self, _: LinkGrade) -> bool {
        true
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// A TCP connection to the first address that a host and port resolve to.
pub(crate) async fn connect(address: &str) -> Result<TcpStream, CallError> {
    let unreachable = |error: io::Error| CallError::Unreachable(error.to_string());
    let stream = TcpStream::connect(resolve(address).await?).await;
    let stream = stream.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    Ok(stream)
}

/// The first address that a host and port resolve to.
pub(crate) async fn resolve(address: &str) -> Result<SocketAddr, CallError> {
    let mut found = tokio::net::lookup_host(address)
        .await
        .map_err(|error| CallError::Unreachable(error.to_string()))?;
    found
        .next()
        .ok_or_else(|| CallError::Unreachable("the address has no host".into()))
}
