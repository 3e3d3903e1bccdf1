//! One channel: a stream of bytes each way, in frames, at the level that policy and stock give.
//!
//! ```text
//! plaintext ─write─► [seal] ─output/sent─►  socket  ─receive─► [open] ─read─► plaintext
//!                       ▲ resume, load                            │
//!                       └──────────── poll ◄──────────────────────┘
//!                        persist, load, events
//! ```
//! After every call, poll until there is nothing more, then take the output.

pub(crate) mod lane;
mod receiver;
mod sender;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::control::{Control, Row};
use crate::frame::{FRAME_BYTES_MAX, FrameError, Generation};
use crate::hello::keys;
use crate::hello::message::{FINISH_BYTES, read_finish};
use crate::kdf::{Secret, Transcript};
use crate::ledger::{Durable, LEASE_BLOCKS_MAX, at};
use crate::manifest::{Manifest, ManifestError};
use crate::policy::{Policy, Refusal};
use crate::ratchet::Chain;
use crate::suite::pad::confirm;
use crate::{BlockId, Class, HelloError, Level, Link, Source};
use lane::{Block, Lane};
use receiver::{Opened, Receiver};
use sender::{Pick, Sender};

/// Plaintext that waits for its reader at most, before a channel takes no more bytes.
const PLAIN_BYTES_MAX: usize = 128 << 10;
/// Frames that wait for the socket at most, before a channel takes no more plaintext.
const OUTPUT_BYTES_MAX: usize = 256 << 10;
/// Ciphertext that waits at most.
const INPUT_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;
/// Manifests of the other end under way at most.
const MANIFESTS_MAX: usize = 64;
/// Control frames that wait for keys at most.
const QUEUE_MAX: usize = 256;

/// What the hello gives to a new channel.
pub(crate) struct Opening {
    pub(crate) class: Class,
    pub(crate) policy: Policy,
    pub(crate) sending: Lane,
    pub(crate) receiving: Lane,
    pub(crate) output: Vec<u8>,
}

/// What a server knows of a client that has proved nothing yet.
pub(crate) struct Unproven {
    pub(crate) key: Secret,
    pub(crate) transcript: Transcript,
    pub(crate) chain: Option<Chain>,
}

enum State {
    /// The client's proof is to come.
    Unproven(Unproven),
    /// It came; what it changes in the ledger is to be made durable.
    Proven(Option<Chain>),
    Open,
    Failed(ChannelError),
}

/// A change of the ledger that the channel needs.
enum Want {
    Lease(Source),
    Grant(Row),
    Prove,
}

/// What a channel goes on with once it is durable: give it to [`Connection::resume`].
pub struct Resume(Kind);

enum Kind {
    Leased(Row, Vec<Block>),
    Granted(Row, Vec<Block>),
    Proved,
}

/// What a channel needs, or has to tell.
pub enum Step {
    /// Write the record and sync; then [`Link::persisted`], then [`Connection::resume`].
    Persist(Durable<Resume>),
    /// Read this block of couriered pad; then [`Connection::load`].
    Load(BlockId),
    /// Something happened.
    Event(Event),
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Contents are sent at another level than before, or for the first time.
    LevelChanged {
        /// The level before.
        from: Option<Level>,
        /// The level now.
        to: Level,
    },
    /// The other end offers a QKD block: collect its keys, then [`Connection::collected`] or
    /// [`Connection::lost`].
    Collect(Manifest),
    /// A manifest of the other end was refused.
    ManifestRefused(ManifestError),
    /// A block that this end offered is in stock at both ends.
    Appended(u64),
    /// A block that this end offered is given up.
    BlockLost(u64),
    /// The other end sends nothing more.
    PeerClosed,
}

/// Why a channel cannot go on, or cannot send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The class gets no level now. The channel stays open: try again when there is stock.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not a frame of this channel. The channel is closed: say hello again.
    #[error("the channel is closed: {0}")]
    Frame(#[from] FrameError),
    /// The client did not prove that it is there. The channel is closed.
    #[error("the channel is closed: {0}")]
    Proof(HelloError),
    /// The other end went away without saying that it is done.
    #[error("the channel was cut: what came may not be all")]
    Truncated,
    /// This end has said that it is done.
    #[error("the channel was closed at this end")]
    Closed,
}

