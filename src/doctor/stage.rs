//! How far the canary's incident is, and what is to be done next: pure.

use std::time::Duration;

use crate::incident::{DOCTOR, Diagnosis, HoldReason, Incident, Outcome, Status};

/// How long signing out, disabling and reading back may take, repeated attempts included.
const CONTAIN_WITHIN: Duration = Duration::from_secs(120);
/// How long giving back may take.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(120);

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: the executor is at it.
    Wait,
    /// Give the account back now, before its time.
    Release,
    /// Say that nothing is to be done any more, and end with this.
    Dismiss(Diagnosis),
    /// It has come to this.
    End(Diagnosis),
}

/// Whether the incident is the doctor's own, on the account of this name: what is on any other is not the doctor's to
/// end, whoever asked for it, and whose account it is may not have been looked at yet.
pub(super) fn is_cycle_of(canary: &str, incident: &Incident) -> bool {
    incident.plan.asked_by.as_deref() == Some(DOCTOR) && incident.plan.account == canary
}

/// From the incident as it stands, and how long it has been in this half of its way. What is left undone here undoes
/// itself when its time is over: the disable expires.
pub(super) fn next(incident: &Incident, waited: Duration) -> Next {
    let contains = incident.is_containing();
    match (incident.status, contains) {
        (Status::Closed(Outcome::Done), false) => Next::End(Diagnosis::CycleComplete),
        (Status::Closed(_), true) => Next::End(Diagnosis::CanaryStaysDisabled),
        (Status::Closed(_), false) => Next::End(Diagnosis::CanaryNotContained),
        (_, true) if !incident.released => Next::Release,
        // Given back, and a guard or a failure stands in the way of that.
        (Status::Held(_), true) => Next::End(Diagnosis::CanaryStaysDisabled),
        (Status::Open, true) if waited >= GIVE_BACK_WITHIN => Next::End(Diagnosis::CanaryStaysDisabled),
        (Status::Held(reason), false) => Next::Dismiss(of_hold(reason)),
        (Status::Open, false) if waited >= CONTAIN_WITHIN && !incident.released => {
            Next::End(Diagnosis::CanaryNotContained)
        }
        (Status::Open, _) => Next::Wait,
    }
}

