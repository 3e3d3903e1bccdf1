//! One direction of a link: packets go in, and come out when they are due.
//!
//! ```text
//! offer ─► dice: lost? ─► queue full? ─► serialiser (rate) ─► delay + jitter ─► take_due
//!                                              └ an outage when its last bit leaves: cut
//! ```
//!
//! Time and random numbers are arguments. Times are since the start of the link; all arithmetic is
//! exact in nanoseconds, with the remainder of a division by the rate carried on.

mod settings;
#[cfg(test)]
mod tests;

pub use settings::{Loss, Outage, WireSettings};

use std::collections::VecDeque;
use std::time::Duration;

use chacha20::rand_core::Rng;

/// What became of an offered packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is under way; an outage may still cut it off.
    Sent,
    /// The queue had no room (drop tail).
    QueueFull,
    /// It will not arrive; it used the air time all the same.
    Lost,
}

/// What one direction of a link has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that came.
    pub offered: u64,
    /// Their bytes.
    pub offered_bytes: u64,
    /// Packets handed on.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Packets that found the queue full.
    pub queue_full: u64,
    /// Packets lost by chance.
    pub lost: u64,
    /// Packets whose last bit left during an outage.
    pub cut: u64,
    /// How long after its time the latest packet was handed on: the emulator's own error.
    pub late_max: Duration,
}

/// One direction of a link that carries packets of type `P`.
///
/// Packets never overtake each other, as on a satellite link: jitter stretches gaps, it does not
/// reorder. Memory is bounded by [`IN_FLIGHT_BYTES_MAX`].
///
/// Source: `docs/testbed.md`, "The wire".
#[derive(Debug)]
pub struct Wire<P> {
    settings: WireSettings,
    /// When the serialiser is idle again, in ns.
    free: u64,
    /// What `free` lacks, in units of 1/rate ns.
    free_fraction: u64,
    last_due: u64,
    in_flight: VecDeque<InFlight<P>>,
    in_flight_bytes: u64,
    outages: Vec<Outage>,
    counters: Counters,
}

#[derive(Debug)]
struct InFlight<P> {
    packet: P,
    bytes: u64,
    /// When the last bit leaves the sender, in ns.
    sent: u64,
    due: u64,
}

impl<P> Wire<P> {
    /// Opens an idle wire.
    pub fn new(settings: WireSettings) -> Self {
        Self {
            outages: settings.outages.clone(),
            settings,
            free: 0,
            free_fraction: 0,
            last_due: 0,
            in_flight: VecDeque::new(),
            in_flight_bytes: 0,
            counters: Counters::default(),
        }
    }

    /// Takes a packet of `bytes` bytes at time `now`.
    ///
    /// Randomness: 16 bytes for each packet, whatever becomes of it, so that which ones are lost
    /// depends on their number in the sequence only.
    pub fn offer(
        &mut self,
        now: Duration,
        packet: P,
        bytes: usize,
        dice: &mut impl Rng,
    ) -> Verdict {
        let (now, bytes) = (nanos(now), bytes as u64);
        let (chance, stretch) = (dice.next_u64(), dice.next_u64());
        self.counters.offered += 1;
        self.counters.offered_bytes += bytes;
        if self.backlog_bytes(now) + bytes > self.settings.queue_bytes
            || self.in_flight_bytes + bytes > IN_FLIGHT_BYTES_MAX
        {
            self.counters.queue_full += 1;
            return Verdict::QueueFull;
        }
        let sent = self.serialise(now, bytes);
        if self.settings.loss.strikes(chance) {
            self.counters.lost += 1;
            return Verdict::Lost;
        }
        let jitter = part_of(nanos(self.settings.jitter), stretch);
        let due = sent
            .saturating_add(nanos(self.settings.delay))
            .saturating_add(jitter)
            .max(self.last_due);
        self.last_due = due;
        self.in_flight_bytes += bytes;
        self.in_flight.push_back(InFlight {
            packet,
            bytes,
            sent,
            due,
        });
        Verdict::Sent
    }

    /// When the next packet is due.
    pub fn next_due(&self) -> Option<Duration> {
        { self.in_flight.front() }.map(|first| Duration::from_nanos(first.due))
    }

    /// Hands out the next packet whose time has come.
    pub fn take_due(&mut self, now: Duration) -> Option<P> {
        let now = nanos(now);
        while self.in_flight.front().is_some_and(|first| first.due <= now) {
            let first = self.in_flight.pop_front().expect("seen a line ago");
            self.in_flight_bytes -= first.bytes;
            if self.is_out(first.sent) {
                self.counters.cut += 1;
                continue;
            }
            let late = Duration::from_nanos(now - first.due);
            self.counters.delivered += 1;
            self.counters.delivered_bytes += first.bytes;
            self.counters.late_max = self.counters.late_max.max(late);
            return Some(first.packet);
        }
        None
    }

    /// Cuts the link: what has not left the sender by `now`, and what comes later, does not arrive.
    ///
    /// What is in the air does. A link that is cut already stays as it is.
    pub fn cut(&mut self, now: Duration) {
        if !self.is_cut() {
            self.outages.push(Outage {
                from: now,
                until: Duration::MAX,
            });
        }
    }

    /// Ends what [`Wire::cut`] began.
    pub fn restore(&mut self, now: Duration) {
        for outage in self.outages.iter_mut().filter(|outage| outage.is_open()) {
            outage.until = now;
        }
        // Outages that ended before anything still in flight was sent decide nothing any more.
        let first = self
            .in_flight
            .front()
            .map_or(nanos(now), |first| first.sent);
        self.outages.retain(|outage| nanos(outage.until) > first);
    }

    /// Whether the link is cut until further notice.
    pub fn is_cut(&self) -> bool {
        self.outages.iter().any(Outage::is_open)
    }

    /// What the wire has done so far.
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Bytes that have not left the sender yet, rounded down.
    fn backlog_bytes(&self, now: u64) -> u64 {
        let Some(rate) = self.settings.rate_bps else {
            return 0;
        };
        if self.free < now {
            return 0;
        }
        let bits = u128::from(self.free - now) * u128::from(rate.get());
        let bytes = (bits + u128::from(self.free_fraction)) / (8 * NANOS_PER_S);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    /// Occupies the serialiser; tells when the last bit leaves.
    fn serialise(&mut self, now: u64, bytes: u64) -> u64 {
        if self.free < now {
            self.free = now;
            self.free_fraction = 0;
        }
        if let Some(rate) = self.settings.rate_bps {
            let work = u128::from(bytes) * 8 * NANOS_PER_S + u128::from(self.free_fraction);
            let rate = u128::from(rate.get());
            let time = u64::try_from(work / rate).unwrap_or(u64::MAX);
            self.free = self.free.saturating_add(time);
            self.free_fraction = u64::try_from(work % rate).expect("below a 64-bit rate");
        }
        self.free
    }

    fn is_out(&self, sent: u64) -> bool {
        self.outages
            .iter()
            .any(|outage| (nanos(outage.from)..nanos(outage.until)).contains(&sent))
    }
}

/// The part of `whole` that a uniform 64-bit number stands for: below `whole`.
fn part_of(whole: u64, uniform: u64) -> u64 {
    let product = u128::from(whole) * u128::from(uniform);
    u64::try_from(product >> 64).expect("the high half of 128 bits")
}

/// Nanoseconds; 584 years are for ever.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// What one direction may hold: beyond it packets are dropped as if the queue were full.
pub const IN_FLIGHT_BYTES_MAX: u64 = 256 << 20;

const NANOS_PER_S: u128 = 1_000_000_000;
