//! How much is asked for at once, and how long is waited: pure, so that every step can be tried.

use std::time::Duration;

use super::order::Limits;

/// First and longest wait.
const WAIT_MIN: Duration = Duration::from_millis(250);
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long to wait after failures in a row: doubled each time, up to half a minute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A request failed; waits so long before the next.
    pub fn failed(&mut self) -> Duration {
        let wait = WAIT_MIN.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        wait.min(WAIT_MAX)
    }

    /// A request brought keys.
    pub const fn worked(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

/// The size of requests: as large as the status allows, smaller where a key manager cannot do
/// what its status says, large again as it goes well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    limits: Limits,
    number: u32,
    size_bits: u32,
}

impl Size {
    /// The largest that the status allows.
    #[must_use]
    pub fn largest(limits: Limits) -> Self {
        let size_bits = limits.size_bits_max.max(limits.size_bits_default);
        Self {
            limits,
            number: limits.number_of(size_bits),
            size_bits,
        }
    }

    /// Number and size in bits of a request that wants so many bytes: no key is asked for that is
    /// not wanted, but for the rest of the last.
    #[must_use]
    pub fn for_bytes(&self, bytes: u64) -> (u32, u32) {
        let wanted = bytes.div_ceil(u64::from(self.size_bits / 8)).max(1);
        let number = u32::try_from(wanted).unwrap_or(u32::MAX);
        (number.min(self.number), self.size_bits)
    }

    /// Asks for fewer keys from now on; `false` when it is one already.
    pub const fn fewer(&mut self) -> bool {
        let several = self.number > 1;
        if several {
            self.number /= 2;
        }
        several
    }

    /// Asks for less from now on: fewer keys, then keys of the key manager's own size; `false` when
    /// it is the least already.
    pub fn shrink(&mut self) -> bool {
        if self.fewer() {
            return true;
        }
        if self.size_bits != self.limits.size_bits_default {
            // Sizes are ignored in the field, or offered and not had; its own it can make.
            self.size_bits = self.limits.size_bits_default;
            self.number = self.limits.number_of(self.size_bits);
            return true;
        }
        false
    }

    /// Asks for more keys again; their size stays.
    pub fn grow(&mut self) {
        let most = self.limits.number_of(self.size_bits);
        self.number = self.number.saturating_mul(2).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        number_max: 8,
        size_bits_max: 1_024,
        size_bits_default: 256,
    };

    #[test]
    fn waits_double_up_to_half_a_minute_and_start_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..9).map(|_| backoff.failed().as_millis()).collect();
        assert_eq!(
            waits,
            [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        for _ in 0..100 {
            assert_eq!(backoff.failed(), WAIT_MAX);
        }
        backoff.worked();
        assert_eq!(backoff.failed(), WAIT_MIN);
    }

    #[test]
    fn requests_begin_as_large_as_allowed_and_shrink_to_one_key_of_the_default_size() {
        let mut size = Size::largest(LIMITS);
        let mut asked = vec![size.for_bytes(u64::MAX)];
        while size.shrink() {
            asked.push(size.for_bytes(u64::MAX));
        }
        let expected = [
            (8, 1_024),
            (4, 1_024),
            (2, 1_024),
            (1, 1_024),
            (8, 256),
            (4, 256),
            (2, 256),
            (1, 256),
        ];
        assert_eq!(asked, expected);
        size.grow();
        assert_eq!(size.for_bytes(u64::MAX), (2, 256));
        for _ in 0..40 {
            size.grow();
        }
        assert_eq!(size.for_bytes(u64::MAX), (8, 256));
    }

    #[test]
    fn no_key_is_asked_for_that_is_not_wanted() {
        let size = Size::largest(LIMITS);
        assert_eq!(size.for_bytes(1), (1, 1_024));
        assert_eq!(size.for_bytes(128), (1, 1_024));
        assert_eq!(size.for_bytes(129), (2, 1_024));
        assert_eq!(size.for_bytes(128 * 8 + 1), (8, 1_024));
    }
}