fn of_hold(reason: HoldReason) -> Diagnosis {
    match reason {
        HoldReason::Paused => Diagnosis::Paused,
        HoldReason::AccountNotFound => Diagnosis::CanaryNotFound,
        HoldReason::ProtectedListed
        | HoldReason::ProtectedLive
        | HoldReason::ProtectedGroup
        | HoldReason::ProtectedResponder
        | HoldReason::ProtectionUnknown => Diagnosis::CanaryProtected,
        _ => Diagnosis::CanaryHeld,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{
        AccountKind, Action, Assurance, Digest, Event, Finding, IncidentId, Opened, Plan, ReasonCode, Timestamp, UserId,
    };

    const AT: Timestamp = Timestamp::UNIX_EPOCH;
    const SOON: Duration = Duration::from_secs(1);
    const LATE: Duration = Duration::from_secs(120);

    fn id() -> IncidentId {
        IncidentId::parse("inc_0123456789abcdef").unwrap()
    }

    fn incident(held: Option<HoldReason>) -> Incident {
        let reason = || "test".to_owned();
        let (employee_reason, wording) = (ReasonCode::parse("test").unwrap(), Digest::of(b"test"));
        let plan = Plan {
            incident: id(),
            account_kind: AccountKind::UserId,
            account: "a".to_owned(),
            assurance: Assurance::A,
            assurance_floor: Assurance::A,
            rules: Vec::new(),
            actions: vec![
                Action::SignOut { reason: reason(), employee_reason, wording },
                Action::Disable { reason: reason() },
                Action::Enable { after_s: 600 },
            ],
            approval: None,
            spending: None,
            asked_by: Some("doctor".to_owned()),
            asker: None,
            owner: None,
            repeat: None,
        };
        let mut incident = Incident::open(&Opened { plan, held }, AT);
        incident.user_id = Some(UserId::parse("canary").unwrap());
        incident
    }

    /// With its steps up to this one done and, where that can be, read back.
    fn done(mut incident: Incident, steps: std::ops::Range<u8>) -> Incident {
        for step in steps {
            let started = Event::StepStarted { incident: id(), step, attempt: 1 };
            let finding = Finding::Answered;
            let done = Event::StepSucceeded { incident: id(), step, attempt: 1, finding, by: None, request_id: None };
            let read = Event::StepVerified { incident: id(), step, disabled: Some(step == 1) };
            let events = [Some(started), Some(done), (step > 0).then_some(read)];
            events.iter().flatten().for_each(|event| incident.apply(event, AT).unwrap());
        }
        incident
    }

    fn released() -> Incident {
        let mut incident = done(incident(None), 0..2);
        let (actor, reason) = ("doctor".to_owned(), "test".to_owned());
        incident.apply(&Event::IncidentReleased { incident: id(), actor, reason, false_alarm: true }, AT).unwrap();
        incident
    }

    fn with(mut incident: Incident, status: Status) -> Incident {
        incident.status = status;
        incident
    }

    #[test]
    fn only_what_the_doctor_asked_for_on_the_canary_is_its_own() {
        let mut own = incident(None);
        own.user_id = None;
        assert!(is_cycle_of("a", &own) && !is_cycle_of("b", &own), "although nobody has looked yet whose it is");
        own.plan.asked_by = Some("responder".to_owned());
        assert!(!is_cycle_of("a", &own));
    }

    #[test]
    fn it_is_given_back_as_soon_as_it_is_contained_and_not_before() {
        assert_eq!(next(&incident(None), SOON), Next::Wait);
        assert_eq!(next(&done(incident(None), 0..1), SOON), Next::Wait);
        assert_eq!(next(&done(incident(None), 0..2), SOON), Next::Release);
        assert_eq!(next(&done(incident(None), 0..2), LATE), Next::Release, "however late");
        let held = with(done(incident(None), 0..2), Status::Held(HoldReason::Paused));
        assert_eq!(next(&held, SOON), Next::Release, "whatever stands in the way");
        assert_eq!(next(&released(), SOON), Next::Wait);
        assert_eq!(next(&done(released(), 2..3), LATE), Next::Wait, "the executor has only to close it");
        let closed = with(done(released(), 2..3), Status::Closed(Outcome::Done));
        assert_eq!(next(&closed, SOON), Next::End(Diagnosis::CycleComplete));
    }

    #[test]
    fn what_comes_too_late_or_only_in_part_is_no_containment() {
        let not_contained = Next::End(Diagnosis::CanaryNotContained);
        assert_eq!(next(&done(incident(None), 0..1), LATE), not_contained);
        assert_eq!(next(&with(incident(None), Status::Closed(Outcome::Failed)), SOON), not_contained);
        assert_eq!(next(&with(done(released(), 2..3), Status::Closed(Outcome::Partly)), SOON), not_contained);
    }

    #[test]
    fn a_canary_that_stays_disabled_is_told_as_that() {
        let stays = Next::End(Diagnosis::CanaryStaysDisabled);
        assert_eq!(next(&released(), LATE), stays);
        assert_eq!(next(&with(released(), Status::Held(HoldReason::Paused)), SOON), stays);
        assert_eq!(next(&with(released(), Status::Closed(Outcome::Partly)), SOON), stays);
    }

    #[test]
    fn what_is_held_before_anything_was_taken_is_dismissed_with_its_reason() {
        for (reason, found) in [
            (HoldReason::Paused, Diagnosis::Paused),
            (HoldReason::AccountNotFound, Diagnosis::CanaryNotFound),
            (HoldReason::ProtectedLive, Diagnosis::CanaryProtected),
            (HoldReason::AttemptsExhausted, Diagnosis::CanaryHeld),
        ] {
            assert_eq!(next(&incident(Some(reason)), SOON), Next::Dismiss(found));
        }
    }
}
