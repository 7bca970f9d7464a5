//! Takes a detection apart into what must all hold, so that what is known of some of it already need
//! not be asked again.

use serde_json::Value;

use super::condition::Condition;
use super::detection::{Detection, Search};

/// One of the parts that must all hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Conjunct<'d> {
    Condition(&'d Condition),
    Search(&'d Search),
}

/// Which of a detection's conjuncts hold for every event that is asked about: all of them, or some, by
/// number, of the first sixty-four.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Settled {
    conjuncts: u64,
    /// Whether there are no others.
    pub(super) is_all: bool,
}

impl Settled {
    /// From what is known of each of them.
    pub(super) fn of(conjuncts: &[bool]) -> Self {
        let bits = conjuncts.iter().take(64).enumerate().map(|(number, is_settled)| u64::from(*is_settled) << number);
        Self { conjuncts: bits.sum(), is_all: conjuncts.iter().all(|is_settled| *is_settled) }
    }

    fn has(self, number: u32) -> bool {
        self.conjuncts.checked_shr(number).is_some_and(|rest| rest & 1 == 1)
    }
}

impl Detection {
    /// Whether the event matches, when it is known to pass what is settled.
    pub(super) fn matches_besides(&self, settled: Settled, event: &Value) -> bool {
        let mut number = 0;
        settled.is_all
            || self.conjuncts(&mut |conjunct| {
                let is_settled = settled.has(number);
                number += 1;
                is_settled
                    || match conjunct {
                        Conjunct::Condition(condition) => self.holds(condition, event),
                        Conjunct::Search(search) => search.matches(event),
                    }
            })
    }

    /// Whether `check` says so of every conjunct. They come in the same order each time.
    pub(super) fn conjuncts<'d>(&'d self, check: &mut dyn FnMut(Conjunct<'d>) -> bool) -> bool {
        self.conjuncts_of(&self.condition, check)
    }

    fn conjuncts_of<'d>(&'d self, condition: &'d Condition, check: &mut dyn FnMut(Conjunct<'d>) -> bool) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.conjuncts_of(part, check)),
            Condition::Search(index) => self.searches.get(*index).is_some_and(|named| named.search.conjuncts(check)),
            Condition::Any(_) | Condition::Not(_) => check(Conjunct::Condition(condition)),
        }
    }
}

impl Search {
    fn conjuncts<'d>(&'d self, check: &mut dyn FnMut(Conjunct<'d>) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.conjuncts(check)),
            Self::Any(_) | Self::Item(_) | Self::Elements(_) => check(Conjunct::Search(self)),
        }
    }
}
