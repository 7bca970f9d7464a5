//! Correlations: rules over what other rules matched, within a time, for the same person or whatever
//! else groups the events (Sigma specification 2.1, correlation rules).
//!
//! `read` reads the document, `section` its part `correlation`, `timespan`, `bounds` and `asked` the time and
//! the condition of that; `link` finds the rules it names among all that are `known`. `condition` says when a
//! window holds; `walk` takes an event to all that count it, `signal` makes of it what is to be counted, and
//! `standing` says how a window stands with that, by what `measure` makes of its entries. `compare` says what
//! lints ask; `row` counts in memory, for `own_tests`, which are the correlation's own, and `explain` tells of
//! one event. The windows themselves are of floor 1 and live on the trail.

mod asked;
mod bounds;
mod compare;
mod condition;
mod explain;
mod known;
mod link;
mod measure;
pub(super) mod own_tests;
mod read;
mod row;
mod section;
mod signal;
mod standing;
mod timespan;
mod walk;

use std::collections::HashMap;
use std::time::Duration;

use crate::incident::{Digest, LATENESS, RuleId};

use super::problem::Place;
use super::rule::Rule;
use condition::Condition;
use link::Part;

pub(super) use bounds::COMPARISONS;
pub(super) use link::link;
pub(super) use read::CorrelationDraft;
pub use row::{Row, Told};
pub(super) use section::{GROUP_BY_MAX, KEYS, RULES_MAX, TYPES};
pub use signal::{Signal, SignalValue};
pub use standing::When;
pub(super) use walk::Feeds;

/// One correlation, its rules found.
#[derive(Debug)]
pub struct Correlation {
    /// Id, title, response and the texts for people.
    pub rule: Rule,
    /// Where its document begins.
    pub(super) at: Place,
    /// Digest over what it counts, and by which searches; other windows for another way to count.
    pub(super) shape: Digest,
    /// What it counts.
    sort: Sort,
    timespan: Duration,
    group_by: Vec<String>,
    condition: Condition,
    parts: Vec<Part>,
    /// Which of the group's values names the account.
    account_key: Option<usize>,
    /// Whether the rules it names still are matches of their own.
    generates: bool,
    tests: Vec<own_tests::OwnTest>,
}

impl Correlation {
    /// The rules whose matches it counts.
    pub(super) fn counts(&self) -> impl Iterator<Item = &RuleId> {
        self.parts.iter().map(|part| &part.rule)
    }
}

/// What a correlation counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sort {
    /// Events.
    EventCount,
    /// Different values of a field.
    ValueCount,
    /// How many of its rules have matched.
    Temporal,
    /// The same, in the order in which they are named.
    TemporalOrdered,
    /// The sum of a field's numbers.
    Sum,
    /// Their mean.
    Average,
    /// The value below which this part of them lies, in percent; between two of them by a straight line.
    Percentile(f64),
}

impl Sort {
    /// Whether every rule counts for itself, instead of an event counting once.
    fn tells_parts_apart(self) -> bool {
        matches!(self, Self::Temporal | Self::TemporalOrdered)
    }

    /// Whether it reads numbers.
    fn reads_numbers(self) -> bool {
        matches!(self, Self::Sum | Self::Average | Self::Percentile(_))
    }

    /// What Sigma calls it; the median is the percentile of 50.
    fn name(self) -> &'static str {
        TYPES
            .iter()
            .find(|(_, sort)| std::mem::discriminant(sort) == std::mem::discriminant(&self))
            .map_or("", |(name, _)| name)
    }

    /// Whether it reads a field.
    fn reads_values(self) -> bool {
        !matches!(self, Self::EventCount | Self::Temporal | Self::TemporalOrdered)
    }
}

/// How far back the correlations look, each behind those that it builds on.
pub(super) fn looks_back(correlations: &[Correlation]) -> Duration {
    let mut reaches: HashMap<&RuleId, Duration> = HashMap::new();
    for correlation in correlations {
        let below = correlation.parts.iter().filter_map(|part| reaches.get(&part.rule)).max().copied();
        let own = correlation.timespan.saturating_add(LATENESS);
        reaches.insert(&correlation.rule.reference.id, own.saturating_add(below.unwrap_or_default()));
    }
    reaches.into_values().max().unwrap_or_default()
}
