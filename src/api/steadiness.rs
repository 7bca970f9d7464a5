//! Whether the wall clock runs as time does. What senders sign is judged by it, so that a step of some minutes turns
//! every sender away; whoever watches the server should know before they do.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::incident::Timestamp;

/// How far the wall clock may run from the monotonic one between two looks, in milliseconds.
const STEP_MS_MIN: i64 = 10_000;
/// How long a step is told of.
const TOLD_FOR: Duration = Duration::from_secs(3_600);

/// Looks at both clocks, again and again.
pub struct Steadiness(Mutex<Seen>);

struct Seen {
    wall: Timestamp,
    monotonic: Instant,
    step: Option<Step>,
}

/// A step of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// How far it went, in milliseconds; back, if below zero.
    pub by_ms: i64,
    seen: Instant,
}

impl Steadiness {
    /// From now on.
    #[must_use]
    pub fn since(now: Timestamp) -> Self {
        Self::new(now, Instant::now())
    }

    fn new(wall: Timestamp, monotonic: Instant) -> Self {
        Self(Mutex::new(Seen { wall, monotonic, step: None }))
    }

    /// The last step, if it is not long ago.
    pub(super) fn look(&self, wall: Timestamp, monotonic: Instant) -> Option<Step> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = monotonic.saturating_duration_since(seen.monotonic).as_millis();
        let went = wall.as_millisecond().saturating_sub(seen.wall.as_millisecond());
        let by_ms = went.saturating_sub(i64::try_from(ran).unwrap_or(i64::MAX));
        (seen.wall, seen.monotonic) = (wall, monotonic);
        if by_ms.abs() >= STEP_MS_MIN {
            tracing::warn!(by_ms, "the clock of this machine has been set; senders' times are judged by it");
            seen.step = Some(Step { by_ms, seen: monotonic });
        }
        seen.step = seen.step.filter(|step| monotonic.saturating_duration_since(step.seen) < TOLD_FOR);
        seen.step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b28_a_step_of_the_wall_clock_is_told_of_for_an_hour() {
        let begun = Instant::now();
        let at =
            |wall_s: i64, ran_s: u64| (Timestamp::from_second(wall_s).unwrap(), begun + Duration::from_secs(ran_s));
        let (wall, monotonic) = at(1_000_000, 0);
        let steadiness = Steadiness::new(wall, monotonic);
        let look = |wall_s: i64, ran_s: u64| {
            let (wall, monotonic) = at(1_000_000 + wall_s, ran_s);
            steadiness.look(wall, monotonic).map(|step| step.by_ms)
        };
        assert_eq!(look(15, 15), None);
        assert_eq!(look(39, 30), None, "nine seconds in fifteen are not a step");
        assert_eq!(look(45, 45), None, "nor is what takes them back");
        assert_eq!(look(60 - 600, 60), Some(-600_000));
        assert_eq!(look(75 - 600, 75), Some(-600_000));
        assert_eq!(look(90 + 600, 90), Some(1_200_000), "the later one counts");
        assert_eq!(look(3_689 + 600, 3_689), Some(1_200_000));
        assert_eq!(look(3_690 + 600, 3_690), None);
    }
}
