//! The legal life of an incident, and that every other order of events is refused.

use proptest::prelude::*;

use super::*;
use crate::incident::{
    AccountKind, AccountWarning, AlertId, Approval, Assurance, ChannelName, Digest, Evidence, Failure, FailureClass,
    Finding, ReasonCode, Resolution, SourceName,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id() -> IncidentId {
    let source = SourceName::parse("okta").unwrap();
    IncidentId::derive(&AlertId::derive(&source, "1"), "email:a@example.com")
}

fn opened() -> Opened {
    let sign_out = Action::SignOut {
        reason: "test".into(),
        employee_reason: ReasonCode::parse("account-takeover").unwrap(),
        wording: Digest::of(b""),
    };
    let actions = vec![sign_out, Action::Disable { reason: "test".into() }, Action::Enable { after_s: 60 }];
    let plan = Plan {
        incident: id(),
        account_kind: AccountKind::Email,
        account: "00".into(),
        assurance: Assurance::A,
        assurance_floor: Assurance::B,
        rules: Vec::new(),
        actions,
        approval: None,
        owner: None,
        asked_by: None,
        asker: None,
        repeat: None,
        spending: None,
    };
    Opened { plan, held: None }
}

fn resolved() -> Event {
    let user_id = UserId::parse("zhangsan").unwrap();
    Event::AccountResolved {
        incident: id(),
        user_id,
        evidence: Evidence::of(Resolution::IdentityMap),
        beside: Vec::new(),
    }
}

fn started(step: u8, attempt: u32) -> Event {
    Event::StepStarted { incident: id(), step, attempt }
}

fn succeeded(step: u8, attempt: u32) -> Event {
    Event::StepSucceeded { incident: id(), step, attempt, finding: Finding::Answered, request_id: None, by: None }
}

fn failed(step: u8, attempt: u32, retry_at: Option<Timestamp>) -> Event {
    let failure = Failure::local(FailureClass::Busy, "system.busy");
    Event::StepFailed { incident: id(), step, attempt, failure, retry_at }
}

fn unknown(step: u8, attempt: u32) -> Event {
    let failure = Failure::local(FailureClass::Unknown, "timeout");
    Event::StepUnknown { incident: id(), step, attempt, failure }
}

fn verified(step: u8) -> Event {
    Event::StepVerified { incident: id(), step, disabled: Some(step == 1) }
}

fn closed(outcome: Outcome) -> Event {
    Event::IncidentClosed { incident: id(), outcome }
}

fn fold(events: &[Event]) -> Result<Incident, IllegalTransition> {
    let mut incident = Incident::open(&opened(), at(0));
    for (second, event) in events.iter().enumerate() {
        incident.apply(event, at(second as i64 + 1))?;
    }
    Ok(incident)
}

#[test]
fn a_warning_changes_nothing_while_the_incident_lives() {
    let warning = AccountWarning::OwnsOrganizations { count: 1, corp_ids: vec!["ding2".to_owned()] };
    let warned = Event::AccountWarned { incident: id(), warning };
    let life = [resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)];
    for before in 0..=life.len() {
        let with: Vec<_> = life[..before].iter().chain([&warned]).cloned().collect();
        assert_eq!(fold(&with).unwrap(), fold(&life[..before]).unwrap());
    }
    assert!(fold(&[&life[..], &[closed(Outcome::Done), warned]].concat()).is_err());
}

#[test]
fn only_who_is_kept_disabled_by_us_is_found_enabled() {
    let found = Event::AccountWarned { incident: id(), warning: AccountWarning::FoundEnabled { covered: None } };
    let life = [resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)];
    for before in 0..life.len() {
        assert!(fold(&[&life[..before], std::slice::from_ref(&found)].concat()).is_err());
    }
    let touched = fold(&[&life[..], &[found.clone(), found.clone()]].concat()).unwrap();
    assert_eq!((touched.found_enabled, touched.may_keep_disabled()), (Some(at(7)), false));
    let over = [started(2, 1), succeeded(2, 1), verified(2), found];
    assert!(fold(&[&life[..], &over].concat()).is_err());
}

