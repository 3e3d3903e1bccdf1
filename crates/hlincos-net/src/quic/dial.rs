//! The caller's half.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use hlincos_record::share_object::LinkGrade;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use rustls::pki_types::ServerName;
use tokio::sync::Mutex;

use super::LinkProfile;
use crate::client::CallError;
use crate::dial::{Dial, Dialed, resolve};

/// QUIC over UDP: one connection, kept, and a stream of it per dialing.
pub struct QuicDial {
    address: String,
    name: ServerName<'static>,
    config: ClientConfig,
    kept: Mutex<Option<(Endpoint, Connection)>>,
}

impl QuicDial {
    /// The party at an address, which must prove this name.
    ///
    /// # Errors
    /// When the TLS configuration allows no TLS 1.3, or the profile no time at all.
    pub fn new(
        address: String,
        name: ServerName<'static>,
        tls: Arc<rustls::ClientConfig>,
        profile: LinkProfile,
    ) -> io::Result<Self> {
        let crypto = QuicClientConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ClientConfig::new(Arc::new(crypto));
        config.transport_config(profile.transport()?);
        Ok(Self {
            address,
            name,
            config,
            kept: Mutex::new(None),
        })
    }

    /// The kept connection, or a new one.
    async fn connection(&self) -> Result<Connection, CallError> {
        let mut kept = self.kept.lock().await;
        if let Some((_, live)) = kept.as_ref()
            && live.close_reason().is_none()
        {
            return Ok(live.clone());
        }
        let unreachable = |error: &dyn std::error::Error| CallError::Unreachable(error.to_string());
        let address = resolve(&self.address).await?;
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let endpoint = Endpoint::client(any).map_err(|error| unreachable(&error))?;
        let connecting = endpoint.connect_with(self.config.clone(), address, &self.name.to_str());
        let connecting = connecting.map_err(|error| unreachable(&error))?;
        let connection = connecting.await.map_err(|error| refused(&error))?;
        *kept = Some((endpoint, connection.clone()));
        Ok(connection)
    }

    async fn stream(&self) -> Result<Dialed, CallError> {
        let connection = self.connection().await?;
        let (sending, receiving) = connection.open_bi().await.map_err(|e| refused(&e))?;
        Ok(Dialed {
            stream: Box::new(tokio::io::join(receiving, sending)),
            grade: LinkGrade::PqTls,
        })
    }
}

impl Dial for QuicDial {
    fn dial(&self) -> BoxFuture<'_, Result<Dialed, CallError>> {
        Box::pin(self.stream())
    }

    fn keeps(&self, _: LinkGrade) -> bool {
        true
    }

    fn address(&self) -> &str {
        &self.address
    }
}

/// Why there is no connection. Alerts stand in error codes from 0x100 (RFC 9001, section 4.8).
fn refused(error: &ConnectionError) -> CallError {
    let alert = |code: u64| u8::try_from(code.checked_sub(0x100)?).ok();
    let tls = match error {
        ConnectionError::TransportError(ours) => {
            alert(ours.code.into()).map(|_| rustls::Error::General(ours.reason.clone()))
        }
        ConnectionError::ConnectionClosed(theirs) => {
            alert(theirs.error_code.into()).map(|alert| rustls::Error::AlertReceived(alert.into()))
        }
        _ => None,
    };
    tls.map_or_else(|| CallError::Unreachable(error.to_string()), CallError::Tls)
}
