//! The sending half: picks the suite of each frame, seals it, asks for pad in time.

use crate::connection::lane::{Block, Epoch, Lane};
use crate::control::Row;
use crate::frame::{FrameHead, HEAD_BYTES, PAYLOAD_BYTES_MAX, TAG_BYTES};
use crate::policy::{Policy, Refusal, Stock};
use crate::suite::gcm::{FRAMES_PER_KEY, GcmKey};
use crate::suite::pad::{BLOCK_HEAD_BYTES, Lease, SLICE_BYTES};
use crate::{BlockId, Class, Level, Link, PadOffset, Source, Suite};

/// Pad that contents leave to control frames, so that the next lease can be asked for.
const KEPT_BYTES: usize = 192;
/// Pad that a channel leases ahead at most.
const WINDOW_BYTES_MAX: u64 = 1 << 20;

/// How the next frame is to be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// With this suite, so many bytes of payload at most.
    Seal(Suite, usize),
    /// Pad of this source is to be leased first.
    Lease(Source),
    /// The bytes of a block are to be read first.
    Load(BlockId),
}

pub(super) struct Sender {
    pub(super) lane: Lane,
    pub(super) class: Class,
    /// Both ends' policies, the stricter minimum.
    pub(super) policy: Policy,
    /// Blocks of the next lease; grows with use.
    pub(super) window: u64,
    /// A lease that the other end has not answered yet.
    pub(super) asked: Option<Row>,
    pub(super) last: Option<Level>,
    pub(super) lowest: Option<Level>,
}

impl Sender {
    pub(super) fn new(lane: Lane, class: Class, policy: Policy) -> Self {
        Self {
            lane,
            class,
            policy,
            window: 1,
            asked: None,
            last: None,
            lowest: None,
        }
    }

    /// What this channel could send with.
    fn stock(&self, link: &Link, now_ms: u64) -> Stock {
        let mut stock = link.stock(now_ms);
        // What control frames keep is not for contents.
        let mut kept = (KEPT_BYTES + TAG_BYTES) as u64;
        let leased = self.lane.blocks.iter().map(|block| {
            let source = block.id().source;
            (source, block.left(link.block_bytes(source)))
        });
        let asked = self.asked.map(|row| {
            (
                row.source,
                u64::from(row.count) * link.block_bytes(row.source),
            )
        });
        for (source, left) in leased.chain(asked) {
            let usable = left.saturating_sub(kept);
            kept = kept.saturating_sub(left);
            stock.pad_bytes += usable;
            if source == Source::Qkd {
                stock.qkd_bytes += usable;
            }
        }
        stock.qkd_key = self.epoch_lasts();
        stock.psk = self.lane.psk.is_some();
        stock.hybrid = self.lane.hybrid.is_some();
        stock
    }

    fn epoch_lasts(&self) -> bool {
        let lasts = |epoch: &Epoch| epoch.frames < FRAMES_PER_KEY;
        self.lane.epoch.as_ref().is_some_and(lasts)
    }

    /// Picks for contents.
    pub(super) fn pick(&mut self, link: &mut Link, now_ms: u64) -> Result<Pick, Refusal> {
        let level = self.policy.choose(self.class, &self.stock(link, now_ms))?;
        Ok(match level {
            Level::Otp => self.pick_pad(link, now_ms),
            Level::Qkd if self.epoch_lasts() => Pick::Seal(Suite::Qkd, PAYLOAD_BYTES_MAX),
            Level::Qkd => self.pick_slice(link),
            Level::Psk => Pick::Seal(Suite::Psk, PAYLOAD_BYTES_MAX),
            Level::Hybrid | Level::PqTls => Pick::Seal(Suite::Hybrid, PAYLOAD_BYTES_MAX),
        })
    }

    /// Pad for contents: the last block keeps some for control frames.
    fn pick_pad(&mut self, link: &mut Link, now_ms: u64) -> Pick {
        loop {
            let alone = self.lane.blocks.len() == 1;
            let source = self.pad_source(link);
            let Some(block) = self.lane.blocks.front_mut() else {
                return Pick::Lease(source);
            };
            let Some(lease) = block.open(link.kernel) else {
                return Pick::Load(block.id());
            };
            let kept = if alone { KEPT_BYTES } else { 0 };
            match lease.payload_max().saturating_sub(kept) {
                0 if alone => return Pick::Lease(source),
                0 => self.leave_front(link, now_ms),
                room => return Pick::Seal(Suite::Otp, room.min(PAYLOAD_BYTES_MAX)),
            }
        }
    }

