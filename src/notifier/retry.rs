//! When a notice that did not get there is sent again, and when it is given up.

use std::time::Duration;

use crate::incident::{Digest, Failure, FailureClass, Timestamp};
use crate::notices::Unsent;

/// Attempts before a notice is given up, which takes about an hour.
pub(super) const ATTEMPTS_MAX: u32 = 10;
const FIRST_WAIT_MS: u64 = 5_000;
const LONGEST_WAIT_MS: u64 = 15 * 60_000;
const MINUTE_MS: u64 = 60_000;
const ADDRESS_BLOCK_WAIT_MS: u64 = 5 * MINUTE_MS;

/// When to try again after this attempt, counted from 1; `None` to give up.
pub(super) fn after(unsent: &Unsent, attempt: u32, id: &str, now: Timestamp) -> Option<Timestamp> {
    let Failure { class, ref code, .. } = unsent.failure;
    let wait_ms = match class {
        FailureClass::Permanent | FailureClass::OperatorNeeded => return None,
        // DingTalk's word holds until its month ends; ours, while we keep what is left for containment.
        FailureClass::QuotaExhausted if code != Failure::RESERVED_FOR_CONTAINMENT => return None,
        _ if attempt >= ATTEMPTS_MAX => return None,
        FailureClass::ThrottledMinute => MINUTE_MS + jitter_ms(id, attempt, FIRST_WAIT_MS),
        FailureClass::AddressBlocked => ADDRESS_BLOCK_WAIT_MS,
        FailureClass::Throttled
        | FailureClass::TokenRefused
        | FailureClass::Busy
        | FailureClass::NotSent
        | FailureClass::Unreachable
        | FailureClass::Unknown
        | FailureClass::NotInEffect
        | FailureClass::QuotaExhausted => backoff_ms(attempt, id),
    };
    let wait = Duration::from_millis(wait_ms).max(unsent.wait.unwrap_or_default());
    Some(now.checked_add(wait).unwrap_or(Timestamp::MAX))
}

/// Doubling, and up to half as much again.
fn backoff_ms(attempt: u32, id: &str) -> u64 {
    let wait = FIRST_WAIT_MS.saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(LONGEST_WAIT_MS);
    wait + jitter_ms(id, attempt, wait / 2)
}

/// Spreads notices apart, the same for the same attempt.
fn jitter_ms(id: &str, attempt: u32, below_ms: u64) -> u64 {
    let Digest(hash) = Digest::of_parts(&[id.as_bytes(), &attempt.to_be_bytes()]);
    let [a, b, c, ..] = hash;
    u64::from(u32::from_be_bytes([0, a, b, c])) % below_ms.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_ms(class: FailureClass, attempt: u32, wait: Option<Duration>) -> Option<i64> {
        let unsent = Unsent { failure: Failure::local(class, "test"), wait };
        after(&unsent, attempt, "ntc_1", Timestamp::UNIX_EPOCH).map(Timestamp::as_millisecond)
    }

    #[test]
    fn waits_double_and_end() {
        assert!((5_000..7_500).contains(&wait_ms(FailureClass::Busy, 1, None).unwrap()));
        assert!((40_000..60_000).contains(&wait_ms(FailureClass::NotSent, 4, None).unwrap()));
        assert!((900_000..1_350_000).contains(&wait_ms(FailureClass::Unknown, 9, None).unwrap()));
        assert_eq!(wait_ms(FailureClass::Busy, ATTEMPTS_MAX, None), None);
        for class in [FailureClass::Permanent, FailureClass::OperatorNeeded, FailureClass::QuotaExhausted] {
            assert_eq!(wait_ms(class, 1, None), None);
        }
    }

    #[test]
    fn what_gives_way_to_containment_is_tried_again_as_anything_else() {
        let unsent = || Failure::local(FailureClass::QuotaExhausted, Failure::RESERVED_FOR_CONTAINMENT).into();
        let wait = |attempt| after(&unsent(), attempt, "ntc_1", Timestamp::UNIX_EPOCH).map(Timestamp::as_millisecond);
        assert!((5_000..7_500).contains(&wait(1).unwrap()));
        assert_eq!(wait(ATTEMPTS_MAX), None);
    }

    #[test]
    fn whoever_says_how_long_is_believed() {
        let ten_minutes = Some(Duration::from_secs(600));
        assert_eq!(wait_ms(FailureClass::ThrottledMinute, 1, ten_minutes), Some(600_000));
        assert!(wait_ms(FailureClass::ThrottledMinute, 1, None).unwrap() >= 60_000);
    }
}
