//! Says what a rule makes of an event, test by test, with what each test saw: the same evaluation that
//! the server makes, told to the rule's author.

use serde_json::Value;

use super::condition::Condition;
use super::detection::{Detection, Elements, Search};
use super::detector::Detector;
use super::field::Field;
use super::item::Item;
use super::modifier::Kind;
use super::value::Test;

/// The most values and elements shown of one test.
const SHOWN_MAX: usize = 8;
/// The most characters shown of one value.
const VALUE_CHARS_MAX: usize = 160;

/// One part of a rule, what it came to, and the parts it is made of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explained {
    /// Whether it passes.
    pub passes: bool,
    /// What it asks for.
    pub what: String,
    /// What it found in the event; only single tests find something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saw: Option<String>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Self>,
}

impl Detector {
    /// What the rule makes of the event. The values it shows are those of the event.
    #[must_use]
    pub fn explain(&self, event: &Value) -> Explained {
        self.detection.explain(event)
    }
}

impl Explained {
    /// A part with parts.
    pub(super) fn joined(passes: bool, what: impl Into<String>, parts: Vec<Self>) -> Self {
        Self { passes, what: what.into(), saw: None, parts }
    }

    fn all(parts: Vec<Self>) -> Self {
        Self::joined(parts.iter().all(|part| part.passes), "all of", parts)
    }

    fn any(parts: Vec<Self>) -> Self {
        Self::joined(parts.iter().any(|part| part.passes), "any of", parts)
    }
}

impl Detection {
    fn explain(&self, event: &Value) -> Explained {
        self.explain_condition(&self.condition, event)
    }

    fn explain_condition(&self, condition: &Condition, event: &Value) -> Explained {
        let each = |parts: &[Condition]| parts.iter().map(|part| self.explain_condition(part, event)).collect();
        match condition {
            Condition::Search(index) => match self.searches.get(*index) {
                Some(named) => {
                    let inner = named.search.explain(event);
                    Explained::joined(inner.passes, named.name.clone(), vec![inner])
                }
                None => Explained::joined(false, "nothing", Vec::new()),
            },
            Condition::Not(inner) => {
                let inner = self.explain_condition(inner, event);
                Explained::joined(!inner.passes, "not", vec![inner])
            }
            Condition::All(parts) => Explained::all(each(parts)),
            Condition::Any(parts) => Explained::any(each(parts)),
        }
    }
}

impl Search {
    fn explain(&self, event: &Value) -> Explained {
        let each = |parts: &[Self]| parts.iter().map(|part| part.explain(event)).collect();
        match self {
            Self::All(parts) => Explained::all(each(parts)),
            Self::Any(parts) => Explained::any(each(parts)),
            Self::Item(item) => item.explain(event),
            Self::Elements(elements) => elements.explain(event),
        }
    }
}

impl Elements {
    fn explain(&self, event: &Value) -> Explained {
        let mut parts = Vec::new();
        let mut count = 0_usize;
        self.field.look_whole(event, |node| {
            let elements = match node {
                Value::Array(elements) => elements.as_slice(),
                Value::Null => &[],
                single => std::slice::from_ref(single),
            };
            for element in elements {
                if parts.len() < SHOWN_MAX {
                    let inner = self.body.explain(element);
                    parts.push(Explained::joined(inner.passes, format!("element {count}"), vec![inner]));
                }
                count += 1;
            }
            false
        });
        let saw = format!("{count} elements");
        Explained { passes: self.matches(event), what: self.what(), saw: Some(saw), parts }
    }

    /// What it asks for, in words of the rule.
    pub(super) fn what(&self) -> String {
        format!("{}[{}]", self.field.name(), self.quantifier.name())
    }
}

impl Item {
    fn explain(&self, event: &Value) -> Explained {
        Explained {
            passes: self.matches(event),
            what: self.what(),
            saw: (self.field != Field::Everywhere).then(|| seen(&self.field, event)),
            parts: Vec::new(),
        }
    }

    /// What it asks for, in words of the rule.
    pub(super) fn what(&self) -> String {
        self.what_of(&self.tests)
    }

    /// As [`Item::what`], with these of its values.
    pub(super) fn what_of(&self, tests: &[Test]) -> String {
        let mut wanted: Vec<String> = tests.iter().take(SHOWN_MAX).map(ToString::to_string).collect();
        if tests.len() > SHOWN_MAX {
            wanted.push(format!("{} more", tests.len() - SHOWN_MAX));
        }
        let join = if self.modifiers.all { " and " } else { " or " };
        let not = if self.modifiers.neq { "not " } else { "" };
        let comparison = match self.modifiers.kind {
            Kind::Text(_) => "is",
            _ => self.comparison(),
        };
        format!("{} {not}{comparison} {}", self.field.name(), wanted.join(join))
    }
}

/// The field's values, as JSON.
pub(super) fn seen(field: &Field, event: &Value) -> String {
    let mut values = Vec::new();
    let mut count = 0_usize;
    field.look(event, |value| {
        if values.len() < SHOWN_MAX {
            values.push(shortened(&value.to_string()));
        }
        count += 1;
        false
    });
    match (count, field.exists(event)) {
        (0, false) => "nothing: the event does not have it".to_owned(),
        (0, true) => "an empty list".to_owned(),
        (count, _) if count > SHOWN_MAX => format!("{} and {} more", values.join(", "), count - SHOWN_MAX),
        _ => values.join(", "),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rules::tests::{detecting, load_rule};

    fn explain(head: &str, detection: &str, event: &Value) -> Vec<String> {
        let set = load_rule(&format!("{head}{}", detecting(detection))).unwrap();
        let explained = set.detectors()[0].explain(event);
        assert_eq!(explained.passes, set.detectors()[0].matches(event), "{detection}");
        let mut lines = Vec::new();
        show(&explained, 0, &mut lines);
        lines
    }

    fn show(part: &Explained, depth: usize, lines: &mut Vec<String>) {
        let mark = if part.passes { "+" } else { "-" };
        let saw = part.saw.as_ref().map_or(String::new(), |saw| format!(" <- {saw}"));
        lines.push(format!("{}{mark} {}{saw}", " ".repeat(depth), part.what));
        part.parts.iter().for_each(|part| show(part, depth + 1, lines));
    }

    #[test]
    fn each_test_says_what_it_wants_and_what_it_saw() {
        let detection = "  s: {a.b: [X, 'y*'], n|gt: 5, m|exists: true}\n  bad: {u|contains|all: [p, q]}\n  condition: s and not bad\n";
        let event = json!({"a": [{"b": "z"}, {"b": "Yes"}], "n": "7", "u": "pq"});
        let expected = [
            "- all of",
            " - s",
            "  - all of",
            "   + a.b is 'x' or 'y*' <- \"z\", \"Yes\"",
            "   + n gt 5 <- \"7\"",
            "   - m exists true <- nothing: the event does not have it",
            " - not",
            "  + bad",
            "   + u is '*p*' and '*q*' <- \"pq\"",
        ];
        assert_eq!(explain("", detection, &event), expected);
    }

    #[test]
    fn elements_are_explained_one_by_one() {
        let detection = "  s: {'t[any]': {k: User, id|re: '^a'}}\n  condition: s\n";
        let event = json!({"t": [{"k": "App", "id": "a1"}, {"k": "User", "id": "b1"}]});
        let lines = explain("sigma-version: 3\n", detection, &event);
        assert_eq!(lines[1], " - t[any] <- 2 elements");
        assert!(lines.contains(&"     - id re /^a/ <- \"b1\"".to_owned()), "{lines:#?}");
    }
}
