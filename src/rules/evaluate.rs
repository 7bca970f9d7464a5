//! Puts an event to a compiled detection: does it match, which searches did, and how near was it.

use serde_json::Value;

use super::condition::Condition;
use super::detection::{Detection, Elements, Search};
use super::field::{Field, Seen};
use super::item::Item;
use super::other_field::Compared;
use super::value::Test;

/// The most search identifiers named for one match, so that a record keeps within its size.
const MATCHED_MAX: usize = 16;

impl Detection {
    /// Whether the event matches. Allocates nothing, unless two fields are compared.
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.holds(&self.condition, event)
    }

    /// The names of the search identifiers that match by themselves, at most 16.
    pub(super) fn matched(&self, event: &Value) -> Vec<String> {
        let matched = self.searches.iter().filter(|named| named.search.matches(event));
        matched.take(MATCHED_MAX).map(|named| named.name.clone()).collect()
    }

    /// How near the event came, and what it failed on. Allocates nothing, unless two fields are compared.
    pub(super) fn nearness(&self, event: &Value) -> Nearness<'_> {
        self.near(&self.condition, event)
    }

    pub(super) fn holds(&self, condition: &Condition, event: &Value) -> bool {
        match condition {
            Condition::Search(index) => self.searches.get(*index).is_some_and(|named| named.search.matches(event)),
            Condition::Not(inner) => !self.holds(inner, event),
            Condition::All(parts) => parts.iter().all(|part| self.holds(part, event)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds(part, event)),
        }
    }

    fn near<'d>(&'d self, condition: &'d Condition, event: &Value) -> Nearness<'d> {
        match condition {
            Condition::Search(index) => {
                self.searches.get(*index).map_or(Nearness::NOTHING, |named| named.search.nearness(event))
            }
            Condition::Not(inner) => {
                let miss = || Miss { part: self.first_part(inner), why: Why::Excluded };
                Nearness::of(!self.holds(inner, event), miss)
            }
            Condition::All(parts) => {
                parts.iter().map(|part| self.near(part, event)).fold(Nearness::NOTHING, Nearness::and)
            }
            Condition::Any(parts) => best(parts.iter().map(|part| self.near(part, event))),
        }
    }

    fn first_part<'d>(&'d self, condition: &'d Condition) -> Option<Part<'d>> {
        match condition {
            Condition::Search(index) => self.searches.get(*index).and_then(|named| named.search.first_part()),
            Condition::Not(inner) => self.first_part(inner),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().find_map(|part| self.first_part(part)),
        }
    }
}

impl Search {
    pub(super) fn matches(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(event)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event)),
            Self::Item(item) => item.matches(event),
            Self::Elements(elements) => elements.matches(event),
        }
    }

    fn nearness(&self, event: &Value) -> Nearness<'_> {
        match self {
            Self::All(parts) => parts.iter().map(|part| part.nearness(event)).fold(Nearness::NOTHING, Nearness::and),
            Self::Any(parts) => best(parts.iter().map(|part| part.nearness(event))),
            Self::Item(item) => {
                Nearness::of(item.matches(event), || Miss { part: Some(Part::Item(item)), why: item.why(event) })
            }
            Self::Elements(elements) => Nearness::of(elements.matches(event), || Miss {
                part: Some(Part::Elements(elements)),
                why: if elements.field.exists(event) { Why::Differs } else { Why::Missing },
            }),
        }
    }

    fn first_part(&self) -> Option<Part<'_>> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(Self::first_part),
            Self::Item(item) => Some(Part::Item(item)),
            Self::Elements(elements) => Some(Part::Elements(elements)),
        }
    }
}

impl Elements {
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.quantifier.holds(&self.field, event, |element| self.body.matches(element))
    }
}

impl Item {
    pub(super) fn matches(&self, event: &Value) -> bool {
        let passes = if self.modifiers.all {
            self.tests.iter().all(|test| self.passes(test, event))
        } else {
            self.passes_any(event)
        };
        passes != self.modifiers.neq && !(self.modifiers.neq && self.is_unknown(event))
    }

    /// Whether this value keeps `neq` from passing: it is there, or nobody can say that it is not.
    pub(super) fn is_in_the_way(&self, test: &Test, event: &Value) -> bool {
        match test {
            Test::Same(other) => other.compare(&self.field, event) != Compared::Different,
            _ => self.passes(test, event),
        }
    }

