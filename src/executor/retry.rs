//! What to do after a failed call: when to try again, when to hand over to a human, when to give up.

use std::time::Duration;

use crate::incident::{Digest, Failure, FailureClass, HoldReason, IncidentId, Timestamp};

/// Attempts before a step is held; with the longest wait of a minute that is about an hour.
const ATTEMPTS_MAX: u32 = 60;
const FIRST_WAIT_MS: u64 = 1_000;
const LONGEST_WAIT_MS: u64 = 60_000;
const MINUTE_THROTTLE_WAIT_MS: u64 = 60_000;
const ADDRESS_BLOCK_WAIT_MS: u64 = 300_000;

/// What comes after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again then.
    RetryAt(Timestamp),
    /// A human has to look.
    Hold(HoldReason),
    /// It can never succeed.
    GiveUp,
}

/// The classes and waits of DingTalk's error table; `attempt` counts from 1. While DingTalk `is_down` for all, attempts
/// are not held against the step.
pub(super) fn after(failure: &Failure, attempt: u32, incident: &IncidentId, now: Timestamp, is_down: bool) -> Next {
    let wait_ms = match failure.class {
        FailureClass::Permanent => return Next::GiveUp,
        FailureClass::OperatorNeeded => return Next::Hold(HoldReason::OperatorNeeded),
        FailureClass::QuotaExhausted => return Next::Hold(HoldReason::QuotaExhausted),
        FailureClass::Unreachable => FIRST_WAIT_MS,
        _ if attempt >= ATTEMPTS_MAX && !is_down => return Next::Hold(HoldReason::AttemptsExhausted),
        FailureClass::Throttled => FIRST_WAIT_MS + jitter_ms(incident, attempt, FIRST_WAIT_MS),
        FailureClass::ThrottledMinute => MINUTE_THROTTLE_WAIT_MS + jitter_ms(incident, attempt, FIRST_WAIT_MS),
        FailureClass::AddressBlocked => ADDRESS_BLOCK_WAIT_MS,
        FailureClass::TokenRefused
        | FailureClass::Busy
        | FailureClass::NotSent
        | FailureClass::Unknown
        | FailureClass::NotInEffect => backoff_ms(attempt, incident),
    };
    Next::RetryAt(now.checked_add(Duration::from_millis(wait_ms)).unwrap_or(Timestamp::MAX))
}

/// Doubling from a second to a minute, and up to half as much again.
fn backoff_ms(attempt: u32, incident: &IncidentId) -> u64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let wait = doubled.min(LONGEST_WAIT_MS);
    wait + jitter_ms(incident, attempt, wait / 2)
}

/// Spreads retries of many incidents apart, the same for the same attempt, so that a replay decides
/// alike.
fn jitter_ms(incident: &IncidentId, attempt: u32, below_ms: u64) -> u64 {
    let Digest(hash) = Digest::of_parts(&[incident.as_str().as_bytes(), &attempt.to_be_bytes()]);
    let [a, b, ..] = hash;
    u64::from(u16::from_be_bytes([a, b])) % below_ms.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> IncidentId {
        IncidentId::parse("inc_0123456789abcdef").unwrap()
    }

    fn wait_ms(class: FailureClass, attempt: u32) -> i64 {
        let now = Timestamp::UNIX_EPOCH;
        match after(&Failure::local(class, "test"), attempt, &id(), now, false) {
            Next::RetryAt(at) => at.as_millisecond(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_class_waits_as_the_table_says() {
        assert!((1_000..2_000).contains(&wait_ms(FailureClass::Throttled, 1)));
        assert!((60_000..61_000).contains(&wait_ms(FailureClass::ThrottledMinute, 1)));
        assert_eq!(wait_ms(FailureClass::AddressBlocked, 1), 300_000);
        assert!((1_000..1_500).contains(&wait_ms(FailureClass::Busy, 1)));
        assert!((8_000..12_000).contains(&wait_ms(FailureClass::Busy, 4)));
        assert!((60_000..90_000).contains(&wait_ms(FailureClass::Busy, 59)));
    }

    #[test]
    fn what_waiting_cannot_mend_is_not_retried() {
        let next = |class| after(&Failure::local(class, "test"), 1, &id(), Timestamp::UNIX_EPOCH, false);
        assert_eq!(next(FailureClass::Permanent), Next::GiveUp);
        assert_eq!(next(FailureClass::OperatorNeeded), Next::Hold(HoldReason::OperatorNeeded));
        assert_eq!(next(FailureClass::QuotaExhausted), Next::Hold(HoldReason::QuotaExhausted));
        let last = |is_down| {
            after(&Failure::local(FailureClass::Busy, "test"), ATTEMPTS_MAX, &id(), Timestamp::UNIX_EPOCH, is_down)
        };
        assert_eq!(last(false), Next::Hold(HoldReason::AttemptsExhausted));
        assert!(matches!(last(true), Next::RetryAt(_)), "nobody's attempts are used up by an outage");
    }
}
