//! Time as a value that is passed in, so that every decision can be repeated in a test.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

pub use jiff::Timestamp;

/// Tells the time. The only way to learn it below the `server` floor.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, in UTC with millisecond resolution.
    fn now(&self) -> Timestamp;
}

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        whole_milliseconds(Timestamp::now().as_millisecond())
    }
}

/// A clock that stands still until it is set, for tests and replays.
#[derive(Debug)]
pub struct HandSetClock(AtomicI64);

impl HandSetClock {
    /// A clock that shows `now`, cut to the millisecond.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millisecond()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the clock, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for HandSetClock {
    fn now(&self) -> Timestamp {
        whole_milliseconds(self.0.load(Ordering::SeqCst))
    }
}

/// Records carry milliseconds, so nothing finer may take part in a decision.
fn whole_milliseconds(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_set_clock_moves_only_when_told() {
        let clock = HandSetClock::at(Timestamp::from_second(100).unwrap());
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().as_millisecond(), 101_500);
    }
}
