//! What can be said of a correlation without any window: by what it could match, and whether it
//! counts as another does. For lints.

use crate::incident::{Counts, Entry, Mark, RuleId, Timestamp};

use super::measure::Sliding;
use super::{Correlation, Sort};

impl Correlation {
    /// Whether it would match by one event of each of these rules.
    pub(in crate::rules) fn holds_by_one_of(&self, is_one: &dyn Fn(&RuleId) -> bool) -> bool {
        let at = Timestamp::UNIX_EPOCH;
        let mut window = Sliding::new(self.sort, self.parts.len());
        for (number, _) in (0..).zip(&self.parts).filter(|(_, part)| is_one(&part.rule)) {
            let counts = match self.sort {
                Sort::ValueCount => Counts::Value(Mark([0; Mark::BYTES])),
                Sort::Temporal => Counts::Rule(number),
                Sort::TemporalOrdered => Counts::Step(number),
                Sort::EventCount | Sort::Sum | Sort::Average | Sort::Percentile(_) => Counts::Event,
            };
            if window.is_empty() || self.sort.tells_parts_apart() {
                window.enter_all(std::iter::once(Entry { at, until: at, counts }));
            }
        }
        self.condition.holds(&window)
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
