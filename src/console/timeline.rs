//! One incident from delivery to verified containment: each of its records in order, and what its rules matched on.

use maud::{Markup, html};

use super::reader::Reader;
use super::told;
use crate::access::Permission;
use crate::incident::{Decision, Event, Evidence, Incident, IncidentId, Outcome, Plan, RuleId};
use crate::rules::{Detector, RuleSet, Sought};
use crate::trail::Record;
use crate::trail::export::inert;

/// The most records of an incident on its page; the rest is in the pack and in the search.
const ROWS_MAX: usize = 200;

/// Every record in order, as far as there is room.
pub(super) fn timeline(reader: &Reader, incident: &Incident, records: &[Record]) -> Markup {
    let may_read = reader.actor.as_ref().is_some_and(|actor| actor.role.may(Permission::ReadTrail));
    html! {
        h2 { (reader.say("timeline-title")) }
        ol.timeline {
            @for record in records.iter().take(ROWS_MAX) {
                li {
                    (reader.time(record.at)) " "
                    strong { (told::says(reader, &record.event)) }
                    @if let Some(step) = step(&incident.plan, &record.event) { ": " code { (step) } }
                    (told::facts(reader, &record.event))
                    @if let Some(evidence) = evidence(&record.event) { (looked_up(reader, evidence)) }
                    @if let Event::StepFailed { retry_at: Some(at), .. } = &record.event { p.quiet { (reader.rich("next-at", &[("time", reader.time(*at))])) } }
                    @if may_read { p.quiet { (told::record(reader, record.seq)) } }
                }
            }
        }
        @if records.len() > ROWS_MAX { p.quiet { (reader.count("more", (records.len() - ROWS_MAX) as u64)) } }
    }
}

/// What the step of a record does.
fn step(plan: &Plan, event: &Event) -> Option<&'static str> {
    let (Event::StepStarted { step, .. }
    | Event::StepSucceeded { step, .. }
    | Event::StepFailed { step, .. }
    | Event::StepUnknown { step, .. }
    | Event::StepVerified { step, .. }) = event
    else {
        return None;
    };
    plan.actions.get(usize::from(*step)).map(|action| action.kind().as_str())
}

fn evidence(event: &Event) -> Option<&Evidence> {
    match event {
        Event::AccountResolved { evidence, .. } | Event::AccountUnresolved { evidence, .. } => Some(evidence),
        _ => None,
    }
}

/// Who was considered when the account was looked up, and what reading them has shown.
fn looked_up(reader: &Reader, evidence: &Evidence) -> Markup {
    html! {
        @if let Some(at) = evidence.read_at { p.quiet { (reader.rich("timeline-read-at", &[("time", reader.time(at))])) } }
        @if !evidence.candidates.is_empty() {
            ul { @for one in &evidence.candidates { li { (one.user_id) " (" (one.found.text()) ")" } } }
            @if evidence.candidates_left_out > 0 { p.quiet { (reader.count("more", evidence.candidates_left_out.into())) } }
        }
    }
}

/// Why there is this incident: what of which rule matched, as the record of the alert says it.
pub(super) fn explained(reader: &Reader, id: &IncidentId, records: &[Record], set: &RuleSet) -> Markup {
    let verdicts = records.iter().filter_map(|record| match &record.event {
        Event::AlertAdmitted { verdict, .. } => Some(verdict),
        _ => None,
    });
    let decisions: Vec<&Decision> = verdicts
        .flat_map(|verdict| &verdict.decisions)
        .filter(|decision| decision.incident.as_ref() == Some(id))
        .collect();
    html! {
        @if !decisions.is_empty() {
            h2 { (reader.say("why-title")) }
            ul { @for decision in decisions { li { (matched(reader, decision, set)) } } }
            p.quiet { (reader.say("why-values")) }
        }
    }
}

fn matched(reader: &Reader, decision: &Decision, set: &RuleSet) -> Markup {
    let now = set.all_rules().find(|rule| rule.reference.id == decision.rule.id);
    let same = now.map(|rule| rule.reference.version == decision.rule.version);
    html! {
        strong { (decision.rule.title) } " "
        (reader.rich("why-matched", &[("names", html! { @for (count, name) in decision.matched.iter().enumerate() { @if count > 0 { ", " } code { (name) } } })]))
        @if let Some(author) = &decision.author { " " (reader.say_of("why-author", &[("name", author.as_str().into())])) }
        @if let Some(rule) = now {
            @if let Some(description) = &rule.description { p { (description) } }
            @if same == Some(true) { (sought(set, &rule.reference.id, |name| decision.matched.iter().any(|one| one == name))) }
            p.quiet { (reader.rich("why-file", &[("file", html! { code { (rule.file) } })])) " " (reader.say(if same == Some(true) { "why-same" } else { "why-other" })) }
        } @else { p.quiet { (reader.say("why-gone")) } }
    }
}

/// What the rule's searches ask for, as far as they are wanted, in its own words. A correlation has none of its own.
pub(super) fn sought(set: &RuleSet, rule: &RuleId, is_wanted: impl Fn(&str) -> bool) -> Markup {
    let detector = set.detectors().iter().find(|detector| &detector.rule.reference.id == rule);
    let searches: Vec<_> =
        detector.into_iter().flat_map(Detector::sought).filter(|(name, _)| is_wanted(name)).collect();
    html! {
        @if !searches.is_empty() {
            dl.sought { @for (name, sought) in &searches { div { dt { code { (name) } } dd { (asked(sought)) } } } }
        }
    }
}

fn asked(sought: &Sought) -> Markup {
    html! {
        (inert(&sought.what))
        @if !sought.parts.is_empty() { ul { @for part in &sought.parts { li { (asked(part)) } } } }
    }
}

/// How it ended, in words.
pub(super) fn outcome(reader: &Reader, outcome: Outcome) -> String {
    match outcome {
        Outcome::Done => reader.say("outcome-done"),
        Outcome::Partly => reader.say("outcome-partly"),
        Outcome::Failed => reader.say("outcome-failed"),
        Outcome::Dismissed => reader.say("outcome-dismissed"),
    }
}
