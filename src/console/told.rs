//! Records in words: what happened, about whom, by whom, why, with what outcome.

use maud::{Markup, html};

use super::reader::Reader;
use crate::incident::{Event, Failure, FailureClass, IncidentId};
use crate::trail::Record;
use crate::trail::export::{Facts, Sense, inert};

/// What happened. English is the program's own; a step that is given up is another sentence than one that is tried again.
pub(super) fn says(reader: &Reader, event: &Event) -> String {
    let code = match event {
        Event::StepFailed { retry_at: None, .. } => "step-given-up".to_owned(),
        Event::StepVerified { disabled: Some(true), .. } => "step-disabled".to_owned(),
        _ => event.kind().replace('.', "-"),
    };
    reader.say_either("event-", &code, Sense::of(event).says)
}

/// What the record says beside that, each with its name; nothing of what it does not say.
pub(super) fn facts(reader: &Reader, event: &Event) -> Markup {
    let facts = Facts::of(event);
    let rules: Vec<String> = facts.rules.into_iter().map(|(id, title)| title.unwrap_or(id)).collect();
    let rules = Some(rules.join(", ")).filter(|rules| !rules.is_empty());
    let rows = [
        ("fact-actor", facts.actor),
        ("fact-reason", facts.reason),
        ("fact-outcome", facts.outcome),
        ("fact-step", facts.step.map(|step| reader.number(u64::from(step) + 1))),
        ("fact-attempt", facts.attempt.map(|attempt| reader.number(attempt.into()))),
        ("fact-user-id", facts.user_id),
        ("fact-source", facts.source),
        ("fact-alert", facts.alert),
        ("fact-rules", rules),
    ];
    html! {
        dl.facts {
            @for (key, value) in rows {
                @if let Some(value) = value { (fact(reader, key, &html! { (inert(&value)) })) }
            }
            @for id in facts.incidents { (fact(reader, "fact-incident", &incident(&id))) }
            @if let Some(failure) = failure(event) { (answer(reader, failure)) }
        }
    }
}

pub(super) fn fact(reader: &Reader, key: &str, value: &Markup) -> Markup {
    html! { div { dt { (reader.say_either(key, "", key)) } dd { (value) } } }
}

/// The way to an incident.
pub(super) fn incident(id: &str) -> Markup {
    html! {
        @if IncidentId::parse(id).is_ok() { a href={ "/incidents/" (id) } { code { (id) } } } @else { (inert(id)) }
    }
}

/// The way to a record.
pub(super) fn record(reader: &Reader, seq: u64) -> Markup {
    html! { a href={ "/trail/records/" (seq) } { (reader.say_of("record-link", &[("seq", reader.number(seq).into())])) } }
}

/// The call's answer: its class says what is done about it.
fn answer(reader: &Reader, failure: &Failure) -> Markup {
    let key = class(failure.class);
    html! {
        (fact(reader, "fact-class", &html! { (reader.say_either(key, "", key)) }))
        (fact(reader, "fact-code", &html! { code { (inert(&failure.code)) } }))
        @if let Some(status) = failure.http_status { (fact(reader, "fact-http", &html! { (status) })) }
        @if let Some(id) = &failure.request_id { (fact(reader, "fact-request", &html! { code { (inert(id)) } })) }
    }
}

fn class(class: FailureClass) -> &'static str {
    match class {
        FailureClass::TokenRefused => "class-token-refused",
        FailureClass::Throttled => "class-throttled",
        FailureClass::ThrottledMinute => "class-throttled-minute",
        FailureClass::QuotaExhausted => "class-quota-exhausted",
        FailureClass::AddressBlocked => "class-address-blocked",
        FailureClass::OperatorNeeded => "class-operator-needed",
        FailureClass::Busy => "class-busy",
        FailureClass::Permanent => "class-permanent",
        FailureClass::NotSent => "class-not-sent",
        FailureClass::Unreachable => "class-unreachable",
        FailureClass::Unknown => "class-unknown",
        FailureClass::NotInEffect => "class-not-in-effect",
    }
}

fn failure(event: &Event) -> Option<&Failure> {
    match event {
        Event::StepFailed { failure, .. } | Event::StepUnknown { failure, .. } => Some(failure),
        Event::IncidentHeld { failure, .. } => failure.as_ref(),
        _ => None,
    }
}

/// The record, if it can be read.
pub(super) fn decode(bytes: &[u8]) -> Option<Record> {
    Record::decode(bytes).ok()
}
