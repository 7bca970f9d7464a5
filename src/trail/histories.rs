//! Long stories for tests: what can happen on a trail, one legal event after the other.

use super::samples;
use crate::incident::{
    AccountWarning, AlertId, Check, Checked, DepartmentId, DepartmentSpent, Diagnosis, Digest, Event, Evidence,
    Finding, HoldReason, Opened, Outcome, PauseScope, Resolution, SourceName, Spent, Timestamp, UserId, VerdictKind,
};
use crate::trail::Board;

/// A number that stands for what happens next.
pub(super) type Choice = u64;

/// What has happened so far, and what is legal next.
#[derive(Default)]
struct Happened {
    board: Board,
    all: Vec<(Timestamp, Event)>,
}

impl Happened {
    fn add(&mut self, after_ms: u64, event: Event) {
        let last = self.all.last().map_or(1_700_000_000_000, |(at, _)| at.as_millisecond());
        let at = Timestamp::from_millisecond(last + i64::try_from(after_ms).unwrap()).unwrap();
        let is_legal = match &event {
            Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
                opened.iter().all(|one| self.board.in_effect(&one.plan.incident).is_none())
            }
            Event::IncidentRequested { opened, .. } => self.board.in_effect(&opened.plan.incident).is_none(),
            _ => self.board.check(std::slice::from_ref(&event), at).is_ok(),
        };
        if is_legal {
            self.board.apply(self.all.len() as u64, at, &event).unwrap();
            self.all.push((at, event));
        }
    }
}

/// What these choices make happen after incidents have run their course: of events of several incidents, with other
/// steps, attempts and verdicts than those of the samples, each that is legal where it comes.
pub(super) fn history(choices: impl IntoIterator<Item = Choice>) -> Vec<(Timestamp, Event)> {
    let (samples, mut happened) = (samples::events(), Happened::default());
    courses(&samples).into_iter().for_each(|event| happened.add(500, event));
    for choice in choices {
        let mut left = choice;
        let mut part = |below: u64| {
            let part = left % below;
            left /= below;
            part
        };
        let sample = &samples[part(samples.len() as u64) as usize];
        let event = vary(sample, &mut part);
        // Few are, so that something comes of the others.
        let is_end = matches!(event, Event::IncidentDismissed { .. } | Event::ApprovalLapsed { .. });
        if !is_end || part(8) == 0 {
            happened.add(1 + part(20_000), event);
        }
    }
    happened.all
}

