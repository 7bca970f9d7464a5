//! Which rules are for an event's log sources, and the index over just those. Sources declare a few
//! sets of log sources, so each set's index is made when it is first met and kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::incident::LogSource;

use super::detector::Detector;
use super::index::Index;

/// So many sets of log sources are remembered, which is more than there can be sources; one more, and
/// remembering begins anew.
const SETS_MAX: usize = 2_048;

/// The rules for one set of log sources.
#[derive(Debug)]
pub(super) struct Routed {
    /// By number, in order.
    pub(super) rules: Vec<usize>,
    pub(super) index: Index,
}

type Known = HashMap<Arc<[LogSource]>, Arc<Routed>, foldhash::fast::RandomState>;

/// Remembers what was made for each set of log sources.
#[derive(Default)]
pub(super) struct Routing {
    known: ArcSwap<Known>,
}

impl Routing {
    /// The rules for events of these log sources.
    pub(super) fn of(&self, log_sources: &Arc<[LogSource]>, detectors: &[Detector]) -> Arc<Routed> {
        if let Some(routed) = self.known.load().get(log_sources) {
            return Arc::clone(routed);
        }
        let routed = Arc::new(Routed::of(log_sources, detectors));
        self.known.rcu(|known| {
            let mut known = if known.len() < SETS_MAX { Known::clone(known) } else { Known::default() };
            known.insert(Arc::clone(log_sources), Arc::clone(&routed));
            known
        });
        routed
    }

    /// Makes now what `other` has had to make.
    pub(super) fn prepare_as(&self, other: &Self, detectors: &[Detector]) {
        for log_sources in other.known.load().keys() {
            self.of(log_sources, detectors);
        }
    }
}

impl Routed {
    fn of(log_sources: &[LogSource], detectors: &[Detector]) -> Self {
        let is_for = |detector: &Detector| log_sources.iter().any(|source| detector.log_source.has(source));
        let routed = || detectors.iter().enumerate().filter(|(_, detector)| is_for(detector));
        Self { rules: routed().map(|(number, _)| number).collect(), index: Index::of(routed()) }
    }
}

impl fmt::Debug for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routing").field("sets", &self.known.load().len()).finish()
    }
}