    /// Looks for the block from which the next epoch key comes.
    fn pick_slice(&mut self, link: &Link) -> Pick {
        let qkd = |block: &&mut Block| block.id().source == Source::Qkd;
        for block in self.lane.blocks.iter_mut().filter(qkd) {
            let id = block.id();
            match block.open(link.kernel) {
                None => return Pick::Load(id),
                Some(lease) if lease.left() >= SLICE_BYTES => {
                    return Pick::Seal(Suite::Qkd, PAYLOAD_BYTES_MAX);
                }
                Some(_) => {}
            }
        }
        Pick::Lease(Source::Qkd)
    }

    /// Where the next lease comes from: what refills itself first.
    fn pad_source(&self, link: &Link) -> Source {
        let has = |source: &Source| link.stock_bytes(*source, link.own()) > 0;
        Source::ALL
            .into_iter()
            .find(has)
            .unwrap_or(Source::Couriered)
    }

    /// The suite for a control frame of this length: the strongest that can be had now, or for
    /// long ones that need no secrecy the cheapest.
    pub(super) fn pick_control(&mut self, link: &Link, len: usize, cheap: bool) -> Option<Suite> {
        let minimum = self.policy.of(self.class).minimum;
        let pad = self.lane.blocks.iter_mut().any(|block| {
            let lease = block.open(link.kernel);
            lease.is_some_and(|lease| lease.payload_max() >= len)
        });
        let can = |suite: &Suite| match suite {
            Suite::Otp => pad,
            Suite::Qkd => self.epoch_lasts(),
            Suite::Psk => self.lane.psk.is_some(),
            Suite::Hybrid => self.lane.hybrid.is_some(),
        };
        let mut suites = Suite::ALL
            .into_iter()
            .filter(|suite| suite.level() >= minimum)
            .filter(can);
        if cheap {
            suites.next_back()
        } else {
            suites.next()
        }
    }

    /// Whether half of the window is spent and no lease is under way, so that the next one comes
    /// before this one ends; from which source.
    pub(super) fn wants_lease(&self, link: &Link) -> Option<Source> {
        if self.asked.is_some() || self.last != Some(Level::Otp) {
            return None;
        }
        let source = self.pad_source(link);
        let block_bytes = link.block_bytes(source);
        let left: u64 = self
            .lane
            .blocks
            .iter()
            .map(|block| block.left(link.block_bytes(block.id().source)))
            .sum();
        (left * 2 < self.window * block_bytes).then_some(source)
    }

    /// The window of the next lease, and a larger one after it.
    pub(super) fn next_window(&mut self, block_bytes: u64) -> u64 {
        let most =
            (WINDOW_BYTES_MAX / block_bytes.max(1)).clamp(1, crate::ledger::LEASE_BLOCKS_MAX);
        let window = self.window.min(most);
        self.window = (window * 2).min(most);
        window
    }

    /// Gives up what is left of the front block.
    fn leave_front(&mut self, link: &mut Link, now_ms: u64) {
        if let Some(block) = self.lane.blocks.pop_front() {
            give_up(&block, link, now_ms);
        }
    }

    /// Seals one frame behind what is in `out`.
    ///
    /// # Panics
    /// When the suite cannot be had: [`Self::pick`] said that it can.
    pub(super) fn seal(
        &mut self,
        link: &mut Link,
        now_ms: u64,
        suite: Suite,
        control: bool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        let place = self.place(link, now_ms, suite, payload.len());
        let head = FrameHead {
            suite,
            control,
            link: self.lane.scope.link,
            seq: self.lane.seq,
            place,
            payload_len: u32::try_from(payload.len()).expect("16 KiB"),
            generation: self.lane.scope.generation,
        };
        let head = head.to_bytes();
        let from = out.len() + HEAD_BYTES;
        out.extend_from_slice(&head);
        out.extend_from_slice(payload);
        let tag = self.protect(link, suite, place, &head, &mut out[from..]);
        out.extend_from_slice(&tag);
        self.lane.seq += 1;
        if suite == Suite::Otp {
            let counts = link.counters.of_mut(link.own());
            counts.spent(now_ms, payload.len() as u64, TAG_BYTES as u64);
        }
        let lower = self.lowest.is_none_or(|lowest| suite.level() < lowest);
        if lower {
            self.lowest = Some(suite.level());
        }
    }