/// One channel of a link.
pub struct Connection {
    state: State,
    sender: Sender,
    receiver: Receiver,
    input: Zeroizing<Vec<u8>>,
    plain: Zeroizing<Vec<u8>>,
    plain_at: usize,
    output: Vec<u8>,
    output_at: usize,
    queue: VecDeque<Control>,
    wants: VecDeque<Want>,
    loads: VecDeque<BlockId>,
    /// Blocks whose bytes were asked for.
    loading: BTreeSet<BlockId>,
    events: VecDeque<Event>,
    /// Leased, and announced to the other end.
    asked: Vec<Block>,
    offered: BTreeMap<u64, Zeroizing<Vec<u8>>>,
    collecting: BTreeSet<u64>,
    wipe: bool,
}

impl Connection {
    /// A channel whose other end is known to be there.
    pub(crate) fn open(opening: Opening) -> Self {
        let mut connection = Self::new(opening, State::Open);
        connection.wipe = true;
        connection
    }

    /// A channel whose other end may be a replay.
    pub(crate) fn answer(opening: Opening, unproven: Unproven) -> Self {
        Self::new(opening, State::Unproven(unproven))
    }

    fn new(opening: Opening, state: State) -> Self {
        let minimum = opening.policy.of(opening.class).minimum;
        Self {
            state,
            sender: Sender::new(opening.sending, opening.class, opening.policy),
            receiver: Receiver {
                lane: opening.receiving,
                minimum,
                lowest: None,
            },
            input: Zeroizing::new(Vec::with_capacity(INPUT_BYTES_MAX)),
            plain: Zeroizing::new(Vec::with_capacity(PLAIN_BYTES_MAX + FRAME_BYTES_MAX)),
            plain_at: 0,
            output: opening.output,
            output_at: 0,
            queue: VecDeque::new(),
            wants: VecDeque::new(),
            loads: VecDeque::new(),
            loading: BTreeSet::new(),
            events: VecDeque::new(),
            asked: Vec::new(),
            offered: BTreeMap::new(),
            collecting: BTreeSet::new(),
            wipe: false,
        }
    }

