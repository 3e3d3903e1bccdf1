//! How many segments may be under way: slow start, then one more per round trip, half after a loss.

/// The window of one direction of a stream.
pub(super) struct Window {
    segments: usize,
    /// From here on the window opens slowly.
    threshold: usize,
    /// Acknowledgements since it last opened slowly.
    credit: usize,
    /// Losses among transmissions before this one have been answered already.
    answered: u64,
}

impl Window {
    pub(super) const fn first() -> Self {
        Self {
            segments: FIRST,
            threshold: MAX,
            credit: 0,
            answered: 0,
        }
    }

    pub(super) const fn segments(&self) -> usize {
        self.segments
    }

    /// Opens after an acknowledgement.
    pub(super) const fn open(&mut self) {
        if self.segments < self.threshold {
            self.segments += 1;
            return;
        }
        self.credit += 1;
        if self.credit >= self.segments && self.segments < MAX {
            self.segments += 1;
            self.credit = 0;
        }
    }

    /// Closes by half after a loss, once for all that were under way together.
    pub(super) fn close(&mut self, lost: u64, transmissions: u64) {
        if lost >= self.answered {
            self.segments = (self.segments / 2).max(FIRST);
            self.threshold = self.segments;
            self.answered = transmissions;
        }
    }
}

/// RFC 6928.
const FIRST: usize = 10;
const MAX: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_per_round_trip_until_something_is_lost() {
        let mut window = Window::first();
        for expected in [10, 20, 40, 80] {
            assert_eq!(window.segments(), expected);
            (0..expected).for_each(|_| window.open());
        }
        window.close(100, 150);
        window.close(149, 160);
        assert_eq!(window.segments(), 80);
        (0..80).for_each(|_| window.open());
        assert_eq!(window.segments(), 81);
        window.close(150, 170);
        assert_eq!(window.segments(), 40);
    }

    #[test]
    fn the_window_has_a_least_and_a_most() {
        let mut window = Window::first();
        window.close(0, 1);
        assert_eq!(window.segments(), FIRST);
        let mut window = Window::first();
        (0..2 * MAX).for_each(|_| window.open());
        assert_eq!(window.segments(), MAX);
    }
}
