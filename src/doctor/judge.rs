//! What DingTalk's answers mean for those who set things up: pure.

use std::time::Duration;

use jiff::SignedDuration;

use crate::directory::{Greeting, Usage};
use crate::incident::{Diagnosis, Failure, FailureClass};

/// How far the clocks may differ. Deliveries are believed for five minutes and robots' signatures for an hour, so this is
/// told long before it does harm.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// What a call that failed says.
#[must_use]
pub fn of_failure(failure: &Failure) -> Diagnosis {
    use FailureClass as Class;

    let code = failure.code.rsplit('.').next().unwrap_or_default();
    match (failure.class, code) {
        (_, Failure::RESERVED_FOR_CONTAINMENT) => Diagnosis::QuotaLow,
        (Class::Unreachable, "address_blocked") => Diagnosis::AddressBlocked,
        (_, "50002" | "50004") => Diagnosis::ScopeTooSmall,
        (Class::OperatorNeeded, "AccessTokenPermissionDenied" | "60011") => Diagnosis::PermissionMissing,
        (Class::OperatorNeeded, "IpNotInWhiteList" | "60020") => Diagnosis::AddressRefused,
        (Class::OperatorNeeded | Class::TokenRefused, _) => Diagnosis::TokenRefused,
        (Class::QuotaExhausted, _) => Diagnosis::QuotaExhausted,
        (Class::AddressBlocked, _) => Diagnosis::AddressBlocked,
        (Class::NotSent | Class::Unreachable, _) => Diagnosis::Unreachable,
        (Class::Throttled | Class::ThrottledMinute | Class::Busy, _) => Diagnosis::Busy,
        (Class::Permanent | Class::Unknown | Class::NotInEffect, _) => Diagnosis::NotUnderstood,
    }
}

/// Whether the failure is an answer to the question and so shows that it could be asked: DingTalk looks at the
/// permission first.
pub(super) fn is_answer(failure: &Failure) -> bool {
    matches!(failure.code.as_str(), "exclusive.account.only" | "user.not.exist" | "40104" | "60121" | "33012")
}

/// How far our clock is from DingTalk's, at the least: its answer was made between the question and its arrival, and
/// says whole seconds only.
pub(super) fn drift(greeting: &Greeting) -> Option<SignedDuration> {
    let said = greeting.said_at?;
    let (asked, heard) = (greeting.asked_at.as_second(), greeting.heard_at);
    if said > heard {
        return Some(heard.duration_since(said));
    }
    Some(SignedDuration::from_secs(asked.saturating_sub(said.as_second()).max(0)))
}

/// The same in words.
pub(super) fn told(drift: Option<SignedDuration>) -> String {
    let Some(drift) = drift else { return "no time was said".to_owned() };
    let how = if drift.is_negative() { "behind" } else { "ahead of" };
    format!("{} s {how} the header Date of DingTalk's answer", drift.unsigned_abs().as_secs())
}

/// Whether that is near enough.
pub(super) fn of_drift(drift: Option<SignedDuration>) -> Diagnosis {
    match drift {
        None => Diagnosis::NothingToShow,
        Some(drift) if drift.unsigned_abs() <= CLOCK_TOLERANCE => Diagnosis::Good,
        Some(_) => Diagnosis::ClockOff,
    }
}

/// Whether there is enough left of the month's calls.
pub(super) fn of_usage(usage: Option<Usage>) -> Diagnosis {
    match usage {
        None => Diagnosis::NotConfigured,
        Some(usage) if usage.calls >= usage.quota => Diagnosis::QuotaExhausted,
        Some(usage) if usage.is_reserved() => Diagnosis::QuotaLow,
        Some(_) => Diagnosis::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Timestamp;

    fn failure(class: FailureClass, code: &str) -> Diagnosis {
        of_failure(&Failure::local(class, code))
    }

    #[test]
    fn a_code_says_whose_it_is_to_mend() {
        use FailureClass::{Busy, NotSent, OperatorNeeded, Permanent, QuotaExhausted, TokenRefused, Unreachable};
        for (class, code, found) in [
            (OperatorNeeded, "Forbidden.AccessDenied.AccessTokenPermissionDenied", Diagnosis::PermissionMissing),
            (OperatorNeeded, "60011", Diagnosis::PermissionMissing),
            (OperatorNeeded, "Forbidden.AccessDenied.IpNotInWhiteList", Diagnosis::AddressRefused),
            (OperatorNeeded, "60020", Diagnosis::AddressRefused),
            (OperatorNeeded, "invalidClientIdOrSecret", Diagnosis::TokenRefused),
            (OperatorNeeded, "AuthenticationFailed.MissingParameter", Diagnosis::TokenRefused),
            (TokenRefused, "40014", Diagnosis::TokenRefused),
            (QuotaExhausted, "90020", Diagnosis::QuotaExhausted),
            (QuotaExhausted, "reserved_for_containment", Diagnosis::QuotaLow),
            (NotSent, "connect_failed", Diagnosis::Unreachable),
            (Unreachable, "down", Diagnosis::Unreachable),
            (Unreachable, "address_blocked", Diagnosis::AddressBlocked),
            (Busy, "timeout", Diagnosis::Busy),
            (Permanent, "50002", Diagnosis::ScopeTooSmall),
            (Permanent, "unexpected_answer", Diagnosis::NotUnderstood),
        ] {
            assert_eq!(failure(class, code), found, "{code}");
        }
    }

    #[test]
    fn a_slow_answer_is_no_wrong_clock() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let greeting = |said: &str| Greeting {
            asked_at: at("2026-11-21T03:00:00.9Z"),
            heard_at: at("2026-11-21T03:00:40Z"),
            said_at: Some(at(said)),
        };
        for (said, seconds) in [
            ("2026-11-21T03:00:00Z", 0),
            ("2026-11-21T03:00:39Z", 0),
            ("2026-11-21T03:00:40Z", 0),
            ("2026-11-21T03:01:10Z", -30),
            ("2026-11-21T03:01:11Z", -31),
            ("2026-11-21T02:59:29Z", 31),
        ] {
            let drift = drift(&greeting(said)).unwrap();
            assert_eq!(drift.as_secs(), seconds, "{said}");
            let found = if seconds.abs() > 30 { Diagnosis::ClockOff } else { Diagnosis::Good };
            assert_eq!(of_drift(Some(drift)), found);
        }
        assert_eq!(of_drift(None), Diagnosis::NothingToShow);
    }

    #[test]
    fn the_reserve_is_no_room_and_the_end_is_the_end() {
        let usage = |calls| of_usage(Some(Usage { calls, quota: 100, reserve: 20 }));
        assert_eq!(
            (usage(79), usage(80), usage(100)),
            (Diagnosis::Good, Diagnosis::QuotaLow, Diagnosis::QuotaExhausted)
        );
        assert_eq!(of_usage(None), Diagnosis::NotConfigured);
    }
}