    /// The place that the head tells; takes a new epoch key where one is due.
    fn place(&mut self, link: &mut Link, now_ms: u64, suite: Suite, len: usize) -> u64 {
        match suite {
            Suite::Otp => self.lease_for(link, len).place().to_bits(),
            Suite::Qkd => {
                if !self.epoch_lasts() {
                    self.next_epoch(link, now_ms);
                }
                let epoch = self.lane.epoch.as_mut().expect("picked");
                epoch.frames += 1;
                epoch.place
            }
            Suite::Psk => self.lane.psk.as_mut().expect("picked").next(),
            Suite::Hybrid => self.lane.hybrid.as_mut().expect("picked").next(),
        }
    }

    fn next_epoch(&mut self, link: &mut Link, now_ms: u64) {
        let lease = self
            .lane
            .blocks
            .iter_mut()
            .filter(|block| block.id().source == Source::Qkd)
            .filter_map(|block| block.open(link.kernel))
            .find(|lease| lease.left() >= SLICE_BYTES)
            .expect("picked");
        let (place, slice): (PadOffset, _) = lease.slice();
        let place = place.to_bits();
        self.lane.epoch = Some(Epoch {
            place,
            key: GcmKey::of_slice(&slice, &self.lane.scope, place),
            frames: 0,
        });
        let counts = link.counters.of_mut(link.own());
        counts.spent(now_ms, 0, SLICE_BYTES as u64);
    }

    fn protect(
        &mut self,
        link: &Link,
        suite: Suite,
        place: u64,
        head: &[u8; HEAD_BYTES],
        payload: &mut [u8],
    ) -> [u8; TAG_BYTES] {
        let seq = self.lane.seq;
        match suite {
            Suite::Otp => {
                let lease = self.lease_for(link, payload.len());
                debug_assert_eq!(lease.place().to_bits(), place);
                lease.seal(head, payload)
            }
            Suite::Qkd => {
                let epoch = self.lane.epoch.as_ref().expect("picked");
                epoch.key.seal(seq, head, payload)
            }
            Suite::Psk => {
                let steps = self.lane.psk.as_ref().expect("picked");
                steps.key().seal(seq, head, payload)
            }
            Suite::Hybrid => {
                let steps = self.lane.hybrid.as_ref().expect("picked");
                steps.key().seal(seq, head, payload)
            }
        }
    }

    /// The first block in which so many bytes fit.
    fn lease_for(&mut self, link: &Link, len: usize) -> &mut Lease {
        self.lane
            .blocks
            .iter_mut()
            .filter_map(|block| block.open(link.kernel))
            .find(|lease| lease.payload_max() >= len)
            .expect("picked")
    }

    /// Gives the channel's blocks back: whole ones to the next channel while the other end has
    /// not claimed them, the rest to waste.
    pub(super) fn end(&mut self, link: &mut Link, now_ms: u64, claimed: bool) {
        while let Some(block) = self.lane.blocks.pop_front() {
            match block {
                Block::Absent(id) if !claimed => link.spare(id, None),
                Block::Whole(id, bytes) if !claimed => link.spare(id, Some(bytes)),
                block => give_up(&block, link, now_ms),
            }
        }
    }
}

/// Counts what is left of a block as wasted.
fn give_up(block: &Block, link: &mut Link, now_ms: u64) {
    let (id, own) = (block.id(), link.own());
    let left = block.left(link.block_bytes(id.source));
    let counts = link.counters.of_mut(own);
    counts.wasted(now_ms, left);
    match block {
        Block::Open(_) => counts.spent(now_ms, 0, BLOCK_HEAD_BYTES as u64),
        Block::Whole(..) => {}
        Block::Absent(_) => link.loaded(id),
    }
}
