//! The server's half of the hello.

use crate::connection::lane::{Block, Lane};
use crate::connection::{Connection, Opening, Unproven};
use crate::hybrid;
use crate::kdf::{Scope, Secret, Transcript};
use crate::ledger::{Durable, NotPersisted, at};
use crate::manifest::QkdKey;
use crate::{Alarm, BlockId, Direction, End, Generation, Level, Link, LinkId, Source};

use super::HelloError;
use super::keys::{self, Shared, stricter};
use super::message::{ClientHello, First, NONCE_BYTES, ServerHello, Views};

/// Answers a client hello: compares ledgers, claims the client's block and leases one of its own.
///
/// The channel sends its answer at once and nothing more, and reads nothing, until the client has
/// proved that it is there now: so a hello that is replayed costs no pad.
///
/// Randomness: as [`super::Greeting::begin`].
///
/// # Errors
/// [`HelloError`]; nothing is answered, so that who has no key learns nothing.
pub fn accept(
    link: &mut Link,
    hello: &ClientHello,
    nonce: [u8; NONCE_BYTES],
    qkd: Option<QkdKey>,
    now_ms: u64,
) -> Result<Durable<Connection>, HelloError> {
    if link.ledger.pending() {
        return Err(NotPersisted.into());
    }
    let key = authenticate(link, hello, qkd.as_ref())?;
    let generation = next_generation(link, hello.generation)?;
    let views = Views::of(link);
    compare(link, hello, now_ms);
    let class = hello.link.class;
    let granted = grantable(link, hello);
    afford(link, hello, now_ms)?;
    let first = lease(link, hello, now_ms);
    let (answer, exchanged) = exchange(link, hello)?;
    let epoch = agreed_epoch(link, hello);
    let bytes = ServerHello {
        link: LinkId {
            direction: link.own(),
            ..hello.link
        },
        nonce,
        generation,
        minimum: link.policy.of(class).minimum,
        granted: granted.is_some(),
        first: first.as_ref().map(|block| First {
            source: block.id().source,
            number: block.id().number,
        }),
        views,
        epoch,
        exchange: answer,
    }
    .write(&key, hello.bytes());

    let server = link.identity().end;
    let transcript = Transcript::of(hello.bytes(), &bytes);
    let shared = Shared::new(link, server, epoch, exchanged, qkd.as_ref())?;
    let scope = |direction: Direction| Scope {
        link: LinkId {
            direction,
            ..hello.link
        },
        generation,
        transcript,
    };
    let (sends, receives) = (scope(server.sends()), scope(server.receives()));
    let claim = granted.map(|id| Block::new(id, link.take(id)));
    let leased = first.as_ref().map(Block::id);
    let sizes = keys::block_sizes(link);
    let opening = Opening {
        class,
        policy: stricter(link, class, hello.minimum),
        sending: Lane::new(sends, shared.secrets(&sends), first, sizes),
        receiving: Lane::new(receives, shared.secrets(&receives), claim, sizes),
        output: bytes,
    };
    let unproven = Unproven {
        key,
        transcript,
        chain: shared.next_chain,
    };
    let theirs = hello.views.receiving;
    let durable = link.commit(
        |state| {
            state.generation = generation;
            for source in Source::ALL {
                let end = &mut state.leased_end[at(source)];
                *end = (*end).max(theirs[at(source)].ledger_end);
            }
            if let Some(id) = leased {
                let end = &mut state.leased_end[at(id.source)];
                *end = (*end).max(id.number + 1);
            }
            keys::claim(state, granted);
        },
        Connection::answer(opening, unproven),
    )?;
    Ok(durable)
}

fn authenticate(
    link: &Link,
    hello: &ClientHello,
    qkd: Option<&QkdKey>,
) -> Result<Secret, HelloError> {
    let identity = link.identity();
    if hello.link.number != identity.number || hello.link.direction != identity.end.receives() {
        return Err(HelloError::Link);
    }
    if hello.qkd.as_ref() != qkd.map(|qkd| &qkd.id) {
        return Err(HelloError::NoKey);
    }
    let key = keys::mac_key(link, qkd)?;
    if !hello.is_authentic(&key) {
        return Err(HelloError::Mac);
    }
    Ok(key)
}

/// Refuses a channel in which this end could send nothing.
fn afford(link: &Link, hello: &ClientHello, now_ms: u64) -> Result<(), HelloError> {
    let class = hello.link.class;
    let mut stock = link.stock(now_ms);
    stock.psk = agreed_epoch(link, hello).is_some();
    stock.hybrid = hello.exchange.is_some();
    stricter(link, class, hello.minimum).choose(class, &stock)?;
    Ok(())
}

/// Even numbers are channels that A serves, odd ones those that B serves: both may serve at once.
fn next_generation(link: &Link, theirs: Generation) -> Result<Generation, HelloError> {
    let seen = link.ledger.state().generation.max(theirs).0;
    let next = seen.checked_add(1).ok_or(HelloError::Exhausted)?;
    let odd = link.identity().end == End::B;
    let skip = u32::from(next.is_multiple_of(2) == odd);
    let next = next.checked_add(skip).ok_or(HelloError::Exhausted)?;
    Ok(Generation(next))
}

/// Brings the stock into line with what the client has.
fn compare(link: &mut Link, hello: &ClientHello, now_ms: u64) {
    for source in Source::ALL {
        let theirs = hello.views.receiving[at(source)];
        let own = link.ledger.state().leased_end[at(source)];
        if theirs.ledger_end > own {
            link.raise(Alarm::RolledBack {
                stream: source,
                own,
                seen: theirs.ledger_end,
            });
        }
        keys::follow_receiver(link, source, &theirs, now_ms);
        keys::follow_sender(link, source, &hello.views.sending[at(source)]);
    }
}

/// The client's block, if it was never granted before.
fn grantable(link: &Link, hello: &ClientHello) -> Option<BlockId> {
    let first = hello.first?;
    let id = BlockId {
        source: first.source,
        direction: hello.link.direction,
        number: first.number,
    };
    link.stream(id.source, id.direction)?
        .holds(id.number)
        .then_some(id)
}

/// The first block of what this end sends.
fn lease(link: &mut Link, hello: &ClientHello, now_ms: u64) -> Option<Block> {
    let source = link.first_source(hello.link.class, now_ms)?;
    let held = hello.views.receiving[at(source)].held;
    keys::next_block(link, source, held.from..held.end)
}

type Answer = (Option<Vec<u8>>, Option<hybrid::Exchanged>);

fn exchange(link: &Link, hello: &ClientHello) -> Result<Answer, HelloError> {
    let wanted = link.policy.of(hello.link.class).minimum <= Level::Hybrid;
    let Some(offer) = hello.exchange.as_ref().filter(|_| wanted) else {
        return Ok((None, None));
    };
    let (answer, exchanged) = hybrid::answer(offer).map_err(|_| HelloError::Exchange)?;
    Ok((Some(answer), Some(exchanged)))
}

/// The later of both ends' epochs, if this end has the slices on the way there.
fn agreed_epoch(link: &Link, hello: &ClientHello) -> Option<u64> {
    let server = link.identity().end;
    let epoch = hello.epoch?.max(link.next_slice(server)?);
    let slices = link.slices.as_ref()?;
    link.ledger.state().chains[server as usize].at(epoch, slices, server)?;
    slices.slice(server, epoch).map(|_| epoch)
}
