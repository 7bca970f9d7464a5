//! Puts an event to a compiled detection: does it match, which searches did, and how near was it.

use serde_json::Value;

use super::condition::Condition;
use super::detection::{Detection, Item, Search};
use super::field::{self, Seen};
use super::value::Test;

/// The most search identifiers named for one match, so that a record keeps within its size.
const MATCHED_MAX: usize = 16;

impl Detection {
    /// Whether the event matches. Allocates nothing.
    pub(super) fn matches(&self, event: &Value) -> bool {
        self.holds(&self.condition, event)
    }

    /// The names of the search identifiers that match by themselves, at most 16.
    pub(super) fn matched(&self, event: &Value) -> Vec<String> {
        let matched = self.searches.iter().filter(|named| named.search.matches(event));
        matched.take(MATCHED_MAX).map(|named| named.name.clone()).collect()
    }

    /// How near the event came, and what it failed on. Allocates nothing.
    pub(super) fn nearness(&self, event: &Value) -> Nearness<'_> {
        self.near(&self.condition, event)
    }

    fn holds(&self, condition: &Condition, event: &Value) -> bool {
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
                let miss = || Miss { item: self.first_item(inner), why: Why::Excluded };
                Nearness::of(!self.holds(inner, event), miss)
            }
            Condition::All(parts) => {
                parts.iter().map(|part| self.near(part, event)).fold(Nearness::NOTHING, Nearness::and)
            }
            Condition::Any(parts) => best(parts.iter().map(|part| self.near(part, event))),
        }
    }

    fn first_item<'d>(&'d self, condition: &'d Condition) -> Option<&'d Item> {
        match condition {
            Condition::Search(index) => self.searches.get(*index).and_then(|named| named.search.first_item()),
            Condition::Not(inner) => self.first_item(inner),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().find_map(|part| self.first_item(part)),
        }
    }
}

impl Search {
    pub(super) fn matches(&self, event: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(event)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(event)),
            Self::Item(item) => item.matches(event),
        }
    }

    fn nearness(&self, event: &Value) -> Nearness<'_> {
        match self {
            Self::All(parts) => parts.iter().map(|part| part.nearness(event)).fold(Nearness::NOTHING, Nearness::and),
            Self::Any(parts) => best(parts.iter().map(|part| part.nearness(event))),
            Self::Item(item) => Nearness::of(item.matches(event), || Miss { item: Some(item), why: item.why(event) }),
        }
    }

    fn first_item(&self) -> Option<&Item> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(Self::first_item),
            Self::Item(item) => Some(item),
        }
    }
}

impl Item {
    fn matches(&self, event: &Value) -> bool {
        if self.modifiers.all {
            return self.tests.iter().all(|test| self.any_value(event, |value| test.passes(value)));
        }
        let is_null = || self.field.as_ref().is_some_and(|name| field::is_null(event, name));
        self.any_value(event, |value| self.tests.iter().any(|test| test.passes(value)))
            || (self.tests.contains(&Test::Null) && is_null())
    }

    fn any_value(&self, event: &Value, mut test: impl FnMut(&Value) -> bool) -> bool {
        match &self.field {
            Some(name) => field::look(event, name, test) == Seen::Passed,
            None => field::look_everywhere(event, &mut test),
        }
    }

    fn why(&self, event: &Value) -> Why {
        match &self.field {
            None => Why::NoKeyword,
            Some(name) if field::look(event, name, |_| true) == Seen::Missing => Why::Missing,
            Some(_) => Why::Differs,
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
    item: Option<&'d Item>,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Missing,
    Differs,
    NoKeyword,
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
    pub(super) fn field(&self) -> &str {
        self.item.and_then(|item| item.field.as_deref()).unwrap_or("keywords")
    }

    /// Why it failed, in words of the rule only.
    pub(super) fn why(&self) -> String {
        let comparison = self.item.map_or("equals", |item| item.modifiers.comparison());
        let all = if self.item.is_some_and(|item| item.modifiers.all) {
            "not all its values pass"
        } else {
            "no value passes"
        };
        match self.why {
            Why::Missing => "the event does not have it".to_owned(),
            Why::Differs => format!("the event has it, but {all} `{comparison}`"),
            Why::NoKeyword => "not found in the event".to_owned(),
            Why::Excluded => "it matches what the condition excludes".to_owned(),
        }
    }
}