#[test]
fn only_what_stands_in_the_way_of_an_end_is_passed_over_and_not_before_its_time() {
    let expired = || Event::ContainmentExpired { incident: id() };
    let mut opened = opened();
    opened.plan.actions.insert(2, Action::Notify { channel: ChannelName::parse("soc").unwrap() });
    let mut incident = Incident::open(&opened, at(0));
    let life = [resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)];
    for (second, event) in life.iter().enumerate() {
        assert_eq!(incident.clone().apply(&expired(), at(1_000)).is_ok(), second > 4, "nobody is disabled yet");
        incident.apply(event, at(second as i64 + 1)).unwrap();
    }
    assert_eq!(incident.overdue_at(), Some(at(66)));
    assert!(incident.apply(&expired(), at(65)).is_err());
    incident.apply(&expired(), at(66)).unwrap();
    assert_eq!(incident.next_step().map(|(index, ..)| index), Some(3));
    assert!(incident.apply(&expired(), at(67)).is_err(), "once");
    [started(3, 1), succeeded(3, 1), verified(3)].iter().for_each(|event| incident.apply(event, at(68)).unwrap());
    assert_eq!(incident.outcome(), Some(Outcome::Partly));
}

#[test]
fn the_whole_life_of_a_containment() {
    let mut life = vec![resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)];
    let contained = fold(&life).unwrap();
    assert!(contained.is_containing());
    assert_eq!(contained.due_at(), Some(at(66)), "the enable waits 60 s after the disable was verified at 6");
    assert_eq!(contained.outcome(), None);
    life.extend([started(2, 1), succeeded(2, 1), verified(2)]);
    let undone = fold(&life).unwrap();
    assert!(!undone.is_containing());
    assert_eq!(undone.outcome(), Some(Outcome::Done));
    life.push(closed(Outcome::Done));
    assert_eq!(fold(&life).unwrap().status, Status::Closed(Outcome::Done));
}

#[test]
fn only_a_disable_of_ours_is_kept_as_ours() {
    let found = |finding| {
        let disabled =
            Event::StepSucceeded { incident: id(), step: 1, attempt: 1, finding, request_id: None, by: None };
        let mut life = vec![resolved(), started(0, 1), succeeded(0, 1), started(1, 1), disabled, verified(1)];
        let contained = fold(&life).unwrap();
        life.extend([started(2, 1), succeeded(2, 1), verified(2)]);
        (contained.keeps_our_disable(), fold(&life).unwrap().keeps_our_disable())
    };
    for ours in [Finding::Answered, Finding::Recovered, Finding::AlreadyOurs] {
        assert_eq!(found(ours), (true, false), "{ours:?}");
    }
    assert_eq!(found(Finding::AlreadySo), (false, false));
}

#[test]
fn an_unknown_outcome_is_repeated_or_found_done() {
    let failed = failed(0, 1, Some(at(9)));
    let repeated = [resolved(), started(0, 1), unknown(0, 1), failed, started(0, 2), succeeded(0, 2)];
    assert!(fold(&repeated).is_ok());
    let found = [resolved(), started(0, 1), unknown(0, 1), succeeded(0, 1)];
    assert!(fold(&found).is_ok());
}

/// There is one process and there are no leases. What a lease's token would refuse, the number of the attempt does:
/// whoever comes late, with the end of an attempt that another has taken over.
#[test]
fn d12_the_end_of_an_attempt_that_is_not_under_way_any_more_is_refused() {
    let overtaken = [resolved(), started(0, 1), unknown(0, 1), failed(0, 1, Some(at(9))), started(0, 2)];
    assert!(fold(&overtaken).is_ok(), "both attempts are on the trail");
    for late in [succeeded(0, 1), failed(0, 1, None), unknown(0, 1), verified(0), started(0, 2)] {
        assert!(fold(&[&overtaken[..], &[late]].concat()).is_err());
    }
    assert!(fold(&[&overtaken[..], &[succeeded(0, 2)]].concat()).is_ok());
}

