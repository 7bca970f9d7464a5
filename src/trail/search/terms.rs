//! What a record is found by.
//!
//! Taken from the record's JSON by the names of its members, and not from [`Event`](crate::incident::Event) variant by
//! variant: the names mean one thing throughout the format, a new event is found by them and by its words without a line
//! here, and what was not thought of shows in the golden list of the tests, which has every kind of event.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::field::Field;
use super::words;
use crate::incident::{AlertId, IncidentId};
use crate::trail::subjects;

/// The longest term, in bytes; of longer ones the beginning counts.
const TERM_BYTES_MAX: usize = 128;
/// Of steps, what is behind it says how the step came out.
const STEP: &str = "step.";

/// The terms of one record, each its field's code and its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Terms(pub(super) BTreeSet<Vec<u8>>);

/// A term as it stands in the files. Letters count the same in either case.
pub(super) fn term(field: Field, text: &str) -> Vec<u8> {
    let text = text.to_lowercase();
    std::iter::once(field.code()).chain(text.into_bytes()).take(TERM_BYTES_MAX).collect()
}

/// Where in a record a value stands.
#[derive(Clone, Copy)]
struct Place<'v> {
    /// The member's own name.
    name: &'v str,
    /// That of the member which it stands in.
    within: &'v str,
    /// Whether who did it is named beside it.
    is_beside_actor: bool,
}

impl Terms {
    /// The terms of a record, unless it is no JSON object.
    pub(super) fn of(record: &[u8]) -> Option<Self> {
        let record: Map<String, Value> = serde_json::from_slice(record).ok()?;
        let mut terms = Self::default();
        terms.members("", &record);
        Some(terms)
    }

    /// The same with the keys of what lies beside it.
    pub(super) fn with_beside(mut self, beside: Option<&[u8]>) -> Self {
        beside.map(subjects::keys_named_in).into_iter().flatten().for_each(|key| self.add(Field::Subject, &key));
        self
    }

    fn members(&mut self, within: &str, members: &Map<String, Value>) {
        let is_beside_actor = members.contains_key("actor");
        for (name, value) in members {
            self.value(Place { name, within, is_beside_actor }, value);
        }
    }

    fn value(&mut self, place: Place<'_>, value: &Value) {
        match value {
            Value::String(text) => self.text(place, text),
            Value::Array(values) => values.iter().for_each(|value| self.value(place, value)),
            Value::Object(members) => self.members(place.name, members),
            Value::Bool(disabled) if place.name == "disabled" => {
                self.add(Field::Outcome, if *disabled { "disabled" } else { "enabled" });
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, place: Place<'_>, text: &str) {
        if place.within.is_empty() && matches!(place.name, "at" | "v" | "seq") {
            return;
        }
        for field in fields(place, text) {
            self.add(*field, text);
        }
        if place.within.is_empty() && place.name == "kind" {
            text.strip_prefix(STEP).into_iter().for_each(|outcome| self.add(Field::Outcome, outcome));
        }
        if place.name == "held" {
            self.add(Field::Outcome, "held");
        }
        if IncidentId::parse(text).is_ok() {
            self.add(Field::Incident, text);
        } else if AlertId::parse(text).is_ok() {
            self.add(Field::Alert, text);
        } else if !is_digest(text) && !is_time(text) {
            words::of_record(text, |word| self.add(Field::Text, word));
        }
    }

    fn add(&mut self, field: Field, text: &str) {
        self.0.insert(term(field, text));
    }
}

/// By which fields a text is found, beside its words.
fn fields(place: Place<'_>, text: &str) -> &'static [Field] {
    let of_rule = matches!(place.within, "rule" | "rules" | "started" | "versions");
    match place.name {
        "kind" if place.within.is_empty() => &[Field::Kind],
        "kind" if matches!(place.within, "verdict" | "decisions") => &[Field::Verdict],
        "account" => &[Field::Account],
        "user_id" => &[Field::UserId],
        // Whose account whoever says yes or asks has.
        "approver" | "asker" => &[Field::Actor, Field::UserId],
        "actor" | "asked_by" => &[Field::Actor],
        "source" => &[Field::Source],
        "rule" | "correlation" | "ended" => &[Field::Rule],
        "id" if of_rule => &[Field::Rule],
        "version" if of_rule => &[Field::Version],
        "rules" if is_digest(text) => &[Field::Version],
        // Beside whoever did it, and in a step, stands why in words.
        "reason" if !place.is_beside_actor && place.within != "actions" => &[Field::Reason],
        "held" | "protection" => &[Field::Reason],
        "code" | "class" if place.within == "failure" => &[Field::Reason],
        "action" => &[Field::Step],
        "outcome" | "finding" => &[Field::Outcome],
        _ => &[],
    }
}

/// Nobody looks for one by its words, and there are several on every record.
fn is_digest(text: &str) -> bool {
    matches!(text.len(), 32 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Records are found by the time at which they were made.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [_, _, _, _, b'-', _, _, b'-', _, _, b'T', .., b'Z']) && text.len() <= 30
}
