//! One end of a link: its ledger, its stock, its keys and its counts, shared by its channels.

use std::collections::VecDeque;
use std::ops::Range;

use hlincos_sharing::Kernel;
use zeroize::Zeroizing;

use crate::counters::Counters;
use crate::ledger::{Durable, Identity, Ledger, LedgerError, NotPersisted, State, at};
use crate::link_block::{ControlKey, LedgerKey};
use crate::manifest::{Manifest, ManifestError, Seen};
use crate::policy::{Policy, Stock};
use crate::pool::{AppendError, Stream};
use crate::ratchet::Slices;
use crate::{BlockId, Class, Direction, Source};

/// How much couriered pad there is: blocks of each direction, spent ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CourieredPad {
    /// Bytes of a block: a power of two from 256 bytes to 1 MiB.
    pub block_bytes: usize,
    /// Blocks of the direction from A to B.
    pub a_to_b: u64,
    /// Blocks of the direction from B to A.
    pub b_to_a: u64,
}

/// What a link is opened with.
pub struct Setup {
    /// Which end of which link, and its pad.
    pub identity: Identity,
    /// The policy; both ends keep to the stricter minimum of the two.
    pub policy: Policy,
    /// The key of this end's ledger.
    pub ledger_key: LedgerKey,
    /// The key of hellos; none for a link of QKD alone, whose hellos bring a QKD key each.
    pub control: Option<ControlKey>,
    /// Slices of the ratchet, if there is couriered pad.
    pub slices: Option<Slices>,
    /// Couriered pad, if there is any.
    pub couriered: Option<CourieredPad>,
    /// Bytes of a QKD block: as [`CourieredPad::block_bytes`].
    pub qkd_block_bytes: usize,
}

/// What is to be destroyed where the pad lies: overwritten, and its room given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erase {
    /// Blocks of one stream.
    Blocks {
        /// Where they came from.
        source: Source,
        /// Whose they are.
        direction: Direction,
        /// Their numbers.
        numbers: Range<u64>,
    },
    /// Bytes of the link block: slices of the ratchet before an epoch.
    Slices {
        /// The end that serves the channels of this chain.
        server: crate::End,
        /// Epochs whose slices are used.
        epochs: Range<u64>,
    },
}

/// Something that people must be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Alarm {
    /// This end's ledger was older than what the other end has seen.
    #[error(
        "the ledger of this end was rolled back: the other end has seen {stream:?} block \
         {seen}, and the ledger ends at {own}; nothing was spent twice, for sending goes on \
         behind it, but find out who restored an old disk or snapshot"
    )]
    RolledBack {
        /// Which stream.
        stream: Source,
        /// Where the ledger ended.
        own: u64,
        /// Where the other end's knowledge ends.
        seen: u64,
    },
    /// One slot of the ledger was damaged.
    #[error("a slot of the ledger was damaged; all that it can have said is counted as spent")]
    Damaged,
}

/// One end of a link.
///
/// Its channels take it as an argument, one after the other: while a [`Durable`] of it is not
/// persisted, everything else that would change the ledger waits.
pub struct Link {
    pub(crate) kernel: Kernel,
    pub(crate) ledger: Ledger,
    pub(crate) policy: Policy,
    pub(crate) control: Option<ControlKey>,
    pub(crate) slices: Option<Slices>,
    pub(crate) seen: Seen,
    pub(crate) counters: Counters,
    /// By source, the furthest end of this end's leases that the other end can have heard of.
    pub(crate) announced: [u64; 2],
    streams: [[Option<Stream>; 2]; 2],
    /// Leased, but never spent from: the next channel's.
    spares: Vec<BlockId>,
    spare_bytes: Vec<(BlockId, Zeroizing<Vec<u8>>)>,
    erases: VecDeque<Erase>,
    alarms: VecDeque<Alarm>,
    /// Alarms that the ledger does not count yet.
    raised: u32,
}

impl Link {
    /// Begins a link of which nothing was ever spent, or goes on where the ledger is lost.
    ///
    /// Security: of a pad that was in use, this is safe only as long as the *other* end has its
    /// ledger: no pad is spent before its hello, which tells where to go on. When both ends have
    /// lost theirs, destroy the pad.
    pub fn create(setup: Setup) -> (Self, Durable<()>) {
        let control = Self::chain_root(&setup);
        let (ledger, first) = Ledger::create(setup.identity, setup.ledger_key.clone(), &control);
        (Self::with(setup, ledger), first)
    }

    /// Opens a link by the two slots of its ledger; `None` for a slot that is not there.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing may be sent.
    pub fn open(setup: Setup, slots: [Option<&[u8]>; 2]) -> Result<Self, LedgerError> {
        let (ledger, damage) = Ledger::open(setup.identity, setup.ledger_key.clone(), slots)?;
        let mut link = Self::with(setup, ledger);
        link.alarms.extend(damage.map(|_| Alarm::Damaged));
        Ok(link)
    }