/// Nor does any clock say whose an attempt is.
#[test]
fn d13_a_clock_that_is_an_hour_ahead_or_behind_takes_no_attempt_from_anybody() {
    let life = [resolved(), started(0, 1), succeeded(0, 1), started(1, 1), unknown(1, 1), succeeded(1, 1), verified(1)];
    let at_its_time = fold(&life).unwrap();
    for ahead_s in [3_600, -3_600] {
        let mut incident = Incident::open(&opened(), at(0));
        for (second, event) in life.iter().enumerate() {
            let turned_s = if second % 2 == 1 { ahead_s } else { 0 };
            incident.apply(event, at(second as i64 + 1 + turned_s)).unwrap();
        }
        assert_eq!(incident.next_step().map(|(step, ..)| step), at_its_time.next_step().map(|(step, ..)| step));
        assert!(incident.is_containing() && incident.apply(&started(1, 2), at(0)).is_err());
    }
}

#[test]
fn a_postponed_step_waits_for_its_time() {
    let postponed = fold(&[resolved(), started(0, 1), failed(0, 1, Some(at(50)))]).unwrap();
    assert_eq!(postponed.due_at(), Some(at(50)));
    assert!(fold(&[resolved(), started(0, 1), failed(0, 1, Some(at(50))), started(0, 2)]).is_ok());
}

#[test]
fn a_claim_that_shows_no_effect_is_tried_again() {
    let life = [
        resolved(),
        started(0, 1),
        succeeded(0, 1),
        started(1, 1),
        succeeded(1, 1),
        failed(1, 1, Some(at(9))),
        started(1, 2),
    ];
    assert!(fold(&life).is_ok());
}

#[test]
fn a_step_given_up_lets_the_next_one_run() {
    let life = [resolved(), started(0, 1), failed(0, 1, None), started(1, 1), succeeded(1, 1), verified(1)];
    assert_eq!(fold(&life).unwrap().next_step().unwrap().0, 2);
}

