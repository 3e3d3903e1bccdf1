//! The server's half.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::future::BoxFuture;
use hlincos_pki::ShownChain;
use hlincos_record::share_object::LinkGrade;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, Incoming, RecvStream, SendStream, ServerConfig, VarInt};
use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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
            stream: Box::new(CallersStream::new(sending, receiving)),
            grade: LinkGrade::PqTls,
        })
    }
}

/// A stream that is shut down only once the caller has everything and has ended its own half:
/// closing a connection throws away what is under way, and a caller that still speaks into a stream
/// that nobody reads takes that for the end of it.
struct CallersStream {
    sending: SendStream,
    receiving: RecvStream,
    heard: Option<BoxFuture<'static, ()>>,
    farewell: Farewell,
}

/// How far the shutdown is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Farewell {
    Sending,
    Hearing,
    Listening,
    Done,
}

impl CallersStream {
    const fn new(sending: SendStream, receiving: RecvStream) -> Self {
        Self {
            sending,
            receiving,
            heard: None,
            farewell: Farewell::Sending,
        }
    }
}

impl AsyncRead for CallersStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        AsyncRead::poll_read(Pin::new(&mut self.receiving), context, buffer)
    }
}

impl AsyncWrite for CallersStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.sending), context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.sending).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        loop {
            match stream.farewell {
                Farewell::Sending => {
                    ready!(Pin::new(&mut stream.sending).poll_shutdown(context))?;
                    let stopped = stream.sending.stopped();
                    stream.heard = Some(Box::pin(async { drop(stopped.await) }));
                    stream.farewell = Farewell::Hearing;
                }
                Farewell::Hearing => {
                    if let Some(heard) = &mut stream.heard {
                        ready!(heard.as_mut().poll(context));
                    }
                    stream.farewell = Farewell::Listening;
                }
                Farewell::Listening => {
                    let mut unheard = [0; 1_024];
                    let mut unheard = ReadBuf::new(&mut unheard);
                    let receiving = Pin::new(&mut stream.receiving);
                    let read = ready!(AsyncRead::poll_read(receiving, context, &mut unheard));
                    if read.is_err() || unheard.filled().is_empty() {
                        stream.farewell = Farewell::Done;
                    }
                }
                Farewell::Done => return Poll::Ready(Ok(())),
            }
        }
    }
}