    /// Where the chains begin: at the control key, or at zeros where there are no slices to step
    /// them.
    fn chain_root(setup: &Setup) -> ControlKey {
        setup
            .control
            .clone()
            .unwrap_or_else(|| ControlKey(Zeroizing::default()))
    }

    fn with(setup: Setup, ledger: Ledger) -> Self {
        let state = ledger.state();
        let own = setup.identity.end.sends();
        let from = |source, direction| {
            let ends = if direction == own {
                &state.leased_end
            } else {
                &state.claimed_end
            };
            ends[at(source)]
        };
        let couriered = |direction| {
            let pad = setup.couriered?;
            let end = match direction {
                Direction::AToB => pad.a_to_b,
                Direction::BToA => pad.b_to_a,
            };
            let from = from(Source::Couriered, direction);
            Some(Stream::new(pad.block_bytes, from, end))
        };
        let qkd = |direction| {
            let from = from(Source::Qkd, direction);
            Some(Stream::new(setup.qkd_block_bytes, from, from))
        };
        let streams = [
            [Direction::AToB, Direction::BToA].map(couriered),
            [Direction::AToB, Direction::BToA].map(qkd),
        ];
        let mut slices = setup.slices;
        if let Some(slices) = &mut slices {
            for (server, chain) in [crate::End::A, crate::End::B].iter().zip(&state.chains) {
                slices.wipe_before(*server, chain.epoch);
            }
        }
        Self {
            kernel: Kernel::best(),
            policy: setup.policy,
            control: setup.control,
            slices,
            seen: Seen::default(),
            counters: Counters::default(),
            announced: state.leased_end,
            streams,
            spares: Vec::new(),
            spare_bytes: Vec::new(),
            erases: VecDeque::new(),
            alarms: VecDeque::new(),
            raised: 0,
            ledger,
        }
    }

