//! Keeps still while DingTalk bars this machine's address: whatever is sent to either host meanwhile is refused, and
//! may lengthen the ban.

use std::time::Duration;

use super::circuit::Outage;
use crate::incident::{Failure, FailureClass, Timestamp};

/// So long DingTalk bars an address.
const BAN: Duration = Duration::from_secs(300);

/// What the end of a call says about the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It was heard.
    Heard,
    /// It is barred.
    Barred,
    /// The call did not get that far.
    Nothing,
}

/// What has changed for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changed {
    /// Nothing is sent any more.
    Barred,
    /// Calls leave again.
    Lifted,
}

/// Whether the address is barred, as far as is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ban {
    current: Option<Current>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Current {
    since: Timestamp,
    until: Timestamp,
    /// Whether the end of a probe is awaited. What left before is no probe.
    probing: bool,
}

impl Ban {
    /// Whether a call may leave. When the time is over one does, and for all others it is as if `probe_max` were to be
    /// waited still: so nothing is lost with a probe whose end nobody learns.
    pub(super) fn pass(&mut self, now: Timestamp, may_probe: bool, probe_max: Duration) -> bool {
        let Some(current) = &mut self.current else { return true };
        if now < current.until || !may_probe {
            return false;
        }
        current.until = now.checked_add(probe_max).unwrap_or(Timestamp::MAX);
        current.probing = true;
        true
    }

    /// Learns from how a call ended.
    pub(super) fn ended(&mut self, failure: Option<&Failure>, now: Timestamp) -> Option<Changed> {
        match (sign(failure), self.current) {
            (Sign::Nothing, _) | (_, Some(Current { probing: false, .. })) | (Sign::Heard, None) => None,
            (Sign::Heard, Some(_)) => {
                self.current = None;
                Some(Changed::Lifted)
            }
            (Sign::Barred, current) => {
                let until = now.checked_add(BAN).unwrap_or(Timestamp::MAX);
                let since = current.map_or(now, |current| current.since);
                self.current = Some(Current { since, until, probing: false });
                current.is_none().then_some(Changed::Barred)
            }
        }
    }

    /// Since when, and until when nothing leaves.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.current.map(|current| Outage { since: current.since, until: current.until })
    }
}

fn sign(failure: Option<&Failure>) -> Sign {
    let Some(failure) = failure else { return Sign::Heard };
    match failure.class {
        FailureClass::AddressBlocked => Sign::Barred,
        // Without an answer, or with one that is not understood.
        FailureClass::Unknown | FailureClass::NotSent | FailureClass::Unreachable => Sign::Nothing,
        FailureClass::TokenRefused
        | FailureClass::Throttled
        | FailureClass::ThrottledMinute
        | FailureClass::QuotaExhausted
        | FailureClass::OperatorNeeded
        | FailureClass::Busy
        | FailureClass::Permanent
        | FailureClass::NotInEffect => Sign::Heard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROBE_MAX: Duration = Duration::from_secs(5);

    fn at(s: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + s).unwrap()
    }

    fn of(class: FailureClass) -> Failure {
        Failure::local(class, "test")
    }

    fn barred_at(s: i64) -> Ban {
        let mut ban = Ban::default();
        assert_eq!(ban.ended(Some(&of(FailureClass::AddressBlocked)), at(s)), Some(Changed::Barred));
        ban
    }

    fn passes(ban: &mut Ban, s: i64) -> bool {
        ban.pass(at(s), true, PROBE_MAX)
    }

    #[test]
    fn for_five_minutes_nothing_leaves_and_then_one_call_whose_end_decides() {
        let mut ban = barred_at(0);
        assert!(!passes(&mut ban, 0) && !passes(&mut ban, 299));
        assert!(!ban.pass(at(300), false, PROBE_MAX), "nobody would learn how it ended");
        assert!(passes(&mut ban, 300) && !passes(&mut ban, 301));
        assert_eq!(ban.ended(Some(&of(FailureClass::AddressBlocked)), at(301)), None, "it was told of before");
        assert!(!passes(&mut ban, 600) && passes(&mut ban, 601));
        assert_eq!(ban.ended(Some(&of(FailureClass::Busy)), at(602)), Some(Changed::Lifted));
        assert_eq!(ban, Ban::default());
    }

    #[test]
    fn what_had_left_before_it_says_nothing_about_it() {
        let mut ban = barred_at(0);
        let begun = ban;
        for failure in [None, Some(of(FailureClass::Permanent)), Some(of(FailureClass::AddressBlocked))] {
            assert_eq!(ban.ended(failure.as_ref(), at(1)), None);
        }
        assert_eq!(ban, begun);
    }

    #[test]
    fn a_probe_without_an_answer_makes_room_for_another() {
        let mut ban = barred_at(0);
        assert!(passes(&mut ban, 300));
        for class in [FailureClass::Unknown, FailureClass::NotSent, FailureClass::Unreachable] {
            assert_eq!(ban.ended(Some(&of(class)), at(301)), None);
        }
        assert!(!passes(&mut ban, 304) && passes(&mut ban, 305));
    }
}
