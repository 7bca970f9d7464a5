//! Finds out which parts of a rule its tests do not hold: those that could be left out, or turned
//! round, and every test would still come out as it does.
//!
//! A part **decides** in a test when the rule would come out otherwise if this part alone did. An
//! operand of `and` (a key of a mapping, a value under `all`) has to decide by failing, or the rule
//! without it passes the same tests; an operand of `or` (an element of a list) by passing. With one
//! test that matches and one that does not, that is all: whatever else a part could do follows. The
//! measure is known as modified condition/decision coverage.

use std::collections::HashMap;

use serde_json::Value;

use super::condition::Condition;
use super::detector::Detector;
use super::part::Part;

/// How much of a rule its tests hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// How many parts decide in a test as they have to, with the match and the near miss of the whole.
    pub reached: usize,
    /// How many have to.
    pub wanted: usize,
}

impl Coverage {
    /// In whole percent; 100 only when nothing is left open.
    #[must_use]
    pub fn percent(self) -> usize {
        (self.reached * 100).checked_div(self.wanted).unwrap_or(100)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { reached: self.reached + other.reached, wanted: self.wanted + other.wanted }
    }
}

/// How a part decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By passing.
    Passing,
    /// By failing.
    Failing,
}

/// What tests show of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its name.
    pub(super) part: String,
    /// How it has to decide.
    pub(super) wanted: By,
    /// Whether it does.
    pub(super) decides: bool,
    /// Whether it passes in a test at all.
    pub(super) passes: bool,
    /// Whether it fails in a test at all.
    pub(super) fails: bool,
}

/// What the rule's tests show of its parts. What filters add is not the rule's, and its tests need not
/// hold it.
pub(super) fn of<'e>(detector: &Detector, events: impl Iterator<Item = &'e Value>) -> Vec<Shown> {
    let detection = &detector.detection;
    let mut own = &detection.condition;
    let mut filters = Vec::new();
    for _ in 0..detector.filters {
        if let Condition::All(parts) = own
            && let [inner, filter] = parts.as_slice()
        {
            filters.push(Part::of_condition(filter, detection, None));
            own = inner;
        }
    }
    let mut root = Part::of_condition(own, detection, None);
    for event in events {
        let passes_filters = filters.iter().all(|filter| filter.passes(event));
        root.put(event, passes_filters);
    }
    let mut shown = Vec::new();
    root.tell(&mut shown);
    merged(shown)
}

/// A search that stands in a condition twice is one part, and decides if it does in either place.
fn merged(all: Vec<Shown>) -> Vec<Shown> {
    let mut places: HashMap<(String, bool), usize> = HashMap::new();
    let mut merged: Vec<Shown> = Vec::new();
    for shown in all {
        let key = (shown.part.clone(), shown.wanted == By::Passing);
        match places.get(&key).and_then(|place| merged.get_mut(*place)) {
            Some(first) => {
                first.decides |= shown.decides;
                first.passes |= shown.passes;
                first.fails |= shown.fails;
            }
            None => {
                places.insert(key, merged.len());
                merged.push(shown);
            }
        }
    }
    merged
}

impl By {
    pub(super) fn turned_round(self) -> Self {
        match self {
            Self::Passing => Self::Failing,
            Self::Failing => Self::Passing,
        }
    }
}
