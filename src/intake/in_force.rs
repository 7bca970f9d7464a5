//! The sources in force: swapped as a whole when they are read anew, so that each request is judged by one set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;

use super::Intake;

/// The sources in force.
pub struct SourcesInForce {
    now: ArcSwap<Intake>,
    is_stale: AtomicBool,
}

impl SourcesInForce {
    /// These.
    #[must_use]
    pub fn new(intake: Intake) -> Self {
        Self { now: ArcSwap::from_pointee(intake), is_stale: AtomicBool::new(false) }
    }

    /// Those of this moment. A request keeps to what it was given.
    #[must_use]
    pub fn now(&self) -> Arc<Intake> {
        self.now.load_full()
    }

    /// Puts others in their place, which take over what lasts.
    pub fn replace(&self, intake: Intake) {
        let after = intake.taking_over(&self.now());
        self.now.store(Arc::new(after));
        self.is_stale.store(false, Ordering::Relaxed);
    }

    /// Notes that others were to be in their place and are refused.
    pub fn refuse(&self) {
        self.is_stale.store(true, Ordering::Relaxed);
    }

    /// Whether others were to be in their place and are refused.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale.load(Ordering::Relaxed)
    }
}
