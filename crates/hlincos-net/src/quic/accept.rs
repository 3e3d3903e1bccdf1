//! The server's half.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hlincos_pki::ShownChain;
use hlincos_record::share_object::LinkGrade;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, Incoming, ServerConfig, VarInt};
use rustls::pki_types::CertificateDer;

use super::LinkProfile;
use crate::accept::{Accepted, CallerError, Peer};

/// A bound UDP socket whose callers prove who they are by certificates.
pub(crate) struct QuicDoor(Endpoint);

impl QuicDoor {
    pub(crate) fn bind(
        address: SocketAddr,
        tls: Arc<rustls::ServerConfig>,
        profile: LinkProfile,
    ) -> io::Result<Self> {
        let crypto = QuicServerConfig::try_from(tls).map_err(io::Error::other)?;
        let mut config = ServerConfig::with_crypto(Arc::new(crypto));
        config.transport_config(profile.transport()?);
        Ok(Self(Endpoint::server(config, address)?))
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The next caller, before anything is known of it; `None` when the door is shut.
    pub(crate) async fn next(&self) -> Option<Incoming> {
        self.0.accept().await
    }

    /// Tells every caller that this is the end.
    pub(crate) fn shut(&self) {
        self.0.close(VarInt::from_u32(0), b"the server stops");
    }
}

/// A caller that proved who it is, with the streams that it opens.
pub(crate) struct QuicCaller {
    connection: Connection,
    peer: Peer,
}

impl QuicCaller {
    /// The handshake.
    pub(crate) async fn admit(incoming: Incoming) -> Result<Self, CallerError> {
        let connection = incoming.accept()?.await?;
        let certificates = connection
            .peer_identity()
            .and_then(|identity| identity.downcast::<Vec<CertificateDer<'static>>>().ok())
            .unwrap_or_default();
        if certificates.is_empty() {
            return Err("the caller shows no certificate".into());
        }
        let peer = Peer(Arc::new(ShownChain::new(&certificates)?));
        Ok(Self { connection, peer })
    }

    /// The next stream; `None` when the caller is gone.
    pub(crate) async fn stream(&self) -> Option<Accepted> {
        let (sending, receiving) = self.connection.accept_bi().await.ok()?;
        Some(Accepted {
            peer: self.peer.clone(),
            stream: Box::new(tokio::io::join(receiving, sending)),
            grade: LinkGrade::PqTls,
        })
    }
}
