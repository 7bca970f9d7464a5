//! Which rule came nearest to an event that none matches: the one with the greatest part of its needs
//! met, which the index has counted anyway. Only that one is put to the event test by test, when it is told.

use serde_json::Value;

use crate::incident::NearestMiss;

use super::detector::Detector;
use super::evaluate::Nearness;
use super::index::Found;

/// The rule that came nearest to an event that none matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest<'r> {
    detector: &'r Detector,
}

impl Nearest<'_> {
    /// For the record: how near the event came, and the first test that it failed.
    #[must_use]
    pub fn miss(&self, event: &Value) -> Option<NearestMiss> {
        let Nearness { passed, tests, miss } = self.detector.nearness(event);
        let (rule, miss) = (self.detector.rule.reference.clone(), miss?);
        Some(NearestMiss { rule, passed, tests, field: miss.field(), why: miss.why() })
    }
}

/// The nearest rule so far.
#[derive(Default)]
pub(super) struct Near {
    found: Option<Found>,
}

impl Near {
    /// Sees one more rule.
    pub(super) fn see(&mut self, next: Found) {
        if self.found.is_none_or(|best| is_nearer(next, best)) {
            self.found = Some(next);
        }
    }

    /// The nearest. When the event has nothing of any rule, the first of them.
    pub(super) fn nearest<'r>(self, all: &'r [Detector], routed: &[usize]) -> Option<Nearest<'r>> {
        let number = self.found.map_or_else(|| routed.first().copied(), |found| Some(found.number))?;
        all.get(number).map(|detector| Nearest { detector })
    }
}

/// Whether a greater part of the needs is met; of equal parts, more needs; of equal ones, earlier in
/// the set, so that the order of looking decides nothing.
fn is_nearer(next: Found, best: Found) -> bool {
    let part = |of: Found, other: Found| u64::from(of.met) * u64::from(other.needs);
    (part(next, best), next.met, best.number) > (part(best, next), best.met, next.number)
}
