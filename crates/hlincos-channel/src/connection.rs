//! One channel: a stream of bytes each way, in frames, at the level that policy and stock give.
//!
//! ```text
//! plaintext ─write─► [seal] ─output/sent─►  socket  ─receive─► [open] ─read─► plaintext
//!                       ▲ resume, load                            │
//!                       └──────────── poll ◄──────────────────────┘
//!                        persist, load, events
//! ```
//! After every call, poll until there is nothing more, then take the output.

mod feed;
mod heed;
mod incoming;
pub(crate) mod lane;
mod needs;
mod receiver;
mod sender;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use zeroize::Zeroizing;

use crate::control::{Control, Row};
use crate::frame::{FRAME_BYTES_MAX, FrameError, Generation};
use crate::kdf::{Secret, Transcript};
use crate::ledger::Durable;
use crate::manifest::{Manifest, ManifestError};
use crate::policy::{Policy, Refusal};
use crate::ratchet::Chain;
use crate::{BlockId, Class, HelloError, Level, Link, Source};
use lane::{Block, Lane};
use receiver::Receiver;
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
    /// Behind the last block that was offered, whatever became of it.
    next_offer: u64,
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
            next_offer: 0,
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
}
