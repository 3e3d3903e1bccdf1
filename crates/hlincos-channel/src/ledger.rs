//! The ledger: what one end of a link has spent, durable before it is spent.
//!
//! Each operation gives a [`Durable`]: the bytes to be written, and what may be used once they
//! are. There is no other way to what it holds, so that nobody can use it before.

mod record;
#[cfg(test)]
mod tests;

use core::fmt;

use crate::frame::Generation;
use crate::link_block::{ControlKey, LedgerKey};
use crate::ratchet::Chain;
use crate::{End, LinkNumber, Source};

pub use record::RECORD_BYTES;
use record::SlotError;

/// The link and end that a ledger belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Which link.
    pub number: LinkNumber,
    /// Which end of it.
    pub end: End,
    /// Which couriered pad; zeros for a link that has none.
    pub pad_id: [u8; 16],
}

/// All that a ledger says. Ends are numbers of blocks: all before are spent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) generation: Generation,
    /// Of what this end sends, by source: leased to some channel.
    pub(crate) leased_end: [u64; 2],
    /// Of what this end receives, by source: granted to some channel of the other end.
    pub(crate) claimed_end: [u64; 2],
    /// Of the channels that A serves, and that B serves.
    pub(crate) chains: [Chain; 2],
    pub(crate) alarms: u32,
}

impl State {
    fn new(control: &ControlKey) -> Self {
        Self {
            generation: Generation(0),
            leased_end: [0; 2],
            claimed_end: [0; 2],
            chains: [End::A, End::B].map(|server| Chain::start(control, server)),
            alarms: 0,
        }
    }

    /// Whether nothing goes back: an invariant of every change.
    fn follows(&self, before: &Self) -> bool {
        let ends = |now: &[u64; 2], before: &[u64; 2]| now.iter().zip(before).all(|(n, b)| n >= b);
        self.generation >= before.generation
            && ends(&self.leased_end, &before.leased_end)
            && ends(&self.claimed_end, &before.claimed_end)
            && self
                .chains
                .iter()
                .zip(&before.chains)
                .all(|(now, before)| now.epoch >= before.epoch)
    }
}

/// Bytes for one of the two slots, to be written over what is there and synced.
#[derive(Clone)]
pub struct Record {
    slot: usize,
    bytes: [u8; RECORD_BYTES],
}

impl Record {
    /// The slot, 0 or 1; each is a sector of its own, so that a torn write hurts one only.
    #[must_use]
    pub const fn slot(&self) -> usize {
        self.slot
    }

    /// The bytes; secret, for they hold the keys of the ratchet.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; RECORD_BYTES] {
        &self.bytes
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.bytes);
    }
}

/// Something that may be used only when a record is on disk; [`crate::Link::persisted`] gives it.
///
/// If writing fails, keep it and write again, or drop it: then the link refuses everything until
/// it is opened anew.
#[must_use = "write the record, then ask the link for what this holds"]
pub struct Durable<T> {
    record: Record,
    number: u64,
    value: T,
}

impl<T> Durable<T> {
    /// What must be on disk, synced.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }
}

impl<T> fmt::Debug for Durable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Durable(record {})", self.number)
    }
}

/// What one end has spent, in memory; never behind the disk.
pub(crate) struct Ledger {
    identity: Identity,
    key: LedgerKey,
    state: State,
    /// Of the newest record.
    number: u64,
    /// Whether the newest record is not known to be on disk.
    pending: bool,
}

impl Ledger {
    /// A ledger of nothing spent; the caller knows that nothing was.
    pub(crate) fn create(
        identity: Identity,
        key: LedgerKey,
        control: &ControlKey,
    ) -> (Self, Durable<()>) {
        let mut ledger = Self {
            identity,
            key,
            state: State::new(control),
            number: 0,
            pending: false,
        };
        let first = ledger.commit(|_| (), ()).expect("nothing is pending yet");
        (ledger, first)
    }

