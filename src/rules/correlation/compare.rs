//! What can be said of a correlation without any window: by what it could match, whether it ever can,
//! and whether it counts as another does. For lints.

use crate::incident::{ENTRIES_MAX, Entry, RuleId, Timestamp};

use super::{Correlation, Sort};

impl Correlation {
    /// Whether it would match by one event of each of these rules.
    pub(in crate::rules) fn holds_by_one_of(&self, is_one: &dyn Fn(&RuleId) -> bool) -> bool {
        let value = (self.sort == Sort::ValueCount).then(|| Box::from("a value"));
        let (at, until) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let parts = (0..).zip(&self.parts).filter(|(_, part)| is_one(&part.rule));
        let mut entries: Vec<Entry> = parts.map(|(part, _)| Entry { at, until, part, value: value.clone() }).collect();
        if !self.sort.tells_parts_apart() {
            entries.truncate(1);
        }
        !entries.is_empty() && self.condition.holds(self.sort, self.parts.len(), &entries)
    }

    /// Whether each of its rules counts for itself.
    pub(in crate::rules) fn tells_parts_apart(&self) -> bool {
        self.sort.tells_parts_apart()
    }

    /// The rules that it names.
    pub(in crate::rules) fn parts(&self) -> impl Iterator<Item = &RuleId> {
        self.parts.iter().map(|part| &part.rule)
    }

    /// For each of its own tests whether that is one of a match.
    pub(in crate::rules) fn tests(&self) -> impl Iterator<Item = bool> {
        self.tests.iter().map(super::own_tests::OwnTest::matches)
    }

    /// Whether any window can come to what it wants.
    pub(in crate::rules) fn can_hold(&self) -> bool {
        let whole = match self.sort {
            Sort::EventCount | Sort::ValueCount => Some(ENTRIES_MAX),
            Sort::Temporal | Sort::TemporalOrdered => Some(self.parts.len()),
            Sort::Sum | Sort::Average | Sort::Percentile(_) => None,
        };
        self.condition.can_hold(whole)
    }

    /// Whether it counts the same as `other`, whatever it wants of that.
    pub(in crate::rules) fn counts_as(&self, other: &Self) -> bool {
        self.shape == other.shape
    }

    /// Whether both match by the same.
    pub(in crate::rules) fn counts_and_wants_as(&self, other: &Self) -> bool {
        self.counts_as(other) && self.condition == other.condition
    }

    /// Whether `other` wants no more, of the same window.
    pub(in crate::rules) fn wants_as_much_as(&self, other: &Self) -> bool {
        self.condition.implies(&other.condition)
    }
}
