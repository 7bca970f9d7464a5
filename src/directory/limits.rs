//! Lets calls out no faster than DingTalk takes them: one queue for each API path, one for all.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Mutex;

use super::api::Api;
use crate::incident::{Failure, FailureClass};

/// How long a call waits for its turn before it is given up unsent.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(10);
/// All calls together, in a second; DingTalk blocks an address at 500 (10 000 in 20 s).
const CALLS_OF_ALL_PER_SECOND_MAX: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// The limits of one app.
pub(super) struct Limits {
    by_api: BTreeMap<Api, Gate>,
    all: Gate,
    wait_max: Duration,
}

impl Limits {
    /// `calls_per_second` and `burst` hold for each API path; nobody waits longer than `wait_max`.
    pub(super) fn new(calls_per_second: NonZeroU32, burst: NonZeroU32, wait_max: Duration) -> Self {
        let quota = Quota::per_second(calls_per_second).allow_burst(burst);
        let by_api = Api::ALL.into_iter().map(|api| (api, Gate::new(quota))).collect();
        Self { by_api, all: Gate::new(Quota::per_second(CALLS_OF_ALL_PER_SECOND_MAX)), wait_max }
    }

    /// Waits until a call to `api` may leave.
    pub(super) async fn wait_turn(&self, api: Api) -> Result<(), Failure> {
        let turn = async {
            if let Some(gate) = self.by_api.get(&api) {
                gate.pass().await;
            }
            self.all.pass().await;
        };
        let waited = tokio::time::timeout(self.wait_max, turn).await;
        waited.map_err(|_| Failure::local(FailureClass::NotSent, "local_limit"))
    }
}

/// One limit with a queue before it: the lock is handed on in the order of asking, and only who
/// holds it waits at the limiter.
struct Gate {
    queue: Mutex<()>,
    limiter: DefaultDirectRateLimiter,
}

impl Gate {
    fn new(quota: Quota) -> Self {
        Self { queue: Mutex::new(()), limiter: RateLimiter::direct(quota) }
    }

    async fn pass(&self) {
        let _turn = self.queue.lock().await;
        self.limiter.until_ready().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn limits(calls_per_second: u32, burst: u32, wait_max: Duration) -> Limits {
        Limits::new(NonZeroU32::new(calls_per_second).unwrap(), NonZeroU32::new(burst).unwrap(), wait_max)
    }

    #[tokio::test]
    async fn calls_beyond_the_burst_wait_their_turn() {
        let limits = limits(20, 2, WAIT_MAX);
        let start = Instant::now();
        for _ in 0..5 {
            limits.wait_turn(Api::Disable).await.unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(140), "three of five had to wait 50 ms each");
    }

    #[tokio::test]
    async fn a_wait_that_is_too_long_is_given_up_unsent() {
        let limits = limits(1, 1, Duration::from_millis(5));
        limits.wait_turn(Api::Disable).await.unwrap();
        let refused = limits.wait_turn(Api::Disable).await.unwrap_err();
        assert_eq!(refused, Failure::local(FailureClass::NotSent, "local_limit"));
        limits.wait_turn(Api::SignOut).await.expect("another path has its own limit");
    }

    #[tokio::test]
    async fn all_paths_together_have_a_limit_too() {
        let limits = limits(1000, 1000, Duration::ZERO);
        let mut left = 0;
        for round in 0..1000 {
            let api = Api::ALL[round % Api::ALL.len()];
            left += usize::from(limits.wait_turn(api).await.is_ok());
        }
        assert!((100..1000).contains(&left), "{left}");
    }
}