#[test]
fn everything_out_of_order_is_refused() {
    let bad: &[&[Event]] = &[
        &[started(0, 1)],
        &[resolved(), started(1, 1)],
        &[resolved(), started(0, 2)],
        &[resolved(), succeeded(0, 1)],
        &[resolved(), verified(0)],
        &[resolved(), started(0, 1), started(0, 1)],
        &[resolved(), started(0, 1), unknown(0, 1), started(0, 2)],
        &[resolved(), started(0, 1), succeeded(0, 2)],
        &[resolved(), started(0, 1), succeeded(0, 1), failed(0, 1, None)],
        &[resolved(), closed(Outcome::Done)],
        &[Event::IncidentApproved {
            incident: id(),
            actor: "a".into(),
            reason: "b".into(),
            approver: None,
            plan: None,
        }],
        &[
            Event::IncidentHeld { incident: id(), reason: HoldReason::Paused, failure: None, beyond: None },
            resolved(),
            started(0, 1),
        ],
    ];
    for (case, events) in bad.iter().enumerate() {
        assert!(fold(events).is_err(), "case {case}");
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    (0..3u8, 1..4u32, 0..9u8).prop_map(|(step, attempt, kind)| match kind {
        0 => resolved(),
        1 => started(step, attempt),
        2 => succeeded(step, attempt),
        3 => failed(step, attempt, Some(at(1))),
        4 => failed(step, attempt, None),
        5 => unknown(step, attempt),
        6 => verified(step),
        7 => Event::IncidentHeld { incident: id(), reason: HoldReason::Paused, failure: None, beyond: None },
        _ => Event::IncidentApproved {
            incident: id(),
            actor: "a".into(),
            reason: "b".into(),
            approver: None,
            plan: None,
        },
    })
}

proptest! {
    #[test]
    fn whatever_is_accepted_keeps_steps_in_order(events in prop::collection::vec(any_event(), 0..60)) {
        let mut incident = Incident::open(&opened(), at(0));
        for (second, event) in events.iter().enumerate() {
            let before = incident.clone();
            if incident.apply(event, at(second as i64)).is_err() {
                prop_assert_eq!(&incident, &before, "a refused event changes nothing");
            }
            let first_open = incident.next_step().map_or(usize::MAX, |(index, ..)| usize::from(index));
            for (index, state) in incident.steps.iter().enumerate().filter(|(index, _)| *index > first_open) {
                prop_assert_eq!(state, &StepState::Pending, "step {} began before its turn", index);
            }
        }
    }
}

#[test]
fn only_who_approves_what_a_budget_holds_lets_it_go_beyond_budgets() {
    let approved = || Event::IncidentApproved {
        incident: id(),
        actor: "test".into(),
        reason: "drill".into(),
        approver: None,
        plan: None,
    };
    let held = |reason| Event::IncidentHeld { incident: id(), reason, failure: None, beyond: None };
    for (reason, beyond) in [
        (HoldReason::Paused, false),
        (HoldReason::RuleBudget, true),
        (HoldReason::SourceBudget, true),
        (HoldReason::OrganizationBudget, true),
    ] {
        let mut incident = Incident::open(&opened(), Timestamp::UNIX_EPOCH);
        for event in [held(reason), approved(), held(HoldReason::ProtectedLive), approved()] {
            incident.apply(&event, Timestamp::UNIX_EPOCH).unwrap();
        }
        assert_eq!(incident.beyond_budget, beyond, "{reason:?}");
    }
}

/// A plan that wants so many people, of an account that is known, and that is asked for.
fn asked(people: u8) -> Incident {
    let approval = Approval { people, within_s: 60, otherwise: Lapse::Drop };
    let mut opened = opened();
    opened.plan.approval = Some(approval);
    let mut incident = Incident::open(&opened, at(0));
    let held = Event::IncidentHeld { incident: id(), reason: HoldReason::ApprovalWanted, failure: None, beyond: None };
    [resolved(), held].iter().for_each(|event| incident.apply(event, at(0)).unwrap());
    incident
}

fn approve(incident: &mut Incident, approver: Option<&str>, plan: Option<Digest>) -> bool {
    let approver = approver.map(|user_id| UserId::parse(user_id).unwrap());
    let (actor, reason) = ("a".to_owned(), "b".to_owned());
    incident.apply(&Event::IncidentApproved { incident: id(), actor, reason, approver, plan }, at(1)).is_ok()
}

#[test]
fn whatever_the_door_lets_through_nobody_approves_for_themselves_unknown_twice_or_another_plan() {
    let mut incident = asked(2);
    let plan = Some(incident.plan.digest());
    assert!(!approve(&mut incident, Some("zhangsan"), plan), "it is their own account");
    assert!(!approve(&mut incident, None, plan), "nobody knows who they are");
    assert!(!approve(&mut incident, Some("one"), None), "they do not say what they have seen");
    assert!(!approve(&mut incident, Some("one"), Some(Digest::of(b"another"))), "they have seen another plan");
    assert!(approve(&mut incident, Some("one"), plan) && incident.wants_approval());
    assert!(!approve(&mut incident, Some("one"), plan), "they have said so already");
    assert!(approve(&mut incident, Some("two"), plan) && !incident.wants_approval());
    assert_eq!(incident.status, Status::Open);
}

#[test]
fn nothing_lapses_before_its_time() {
    let lapse = Event::ApprovalLapsed { incident: id(), otherwise: Lapse::Drop };
    let mut incident = asked(1);
    assert!(incident.apply(&lapse, at(59)).is_err());
    assert!(incident.apply(&lapse, at(60)).is_ok());
    assert_eq!(incident.status, Status::Closed(Outcome::Dismissed));
}

#[test]
fn what_is_contained_is_released_and_not_dismissed() {
    let dismissed = Event::IncidentDismissed { incident: id(), actor: "a".into(), reason: "b".into() };
    let released =
        Event::IncidentReleased { incident: id(), actor: "a".into(), reason: "b".into(), false_alarm: false };
    let mut incident = Incident::open(&opened(), at(0));
    assert!(incident.apply(&released, at(0)).is_err());
    assert!(incident.clone().apply(&dismissed, at(0)).is_ok(), "nothing has begun");
    incident.apply(&resolved(), at(0)).unwrap();
    incident.apply(&started(0, 1), at(0)).unwrap();
    assert!(incident.apply(&dismissed, at(0)).is_err(), "a call is under way");
    let mut incident = Incident::open(&opened(), at(0));
    let events = [resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)];
    events.iter().for_each(|event| incident.apply(event, at(1)).unwrap());
    let held = Event::IncidentHeld { incident: id(), reason: HoldReason::Paused, failure: None, beyond: None };
    incident.apply(&held, at(1)).unwrap();
    assert!(incident.apply(&dismissed, at(2)).is_err(), "the account would stay disabled");
    incident.apply(&released, at(2)).unwrap();
    assert_eq!(incident.due_at(), Some(at(0)), "at once");
}

