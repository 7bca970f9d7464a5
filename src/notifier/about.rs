//! What there is to say about a record: pure, from the event and the incidents it concerns.

use crate::incident::{
    AccountWarning, Action, Event, HoldReason, Incident, NoticeEvent, Opened, PauseScope, Plan, SenderEvent,
    SourceName, Topic, UpkeepEvent, Verdict,
};
use crate::notices::{AboutIncident, Fact};

/// The incidents that a record is about under one topic, and what else there is to say. `incident` is the one that
/// the event names, if it names one.
pub(super) fn about(
    topic: Topic,
    event: &Event,
    incident: Option<&Incident>,
) -> (Vec<AboutIncident>, Vec<(Fact, String)>) {
    let held = |reason| incident.map(|incident| of_plan(&incident.plan, Some(reason))).into_iter().collect();
    let plain = || incident.map(|incident| of_plan(&incident.plan, None)).into_iter().collect();
    match event {
        Event::AlertAdmitted { alert, verdict, .. } if topic == Topic::AlertHeld => {
            (Vec::new(), of_held(&alert.source, verdict))
        }
        Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
            let is_meant = |one: &&Opened| one.held.is_some_and(|reason| Topic::of_hold(reason) == topic);
            (opened.iter().filter(is_meant).map(|one| of_plan(&one.plan, one.held)).collect(), Vec::new())
        }
        Event::IncidentHeld { reason, failure, .. } => {
            let failure = failure.as_ref().map(|failure| (Fact::Failure, failure.code.clone()));
            (held(*reason), failure.into_iter().collect())
        }
        Event::IncidentRequested { opened, .. } => (vec![of_plan(&opened.plan, opened.held)], Vec::new()),
        Event::ApprovalLapsed { otherwise, .. } => {
            let (mut about, reason): (Vec<AboutIncident>, _) = (plain(), Some(otherwise.text()));
            about.iter_mut().for_each(|incident| incident.reason = reason);
            (about, Vec::new())
        }
        Event::ReleaseOffered { protection, .. } => (held(*protection), Vec::new()),
        Event::AccountWarned { warning: AccountWarning::FoundEnabled { covered: Some(alert) }, .. } => {
            (plain(), vec![(Fact::Alert, alert.to_string())])
        }
        Event::StepVerified { .. } | Event::AccountWarned { .. } => (plain(), Vec::new()),
        Event::Notice(NoticeEvent::Owed { text, .. }) => {
            let is_by_hand = incident.is_some_and(|incident| incident.plan.asked_by.is_some());
            (plain(), vec![(if is_by_hand { Fact::ByHand } else { Fact::Text }, text.clone())])
        }
        Event::StepFailed { step, failure, .. } => {
            let kind = incident.and_then(|incident| incident.plan.actions.get(usize::from(*step)).map(Action::kind));
            let step = kind.map_or_else(|| step.to_string(), |kind| kind.as_str().to_owned());
            (plain(), vec![(Fact::Step, step), (Fact::Failure, failure.code.clone())])
        }
        Event::ResponderPaused { scope, .. } | Event::ResponderResumed { scope, .. } => {
            (Vec::new(), vec![(Fact::Scope, of_scope(scope))])
        }
        Event::BreakerTripped { trip } => {
            let facts =
                vec![(Fact::Scope, of_scope(&trip.scope)), (Fact::Count, format!("{} accounts", trip.accounts))];
            (Vec::new(), facts)
        }
        Event::DoctorChecked { checks, .. } => {
            let failed = checks.iter().filter(|one| one.has_failed());
            let codes: Vec<&str> = failed.map(|one| one.found.as_str()).collect();
            (Vec::new(), vec![(Fact::Check, codes.join(", "))])
        }
        Event::Upkeep(UpkeepEvent::DiskRoom { room, free_bytes, .. }) => {
            (Vec::new(), vec![(Fact::Code, room.to_string()), (Fact::Count, format!("{free_bytes} bytes free"))])
        }
        Event::RulesRefused { problems, first, .. } => {
            (Vec::new(), vec![(Fact::Count, problems.to_string()), (Fact::Place, first.clone())])
        }
        Event::Sender(SenderEvent::Conflict { source, first, .. }) => {
            let first = (Fact::Code, format!("conflict with record {first}"));
            (Vec::new(), vec![(Fact::Source, source.to_string()), first])
        }
        Event::Sender(SenderEvent::NotUnderstood { source, reason, .. }) => {
            (Vec::new(), vec![(Fact::Source, source.to_string()), (Fact::Code, reason.clone())])
        }
        _ => (Vec::new(), Vec::new()),
    }
}

/// The rule that wanted to act, or the first of several, and why it did not.
fn of_held(source: &SourceName, verdict: &Verdict) -> Vec<(Fact, String)> {
    let mut facts = vec![(Fact::Source, source.to_string())];
    if let Some(decision) = verdict.decisions.iter().find(|decision| decision.is_held_without_incident()) {
        facts.push((Fact::Scope, format!("rule {}", decision.rule.title)));
        facts.extend(decision.reason.map(|reason| (Fact::Code, reason.text().to_owned())));
    }
    facts
}

/// The plan's digest goes along where somebody is to say yes to it.
fn of_plan(plan: &Plan, reason: Option<HoldReason>) -> AboutIncident {
    let is_wanted = reason.is_some_and(|reason| Topic::of_hold(reason) == Topic::ApprovalWanted);
    AboutIncident {
        id: plan.incident.clone(),
        rule: plan.rules.first().map(|rule| rule.title.clone()),
        reason: reason.map(HoldReason::text),
        plan: is_wanted.then(|| plan.digest()),
    }
}

fn of_scope(scope: &PauseScope) -> String {
    match scope {
        PauseScope::All => "all".to_owned(),
        PauseScope::Source(source) => format!("source {source}"),
        PauseScope::Rule(rule) => format!("rule {rule}"),
    }
}
