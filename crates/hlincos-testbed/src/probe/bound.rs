//! What a link allows at best: no loss, no jitter, no computing; TCP in slow start.
//!
//! Source: RFC 5681 and 6928; `docs/testbed.md`, "The bound".

use std::time::Duration;

use super::client::{ECHO_BYTES, REQUEST_BYTES};
use crate::link::WireSettings;

/// Both directions of a link, as TCP meets them.
pub(super) struct Path<'a> {
    pub(super) up: &'a WireSettings,
    pub(super) down: &'a WireSettings,
    /// Segments before the first acknowledgement; none: ten.
    pub(super) window: Option<u32>,
}

impl Path<'_> {
    pub(super) fn echo(&self) -> Duration {
        let packet = UDP_HEADERS_BYTES + ECHO_BYTES;
        one_way(self.up, packet) + one_way(self.down, packet)
    }

    pub(super) fn connect(&self) -> Duration {
        one_way(self.up, SYN_BYTES) + one_way(self.down, SYN_BYTES)
    }

    /// From the connect to the last byte of the answer.
    pub(super) fn cold(&self, bytes: usize) -> Duration {
        let window = self.window.unwrap_or(WINDOW) as usize;
        self.connect() + self.request() + self.answer(bytes, window)
    }

    /// From the request to the last byte of the answer, whatever the window.
    pub(super) fn warm(&self, bytes: usize) -> Duration {
        self.request() + self.answer(bytes, usize::MAX)
    }

    /// How long to wait for an echo before it counts as lost.
    pub(super) fn echo_patience(&self) -> Duration {
        2 * (self.echo() + self.up.jitter + self.down.jitter) + Duration::from_secs(1)
    }

    /// How long to wait for anything of TCP before it counts as failed.
    pub(super) fn patience(&self) -> Duration {
        20 * self.connect() + Duration::from_secs(20)
    }

    fn request(&self) -> Duration {
        one_way(self.up, TCP_HEADERS_BYTES + REQUEST_BYTES)
    }

    /// From the first segment's leaving to the last one's arrival.
    ///
    /// Slow start: each acknowledged segment releases two.
    fn answer(&self, bytes: usize, window: usize) -> Duration {
        let acknowledgement = one_way(self.up, TCP_HEADERS_BYTES);
        let mut acknowledged = Vec::new();
        let (mut free, mut left) = (Duration::ZERO, bytes);
        for number in 0..bytes.div_ceil(SEGMENT_BYTES) {
            let released = match number.checked_sub(window) {
                Some(later) => acknowledged[later / 2],
                None => Duration::ZERO,
            };
            let payload = left.min(SEGMENT_BYTES);
            left -= payload;
            free = free.max(released) + transmission(self.down, TCP_HEADERS_BYTES + payload);
            acknowledged.push(free + self.down.delay + acknowledgement);
        }
        free + self.down.delay
    }
}

fn one_way(wire: &WireSettings, bytes: usize) -> Duration {
    transmission(wire, bytes) + wire.delay
}

fn transmission(wire: &WireSettings, bytes: usize) -> Duration {
    let Some(rate) = wire.rate_bps else {
        return Duration::ZERO;
    };
    let nanos = bytes as u128 * 8_000_000_000 / u128::from(rate.get());
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

const UDP_HEADERS_BYTES: usize = 28;
/// IPv4, and TCP with timestamps.
const TCP_HEADERS_BYTES: usize = 52;
/// IPv4, and TCP with the options of an opening.
const SYN_BYTES: usize = 60;
const SEGMENT_BYTES: usize = 1_448;
const WINDOW: u32 = 10;

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;

    /// A round trip of one second without a rate counts round trips.
    fn round_trips(bytes: usize, window: u32) -> u64 {
        let wire = WireSettings {
            delay: Duration::from_millis(500),
            ..WireSettings::default()
        };
        let path = Path {
            up: &wire,
            down: &wire,
            window: Some(window),
        };
        path.cold(bytes).as_secs()
    }

    #[test]
    fn slow_start_costs_the_round_trips_that_were_seen_on_a_real_kernel() {
        // Bursts of 14,480, 28,960 and 57,920 bytes, a round trip apart, after two for opening and
        // asking (Linux, cubic, one way 280 ms).
        for (bytes, expected) in [(1_000, 2), (14_480, 2), (14_481, 3), (43_440, 3)] {
            assert_eq!(round_trips(bytes, 10), expected, "{bytes}");
        }
        assert_eq!(round_trips(100_000, 10), 4);
        assert_eq!(round_trips(100_000, 100), 2);
    }

    #[test]
    fn a_satellite_link_is_bound_as_computed_by_hand() {
        let wire = |bps| WireSettings {
            delay: Duration::from_millis(280),
            rate_bps: NonZeroU64::new(bps),
            ..WireSettings::default()
        };
        let path = Path {
            up: &wire(512_000),
            down: &wire(2_000_000),
            window: None,
        };
        // 92 bytes are 1.4375 ms up and 0.368 ms down.
        assert_eq!(path.echo(), Duration::from_nanos(561_805_500));
        // 68 bytes up: 1.0625 ms; 14 segments down: 20,000 + 14 * 52 bytes, 82.912 ms.
        assert_eq!(path.warm(20_000), Duration::from_nanos(643_974_500));
    }

    #[test]
    fn a_full_link_is_bound_by_its_rate() {
        let wire = WireSettings {
            delay: Duration::from_millis(1),
            rate_bps: NonZeroU64::new(1_000_000),
            ..WireSettings::default()
        };
        let path = Path {
            up: &wire,
            down: &wire,
            window: None,
        };
        let difference = path.cold(1_000_000) - path.warm(1_000_000);
        assert!(difference <= path.connect() + Duration::from_millis(3));
    }
}
