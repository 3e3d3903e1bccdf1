//! Leaving a site alone for a moment after it did not answer, so that nobody waits for it again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is known of a site's answering.
#[derive(Default)]
pub(crate) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    rests_until: Option<Instant>,
    why: String,
}

impl Breaker {
    /// Begins a call, or tells why not: the site did not answer a moment ago.
    pub(crate) fn call(&self) -> Result<UnderWay<'_>, String> {
        let state = self.lock();
        let now = Instant::now();
        match state.rests_until.filter(|until| *until > now) {
            Some(_) => Err(state.why.clone()),
            None => Ok(UnderWay {
                breaker: self,
                began: now,
                ended: false,
            }),
        }
    }

    fn rest(&self, why: String) {
        *self.lock() = State {
            rests_until: Some(Instant::now() + REST),
            why,
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. Dropped before its end, it was given up: if it had its time, the site rests.
pub(crate) struct UnderWay<'a> {
    breaker: &'a Breaker,
    began: Instant,
    ended: bool,
}

impl UnderWay<'_> {
    /// The site answered, whatever it said.
    pub(crate) fn answered(mut self) {
        self.ended = true;
    }

    /// The site did not answer. If that was told at once, it cost nobody's time, and the next call
    /// may find the site back: only who was waited for rests.
    pub(crate) fn failed(mut self, why: &str) {
        self.ended = true;
        if self.began.elapsed() >= FAIR {
            self.breaker.rest(why.to_owned());
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended && self.began.elapsed() >= FAIR {
            self.breaker.rest("it was silent a moment ago".into());
        }
    }
}

/// How long a site is left alone; a little less than a dealer's second try.
const REST: Duration = Duration::from_secs(2);

/// A call that was given up sooner says nothing of the site.
const FAIR: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_was_waited_for_rests_and_one_that_answered_does_not() {
        let breaker = Breaker::default();
        breaker.call().unwrap().answered();
        let mut waited = breaker.call().unwrap();
        waited.began -= FAIR;
        waited.failed("no answer");
        assert_eq!(breaker.call().err().as_deref(), Some("no answer"));
    }

    #[test]
    fn a_site_that_refuses_at_once_may_be_back_at_the_next_call() {
        let breaker = Breaker::default();
        breaker.call().unwrap().failed("connection refused");
        assert!(breaker.call().is_ok());
    }

    #[test]
    fn a_call_that_was_given_up_at_once_says_nothing() {
        let breaker = Breaker::default();
        drop(breaker.call().unwrap());
        assert!(breaker.call().is_ok());
    }
}
