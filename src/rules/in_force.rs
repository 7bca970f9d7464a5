//! The rule set in force. It is replaced as a whole: who decides by it takes it once and keeps it to
//! the end of that decision.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use jiff::SignedDuration;

use super::problem::LoadErrors;
use super::responders::Responders;
use super::rule_set::RuleSet;
use crate::incident::Timestamp;

/// A refused set that stays refused is said again so often.
const SAY_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The rule set in force, and what was refused since.
#[derive(Debug)]
pub struct InForce {
    loaded: ArcSwap<Loaded>,
    refused: ArcSwapOption<Refused>,
    /// Whose accounts every set protects, whatever its folder lists.
    responders: Arc<Responders>,
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
    /// When it was last said loudly.
    pub said_at: Timestamp,
}

impl Refused {
    /// Whether it is to be said again: who reads the log of today has not read that of last week.
    #[must_use]
    pub fn is_to_be_said(&self, now: Timestamp) -> bool {
        now.duration_since(self.said_at) >= SAY_AGAIN_AFTER
    }
}

impl InForce {
    /// Begins with these rules.
    #[must_use]
    pub fn new(loaded: Loaded) -> Self {
        Self::protecting(Arc::default(), loaded)
    }

    /// The same where these respond to incidents, who are protected by this set and all after it.
    #[must_use]
    pub fn protecting(responders: Arc<Responders>, mut loaded: Loaded) -> Self {
        loaded.set.protect_responders(&responders);
        Self { loaded: ArcSwap::from_pointee(loaded), refused: ArcSwapOption::empty(), responders }
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
    pub fn replace(&self, mut loaded: Loaded) {
        loaded.set.protect_responders(&self.responders);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_refused_is_said_every_hour() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let said_at = at("2026-11-21T03:00:00Z");
        let refused = Refused { errors: LoadErrors::new(None, Vec::new()), since: said_at, said_at };
        assert!(!refused.is_to_be_said(at("2026-11-21T03:59:59Z")));
        assert!(refused.is_to_be_said(at("2026-11-21T04:00:00Z")));
        assert!(!refused.is_to_be_said(at("2026-11-21T02:00:00Z")), "a clock that was set back");
    }
}
