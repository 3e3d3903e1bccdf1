//! What a link has used in each direction, how fast, and how long its stock lasts.

use crate::{Class, Direction};

/// A rate as an exponentially weighted mean: an hour ago counts a third of now.
///
/// Units: milliseconds since any fixed moment; bytes a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    bytes_per_second: f64,
    last_ms: Option<u64>,
    waiting: u64,
}

const MEAN_MS: f64 = 3_600_000.0;
/// Bytes of a shorter time are gathered first.
const STEP_MS: u64 = 1_000;

impl Rate {
    /// Counts bytes.
    pub fn add(&mut self, now_ms: u64, bytes: u64) {
        self.waiting = self.waiting.saturating_add(bytes);
        let last = *self.last_ms.get_or_insert(now_ms);
        let passed = now_ms.saturating_sub(last);
        if passed >= STEP_MS {
            self.bytes_per_second = self.at(now_ms);
            self.last_ms = Some(now_ms);
            self.waiting = 0;
        }
    }

    /// The rate now, in bytes a second.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a forecast; 2^53 bytes are exact enough"
    )]
    pub fn at(&self, now_ms: u64) -> f64 {
        let passed = now_ms.saturating_sub(self.last_ms.unwrap_or(now_ms)) as f64;
        if passed == 0.0 {
            return self.bytes_per_second;
        }
        let keep = (-passed / MEAN_MS).exp();
        let lately = self.waiting as f64 * 1_000.0 / passed;
        self.bytes_per_second * keep + lately * (1.0 - keep)
    }
}

/// The counts of one direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Pad that came: blocks appended.
    pub received: u64,
    /// Pad spent on contents.
    pub payload: u64,
    /// Pad spent on tags, hash keys and epoch keys.
    pub tags: u64,
    /// Pad given up: rests of leases, skipped and lost blocks.
    pub wasted: u64,
    /// Contents sent or received at each level, by level number less one.
    pub contents: [u64; 5],
    /// Frames refused.
    pub rejected: u64,
    /// Pad spent or given up, of late.
    pub spending: Rate,
    /// Emergency contents, of late.
    pub emergency: Rate,
}

impl Counts {
    /// Seconds until the stock is spent at the rate of late; none while nothing is spent.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "a forecast; 2^53 bytes are exact enough"
    )]
    pub fn seconds_to_empty(&self, now_ms: u64, stock_bytes: u64) -> Option<f64> {
        let rate = self.spending.at(now_ms);
        (rate > 0.0).then(|| stock_bytes as f64 / rate)
    }

    pub(crate) fn spent(&mut self, now_ms: u64, payload: u64, tags: u64) {
        self.payload += payload;
        self.tags += tags;
        self.spending.add(now_ms, payload + tags);
    }

    pub(crate) fn wasted(&mut self, now_ms: u64, bytes: u64) {
        self.wasted += bytes;
        self.spending.add(now_ms, bytes);
    }

    pub(crate) fn contents(&mut self, now_ms: u64, class: Class, level: crate::Level, bytes: u64) {
        self.contents[level as usize - 1] += bytes;
        if class == Class::Emergency {
            self.emergency.add(now_ms, bytes);
        }
    }
}

/// The counts of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters([Counts; 2]);

impl Counters {
    /// Those of one direction.
    #[must_use]
    pub const fn of(&self, direction: Direction) -> &Counts {
        &self.0[direction as usize]
    }

    pub(crate) const fn of_mut(&mut self, direction: Direction) -> &mut Counts {
        &mut self.0[direction as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_rate_is_told_after_some_hours_and_forgotten_after_some_more() {
        let mut rate = Rate::default();
        for second in 0..5 * 3_600 {
            rate.add(second * 1_000, 38_000);
        }
        let end = 5 * 3_600_000;
        assert!((rate.at(end) - 38_000.0).abs() < 400.0, "{}", rate.at(end));
        assert!(rate.at(end + 5 * 3_600_000) < 400.0);
    }

    #[test]
    fn stock_lasts_as_long_as_the_rate_says() {
        let mut counts = Counts::default();
        assert_eq!(counts.seconds_to_empty(0, 1), None);
        for second in 0..10 * 3_600 {
            counts.spent(second * 1_000, 900, 100);
        }
        let left = counts.seconds_to_empty(36_000_000, 1_000_000).unwrap();
        assert!((990.0..1_010.0).contains(&left), "{left}");
    }

    #[test]
    fn a_clock_that_goes_back_changes_nothing() {
        let mut rate = Rate::default();
        rate.add(10_000, 5);
        rate.add(0, 5);
        assert!(rate.at(0) >= 0.0);
    }
}
