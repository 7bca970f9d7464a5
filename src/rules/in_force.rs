//! The rule set in force. It is replaced as a whole: who decides by it takes it once and keeps it to
//! the end of that decision.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use super::problem::LoadErrors;
use super::rule_set::RuleSet;
use crate::incident::Timestamp;

/// The rule set in force, and what was refused since.
#[derive(Debug)]
pub struct InForce {
    loaded: ArcSwap<Loaded>,
    refused: ArcSwapOption<Refused>,
}

/// A rule set that is, or was, in force.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub set: RuleSet,
    /// Since when.
    pub since: Timestamp,
    /// The commit checked out in their folder, if there is one.
    pub commit: Option<String>,
    /// The fingerprint of the key that signed them, if signatures are wanted and one did.
    pub signer: Option<String>,
}

/// Rules that were refused, and why.
#[derive(Debug)]
pub struct Refused {
    /// Every problem.
    pub errors: LoadErrors,
    /// Since when.
    pub since: Timestamp,
}

impl InForce {
    /// Begins with these rules.
    #[must_use]
    pub fn new(loaded: Loaded) -> Self {
        Self { loaded: ArcSwap::from_pointee(loaded), refused: ArcSwapOption::empty() }
    }

    /// The rules in force now, for one decision.
    #[must_use]
    pub fn now(&self) -> Arc<Loaded> {
        self.loaded.load_full()
    }

    /// What the folder holds instead, if that was refused.
    #[must_use]
    pub fn refused(&self) -> Option<Arc<Refused>> {
        self.refused.load_full()
    }

    /// Puts other rules into force, ready for the events that came until now.
    pub fn replace(&self, loaded: Loaded) {
        loaded.set.prepare_as(&self.now().set);
        self.loaded.store(Arc::new(loaded));
        self.refused.store(None);
    }

    /// Notes that rules were refused; those in force stay.
    pub fn refuse(&self, refused: Refused) {
        self.refused.store(Some(Arc::new(refused)));
    }

    /// Notes that the folder holds what is in force.
    pub fn confirm(&self) {
        self.refused.store(None);
    }
}
