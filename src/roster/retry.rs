//! When a run that failed is to go on.

use std::time::Duration;

use super::RosterError;
use crate::incident::FailureClass;

const FIRST_WAIT_S: u64 = 1;
const LONGEST_WAIT_S: u64 = 60;
const MINUTE_THROTTLE_WAIT_S: u64 = 60;
const ADDRESS_BLOCK_WAIT_S: u64 = 300;

/// How long to wait after the `failures`-th failure in a row; `None` when waiting does not mend it.
#[must_use]
pub fn wait_after(error: &RosterError, failures: u32) -> Option<Duration> {
    let backoff = FIRST_WAIT_S.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_WAIT_S);
    let seconds = match error {
        RosterError::Directory(failure) => match failure.class {
            FailureClass::Permanent | FailureClass::OperatorNeeded | FailureClass::QuotaExhausted => return None,
            FailureClass::ThrottledMinute => MINUTE_THROTTLE_WAIT_S,
            FailureClass::AddressBlocked => ADDRESS_BLOCK_WAIT_S,
            FailureClass::Throttled
            | FailureClass::TokenRefused
            | FailureClass::Busy
            | FailureClass::NotSent
            | FailureClass::Unreachable
            | FailureClass::Unknown
            | FailureClass::NotInEffect => backoff,
        },
        RosterError::Store(crate::trail::StoreError::Busy) => backoff,
        RosterError::Store(_)
        | RosterError::Record(_)
        | RosterError::Full(_)
        | RosterError::Invalid(_)
        | RosterError::UnderWay => return None,
    };
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Failure;

    #[test]
    fn each_class_waits_in_its_own_time_and_what_waiting_does_not_mend_not_at_all() {
        let wait = |class, failures| {
            let error = RosterError::Directory(Failure::local(class, "test"));
            wait_after(&error, failures).map(|wait| wait.as_secs())
        };
        assert_eq!([1, 2, 3, 7, 99].map(|failures| wait(FailureClass::Busy, failures).unwrap()), [1, 2, 4, 60, 60]);
        assert_eq!(wait(FailureClass::ThrottledMinute, 1), Some(60));
        assert_eq!(wait(FailureClass::AddressBlocked, 1), Some(300));
        for class in [FailureClass::Permanent, FailureClass::OperatorNeeded, FailureClass::QuotaExhausted] {
            assert_eq!(wait(class, 1), None, "{class:?}");
        }
        assert_eq!(wait_after(&RosterError::UnderWay, 1), None);
    }
}
