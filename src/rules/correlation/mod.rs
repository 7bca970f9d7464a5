//! Correlations: rules over what other rules matched, within a time, for the same person or whatever
//! else groups the events (Sigma specification 2.1, correlation rules).
//!
//! `read` reads the document and `link` finds the rules it names; `condition` says when a window holds;
//! `signal` makes of an event what is to be counted; `compare` says what lints ask; `row` counts in memory, for `own_tests`, which are the
//! correlation's own, and `explain` tells of one event. The windows themselves are of floor 1 and live on the trail.

mod compare;
mod condition;
mod explain;
mod link;
pub(super) mod own_tests;
mod read;
mod row;
mod signal;
mod walk;

use std::collections::HashMap;
use std::time::Duration;

use crate::incident::{Digest, Entry, RuleId, Timestamp, Window, WindowState};

use super::problem::Place;
use super::rule::Rule;
use condition::Condition;
use link::Part;

pub(super) use link::link;
#[cfg(test)]
pub(super) use read::KEYS;
pub(super) use read::{CorrelationDraft, TYPES};
pub use row::{Row, Told};
pub use signal::{Signal, SignalValue};
pub(super) use walk::Feeds;

/// How much older than its arrival an event may be and still be counted.
const LATENESS: Duration = Duration::from_secs(15 * 60);

/// One correlation, its rules found.
#[derive(Debug)]
pub struct Correlation {
    /// Id, title, response and the texts for people. Its detection matches nothing.
    pub rule: Rule,
    /// Where its document begins.
    pub(super) at: Place,
    /// Digest over what it counts; other windows for another way to count.
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

    /// Whether it reads a field.
    fn reads_values(self) -> bool {
        !matches!(self, Self::EventCount | Self::Temporal | Self::TemporalOrdered)
    }
}

impl Correlation {
    /// When an entry that arrived at `received` and says that it happened at `occurred` counts, and
    /// until when it can matter. A sender's clock can neither run ahead of ours nor lie far behind.
    ///
    /// # Errors
    /// The event is too old to be counted; the time it says.
    pub fn time_of(
        &self,
        occurred: Option<Timestamp>,
        received: Timestamp,
    ) -> Result<(Timestamp, Timestamp), Timestamp> {
        let at = occurred.map_or(received, |occurred| occurred.min(received));
        if at < before(received, LATENESS) {
            return Err(at);
        }
        Ok((at, at.saturating_add(self.timespan.saturating_add(LATENESS)).unwrap_or(Timestamp::MAX)))
    }

    /// Adds the entry to its window and says how the window stands.
    pub fn count(&self, window: &mut Window, entry: Entry) -> WindowState {
        let at = entry.at;
        let held = self.holds_from(window, at);
        window.add(entry);
        let holds = self.holds_from(window, at);
        let was_told = window.is_quiet && held;
        window.is_quiet = holds;
        match (holds, was_told) {
            (false, _) => WindowState::Counting,
            (true, true) => WindowState::Quiet,
            (true, false) => WindowState::Fired,
        }
    }

    /// What the entries of the window that ends at `end` come to, where that is a number.
    fn found(&self, window: &Window, end: Timestamp) -> Option<f64> {
        self.condition.found(self.sort, self.parts.len(), window.between(before(end, self.timespan), end))
    }

    /// Whether the condition holds in one of the windows in which an entry of this time lies.
    fn holds_from(&self, window: &Window, at: Timestamp) -> bool {
        let last = at.saturating_add(self.timespan).unwrap_or(Timestamp::MAX);
        let later = window.between(at, last).iter().map(|entry| entry.at);
        std::iter::once(at).chain(later).any(|end| {
            let entries = window.between(before(end, self.timespan), end);
            !entries.is_empty() && self.condition.holds(self.sort, self.parts.len(), entries)
        })
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

fn before(time: Timestamp, by: Duration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