    /// Reads the slots; `None` for one that is not there.
    ///
    /// A slot that is damaged may be a write that was torn, whose result nobody used, or may have
    /// rotted and have said more than the other: so what one operation can spend at most is
    /// counted as spent.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub(crate) fn open(
        identity: Identity,
        key: LedgerKey,
        slots: [Option<&[u8]>; 2],
    ) -> Result<(Self, Option<Damage>), LedgerError> {
        let read = slots.map(|slot| record::read(&identity, &key, slot));
        let (state, number, damage) = match read {
            [Ok((first, one)), Ok((second, two))] => {
                let (newer, older) = if one > two {
                    ((first, one), (second, two))
                } else {
                    ((second, two), (first, one))
                };
                if newer.1 - older.1 != 1 || !newer.0.follows(&older.0) {
                    return Err(LedgerError::Damaged);
                }
                (newer.0, newer.1, None)
            }
            [Err(SlotError::Foreign), _] | [_, Err(SlotError::Foreign)] => {
                return Err(LedgerError::Foreign);
            }
            // The first record of all stands alone.
            [Err(SlotError::Missing), Ok((state, 1))] => (state, 1, None),
            [Ok((state, number)), Err(_)] | [Err(_), Ok((state, number))] => {
                (ahead(state), number, Some(Damage))
            }
            [Err(SlotError::Missing), Err(SlotError::Missing)] => return Err(LedgerError::Missing),
            _ => return Err(LedgerError::Damaged),
        };
        let ledger = Self {
            identity,
            key,
            state,
            number,
            pending: false,
        };
        Ok((ledger, damage))
    }

    pub(crate) const fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// Whether a record is under way to the disk.
    pub(crate) const fn pending(&self) -> bool {
        self.pending
    }

    /// Changes the state, and holds a value back until that is durable.
    ///
    /// # Errors
    /// [`NotPersisted`] while an earlier change is not known to be durable.
    ///
    /// # Panics
    /// When the change goes back: a bug of this crate.
    pub(crate) fn commit<T>(
        &mut self,
        change: impl FnOnce(&mut State),
        value: T,
    ) -> Result<Durable<T>, NotPersisted> {
        if self.pending {
            return Err(NotPersisted);
        }
        let before = self.state.clone();
        change(&mut self.state);
        assert!(self.state.follows(&before), "a ledger never goes back");
        self.number += 1;
        self.pending = true;
        Ok(Durable {
            record: record::write(&self.identity, &self.key, &self.state, self.number),
            number: self.number,
            value,
        })
    }

    /// Gives what was held back; the caller has the record on disk.
    ///
    /// # Panics
    /// When it is not of this ledger's newest record: a bug of the caller.
    pub(crate) fn persisted<T>(&mut self, durable: Durable<T>) -> T {
        assert!(
            self.pending && durable.number == self.number,
            "a durable of another link"
        );
        self.pending = false;
        durable.value
    }
}

/// Blocks that one operation leases at most.
pub(crate) const LEASE_BLOCKS_MAX: u64 = 64;

/// A state that no operation after this one can have gone beyond.
fn ahead(mut state: State) -> State {
    for end in &mut state.leased_end {
        *end = end.saturating_add(LEASE_BLOCKS_MAX);
    }
    state.generation.0 = state.generation.0.saturating_add(2);
    state.alarms = state.alarms.saturating_add(1);
    state
}

/// One of the slots was damaged; the ledger went ahead of all that it can have said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage;

/// An earlier record is not known to be on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ledger could not be written; make room on the disk and open the link again")]
pub struct NotPersisted;

/// Why a ledger cannot be used: nothing is sent on its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is none.
    #[error(
        "the ledger is missing, so what is spent is unknown; if it is lost for good, \
         `hlincos pad status --accept-loss` goes on from what the other end knows"
    )]
    Missing,
    /// Neither slot is whole, or they do not follow each other.
    #[error(
        "the ledger is damaged, so what is spent is unknown; restore nothing: \
         `hlincos pad status --accept-loss` goes on from what the other end knows"
    )]
    Damaged,
    /// Whole, but of another link, end or pad, or of another's key.
    #[error("the ledger belongs to another link, end or pad; look for the right one")]
    Foreign,
    /// An earlier record is not known to be on disk.
    #[error(transparent)]
    NotPersisted(#[from] NotPersisted),
}

pub(crate) const fn at(source: Source) -> usize {
    source as usize
}
