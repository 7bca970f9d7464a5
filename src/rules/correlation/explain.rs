//! Says what one event adds to a correlation, and what the correlation then wants of its window, which
//! one event cannot show.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::incident::RuleId;

use super::super::duration;
use super::super::explain::{Explained, seen};
use super::super::field::Field;
use super::super::rule_set::RuleSet;
use super::link::Part;
use super::{Correlation, Sort};

impl Correlation {
    /// What the event adds. It passes if the event counts at all; whether the correlation matches is
    /// for the whole window to say.
    #[must_use]
    pub fn explain(&self, set: &RuleSet, event: &Value) -> Explained {
        let reached = reached(set, event);
        let parts = (0..).zip(&self.parts).map(|(number, part)| self.explain_part(number, part, set, &reached, event));
        let parts: Vec<Explained> = parts.collect();
        Explained::joined(parts.iter().any(|part| part.passes), self.what(), parts)
    }

    /// What it wants of a window, in words.
    #[must_use]
    pub fn what(&self) -> String {
        let sort = self.sort.name();
        let names: Vec<&str> = self.parts.iter().map(|part| part.title.as_str()).collect();
        let percent = match self.sort {
            Sort::Percentile(percent) => format!(" {percent}"),
            _ => String::new(),
        };
        let group = match self.group_by.as_slice() {
            [] => String::new(),
            keys => format!(", for each {}", keys.join(" and ")),
        };
        let timespan = duration::show(self.timespan.as_secs());
        format!("{sort}{percent} {} within {timespan}{group}", self.condition.what(&names))
    }

    fn explain_part(
        &self,
        number: u16,
        part: &Part,
        set: &RuleSet,
        reached: &BTreeSet<RuleId>,
        event: &Value,
    ) -> Explained {
        let is_reached = reached.contains(&part.rule);
        let mut parts = Vec::new();
        match set.detectors().iter().find(|detector| detector.rule.reference.id == part.rule) {
            Some(detector) => parts.push(detector.explain(event)),
            None => parts.push(Explained::joined(is_reached, "it may match by this event", Vec::new())),
        }
        let groups = self.group_by.iter().zip(&part.group);
        parts.extend(groups.map(|(key, field)| one_value(format!("group by {key}"), field, event)));
        let values = part.values.iter();
        parts.extend(values.map(|field| match self.sort {
            Sort::ValueCount => one_value("count the value".to_owned(), field, event),
            _ => one_number(field, event),
        }));
        let counts = is_reached && self.signal(number, event).is_some();
        Explained::joined(counts, format!("counts `{}`", part.title), parts)
    }
}

/// The rules that the event matches, and the correlations that may match by it.
fn reached(set: &RuleSet, event: &Value) -> BTreeSet<RuleId> {
    let matched = set.matching(event);
    let mut reached: BTreeSet<RuleId> = matched.iter().map(|rule| rule.reference.id.clone()).collect();
    set.walk(matched.iter().map(|rule| &rule.reference.id), event, |signal| {
        reached.insert(signal.correlation.rule.reference.id.clone());
        true
    });
    reached
}

fn one_value(what: String, field: &Field, event: &Value) -> Explained {
    found(super::signal::only_text(field, event).is_some(), what, field, event)
}

fn one_number(field: &Field, event: &Value) -> Explained {
    found(super::signal::only_number(field, event).is_some(), "take the number".to_owned(), field, event)
}

fn found(passes: bool, what: String, field: &Field, event: &Value) -> Explained {
    let what = match field.name() {
        name if what.ends_with(&name) => format!("{what}, one value"),
        name => format!("{what} from {name}, one value"),
    };
    Explained { passes, what, saw: Some(seen(field, event)), parts: Vec::new() }
}
