//! Windows in which a source's deliveries are verified and shown, and never acted on: for setting up a sender.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Delivery, Refusal, Unreadable};
use crate::incident::{AlertId, SourceName, Timestamp};

/// The most deliveries of a window that are kept to be shown, of those that are proven and of the others each; older
/// ones go. Apart, or a stranger could push out of sight what whoever sets the sender up waits for.
const TRIED_MAX: usize = 32;
/// The most alerts of one of them.
const ALERTS_MAX: usize = 16;

/// All windows. Sources that were never tried take no room, and there are only so many sources.
#[derive(Debug, Default)]
pub(super) struct Trials {
    /// Whether there was ever one. Every delivery asks, and hardly ever is there any.
    any: AtomicBool,
    windows: Mutex<BTreeMap<SourceName, Trial>>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trial {
    /// Until when deliveries are not acted on.
    pub until: Timestamp,
    /// How many there were.
    pub count: u64,
    /// The latest of them, oldest first.
    pub tried: VecDeque<Tried>,
}

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// Counts the deliveries of the window from 1 on.
    pub number: u64,
    /// When it came.
    pub at: Timestamp,
    /// What was found.
    #[serde(flatten)]
    pub found: Found,
}

/// What was found in a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// It proved itself and carries these alerts.
    Alerts {
        /// The secret that fits.
        secret: String,
        /// The first of them.
        alerts: Vec<TriedAlert>,
        /// How many there are.
        count: usize,
    },
    /// The sender wants to know whether we are there, or tells of its own subscription; it was answered.
    Handshake {
        /// The secret that fits; none, where anybody may ask.
        secret: Option<String>,
    },
    /// It proved itself and could not be understood.
    NotUnderstood {
        /// The reason's code.
        reason: &'static str,
        /// The reason in words.
        why: String,
    },
    /// It was refused.
    Refused {
        /// The reason's code.
        reason: &'static str,
        /// The reason in words.
        why: String,
    },
}

/// What an alert would be recorded as. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedAlert {
    /// Its id.
    pub id: AlertId,
    /// Its type, where it has one.
    pub event_type: Option<String>,
    /// When it happened, where it says so.
    pub occurred_at: Option<Timestamp>,
    /// Whether the source's mapping finds a person in it.
    pub has_person: bool,
}

impl Trials {
    /// Opens a window, or ends it when `until` has passed; what was seen before is gone.
    pub(super) fn open(&self, source: &SourceName, until: Timestamp) {
        self.with(|trials| trials.insert(source.clone(), Trial { until, count: 0, tried: VecDeque::new() }));
        self.any.store(true, Ordering::Release);
    }

    /// The window, also one that is over.
    pub(super) fn of(&self, source: &SourceName) -> Option<Trial> {
        self.with(|trials| trials.get(source).cloned())
    }

    /// Whether a source's window is open.
    pub(super) fn are_open(&self, source: &SourceName, now: Timestamp) -> bool {
        self.any.load(Ordering::Acquire)
            && self.with(|trials| trials.get(source).is_some_and(|trial| now < trial.until))
    }

    /// Notes a delivery of a source whose window is open; says whether it is.
    pub(super) fn note(&self, source: &SourceName, now: Timestamp, found: impl FnOnce() -> Found) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        self.with(|trials| {
            let Some(trial) = trials.get_mut(source).filter(|trial| now < trial.until) else { return false };
            trial.note(now, found());
            true
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<SourceName, Trial>) -> T) -> T {
        work(&mut self.windows.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trial {
    fn note(&mut self, now: Timestamp, found: Found) {
        let is_proven = found.is_proven();
        let alike = |tried: &Tried| tried.found.is_proven() == is_proven;
        if self.tried.iter().filter(|tried| alike(tried)).count() >= TRIED_MAX
            && let Some(oldest) = self.tried.iter().position(alike)
        {
            self.tried.remove(oldest);
        }
        self.count = self.count.saturating_add(1);
        self.tried.push_back(Tried { number: self.count, at: now, found });
    }
}

impl Found {
    /// Whether a stranger cannot have sent it.
    fn is_proven(&self) -> bool {
        match self {
            Self::Alerts { .. } | Self::NotUnderstood { .. } => true,
            Self::Handshake { secret } => secret.is_some(),
            Self::Refused { .. } => false,
        }
    }

    pub(super) fn alerts(delivery: &Delivery) -> Self {
        let shown = delivery.alerts.iter().take(ALERTS_MAX).map(|alert| TriedAlert {
            id: alert.summary.id.clone(),
            event_type: alert.summary.event_type.clone(),
            occurred_at: alert.summary.occurred_at,
            has_person: alert.person.is_some(),
        });
        let secret = delivery.alerts.first().map(|alert| alert.summary.secret.clone()).unwrap_or_default();
        Self::Alerts { secret, alerts: shown.collect(), count: delivery.alerts.len() }
    }

    pub(super) fn not_understood(reason: Unreadable) -> Self {
        Self::NotUnderstood { reason: reason.code(), why: reason.to_string() }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self::Refused { reason: refusal.code(), why: refusal.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_keeps_the_latest_and_counts_all_and_ends() {
        let trials = Trials::default();
        let source = SourceName::parse("okta").unwrap();
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let refused = || Found::refused(&Refusal::SecretWrong);
        assert!(!trials.note(&source, at(0), refused), "no window");
        trials.open(&source, at(100));
        for second in 0..100 {
            assert!(trials.note(&source, at(second), refused));
        }
        assert!(!trials.note(&source, at(100), refused), "it is over");
        let trial = trials.of(&source).unwrap();
        assert_eq!((trial.count, trial.tried.len(), trial.tried[0].number), (100, TRIED_MAX, 69));
        trials.open(&source, at(50));
        assert!(!trials.note(&source, at(100), refused));
        assert_eq!(trials.of(&source).unwrap().count, 0);
    }

    #[test]
    fn strangers_cannot_push_out_what_is_proven() {
        let trials = Trials::default();
        let source = SourceName::parse("okta").unwrap();
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        trials.open(&source, at(10_000));
        trials.note(&source, at(0), || Found::not_understood(Unreadable::JsonSyntax));
        trials.note(&source, at(1), || Found::Handshake { secret: Some("test".to_owned()) });
        for second in 2..1_000 {
            trials.note(&source, at(second), || Found::refused(&Refusal::SecretWrong));
            trials.note(&source, at(second), || Found::Handshake { secret: None });
        }
        let trial = trials.of(&source).unwrap();
        let numbers: Vec<u64> = trial.tried.iter().map(|tried| tried.number).collect();
        assert_eq!((&numbers[..2], numbers.len()), (&[1, 2][..], TRIED_MAX + 2));
        assert!(numbers.is_sorted());
    }
}
