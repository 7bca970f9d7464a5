//! Which rule came nearest to an event that none matches: the one with the greatest part of its needs
//! met. Only that one is then put to the event test by test, so that finding it costs next to nothing.

use serde_json::Value;

use crate::incident::NearestMiss;

use super::detector::Detector;
use super::index::Found;

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

    /// The nearest, and on what it failed. When the event has nothing of any rule, the first of them.
    pub(super) fn miss(self, all: &[Detector], routed: &[usize], event: &Value) -> Option<NearestMiss> {
        let number = self.found.map_or_else(|| routed.first().copied(), |found| Some(found.number))?;
        let detector = all.get(number)?;
        let nearness = detector.nearness(event);
        let miss = nearness.miss?;
        Some(NearestMiss {
            rule: detector.rule.reference.clone(),
            passed: nearness.passed,
            tests: nearness.tests,
            field: miss.field(),
            why: miss.why(),
        })
    }
}

/// Whether a greater part of the needs is met; of equal parts, more needs; of equal ones, earlier in
/// the set, so that the order of looking decides nothing.
fn is_nearer(next: Found, best: Found) -> bool {
    let part = |of: Found, other: Found| u64::from(of.met) * u64::from(other.needs);
    (part(next, best), next.met, best.number) > (part(best, next), best.met, next.number)
}