    /// Whether a field is compared with one, and one of the two is missing or too much to compare.
    pub(super) fn is_unknown(&self, event: &Value) -> bool {
        let is_unknown =
            |test: &Test| matches!(test, Test::Same(other) if other.compare(&self.field, event) == Compared::Unknown);
        self.tests.iter().any(is_unknown)
    }

    /// Whether any of the tests passes. The field is looked for once, not for each of them.
    fn passes_any(&self, event: &Value) -> bool {
        let any_value = |value: &Value| self.tests.iter().any(|test| test.passes(value));
        self.field.look(event, any_value) == Seen::Passed
            || self.tests.iter().any(|test| test.is_of_field() && self.passes(test, event))
    }

    pub(super) fn passes(&self, test: &Test, event: &Value) -> bool {
        match test {
            Test::Null => self.field.is_null(event),
            Test::Exists(wanted) => self.field.exists(event) == *wanted,
            Test::Same(other) => other.compare(&self.field, event) == Compared::Same,
            _ => self.field.look(event, |value| test.passes(value)) == Seen::Passed,
        }
    }

    fn why(&self, event: &Value) -> Why {
        match &self.field {
            Field::Everywhere => Why::NoKeyword,
            field if !field.exists(event) => Why::Missing,
            _ if self.modifiers.neq && self.is_unknown(event) => Why::NotCompared,
            _ if self.modifiers.neq => Why::Unwanted,
            _ => Why::Differs,
        }
    }
}

/// How many tests of a detection an event passed, and the first it failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearness<'d> {
    pub(super) passed: u32,
    pub(super) tests: u32,
    pub(super) miss: Option<Miss<'d>>,
}

/// The first failed test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Miss<'d> {
    part: Option<Part<'d>>,
    why: Why,
}

/// A part of a search that passes or fails as one.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part<'d> {
    Item(&'d Item),
    Elements(&'d Elements),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Missing,
    Differs,
    NoKeyword,
    Unwanted,
    NotCompared,
    Excluded,
}

impl<'d> Nearness<'d> {
    const NOTHING: Self = Self { passed: 0, tests: 0, miss: None };

    fn of(has_passed: bool, miss: impl FnOnce() -> Miss<'d>) -> Self {
        if has_passed {
            Self { passed: 1, tests: 1, miss: None }
        } else {
            Self { passed: 0, tests: 1, miss: Some(miss()) }
        }
    }

    fn and(self, next: Self) -> Self {
        Self {
            passed: self.passed.saturating_add(next.passed),
            tests: self.tests.saturating_add(next.tests),
            miss: self.miss.or(next.miss),
        }
    }

    /// Whether a greater part of the tests passed than of `other`'s; of equal parts, more tests.
    pub(super) fn is_nearer_than(&self, other: &Self) -> bool {
        let mine = u64::from(self.passed) * u64::from(other.tests);
        let others = u64::from(other.passed) * u64::from(self.tests);
        (self.miss.is_none(), mine, self.passed) > (other.miss.is_none(), others, other.passed)
    }
}

/// The nearest of several alternatives, the first of equals.
fn best<'d>(alternatives: impl Iterator<Item = Nearness<'d>>) -> Nearness<'d> {
    let nearer = |best: Nearness<'d>, next: Nearness<'d>| if next.is_nearer_than(&best) { next } else { best };
    alternatives.reduce(nearer).unwrap_or(Nearness::NOTHING)
}

impl Miss<'_> {
    /// The field of the failed test, or `keywords`.
    pub(super) fn field(&self) -> String {
        match self.part {
            Some(Part::Item(item)) => item.field.name(),
            Some(Part::Elements(elements)) => format!("{}[{}]", elements.field.name(), elements.quantifier.name()),
            None => Field::Everywhere.name(),
        }
    }

    /// Why it failed, in words of the rule only.
    pub(super) fn why(&self) -> String {
        match (self.why, self.part) {
            (Why::Missing, _) => "the event does not have it".to_owned(),
            (Why::Differs, Some(Part::Item(item))) => {
                let values = if item.modifiers.all { "not all its values pass" } else { "no value passes" };
                format!("the event has it, but {values} `{}`", item.comparison())
            }
            (Why::Differs, _) => "the event has it, but its elements do not pass".to_owned(),
            (Why::NoKeyword, _) => "not found in the event".to_owned(),
            (Why::Unwanted, _) => "it has a value that is not wanted".to_owned(),
            (Why::NotCompared, _) => "the field it is compared with has no value to compare".to_owned(),
            (Why::Excluded, _) => "it matches what the condition excludes".to_owned(),
        }
    }
}
