//! The limit of calls per second that DingTalk sets on each API for each app.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::incident::Clock;

use super::catalogue::Api;

/// Above this a limit is no limit, and governor's interval would round to nothing.
const CALLS_PER_SECOND_MAX: u32 = 1_000_000;

type Limiter = RateLimiter<Api, DefaultKeyedStateStore<Api>, SinceStart, NoOpMiddleware<Nanos>>;

/// The limiter. There is one app, so its key is the API alone.
pub(super) struct Throttle(Option<Limiter>);

impl Throttle {
    /// Allows `calls_per_second` for each API by `clock`; 0 means no limit.
    pub(super) fn new(calls_per_second: u32, clock: Arc<dyn Clock>) -> Self {
        let rate = NonZeroU32::new(calls_per_second.min(CALLS_PER_SECOND_MAX));
        let since_start = SinceStart { start_ms: clock.now().as_millisecond(), clock };
        let limiter = |rate| RateLimiter::new(Quota::per_second(rate), DefaultKeyedStateStore::default(), since_start);
        Self(rate.map(limiter))
    }

    /// Whether the call goes through; one that does is counted.
    pub(super) fn admits(&self, api: Api) -> bool {
        self.0.as_ref().is_none_or(|limiter| limiter.check_key(&api).is_ok())
    }
}

/// Our clock in governor's terms, so that tests can set the limiter's time by hand.
struct SinceStart {
    clock: Arc<dyn Clock>,
    start_ms: i64,
}

impl GovernorClock for SinceStart {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let since = self.clock.now().as_millisecond().saturating_sub(self.start_ms);
        Nanos::from(Duration::from_millis(u64::try_from(since).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{HandSetClock, Timestamp};

    #[test]
    fn each_api_has_its_own_limit_and_time_restores_it() {
        let clock = Arc::new(HandSetClock::at(Timestamp::UNIX_EPOCH));
        let throttle = Throttle::new(20, clock.clone());
        assert_eq!((0..30).filter(|_| throttle.admits(Api::SignOut)).count(), 20);
        assert!(throttle.admits(Api::Disable), "another API is not touched");
        clock.advance(Duration::from_millis(50));
        assert!(throttle.admits(Api::SignOut) && !throttle.admits(Api::SignOut));
        clock.advance(Duration::from_secs(1));
        assert_eq!((0..30).filter(|_| throttle.admits(Api::SignOut)).count(), 20);
    }

    #[test]
    fn zero_means_no_limit() {
        let throttle = Throttle::new(0, Arc::new(HandSetClock::at(Timestamp::UNIX_EPOCH)));
        assert!((0..1000).all(|_| throttle.admits(Api::SignOut)));
    }
}
