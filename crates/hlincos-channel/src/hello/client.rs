//! The client's half of the hello.

use crate::connection::lane::{Block, Lane};
use crate::connection::{Connection, Opening};
use crate::hybrid::Offer;
use crate::kdf::{Scope, Secret, Transcript};
use crate::ledger::{Durable, NotPersisted, at};
use crate::manifest::QkdKey;
use crate::{Alarm, BlockId, Class, Generation, Level, Link, LinkId, Source};

use super::keys::{self, Shared, generation_of, stricter};
use super::message::{ClientHello, First, NONCE_BYTES, ServerHello, Views, finish};
use super::{HelloError, message};

/// A hello that was said and is not answered yet.
pub struct Greeting {
    key: Secret,
    hello: ClientHello,
    offer: Option<Offer>,
    qkd: Option<QkdKey>,
    first: Option<Block>,
    /// By source, the furthest end of this end's leases that the other end can have heard of
    /// before this hello.
    known: [u64; 2],
    /// The lowest level that this end puts up with.
    minimum: Level,
}

impl Greeting {
    /// Begins a channel: leases its first block of pad and writes the hello.
    ///
    /// Randomness: the nonce, 32 fresh bytes of the caller's; the keys of the exchange are drawn
    /// by the cryptographic library from the operating system.
    /// Security: the hello is authentic as long as HMAC-SHA-384 holds; a pad is never spent on its
    /// word before the other end has answered.
    ///
    /// # Errors
    /// [`HelloError::Refused`] when the class gets no level; [`HelloError::NoKey`];
    /// [`HelloError::NotPersisted`].
    pub fn begin(
        link: &mut Link,
        class: Class,
        nonce: [u8; NONCE_BYTES],
        qkd: Option<QkdKey>,
        now_ms: u64,
    ) -> Result<Durable<Self>, HelloError> {
        Self::begin_at_least(link, class, Level::PqTls, nonce, qkd, now_ms)
    }