/// Three incidents: one that keeps its account disabled and covers an alert, one under way, and one that waits for a
/// second person; and what comes to all of them.
fn courses(samples: &[Event]) -> Vec<Event> {
    let opened = samples.iter().find_map(|event| match event {
        Event::IncidentsOpened { opened, .. } => opened.first(),
        _ => None,
    });
    let opens = |number: u64, actions: usize, waits: bool| {
        let mut one = opened.unwrap().clone();
        (one.plan.incident, one.plan.account) = (samples::incident(number), format!("{number:04x}"));
        one.plan.actions.truncate(actions);
        (one.held, one.plan.approval) = (None, one.plan.approval.filter(|_| waits));
        let (alert, source) = (AlertId::derive(&SourceName::parse("okta").unwrap(), "key"), SourceName::parse("okta"));
        let (assurance, private) = (None, Digest::of(b"test"));
        let plan = one.plan.digest();
        (Event::IncidentsOpened { alert, source: source.unwrap(), assurance, private, opened: vec![one] }, plan)
    };
    let mut events = Vec::new();
    for (number, (opening, plan)) in [(8, opens(8, 2, false)), (9, opens(9, 5, false)), (10, opens(10, 6, true))] {
        events.push(opening);
        let (incident, user_id) = (samples::incident(number), UserId::parse(&format!("u{number}")).unwrap());
        let (evidence, beside) = (Evidence::of(Resolution::IdentityMap), Vec::new());
        events.push(Event::AccountResolved { incident: incident.clone(), user_id, evidence, beside });
        let drawn = DepartmentSpent { department: DepartmentId::ROOT, spent: Some(Spent { hour: 1, day: 1 }) };
        events.push(Event::BudgetDrawn { incident: incident.clone(), departments: vec![drawn] });
        let (actor, reason) = ("test".to_owned(), "drill".to_owned());
        if number == 10 {
            let (incident, approver, plan) = (incident.clone(), UserId::parse("u").ok(), Some(plan));
            let (wanted, failure, beyond) = (HoldReason::ApprovalWanted, None, None);
            events.push(Event::IncidentHeld { incident: incident.clone(), reason: wanted, failure, beyond });
            events.push(Event::IncidentApproved { incident, actor, reason, approver, plan });
        }
        for step in 0..4 {
            let (attempt, finding) = (1, Finding::Answered);
            let (request_id, by) = (None, None);
            events.push(Event::StepStarted { incident: incident.clone(), step, attempt });
            events.push(Event::StepSucceeded { incident: incident.clone(), step, attempt, finding, request_id, by });
            events.push(Event::StepVerified { incident: incident.clone(), step, disabled: Some(true) });
        }
        events.push(Event::IncidentClosed { incident: incident.clone(), outcome: Outcome::Done });
        events.push(Event::ReleaseOffered { incident, protection: HoldReason::ProtectedListed });
    }
    let scope = PauseScope::Source(SourceName::parse("test").unwrap());
    let (actor, reason) = ("test".to_owned(), "drill".to_owned());
    events.extend(samples.iter().filter(|event| matches!(event, Event::BreakerTripped { .. })).cloned());
    events.push(Event::BreakerReleased { scope, actor, reason });
    let checks = vec![Checked { check: Check::Canary, found: Diagnosis::Good }];
    events.push(Event::DoctorChecked { actor: None, checks });
    events.extend(samples.iter().find_map(|event| covered(event.clone())));
    let (incident, warning) = (samples::incident(8), AccountWarning::FoundEnabled { covered: None });
    events.push(Event::AccountWarned { incident, warning });
    events
}

/// An alert that is taken for covered by the incident that keeps its account.
fn covered(mut event: Event) -> Option<Event> {
    let Event::AlertAdmitted { opened, verdict, .. } = &mut event else { return None };
    opened.clear();
    for decision in &mut verdict.decisions {
        (decision.kind, decision.incident) = (VerdictKind::Suppressed, Some(samples::incident(8)));
    }
    Some(event)
}

fn vary(sample: &Event, part: &mut impl FnMut(u64) -> u64) -> Event {
    let text = serde_json::to_string(sample).unwrap();
    let text = text
        .replace("inc_000000000000000", &format!("inc_{:015x}", part(3)))
        .replace(r#""step":0"#, &format!(r#""step":{}"#, part(6)))
        .replace(r#""attempt":1"#, &format!(r#""attempt":{}"#, 1 + part(2)))
        .replace(r#""00ff""#, &format!(r#""{:04x}""#, part(5)));
    let mut event: Event = serde_json::from_str(&text).unwrap();
    match &mut event {
        Event::AlertAdmitted { opened, verdict, counted, .. } => {
            for decision in &mut verdict.decisions {
                let kinds = [VerdictKind::Held, VerdictKind::Shadow, VerdictKind::Suppressed];
                decision.kind = kinds[part(3) as usize];
                decision.incident = decision.incident.take().filter(|_| part(2) == 0);
            }
            for one in counted {
                one.group.0[0] = u8::try_from(part(7)).unwrap();
                one.until = Timestamp::from_second(1_900_000_000).unwrap();
            }
            if part(2) == 0 {
                opened.clear();
            }
            opened.iter_mut().for_each(|one| free(one, part));
        }
        Event::IncidentsOpened { opened, .. } => opened.iter_mut().for_each(|one| free(one, part)),
        _ => {}
    }
    event
}

/// Of most what holds them back is taken.
fn free(opened: &mut Opened, part: &mut impl FnMut(u64) -> u64) {
    if part(4) > 0 {
        (opened.held, opened.plan.approval) = (None, None);
        opened.plan.actions.truncate(2 + usize::try_from(part(5)).unwrap());
    }
}

/// Choices that are the same every time.
pub(super) fn choices(count: usize) -> impl Iterator<Item = Choice> {
    let mut state: u64 = 0x5eed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 32
    };
    std::iter::repeat_with(move || next() << 32 | next()).take(count)
}