    /// The class that it was made for.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.sender.class
    }

    /// Its number.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.sender.lane.scope.generation
    }

    /// Whether the other end is known to be there; a server sends nothing before.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// Whether the other end has said that it is done.
    #[must_use]
    pub const fn peer_closed(&self) -> bool {
        self.receiver.lane.closed
    }

    /// The lowest level of all that was sent since this was asked; none if nothing was.
    pub fn take_lowest_sent(&mut self) -> Option<Level> {
        self.sender.lowest.take()
    }

    /// The lowest level of all that came since this was asked; none if nothing did.
    pub fn take_lowest_received(&mut self) -> Option<Level> {
        self.receiver.lowest.take()
    }

    // --- Plaintext out ---

    /// Seals plaintext; tells how much was taken. None of it while a lease, a block's bytes or
    /// the socket is waited for: poll, send, receive, then write again.
    ///
    /// # Errors
    /// [`ChannelError::Refused`] when the class gets no level; later writes may go through.
    pub fn write(
        &mut self,
        link: &mut Link,
        data: &[u8],
        now_ms: u64,
    ) -> Result<usize, ChannelError> {
        match &self.state {
            State::Failed(error) => return Err(*error),
            _ if self.sender.lane.closed => return Err(ChannelError::Closed),
            State::Unproven(_) | State::Proven(_) => return Ok(0),
            State::Open => {}
        }
        self.flush(link, now_ms);
        let mut taken = 0;
        while taken < data.len() && self.output_len() < OUTPUT_BYTES_MAX {
            match self.sender.pick(link, now_ms) {
                Ok(Pick::Seal(suite, room)) => {
                    let piece = &data[taken..data.len().min(taken + room)];
                    self.told_level(suite.level());
                    let output = &mut self.output;
                    self.sender.seal(link, now_ms, suite, false, piece, output);
                    let (class, own) = (self.sender.class, link.own());
                    let counts = link.counters.of_mut(own);
                    counts.contents(now_ms, class, suite.level(), piece.len() as u64);
                    taken += piece.len();
                    self.ask_in_time(link);
                }
                Ok(Pick::Lease(source)) => {
                    self.want_lease(source);
                    break;
                }
                Ok(Pick::Load(id)) => {
                    self.want_load(id);
                    break;
                }
                Err(refusal) if taken == 0 => return Err(refusal.into()),
                Err(_) => break,
            }
        }
        Ok(taken)
    }

    /// Says that nothing more is sent in this direction; reading goes on.
    pub fn close(&mut self, link: &mut Link, now_ms: u64) {
        if !self.sender.lane.closed && !matches!(self.state, State::Failed(_)) {
            self.queue.push_back(Control::Close);
            self.flush(link, now_ms);
        }
    }

    /// Bytes for the socket.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.output[self.output_at..]
    }

    /// The socket took so many of them.
    ///
    /// # Panics
    /// When there were not so many: a bug of the caller.
    pub fn sent(&mut self, len: usize) {
        assert!(len <= self.output_len(), "more than there was");
        self.output_at += len;
        if self.output_at == self.output.len() {
            self.output.clear();
            self.output_at = 0;
        }
    }

    const fn output_len(&self) -> usize {
        self.output.len() - self.output_at
    }

    // --- Ciphertext in ---

    /// Takes bytes from the socket; tells how many. Fewer than there are while plaintext waits
    /// for its reader, a record for the disk or a block for its bytes.
    ///
    /// # Errors
    /// [`ChannelError::Frame`], [`ChannelError::Proof`]: the channel is closed for good, and what
    /// was read of it before stands.
    pub fn receive(
        &mut self,
        link: &mut Link,
        bytes: &[u8],
        now_ms: u64,
    ) -> Result<usize, ChannelError> {
        if let State::Failed(error) = &self.state {
            return Err(*error);
        }
        let mut taken = 0;
        loop {
            let room = INPUT_BYTES_MAX - self.input.len();
            let piece = &bytes[taken..bytes.len().min(taken + room)];
            self.input.extend_from_slice(piece);
            taken += piece.len();
            let before = self.input.len();
            self.process(link, now_ms)?;
            if taken == bytes.len() || self.input.len() == before {
                return Ok(taken);
            }
        }
    }

    /// Copies plaintext out; tells how much.
    pub fn read(&mut self, link: &mut Link, out: &mut [u8], now_ms: u64) -> usize {
        let plain = &self.plain[self.plain_at..];
        let len = plain.len().min(out.len());
        out[..len].copy_from_slice(&plain[..len]);
        self.plain_at += len;
        if self.plain_at == self.plain.len() {
            zeroize::Zeroize::zeroize(&mut self.plain[..]);
            self.plain.clear();
            self.plain_at = 0;
            // An error is kept, and told by the next receive.
            let _ = self.process(link, now_ms);
        }
        len
    }

    /// Plaintext that waits to be read.
    #[must_use]
    pub fn readable(&self) -> usize {
        self.plain.len() - self.plain_at
    }

    /// The socket has ended.
    ///
    /// # Errors
    /// [`ChannelError::Truncated`] unless the other end has said before that it is done.
    pub fn receive_end(&mut self) -> Result<(), ChannelError> {
        match &self.state {
            State::Failed(error) => Err(*error),
            _ if self.receiver.lane.closed => Ok(()),
            _ => {
                self.state = State::Failed(ChannelError::Truncated);
                Err(ChannelError::Truncated)
            }
        }
    }

    /// Reads what is there until something is missing.
    fn process(&mut self, link: &mut Link, now_ms: u64) -> Result<(), ChannelError> {
        let mut at = 0;
        let result = self.process_from(link, now_ms, &mut at);
        zeroize::Zeroize::zeroize(&mut self.input[..at]);
        self.input.drain(..at);
        self.receiver.leave_spent(link, now_ms);
        self.flush(link, now_ms);
        if let Err(error) = result {
            let direction = self.receiver.lane.scope.link.direction;
            link.counters.of_mut(direction).rejected += 1;
            self.state = State::Failed(error);
        }
        result
    }

    fn process_from(
        &mut self,
        link: &mut Link,
        now_ms: u64,
        at: &mut usize,
    ) -> Result<(), ChannelError> {
        loop {
            match &self.state {
                State::Failed(error) => return Err(*error),
                State::Proven(_) => return Ok(()),
                State::Unproven(_) => {
                    if !self.prove(at).map_err(ChannelError::Proof)? {
                        return Ok(());
                    }
                }
                State::Open => {}
            }
            if self.readable() >= PLAIN_BYTES_MAX || !matches!(self.state, State::Open) {
                return Ok(());
            }
            let bytes = &mut self.input[*at..];
            match self.receiver.open(link.kernel, bytes)? {
                Opened::Incomplete => return Ok(()),
                Opened::Absent(id) => {
                    self.want_load(id);
                    return Ok(());
                }
                Opened::Frame(head) => {
                    let from = *at + crate::frame::HEAD_BYTES;
                    let payload = from..from + head.payload();
                    *at += head.frame_len();
                    let direction = self.receiver.lane.scope.link.direction;
                    let counts = link.counters.of_mut(direction);
                    if head.suite == crate::Suite::Otp {
                        let tag = crate::frame::TAG_BYTES as u64;
                        counts.spent(now_ms, payload.len() as u64, tag);
                    }
                    if head.control {
                        let control = Control::read(&self.input[payload])?;
                        self.heed(link, control, now_ms)?;
                    } else {
                        let (class, level) = (self.sender.class, head.suite.level());
                        counts.contents(now_ms, class, level, payload.len() as u64);
                        self.plain.extend_from_slice(&self.input[payload]);
                    }
                }
            }
        }
    }

    /// Reads the client's proof; whether it was there.
    fn prove(&mut self, at: &mut usize) -> Result<bool, HelloError> {
        let State::Unproven(unproven) = &mut self.state else {
            return Ok(true);
        };
        let Some((bytes, _)) = self.input[*at..].split_first_chunk::<FINISH_BYTES>() else {
            return Ok(false);
        };
        let claimed = read_finish(&unproven.key, &unproven.transcript, bytes)?;
        *at += FINISH_BYTES;
        if !claimed {
            // The client has it no more, so nobody can spend it.
            self.sender.lane.blocks.clear();
        }
        self.state = State::Proven(unproven.chain.take());
        self.wants.push_back(Want::Prove);
        Ok(true)
    }

    // --- What must happen outside ---

    /// What the channel needs or tells, until there is nothing more.
    pub fn poll(&mut self, link: &mut Link) -> Option<Step> {
        if core::mem::take(&mut self.wipe) {
            let server = self.server();
            link.wipe_slices(server);
        }
        if let Some(event) = self.events.pop_front() {
            return Some(Step::Event(event));
        }
        if let Some(id) = self.loads.pop_front() {
            return Some(Step::Load(id));
        }
        while !link.ledger.pending() {
            let want = self.wants.pop_front()?;
            let durable = match want {
                Want::Lease(source) => self.lease(link, source),
                Want::Grant(row) => self.grant(link, row),
                Want::Prove => self.proved(link),
            };
            if let Some(durable) = durable {
                return Some(Step::Persist(durable));
            }
        }
        None
    }

    /// Goes on with what is durable now.
    ///
    /// # Errors
    /// As [`Self::receive`]: frames that waited are read now.
    pub fn resume(
        &mut self,
        link: &mut Link,
        resume: Resume,
        now_ms: u64,
    ) -> Result<(), ChannelError> {
        match resume.0 {
            Kind::Leased(row, blocks) => {
                let heard = &mut link.announced[at(row.source)];
                *heard = (*heard).max(row.numbers().end);
                self.asked = blocks;
                self.queue.push_back(Control::Lease(row));
            }
            Kind::Granted(row, blocks) => {
                self.receiver.lane.blocks.extend(blocks);
                self.queue.push_back(Control::Granted(row));
            }
            Kind::Proved => {
                self.state = State::Open;
                self.wipe = true;
            }
        }
        self.process(link, now_ms)
    }

    /// The bytes of a couriered block; what is on disk is to be erased now: [`Link::take_erase`].
    ///
    /// # Errors
    /// As [`Self::receive`]: frames that waited are read now.
    ///
    /// # Panics
    /// When they are not as many as the block has: pad files are checked before.
    pub fn load(
        &mut self,
        link: &mut Link,
        id: BlockId,
        bytes: Zeroizing<Vec<u8>>,
        now_ms: u64,
    ) -> Result<(), ChannelError> {
        let expected = link.block_bytes(id.source);
        assert_eq!(bytes.len() as u64, expected, "pad files are checked before");
        self.loading.remove(&id);
        let mut bytes = Some(bytes);
        if self.sender.lane.fill(id, &mut bytes) || self.receiver.lane.fill(id, &mut bytes) {
            link.loaded(id);
        }
        self.process(link, now_ms)
    }

    /// Ends the channel and gives the link back what it does not use. Always call it.
    pub fn end(mut self, link: &mut Link, now_ms: u64) {
        // Of a channel that was never proved, the other end may never have heard.
        let heard = !matches!(self.state, State::Unproven(_));
        self.sender.end(link, now_ms, heard);
        self.sender
            .lane
            .blocks
            .extend(core::mem::take(&mut self.asked));
        self.sender.end(link, now_ms, true);
        let direction = self.receiver.lane.scope.link.direction;
        for block in &self.receiver.lane.blocks {
            if let Block::Absent(id) = block {
                link.loaded(*id);
            }
            let left = block.left(link.block_bytes(block.id().source));
            link.counters.of_mut(direction).wasted(now_ms, left);
        }
        for block in self.offered.values() {
            let own = link.own();
            link.counters.of_mut(own).wasted(now_ms, block.len() as u64);
        }
    }

    fn lease(&mut self, link: &mut Link, source: Source) -> Option<Durable<Resume>> {
        let own = link.own();
        let window = self.sender.next_window(link.block_bytes(source));
        let stream = link.stream(source, own);
        let next = stream.and_then(|stream| {
            let first = stream.first_from(0)?;
            Some((first, stream.in_a_row(first, window)))
        });
        let (row, blocks) = match next {
            Some((first, count)) => {
                let count = u8::try_from(count).expect("LEASE_BLOCKS_MAX");
                let row = Row {
                    source,
                    first,
                    count,
                };
                (row, take(link, row, own))
            }
            None => {
                let block = keys::next_block(link, source, 0..u64::MAX)?;
                let row = Row {
                    source,
                    first: block.id().number,
                    count: 1,
                };
                (row, vec![block])
            }
        };
        self.sender.asked = Some(row);
        let resume = Resume(Kind::Leased(row, blocks));
        let durable = link.commit(
            |state| {
                let end = &mut state.leased_end[at(source)];
                *end = (*end).max(row.numbers().end);
            },
            resume,
        );
        durable.ok()
    }

    fn grant(&mut self, link: &mut Link, row: Row) -> Option<Durable<Resume>> {
        let direction = self.receiver.lane.scope.link.direction;
        let stream = link.stream(row.source, direction)?;
        if !row.numbers().all(|number| stream.holds(number)) {
            // The first that it may ask for; at the end of the stock, the one that comes next.
            let first = stream.first_from(0).unwrap_or(stream.held().end);
            self.queue
                .push_back(Control::Declined(Row { first, ..row }));
            return None;
        }
        let blocks = take(link, row, direction);
        let resume = Resume(Kind::Granted(row, blocks));
        let durable = link.commit(
            |state| {
                let end = &mut state.claimed_end[at(row.source)];
                *end = (*end).max(row.numbers().end);
            },
            resume,
        );
        durable.ok()
    }

    fn proved(&mut self, link: &mut Link) -> Option<Durable<Resume>> {
        let State::Proven(chain) = &mut self.state else {
            return None;
        };
        let chain = chain.take();
        let server = link.identity().end;
        let durable = link.commit(
            |state| keys::advance(state, server, chain),
            Resume(Kind::Proved),
        );
        durable.ok()
    }

    fn server(&self) -> crate::End {
        if self.generation().0.is_multiple_of(2) {
            crate::End::A
        } else {
            crate::End::B
        }
    }

    fn want_lease(&mut self, source: Source) {
        let waits = self.wants.iter().any(|want| matches!(want, Want::Lease(_)));
        if self.sender.asked.is_none() && !waits {
            self.wants.push_back(Want::Lease(source));
        }
    }

    fn ask_in_time(&mut self, link: &Link) {
        if let Some(source) = self.sender.wants_lease(link) {
            self.want_lease(source);
        }
    }

    fn want_load(&mut self, id: BlockId) {
        if self.loading.insert(id) {
            self.loads.push_back(id);
        }
    }

    fn told_level(&mut self, level: Level) {
        if self.sender.last != Some(level) {
            self.events.push_back(Event::LevelChanged {
                from: self.sender.last,
                to: level,
            });
            self.sender.last = Some(level);
        }
    }

    // --- Control frames ---

    /// Seals the control frames that wait, as far as there are keys.
    fn flush(&mut self, link: &mut Link, now_ms: u64) {
        if !matches!(self.state, State::Open) {
            return;
        }
        while let Some(control) = self.queue.front() {
            if self.sender.lane.closed {
                self.queue.clear();
                return;
            }
            let payload = control.write();
            let cheap = matches!(
                control,
                Control::Manifest(_) | Control::Confirmed { .. } | Control::Lost { .. }
            );
            let closes = *control == Control::Close;
            let Some(suite) = self.sender.pick_control(link, payload.len(), cheap) else {
                if let Some(id) = self.sender.lane.first_absent() {
                    self.want_load(id);
                }
                return;
            };
            let output = &mut self.output;
            self.sender
                .seal(link, now_ms, suite, true, &payload, output);
            self.sender.lane.closed |= closes;
            self.queue.pop_front();
        }
    }

    /// Does what a control frame says.
    fn heed(&mut self, link: &mut Link, control: Control, now_ms: u64) -> Result<(), FrameError> {
        if self.wants.len() + self.queue.len() > QUEUE_MAX {
            return Err(FrameError::Control);
        }
        match control {
            Control::Lease(row) => self.wants.push_back(Want::Grant(row)),
            Control::Granted(row) => {
                if self.sender.asked.take() != Some(row) {
                    return Err(FrameError::Control);
                }
                self.sender.lane.blocks.extend(self.asked.drain(..));
            }
            Control::Declined(row) => {
                let asked = self.sender.asked.take();
                let same = |asked: Row| (asked.source, asked.count) == (row.source, row.count);
                if !asked.is_some_and(same) {
                    return Err(FrameError::Control);
                }
                let own = link.own();
                for block in self.asked.drain(..) {
                    let left = block.left(link.block_bytes(row.source));
                    link.counters.of_mut(own).wasted(now_ms, left);
                }
                link.skip_to(row.source, own, row.first, now_ms);
            }
            Control::Manifest(manifest) => self.heed_manifest(link, manifest)?,
            Control::Confirmed { number, tag } => self.heed_confirm(link, number, tag, now_ms)?,
            Control::Lost { number } => {
                let block = self.offered.remove(&number).ok_or(FrameError::Control)?;
                let own = link.own();
                link.counters.of_mut(own).wasted(now_ms, block.len() as u64);
                self.events.push_back(Event::BlockLost(number));
            }
            Control::Close => {
                self.receiver.lane.closed = true;
                self.events.push_back(Event::PeerClosed);
            }
        }
        Ok(())
    }

    fn heed_manifest(&mut self, link: &mut Link, manifest: Manifest) -> Result<(), FrameError> {
        if self.collecting.len() >= MANIFESTS_MAX {
            return Err(FrameError::Control);
        }
        match link.check_manifest(&manifest) {
            Ok(()) => {
                self.collecting.insert(manifest.number);
                self.events.push_back(Event::Collect(manifest));
            }
            Err(error) => {
                let number = manifest.number;
                self.queue.push_back(Control::Lost { number });
                self.events.push_back(Event::ManifestRefused(error));
            }
        }
        Ok(())
    }

    fn heed_confirm(
        &mut self,
        link: &mut Link,
        number: u64,
        tag: [u8; 16],
        now_ms: u64,
    ) -> Result<(), FrameError> {
        let block = self.offered.remove(&number).ok_or(FrameError::Control)?;
        let (len, own) = (block.len() as u64, link.own());
        let same = bool::from(confirm(link.kernel, number, &block).ct_eq(&tag));
        let event = if same && link.append(own, number, block).is_ok() {
            Event::Appended(number)
        } else {
            link.counters.of_mut(own).wasted(now_ms, len);
            Event::BlockLost(number)
        };
        self.events.push_back(event);
        Ok(())
    }

    // --- Feeding the pool ---

    /// Offers the next block of this end's QKD stream to the other end: which keys make it.
    ///
    /// Shape: `keys` are those of the manifest, in order. Both ends have the block in stock after
    /// [`Event::Appended`].
    ///
    /// # Errors
    /// [`ManifestError`]; the block is given up.
    pub fn offer(
        &mut self,
        link: &mut Link,
        manifest: &Manifest,
        keys: &[Zeroizing<Vec<u8>>],
        now_ms: u64,
    ) -> Result<(), ManifestError> {
        let block_bytes = usize::try_from(link.block_bytes(Source::Qkd)).unwrap_or(0);
        let block = manifest.assemble(block_bytes, keys)?;
        if manifest.number < self.next_offer(link) {
            return Err(ManifestError::Repeated);
        }
        link.check_manifest(manifest)?;
        self.offered.insert(manifest.number, block);
        self.queue.push_back(Control::Manifest(manifest.clone()));
        self.flush(link, now_ms);
        Ok(())
    }

    /// The number that the manifest of the next block has. Offer over one channel at a time.
    #[must_use]
    pub fn next_offer(&self, link: &Link) -> u64 {
        let offered = self.offered.keys().next_back().map_or(0, |last| last + 1);
        link.next_qkd_block().max(offered)
    }

    /// The keys of a manifest of [`Event::Collect`] are here: puts the block in stock and tells
    /// the other end. Collect blocks in the order of their events.
    ///
    /// # Errors
    /// [`ManifestError`]: the keys are not what the manifest says; the block is given up, and the
    /// other end is told.
    pub fn collected(
        &mut self,
        link: &mut Link,
        manifest: &Manifest,
        keys: &[Zeroizing<Vec<u8>>],
        now_ms: u64,
    ) -> Result<(), ManifestError> {
        let number = manifest.number;
        if !self.collecting.remove(&number) {
            return Err(ManifestError::Repeated);
        }
        let block_bytes = usize::try_from(link.block_bytes(Source::Qkd)).unwrap_or(0);
        let direction = self.receiver.lane.scope.link.direction;
        let result = manifest.assemble(block_bytes, keys).and_then(|block| {
            let tag = confirm(link.kernel, number, &block);
            link.append(direction, number, block)
                .map(|()| tag)
                .map_err(|_| ManifestError::Length)
        });
        self.queue.push_back(match &result {
            Ok(tag) => Control::Confirmed { number, tag: *tag },
            Err(_) => Control::Lost { number },
        });
        self.flush(link, now_ms);
        result.map(drop)
    }

    /// The keys of a manifest cannot be had: gives the block up and tells the other end.
    pub fn lost(&mut self, link: &mut Link, number: u64, now_ms: u64) {
        if self.collecting.remove(&number) {
            self.queue.push_back(Control::Lost { number });
            self.flush(link, now_ms);
        }
    }
}

fn take(link: &mut Link, row: Row, direction: crate::Direction) -> Vec<Block> {
    debug_assert!(u64::from(row.count) <= LEASE_BLOCKS_MAX);
    row.numbers()
        .map(|number| {
            let id = BlockId {
                source: row.source,
                direction,
                number,
            };
            Block::new(id, link.take(id))
        })
        .collect()
}