fn halted() -> Event {
    Event::IncidentHalted { incident: id(), actor: "a".into(), reason: "b".into() }
}

fn extended(second: i64) -> Event {
    Event::ContainmentExtended { incident: id(), actor: "a".into(), reason: "b".into(), until: at(second) }
}

/// An account that is disabled since the sixth second, for a minute.
fn contained() -> Incident {
    fold(&[resolved(), started(0, 1), succeeded(0, 1), started(1, 1), succeeded(1, 1), verified(1)]).unwrap()
}

#[test]
fn what_is_held_begins_nothing_and_ends_what_is_under_way() {
    let mut incident = fold(&[resolved(), started(0, 1), halted()]).unwrap();
    assert_eq!(incident.status, Status::Held(HoldReason::Halted));
    incident.apply(&succeeded(0, 1), at(5)).unwrap();
    assert!(incident.apply(&started(1, 1), at(5)).is_err(), "it is held");
    assert!(incident.apply(&halted(), at(5)).is_err() && !incident.can_be_held(), "it waits already");
    assert!(approve(&mut incident, None, None) && incident.apply(&started(1, 1), at(5)).is_ok());
}

#[test]
fn only_what_is_still_to_take_something_is_held() {
    let mut incident = asked(1);
    assert!(incident.can_be_held(), "before its deadline lets it run");
    incident.apply(&halted(), at(1)).unwrap();
    assert_eq!(incident.lapses_at(), None);
    let mut incident = contained();
    assert!(!incident.can_be_held() && incident.apply(&halted(), at(7)).is_err());
    let held = Event::IncidentHeld { incident: id(), reason: HoldReason::Paused, failure: None, beyond: None };
    assert!(fold(&[held, halted()]).is_err());
}

#[test]
fn an_end_is_put_off_and_never_brought_forward() {
    let mut incident = contained();
    let end = incident.ends_at().unwrap();
    assert_eq!((end, incident.due_at()), (at(66), Some(end)));
    assert!(incident.apply(&extended(66), at(7)).is_err());
    incident.apply(&extended(500), at(7)).unwrap();
    assert_eq!((incident.ends_at(), incident.due_at()), (Some(at(500)), Some(at(500))));
    assert!(incident.apply(&extended(499), at(8)).is_err());
    assert!(incident.apply(&started(2, 1), at(499)).is_err(), "whoever did not know that yet");
    assert!(incident.apply(&started(2, 1), at(500)).is_ok());
    assert!(!incident.can_be_extended() && incident.apply(&extended(900), at(501)).is_err(), "its end has begun");
}

#[test]
fn nobody_is_kept_longer_who_is_not_kept_or_is_given_back() {
    assert!(fold(&[resolved(), extended(500)]).is_err());
    let mut incident = contained();
    let (actor, reason) = ("a".to_owned(), "b".to_owned());
    incident.apply(&Event::IncidentReleased { incident: id(), actor, reason, false_alarm: false }, at(7)).unwrap();
    assert!(incident.apply(&extended(500), at(8)).is_err());
}
