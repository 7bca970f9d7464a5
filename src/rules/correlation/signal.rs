//! What an event that a rule matches adds to a correlation.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::incident::{Amount, Digest, NearestMiss};

use super::super::compare;
use super::super::field::Field;
use super::super::value::with_text;
use super::{Correlation, Sort};

/// Something to be counted.
#[derive(Debug, Clone)]
pub struct Signal<'r> {
    /// By which correlation.
    pub correlation: &'r Correlation,
    /// Which of its rules has matched.
    pub part: u16,
    /// The values of its group, in the clear.
    pub group: Vec<String>,
    /// What of the event counts.
    pub value: SignalValue,
}

/// What of an event counts.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalValue {
    /// That it happened.
    None,
    /// That it has these values, in the clear.
    Texts(Vec<String>),
    /// This number.
    Number(Amount),
}

impl Signal<'_> {
    /// What tells the window from all others: what is counted, and for whom.
    #[must_use]
    pub fn window(&self) -> Vec<&[u8]> {
        let shape: &Digest = &self.correlation.shape;
        let id = self.correlation.rule.reference.id.as_str().as_bytes();
        [id, shape.0.as_slice()].into_iter().chain(self.group.iter().map(String::as_bytes)).collect()
    }

    /// The value of the group that names the account, if the correlation acts.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.group.get(self.correlation.account_key?).map(String::as_str)
    }

    /// The title of the rule that has matched.
    #[must_use]
    pub fn matched(&self) -> Option<&str> {
        self.correlation.parts.get(usize::from(self.part)).map(|part| part.title.as_str())
    }
}

impl Correlation {
    /// What the event, which the rule of this part matches, adds; `None` when it lacks a value that
    /// groups or counts, or has several.
    pub(super) fn signal(&self, number: u16, event: &Value) -> Option<Signal<'_>> {
        let part = self.parts.get(usize::from(number))?;
        let group = part.group.iter().map(|field| only_text(field, event)).collect::<Option<_>>()?;
        let value = match self.sort {
            Sort::EventCount | Sort::Temporal | Sort::TemporalOrdered => SignalValue::None,
            Sort::ValueCount => {
                let texts = part.values.iter().map(|field| only_text(field, event));
                SignalValue::Texts(texts.collect::<Option<_>>()?)
            }
            Sort::Sum | Sort::Average | Sort::Percentile(_) => {
                SignalValue::Number(only_number(part.values.first()?, event)?)
            }
        };
        // An event that several of the rules match is one event.
        let part = if self.sort.tells_parts_apart() { number } else { 0 };
        Some(Signal { correlation: self, part, group, value })
    }

    /// Why the event, which the rule of this part matches, adds nothing.
    pub(super) fn uncounted(&self, number: u16, event: &Value) -> Option<NearestMiss> {
        let part = self.parts.get(usize::from(number))?;
        let groups = part.group.iter().map(|field| (field, only_text(field, event).is_some()));
        let values = part.values.iter().map(|field| {
            let has = if self.sort.reads_numbers() {
                only_number(field, event).is_some()
            } else {
                only_text(field, event).is_some()
            };
            (field, has)
        });
        let fields: Vec<(&Field, bool)> = groups.chain(values).collect();
        let (lacking, _) = fields.iter().find(|(_, has)| !has)?;
        Some(NearestMiss {
            rule: self.rule.reference.clone(),
            passed: u32::try_from(fields.iter().filter(|(_, has)| *has).count()).ok()?,
            tests: u32::try_from(fields.len()).ok()?,
            field: lacking.name(),
            why: "the event does not have exactly one value there, so it is not counted".to_owned(),
        })
    }

    /// The names of the values that make its groups.
    #[must_use]
    pub fn group_by(&self) -> &[String] {
        &self.group_by
    }
}

/// The field's text, numbers in their shortest form, if it has exactly one.
pub(super) fn only_text(field: &Field, event: &Value) -> Option<String> {
    let mut texts = BTreeSet::new();
    field.look(event, |value| {
        texts.extend(with_text(value, str::to_owned));
        texts.len() > 1
    });
    (texts.len() == 1).then(|| texts.pop_first()).flatten()
}

/// The field's number, if it has exactly one.
pub(super) fn only_number(field: &Field, event: &Value) -> Option<Amount> {
    let mut numbers = BTreeSet::new();
    field.look(event, |value| {
        numbers.extend(amount(value));
        numbers.len() > 1
    });
    (numbers.len() == 1).then(|| numbers.pop_first()).flatten()
}

/// What comparisons of rules take for a number, by its own digits.
fn amount(value: &Value) -> Option<Amount> {
    compare::number(value)?;
    match value {
        Value::String(text) => Amount::near(text),
        other => Amount::near(&other.to_string()),
    }
}