    /// Which end of which link this is.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        self.ledger.identity()
    }

    /// Gives what a durable holds; the caller has written and synced its record.
    ///
    /// # Panics
    /// When it is another link's: a bug of the caller.
    pub fn persisted<T>(&mut self, durable: Durable<T>) -> T {
        self.ledger.persisted(durable)
    }

    /// What is to be destroyed on disk, until there is nothing more.
    pub fn take_erase(&mut self) -> Option<Erase> {
        self.erases.pop_front()
    }

    /// What people are to be told, until there is nothing more.
    pub fn take_alarm(&mut self) -> Option<Alarm> {
        self.alarms.pop_front()
    }

    /// Alarms since the ledger was made.
    #[must_use]
    pub const fn alarms(&self) -> u32 {
        self.ledger.state().alarms
    }

    /// The counts.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Bytes of pad of one source and direction that no channel has leased.
    #[must_use]
    pub fn stock_bytes(&self, source: Source, direction: Direction) -> u64 {
        self.stream(source, direction)
            .map_or(0, Stream::stock_bytes)
    }

    /// What this end has to send with, for [`Policy::choose`] before there is a channel.
    #[must_use]
    pub fn stock(&self, now_ms: u64) -> Stock {
        let own = self.own();
        let spare = |source| {
            let spares = self.spares.iter().filter(|id| id.source == source).count();
            spares as u64 * self.block_bytes(source)
        };
        let qkd_bytes = self.stock_bytes(Source::Qkd, own) + spare(Source::Qkd);
        let couriered = self.stock_bytes(Source::Couriered, own) + spare(Source::Couriered);
        Stock {
            pad_bytes: qkd_bytes + couriered,
            qkd_bytes,
            qkd_key: false,
            emergency_bytes_per_second: self.counters.of(own).emergency.at(now_ms),
            psk: self.next_slice(self.identity().end.other()).is_some(),
            hybrid: true,
            pq_tls: false,
        }
    }

    /// The number that the next manifest of this end has.
    #[must_use]
    pub fn next_qkd_block(&self) -> u64 {
        self.stream(Source::Qkd, self.own()).map_or(0, Stream::next)
    }

    /// Checks a manifest, and that none of its keys was in another of late; of a block to offer
    /// or of one to collect.
    ///
    /// # Errors
    /// [`ManifestError`]; the block is given up.
    pub fn check_manifest(&mut self, manifest: &Manifest) -> Result<(), ManifestError> {
        let block_bytes = usize::try_from(self.block_bytes(Source::Qkd)).unwrap_or(usize::MAX);
        manifest.check(block_bytes)?;
        self.seen.note(manifest)
    }

    pub(crate) const fn own(&self) -> Direction {
        self.identity().end.sends()
    }

    pub(crate) fn stream(&self, source: Source, direction: Direction) -> Option<&Stream> {
        self.streams[at(source)][direction as usize].as_ref()
    }

    pub(crate) fn stream_mut(
        &mut self,
        source: Source,
        direction: Direction,
    ) -> Option<&mut Stream> {
        self.streams[at(source)][direction as usize].as_mut()
    }

    pub(crate) fn block_bytes(&self, source: Source) -> u64 {
        self.stream(source, self.own())
            .map_or(0, |stream| stream.block_bytes() as u64)
    }

    /// The epoch of the next channel that an end serves, if its slice is there.
    pub(crate) fn next_slice(&self, server: crate::End) -> Option<u64> {
        let epoch = self.ledger.state().chains[server as usize].epoch;
        self.slices.as_ref()?.slice(server, epoch)?;
        Some(epoch)
    }

    pub(crate) fn raise(&mut self, alarm: Alarm) {
        self.alarms.push_back(alarm);
        self.raised = self.raised.saturating_add(1);
    }

    /// [`Ledger::commit`], with the alarms of late counted.
    pub(crate) fn commit<T>(
        &mut self,
        change: impl FnOnce(&mut State),
        value: T,
    ) -> Result<Durable<T>, NotPersisted> {
        let raised = self.raised;
        let durable = self.ledger.commit(
            |state| {
                change(state);
                state.alarms = state.alarms.saturating_add(raised);
            },
            value,
        )?;
        self.raised = 0;
        Ok(durable)
    }

    /// Takes a block out of its stream; its bytes if they are in memory.
    pub(crate) fn take(&mut self, id: BlockId) -> Option<Zeroizing<Vec<u8>>> {
        self.stream_mut(id.source, id.direction)?.take(id.number)
    }

    /// The bytes of a couriered block are in memory now: what is on disk can go.
    pub(crate) fn loaded(&mut self, id: BlockId) {
        if id.source == Source::Couriered {
            self.erase(id.source, id.direction, id.number..id.number + 1);
        }
    }

    pub(crate) fn erase(&mut self, source: Source, direction: Direction, numbers: Range<u64>) {
        self.erases.push_back(Erase::Blocks {
            source,
            direction,
            numbers,
        });
    }

    /// Gives up what lies before a number; counts and destroys it.
    pub(crate) fn skip_to(&mut self, source: Source, direction: Direction, from: u64, now_ms: u64) {
        let Some(stream) = self.stream_mut(source, direction) else {
            return;
        };
        let before = stream.stock_bytes();
        if let Some(skipped) = stream.skip_to(from) {
            let gone = before - stream.stock_bytes();
            self.counters.of_mut(direction).wasted(now_ms, gone);
            self.erase(source, direction, skipped);
        }
        if direction == self.own() {
            let kept = |id: &BlockId| id.source != source || id.number >= from;
            self.spares.retain(kept);
            self.spare_bytes.retain(|(id, _)| kept(id));
        }
    }

    /// A lease that was never spent from, for the next channel.
    pub(crate) fn spare(&mut self, id: BlockId, bytes: Option<Zeroizing<Vec<u8>>>) {
        self.spares.push(id);
        self.spares.sort_unstable();
        self.spare_bytes.extend(bytes.map(|bytes| (id, bytes)));
    }

    /// The first spare that the other end can have.
    pub(crate) fn take_spare(
        &mut self,
        source: Source,
        within: Range<u64>,
    ) -> Option<(BlockId, Option<Zeroizing<Vec<u8>>>)> {
        let at = self
            .spares
            .iter()
            .position(|id| id.source == source && within.contains(&id.number))?;
        let id = self.spares.remove(at);
        let bytes = self
            .spare_bytes
            .iter()
            .position(|(other, _)| *other == id)
            .map(|at| self.spare_bytes.swap_remove(at).1);
        Some((id, bytes))
    }

    /// Wipes the slices before the ledger's epoch of a chain, which is durable.
    pub(crate) fn wipe_slices(&mut self, server: crate::End) {
        let epoch = self.ledger.state().chains[server as usize].epoch;
        if let Some(slices) = &mut self.slices {
            slices.wipe_before(server, epoch);
            self.erases.push_back(Erase::Slices {
                server,
                epochs: 0..epoch,
            });
        }
    }

    pub(crate) fn append(
        &mut self,
        direction: Direction,
        number: u64,
        block: Zeroizing<Vec<u8>>,
    ) -> Result<(), AppendError> {
        let len = block.len() as u64;
        let stream = self.stream_mut(Source::Qkd, direction);
        stream.ok_or(AppendError::Length)?.append(number, block)?;
        self.counters.of_mut(direction).received += len;
        Ok(())
    }

    /// The level by which a channel of the class would begin, and the source of its pad.
    pub(crate) fn first_source(&self, class: Class, now_ms: u64) -> Option<Source> {
        let stock = self.stock(now_ms);
        let has = |source| match source {
            Source::Qkd => stock.qkd_bytes > 0,
            Source::Couriered => stock.pad_bytes > stock.qkd_bytes,
        };
        match self.policy.choose(class, &stock) {
            Ok(crate::Level::Otp) => Source::ALL.into_iter().find(|source| has(*source)),
            Ok(crate::Level::Qkd) => Some(Source::Qkd),
            _ => None,
        }
    }
}