    /// Begins a channel that never falls below a level, though the policy would allow it: for a
    /// transfer whose grade is told before it is over.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub fn begin_at_least(
        link: &mut Link,
        class: Class,
        at_least: Level,
        nonce: [u8; NONCE_BYTES],
        qkd: Option<QkdKey>,
        now_ms: u64,
    ) -> Result<Durable<Self>, HelloError> {
        if link.ledger.pending() {
            return Err(NotPersisted.into());
        }
        let policy = stricter(link, class, at_least);
        let minimum = policy.of(class).minimum;
        policy.choose(class, &link.stock(now_ms))?;
        let key = keys::mac_key(link, qkd.as_ref())?;
        let hybrid = minimum <= Level::Hybrid;
        let (offer, exchange) = match hybrid.then(Offer::new) {
            Some(made) => made
                .map(|(offer, bytes)| (Some(offer), Some(bytes.to_vec())))
                .map_err(|_| HelloError::Exchange)?,
            None => (None, None),
        };
        let views = Views::of(link);
        let known = link.announced;
        let (first, leased_end) = lease_first(link, class, now_ms);
        let hello = ClientHello::new(
            &key,
            LinkId {
                number: link.identity().number,
                class,
                direction: link.own(),
            },
            nonce,
            link.ledger.state().generation,
            minimum,
            first.as_ref().map(|block| First {
                source: block.id().source,
                number: block.id().number,
            }),
            views,
            link.next_slice(link.identity().end.other()),
            exchange,
            qkd.as_ref().map(|qkd| qkd.id.clone()),
        );
        let greeting = Self {
            key,
            hello,
            offer,
            qkd,
            first,
            known,
            minimum,
        };
        let durable = link.commit(|state| state.leased_end = leased_end, greeting)?;
        Ok(durable)
    }

    /// The hello, to be sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.hello.bytes()
    }

    /// Reads the server's answer from the beginning of what came, and makes the channel; `None`
    /// until all of it is there. Tells how many bytes it had.
    ///
    /// # Errors
    /// [`HelloError::Again`] when the other end has spent the block that this end leased: begin
    /// again; all others end the attempt. After any error call [`Self::abandon`].
    pub fn finish(
        &mut self,
        link: &mut Link,
        bytes: &[u8],
        now_ms: u64,
    ) -> Result<Option<(Durable<Connection>, usize)>, HelloError> {
        if link.ledger.pending() {
            return Err(NotPersisted.into());
        }
        let read = ServerHello::read(&self.key, self.hello.bytes(), bytes)?;
        let Some((answer, used)) = read else {
            return Ok(None);
        };
        self.judge(link, &answer)?;
        self.compare(link, &answer, now_ms);
        if !answer.granted
            && let Some(first) = self.hello.first
        {
            // The other end does not have it any more: it is no spare for the next hello.
            self.first = None;
            let (own, bytes) = (link.own(), link.block_bytes(first.source));
            link.counters.of_mut(own).wasted(now_ms, bytes);
            return Err(HelloError::Again);
        }
        let connection = self.connect(link, &answer, &bytes[..used])?;
        Ok(Some((connection, used)))
    }

    /// Gives the leased block back to the link, for the next hello.
    pub fn abandon(mut self, link: &mut Link) {
        match self.first.take() {
            Some(Block::Absent(id)) => link.spare(id, None),
            Some(Block::Whole(id, bytes)) => link.spare(id, Some(bytes)),
            Some(Block::Open(_)) | None => {}
        }
    }

    fn judge(&self, link: &Link, answer: &ServerHello) -> Result<(), HelloError> {
        let server = link.identity().end.other();
        let expected = LinkId {
            direction: server.sends(),
            ..self.hello.link
        };
        if answer.link != expected {
            return Err(HelloError::Link);
        }
        let fits = answer.generation > self.hello.generation
            && answer.generation.0 % 2 == server as u32
            && answer.exchange.is_some() <= self.offer.is_some()
            && answer.epoch.is_some() <= self.hello.epoch.is_some();
        fits.then_some(()).ok_or(HelloError::Malformed)
    }

    /// Brings the stock into line with what the server has.
    fn compare(&self, link: &mut Link, answer: &ServerHello, now_ms: u64) {
        for source in Source::ALL {
            let theirs = answer.views.receiving[at(source)];
            let heard = match self.hello.first {
                // Somebody else announced later: what the server has may be from there.
                Some(first)
                    if first.source == source && link.announced[at(source)] > first.number + 1 =>
                {
                    link.announced[at(source)]
                }
                _ => self.known[at(source)],
            };
            if theirs.ledger_end > heard {
                link.raise(Alarm::RolledBack {
                    stream: source,
                    own: heard,
                    seen: theirs.ledger_end,
                });
            }
            keys::follow_receiver(link, source, &theirs, now_ms);
            keys::follow_sender(link, source, &answer.views.sending[at(source)]);
        }
    }

    fn connect(
        &mut self,
        link: &mut Link,
        answer: &ServerHello,
        bytes: &[u8],
    ) -> Result<Durable<Connection>, HelloError> {
        let (client, server) = (link.identity().end, link.identity().end.other());
        let transcript = Transcript::of(self.hello.bytes(), bytes);
        let exchanged = match (&answer.exchange, self.offer.take()) {
            (Some(answer), Some(offer)) => {
                Some(offer.finish(answer).map_err(|_| HelloError::Exchange)?)
            }
            _ => None,
        };
        let shared = Shared::new(link, server, answer.epoch, exchanged, self.qkd.as_ref())?;
        let theirs = answer.first.map(|first| BlockId {
            source: first.source,
            direction: server.sends(),
            number: first.number,
        });
        let theirs = theirs.filter(|id| {
            let stream = link.stream(id.source, id.direction);
            stream.is_some_and(|stream| stream.holds(id.number))
        });
        let claim = theirs.map(|id| Block::new(id, link.take(id)));
        let scope = |end: crate::End| Scope {
            link: LinkId {
                direction: end.sends(),
                ..self.hello.link
            },
            generation: answer.generation,
            transcript,
        };
        let (sends, receives) = (scope(client), scope(server));
        let sizes = keys::block_sizes(link);
        let opening = Opening {
            class: self.hello.link.class,
            policy: stricter(
                link,
                self.hello.link.class,
                answer.minimum.max(self.minimum),
            ),
            sending: Lane::new(sends, shared.secrets(&sends), self.first.take(), sizes),
            receiving: Lane::new(receives, shared.secrets(&receives), claim, sizes),
            output: finish(&self.key, &transcript, theirs.is_some()).to_vec(),
        };
        let chain = shared.next_chain;
        let generation: Generation = generation_of(link, answer.generation);
        let durable = link.commit(
            |state| {
                state.generation = generation;
                keys::claim(state, theirs);
                keys::advance(state, server, chain);
            },
            Connection::open(opening),
        )?;
        Ok(durable)
    }
}

/// The first block of a new channel: a spare one, or the next of the stream that its class gets;
/// and where the leases end then.
fn lease_first(link: &mut Link, class: Class, now_ms: u64) -> (Option<Block>, [u64; 2]) {
    let mut leased_end = link.ledger.state().leased_end;
    let own = link.own();
    let Some(source) = link.first_source(class, now_ms) else {
        return (None, leased_end);
    };
    let block = keys::next_block(link, source, 0..message::NUMBER_MAX);
    if let Some(block) = &block {
        debug_assert_eq!(block.id().direction, own);
        let end = block.id().number + 1;
        leased_end[at(source)] = leased_end[at(source)].max(end);
        link.announced[at(source)] = link.announced[at(source)].max(end);
    }
    (block, leased_end)
}
