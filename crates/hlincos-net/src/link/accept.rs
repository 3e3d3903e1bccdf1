//! The server's half of a channel.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hlincos_channel::{CLIENT_HELLO_BYTES_MAX, ClientHello, Level, accept};
use hlincos_pki::{Identity, ShownChain};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::dial::nonce;
use super::end::{LinkEnd, refused};
use super::feed::{FEED, feed_over};
use super::stream::FrameStream;
use crate::accept::{Accept, Accepted, CallerError, Peer};

/// A caller that has not finished its hello by then is dropped.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Channels of links, by their numbers; each link's other end is one known party.
pub struct FrameAccept {
    links: Vec<(Arc<LinkEnd>, Arc<ShownChain>)>,
}

impl FrameAccept {
    /// The links that may call at this address, and who is at their other ends.
    #[must_use]
    pub fn new(links: Vec<(Arc<LinkEnd>, Identity)>) -> Self {
        let links = links.into_iter().map(|(end, peer)| {
            let peer = ShownChain::without_certificates(peer);
            (end, Arc::new(peer))
        });
        Self {
            links: links.collect(),
        }
    }

    async fn greet(&self, mut socket: TcpStream) -> Result<Caller, CallerError> {
        let (hello, rest) = read_hello(&mut socket).await?;
        let number = hello.link().number;
        let (end, peer) = self
            .links
            .iter()
            .find(|(end, _)| end.config().number == number)
            .ok_or("the hello is of a link that is not configured here")?;
        let key = match hello.qkd_key_id() {
            None => None,
            Some(id) => {
                let supply = end
                    .supply()
                    .ok_or("the hello names a QKD key, and there is no key manager")?;
                let keys = supply.named(vec![id.clone()], 32).await?;
                let key = keys
                    .into_iter()
                    .next()
                    .ok_or("the key manager gave no key")?;
                Some(hlincos_channel::QkdKey {
                    id: id.clone(),
                    key,
                })
            }
        };
        let minimum = hello.minimum();
        let connection = {
            let now = end.now_ms();
            let mut state = end.lock();
            state.usable()?;
            let answered = accept(&mut state.link, &hello, nonce()?, key, now);
            let durable = answered.map_err(|error| {
                tracing::warn!(link = number.get(), %error, "a hello was not answered");
                refused(error)
            })?;
            state.persist(durable)?
        };
        let mut stream = FrameStream::new(socket, end.clone(), connection, rest);
        // Until it has proved to be there, it is nobody.
        stream.opened().await?;
        if stream.peek().await? == FEED {
            return Ok(Caller::Feed(Box::new(stream), end.clone()));
        }
        Ok(Caller::Party(Accepted {
            peer: Peer(peer.clone()),
            grade: end.grade(minimum.max(Level::Hybrid)),
            stream: Box::new(stream),
        }))
    }
}

/// What a channel is for.
enum Caller {
    Party(Accepted),
    Feed(Box<FrameStream>, Arc<LinkEnd>),
}

impl Accept for FrameAccept {
    fn accept(&self, stream: TcpStream) -> BoxFuture<'_, Result<Accepted, CallerError>> {
        Box::pin(async {
            let greeted = tokio::time::timeout(HELLO_TIMEOUT, self.greet(stream));
            match greeted.await?? {
                Caller::Party(accepted) => Ok(accepted),
                Caller::Feed(mut stream, end) => {
                    stream.read_exact(&mut [0; FEED.len()]).await?;
                    feed_over(*stream, &end).await?;
                    Err("the feed of keys ended".into())
                }
            }
        })
    }
}

async fn read_hello(socket: &mut TcpStream) -> io::Result<(ClientHello, Vec<u8>)> {
    let mut came = Vec::new();
    loop {
        match ClientHello::read(&came).map_err(refused)? {
            Some((hello, used)) => {
                came.drain(..used);
                return Ok((hello, came));
            }
            None if came.len() > CLIENT_HELLO_BYTES_MAX => {
                return Err(io::ErrorKind::InvalidData.into());
            }
            None => {}
        }
        if socket.read_buf(&mut came).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
