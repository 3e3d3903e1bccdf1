//! What both halves of the hello do alike: keys, and following the other end's ledger.

use core::ops::Range;

use zeroize::Zeroizing;

use crate::connection::lane::{Block, Secrets};
use crate::hybrid::{Exchanged, Ingredients};
use crate::kdf::{Scope, Secret, derive};
use crate::ledger::{State, at};
use crate::manifest::QkdKey;
use crate::policy::Policy;
use crate::ratchet::Chain;
use crate::{BlockId, Class, End, Generation, Level, Link, Source, Suite};

use super::HelloError;
use super::message::{View, push_long};

/// The MAC key of the hello: of the control key and the QKD key, of what there is.
pub(super) fn mac_key(link: &Link, qkd: Option<&QkdKey>) -> Result<Secret, HelloError> {
    if link.control.is_none() && qkd.is_none() {
        return Err(HelloError::NoKey);
    }
    let mut input = Zeroizing::new(Vec::with_capacity(128));
    push_long(
        &mut input,
        link.control.as_ref().map_or(&[], |key| &key.0[..]),
    );
    push_long(&mut input, qkd.map_or(&[], |qkd| &qkd.key));
    Ok(derive(&[], &input, &[b"HLINCOS v1 hello"]))
}

/// What both ends have after the hello.
pub(super) struct Shared<'a> {
    /// The chain and its slice, where both have them.
    psk: Option<(Chain, Secret)>,
    /// The chain after this channel.
    pub(super) next_chain: Option<Chain>,
    exchanged: Option<Exchanged>,
    qkd: Option<&'a QkdKey>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        link: &Link,
        server: End,
        epoch: Option<u64>,
        exchanged: Option<Exchanged>,
        qkd: Option<&'a QkdKey>,
    ) -> Result<Self, HelloError> {
        let psk = match epoch {
            None => None,
            Some(epoch) => {
                let slices = link.slices.as_ref().ok_or(HelloError::Malformed)?;
                let chain = &link.ledger.state().chains[server as usize];
                let chain = chain.at(epoch, slices, server);
                let slice = slices.slice(server, epoch);
                Some(chain.zip(slice).ok_or(HelloError::Malformed)?)
            }
        };
        Ok(Self {
            next_chain: psk.as_ref().map(|(chain, slice)| chain.step(slice)),
            psk,
            exchanged,
            qkd,
        })
    }

    /// The secrets of one direction.
    pub(super) fn secrets(&self, scope: &Scope) -> Secrets {
        let psk = self.psk.as_ref();
        let chain_key = psk.map_or(&[][..], |(chain, _)| &chain.key[..]);
        let slice = psk.map_or(&[][..], |(_, slice)| &slice[..]);
        let hybrid = self.exchanged.as_ref().map(|exchanged| {
            Ingredients {
                chain_key,
                qkd_key: self.qkd.map_or(&[], |qkd| &qkd.key),
                kem: &exchanged.kem,
                x25519: &exchanged.x25519,
                slice,
                qkd_key_id: self.qkd.map_or(&[], |qkd| qkd.id.as_str().as_bytes()),
            }
            .secret(scope)
        });
        Secrets {
            psk: psk.map(|_| derive(chain_key, slice, &[&scope.info(Suite::Psk, 0)])),
            hybrid,
        }
    }
}

/// The link's policy, with the stricter minimum of both ends for this class.
pub(super) fn stricter(link: &Link, class: Class, theirs: Level) -> Policy {
    let mut policy = link.policy;
    let of = match class {
        Class::Emergency => &mut policy.emergency,
        Class::Control => &mut policy.control,
        Class::Bulk => &mut policy.bulk,
    };
    of.minimum = of.minimum.max(theirs);
    of.preferred = of.preferred.max(of.minimum);
    policy
}

pub(super) fn block_sizes(link: &Link) -> [u64; 2] {
    let mut sizes = [0; 2];
    for source in Source::ALL {
        sizes[at(source)] = link.block_bytes(source);
    }
    sizes
}

/// Follows the receiver of what this end sends: what it no longer has, nobody can spend.
pub(super) fn follow_receiver(link: &mut Link, source: Source, theirs: &View, now_ms: u64) {
    let own = link.own();
    link.skip_to(source, own, theirs.held.from, now_ms);
    if let Some(stream) = link.stream_mut(source, own) {
        stream.drop_from(theirs.held.end);
        stream.go_on_at(theirs.held.end);
    }
}

/// Follows the sender of what this end receives: what it no longer has, it will not spend.
pub(super) fn follow_sender(link: &mut Link, source: Source, theirs: &View) {
    let direction = link.identity().end.receives();
    if source == Source::Qkd
        && let Some(stream) = link.stream_mut(source, direction)
    {
        stream.drop_from(theirs.held.end);
    }
}

/// A block for a new channel that the other end can have: a spare one, or the stream's next.
pub(crate) fn next_block(link: &mut Link, source: Source, within: Range<u64>) -> Option<Block> {
    if let Some((id, bytes)) = link.take_spare(source, within.clone()) {
        return Some(Block::new(id, bytes));
    }
    let direction = link.own();
    let number = link.stream(source, direction)?.first_from(within.start)?;
    if number >= within.end {
        return None;
    }
    let id = BlockId {
        source,
        direction,
        number,
    };
    Some(Block::new(id, link.take(id)))
}

pub(super) fn claim(state: &mut State, block: Option<BlockId>) {
    if let Some(id) = block {
        let end = &mut state.claimed_end[at(id.source)];
        *end = (*end).max(id.number + 1);
    }
}

pub(crate) fn advance(state: &mut State, server: End, chain: Option<Chain>) {
    let own = &mut state.chains[server as usize];
    if let Some(chain) = chain.filter(|chain| chain.epoch > own.epoch) {
        *own = chain;
    }
}

/// The later of the ledger's generation and a channel's: channels may open out of order.
pub(super) fn generation_of(link: &Link, channel: Generation) -> Generation {
    link.ledger.state().generation.max(channel)
}
