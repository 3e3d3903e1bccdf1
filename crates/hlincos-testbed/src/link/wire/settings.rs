//! What a wire is like.

use std::num::NonZeroU64;
use std::time::Duration;

/// What one direction of a link is like. The default neither delays nor loses anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireSettings {
    /// From the last bit's leaving to its arrival.
    pub delay: Duration,
    /// Added to the delay, uniformly from 0 up to this; the order is kept.
    pub jitter: Duration,
    /// Bits per second of IP packets; none: any packet leaves at once.
    pub rate_bps: Option<NonZeroU64>,
    /// How many packets are lost by chance.
    pub loss: Loss,
    /// Bytes that may wait for the serialiser, the packet that is leaving among them.
    pub queue_bytes: u64,
    /// When the link is out, known beforehand.
    pub outages: Vec<Outage>,
}

impl Default for WireSettings {
    fn default() -> Self {
        Self {
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            rate_bps: None,
            loss: Loss::NONE,
            queue_bytes: u64::MAX / 2,
            outages: Vec::new(),
        }
    }
}

/// A probability of losing a packet, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss(u32);

impl Loss {
    /// Nothing is lost.
    pub const NONE: Self = Self(0);

    /// Takes a probability from 0 to 1, rounded to a billionth; none for anything else.
    pub fn new(probability: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&probability) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a probability times a billion fits 32 bits"
        )]
        let billionths = (probability * f64::from(BILLION)).round() as u32;
        Some(Self(billionths))
    }

    /// The probability, from 0 to 1.
    pub fn probability(self) -> f64 {
        f64::from(self.0) / f64::from(BILLION)
    }

    /// Whether a packet with this uniform number is lost.
    pub(super) fn strikes(self, uniform: u64) -> bool {
        super::part_of(u64::from(BILLION), uniform) < u64::from(self.0)
    }
}

/// A time in which nothing gets through, counted from the start of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// The first moment.
    pub from: Duration,
    /// The first moment after it.
    pub until: Duration,
}

impl Outage {
    /// Whether its end is not known yet.
    pub(super) fn is_open(&self) -> bool {
        self.until == Duration::MAX
    }
}

const BILLION: u32 = 1_000_000_000;
