//! Locked or not: who unlocked it, since when nobody moved, how often it was tried in vain.

use std::time::{Duration, Instant};

use crate::unlock::UnlockKey;

use super::keep::Seal;

/// The first wrong passphrase costs so much; each more in a row twice as much.
const DELAY_FIRST: Duration = Duration::from_secs(1);
const DELAY_MAX: Duration = Duration::from_secs(300);

/// The state of the lock.
pub(super) struct Lock {
    idle: Duration,
    /// Draws of this process, mixed into the key of copies.
    process: [u8; 32],
    open: Option<Open>,
    failures: u32,
    next_try: Option<Instant>,
}

struct Open {
    seal: Seal,
    active: Instant,
}

impl Lock {
    pub(super) const fn new(idle: Duration, process: [u8; 32]) -> Self {
        Self {
            idle,
            process,
            open: None,
            failures: 0,
            next_try: None,
        }
    }

    /// How long until a passphrase is looked at again.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let wait = self.next_try?.checked_duration_since(now)?;
        (!wait.is_zero()).then_some(wait)
    }

    /// Counts a wrong passphrase; gives how many in a row, and the delay.
    pub(super) fn failed(&mut self, now: Instant) -> (u32, Duration) {
        self.failures += 1;
        let doublings = (self.failures - 1).min(16);
        let delay = (DELAY_FIRST * (1 << doublings)).min(DELAY_MAX);
        self.next_try = Some(now + delay);
        (self.failures, delay)
    }

    /// Opens.
    pub(super) fn unlock(&mut self, key: &UnlockKey, now: Instant) {
        self.failures = 0;
        self.next_try = None;
        self.open = Some(Open {
            seal: Seal::new(key, &self.process),
            active: now,
        });
    }

    /// Closes: the key is gone from here on. Tells whether it was open.
    pub(super) fn lock(&mut self) -> bool {
        self.open.take().is_some()
    }

    /// The seal while it is open; it closes by itself when nobody moved for too long.
    pub(super) fn seal(&mut self, now: Instant) -> Option<&Seal> {
        let idle = self.idle;
        let over = |open: &Open| now.saturating_duration_since(open.active) >= idle;
        if self.open.as_ref().is_some_and(over) {
            self.open = None;
        }
        self.open.as_ref().map(|open| &open.seal)
    }

    /// Somebody moved.
    pub(super) fn touch(&mut self, now: Instant) {
        if let Some(open) = &mut self.open {
            open.active = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    fn lock() -> Lock {
        Lock::new(Duration::from_secs(300), [0; 32])
    }

    #[test]
    fn it_closes_by_itself_when_nobody_moves() {
        let (mut lock, now) = (lock(), Instant::now());
        assert!(lock.seal(now).is_none());
        lock.unlock(&Zeroizing::new([1; 32]), now);
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!(lock.seal(at(299)).is_some(), "looking does not count");
        lock.touch(at(299));
        assert!(lock.seal(at(598)).is_some());
        assert!(lock.seal(at(599)).is_none());
        assert!(lock.seal(at(0)).is_none(), "and stays closed");
    }

    #[test]
    fn each_wrong_passphrase_in_a_row_costs_twice_the_time() {
        let (mut lock, now) = (lock(), Instant::now());
        let delays: Vec<u64> = (0..12).map(|_| lock.failed(now).1.as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(lock.wait(now), Some(DELAY_MAX));
        assert_eq!(lock.wait(now + DELAY_MAX), None);
        lock.unlock(&Zeroizing::new([1; 32]), now);
        assert_eq!(
            lock.failed(now),
            (1, DELAY_FIRST),
            "counted anew after a right one"
        );
    }
}
