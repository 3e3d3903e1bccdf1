//! The caller's half of a channel, at the best level that policy and both ends' stock allow.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use hlincos_channel::{Class, Connection, Greeting, HelloError, Level, NONCE_BYTES};
use hlincos_record::share_object::LinkGrade;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::end::{LinkEnd, refused};
use super::stream::FrameStream;
use crate::client::CallError;
use crate::dial::{Dial, Dialed, TlsDial, connect};

/// An end that answers no hello by then has nothing to say.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Tries of a hello when the other end knows better where to go on.
const AGAIN_MAX: usize = 4;

/// Channels of one class over a link; TLS where policy allows it and nothing better is to be had.
pub struct FrameDial {
    end: Arc<LinkEnd>,
    class: Class,
    tls: TlsDial,
}

impl FrameDial {
    /// A way to the other end of a link.
    #[must_use]
    pub const fn new(end: Arc<LinkEnd>, class: Class, tls: TlsDial) -> Self {
        Self { end, class, tls }
    }

    /// Tries the levels from the best one down: the other end may have less than this one.
    async fn best(&self) -> Result<Dialed, CallError> {
        let policy = self.end.config().policy.of(self.class);
        let best = self.end.level(self.class, true);
        let best = best.map_err(CallError::BelowPolicy)?;
        let mut why = None;
        for level in Level::FALLING {
            if level > best || level < policy.minimum {
                continue;
            }
            let dialed = match level {
                Level::PqTls => self.tls.dial().await,
                _ => self.at(level).await,
            };
            match dialed {
                Ok(dialed) => return Ok(dialed),
                // Where nobody listens, nobody listens at a lower level either, but for TLS.
                Err(error) => why = why.or(Some(error)),
            }
        }
        Err(why.unwrap_or_else(|| CallError::BelowPolicy("no level is left".into())))
    }

    async fn at(&self, level: Level) -> Result<Dialed, CallError> {
        let socket = connect(&self.end.config().at).await?;
        let greeted = greet(&self.end, self.class, level, socket);
        let stream = tokio::time::timeout(HELLO_TIMEOUT, greeted).await;
        let stream = stream
            .map_err(|_| CallError::TimedOut(HELLO_TIMEOUT))?
            .map_err(|error| CallError::Unreachable(error.to_string()))?;
        Ok(Dialed {
            stream: Box::new(stream),
            grade: self.end.grade(level),
        })
    }
}

impl Dial for FrameDial {
    fn dial(&self) -> BoxFuture<'_, Result<Dialed, CallError>> {
        Box::pin(self.best())
    }

    /// Not when the link would give a better level by now.
    fn keeps(&self, grade: LinkGrade) -> bool {
        let best = self.end.level(self.class, true);
        best.map_or(true, |level| self.end.grade(level) <= grade)
    }

    fn address(&self) -> &str {
        self.tls.address()
    }
}

/// Says hello and makes the channel.
pub(crate) async fn greet(
    end: &Arc<LinkEnd>,
    class: Class,
    at_least: Level,
    mut socket: TcpStream,
) -> io::Result<FrameStream> {
    for _ in 0..AGAIN_MAX {
        let key = end.hello_key().await?;
        let mut greeting = {
            let now = end.now_ms();
            let mut state = end.lock();
            state.usable()?;
            let nonce = nonce()?;
            let begun = Greeting::begin_at_least(&mut state.link, class, at_least, nonce, key, now);
            state.persist(begun.map_err(refused)?)?
        };
        let answered = async {
            socket.write_all(greeting.bytes()).await?;
            let mut came = Vec::new();
            loop {
                match finish(end, &mut greeting, &came)? {
                    Answer::Made(connection, used) => {
                        came.drain(..used);
                        return Ok(Some((connection, came)));
                    }
                    Answer::Again => return Ok(None),
                    Answer::Incomplete => {}
                }
                if socket.read_buf(&mut came).await? == 0 {
                    return Err(io::Error::other(
                        "the other end gave no channel: it has no keys for this level, or another pad; see its log",
                    ));
                }
            }
        };
        match answered.await {
            Ok(Some((connection, came))) => {
                return Ok(FrameStream::new(socket, end.clone(), connection, came));
            }
            Ok(None) => {
                greeting.abandon(&mut end.lock().link);
                socket = connect(&end.config().at)
                    .await
                    .map_err(|error| io::Error::other(error.to_string()))?;
            }
            Err(error) => {
                greeting.abandon(&mut end.lock().link);
                return Err(error);
            }
        }
    }
    Err(refused(HelloError::Again))
}

/// What the other end said so far.
enum Answer {
    Incomplete,
    Again,
    Made(Connection, usize),
}

fn finish(end: &LinkEnd, greeting: &mut Greeting, came: &[u8]) -> io::Result<Answer> {
    let now = end.now_ms();
    let mut state = end.lock();
    match greeting.finish(&mut state.link, came, now) {
        Ok(Some((durable, used))) => Ok(Answer::Made(state.persist(durable)?, used)),
        Ok(None) => Ok(Answer::Incomplete),
        Err(HelloError::Again) => Ok(Answer::Again),
        Err(error) => Err(refused(error)),
    }
}

/// A nonce from the operating system.
pub(crate) fn nonce() -> io::Result<[u8; NONCE_BYTES]> {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    Ok(nonce)
}
