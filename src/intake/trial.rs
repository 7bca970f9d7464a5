//! Windows in which a source's deliveries are verified and shown, and never acted on: for setting up a sender.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::{Delivery, Refusal, StreamNews, StreamTold, Unreadable};
use crate::incident::{AlertId, SourceName, StreamStatus, Timestamp};

/// The most deliveries of a window that are kept to be shown, of those that are proven and of the others each; older
/// ones go. Apart, or a stranger could push out of sight what whoever sets the sender up waits for.
const TRIED_MAX: usize = 32;
/// The most alerts of one of them.
const ALERTS_MAX: usize = 16;
/// How long a window that is over is shown, in seconds: what came last in it is looked at afterwards, too.
const SHOWN_AFTER_S: i64 = 3_600;
/// Why a subscription that waits for a yes gets none.
const NOBODY_IS_TOLD_YES: &str = "while a source is tried out no subscription is confirmed; have its sender ask again \
                                  afterwards, or confirm it by hand";

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
    /// It proved itself and carries alerts.
    Alerts {
        /// Which.
        #[serde(flatten)]
        shown: TriedAlerts,
        /// What became of them.
        #[serde(flatten)]
        became: Became,
    },
    /// The sender wants to know whether we are there; it was answered.
    Handshake {
        /// The secret that fits; none, where anybody may ask.
        secret: Option<String>,
    },
    /// The sender tells of its own stream or subscription, or wants it confirmed.
    Stream {
        /// The secret that fits.
        secret: String,
        /// How the stream stands, as it says.
        status: StreamStatus,
        /// Why.
        why: Option<String>,
        /// What became of that.
        #[serde(flatten)]
        became: Became,
    },
    /// It proved itself and could not be understood.
    NotUnderstood {
        /// The reason's code.
        reason: &'static str,
        /// The reason in words.
        why: String,
        /// What became of it.
        #[serde(flatten)]
        became: Became,
    },
    /// It was refused.
    Refused {
        /// The reason's code.
        reason: &'static str,
        /// The reason in words.
        why: String,
    },
}

/// The alerts of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedAlerts {
    /// The secret that fits.
    pub secret: String,
    /// The first of them.
    pub alerts: Vec<TriedAlert>,
    /// How many there are.
    pub count: usize,
    /// What is wrong with what was left out beside them, if anything was: the first reason's code and words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<TriedLeftOut>,
}

/// Why a part of a delivery could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriedLeftOut {
    /// The reason's code.
    pub reason: &'static str,
    /// The reason in words.
    pub why: String,
}

/// What became of a delivery that proved itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "became", rename_all = "snake_case")]
pub enum Became {
    /// It is on the trail.
    Recorded {
        /// How many of its events were known.
        repeats: usize,
        /// How many are other events under a known id.
        conflicts: usize,
    },
    /// It was on the trail before, but for so many other events under a known id.
    Repeated {
        /// How many.
        conflicts: usize,
    },
    /// Its id, or each of its events', is known with other content.
    Conflict,
    /// Nothing of it was recorded; its sender is to come again.
    NotAdmitted {
        /// Why.
        problem: String,
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
    /// Opens a window; what was seen before is gone.
    pub(super) fn open(&self, source: &SourceName, until: Timestamp) {
        self.with(|trials| trials.insert(source.clone(), Trial { until, count: 0, tried: VecDeque::new() }));
        self.any.store(true, Ordering::Release);
    }

    /// Ends a window, if one is open. What was seen in it is shown still.
    pub(super) fn end(&self, source: &SourceName, now: Timestamp) {
        self.with(|trials| {
            if let Some(trial) = trials.get_mut(source) {
                trial.until = trial.until.min(now);
            }
        });
    }

    /// The window, if it is of use still.
    pub(super) fn of(&self, source: &SourceName, now: Timestamp) -> Option<Trial> {
        self.with(|trials| {
            let is_old = trials.get(source).is_some_and(|trial| trial.has_been_over_for(SHOWN_AFTER_S, now));
            if is_old {
                trials.remove(source);
            }
            trials.get(source).cloned()
        })
    }

    /// Whether a source's window is open.
    pub(super) fn are_open(&self, source: &SourceName, now: Timestamp) -> bool {
        self.any.load(Ordering::Acquire)
            && self.with(|trials| trials.get(source).is_some_and(|trial| trial.is_open(now)))
    }

    /// Notes a delivery of a source whose window is open; says whether it is.
    pub(super) fn note(&self, source: &SourceName, now: Timestamp, found: impl FnOnce() -> Found) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        self.with(|trials| {
            let Some(trial) = trials.get_mut(source).filter(|trial| trial.is_open(now)) else { return false };
            trial.note(now, found());
            true
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<SourceName, Trial>) -> T) -> T {
        work(&mut self.windows.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Trial {
    /// Whether deliveries are not acted on.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.until
    }

    fn has_been_over_for(&self, seconds: i64, now: Timestamp) -> bool {
        now.as_second().saturating_sub(self.until.as_second()) >= seconds
    }

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
            Self::Alerts { .. } | Self::NotUnderstood { .. } | Self::Stream { .. } => true,
            Self::Handshake { secret } => secret.is_some(),
            Self::Refused { .. } => false,
        }
    }

    /// What a sender says of its own stream, and what became of that.
    #[must_use]
    pub fn stream(news: &StreamNews, became: Became) -> Self {
        let StreamTold { status, reason } = &news.told;
        let why = match (status, &became) {
            (StreamStatus::Unconfirmed, Became::Recorded { .. }) => Some(NOBODY_IS_TOLD_YES.to_owned()),
            _ => reason.clone(),
        };
        Self::Stream { secret: news.secret.clone(), status: *status, why, became }
    }

    /// What could not be understood, and why.
    #[must_use]
    pub fn not_understood(reason: Unreadable, became: Became) -> Self {
        Self::NotUnderstood { reason: reason.code(), why: reason.to_string(), became }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Self::Refused { reason: refusal.code(), why: refusal.to_string() }
    }
}

impl TriedAlerts {
    /// Those of a delivery.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        let shown = delivery.alerts.iter().take(ALERTS_MAX).map(|alert| TriedAlert {
            id: alert.summary.id.clone(),
            event_type: alert.summary.event_type.clone(),
            occurred_at: alert.summary.occurred_at,
            has_person: alert.person.is_some(),
        });
        let secret = delivery.alerts.first().map(|alert| alert.summary.secret.clone()).unwrap_or_default();
        let left_out = delivery.left_out.as_ref().map(|left_out| left_out.reason);
        let left_out = left_out.map(|reason| TriedLeftOut { reason: reason.code(), why: reason.to_string() });
        Self { secret, alerts: shown.collect(), count: delivery.alerts.len(), left_out }
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
        let trial = trials.of(&source, at(100)).unwrap();
        assert_eq!((trial.count, trial.tried.len(), trial.tried[0].number), (100, TRIED_MAX, 69));
        assert!(!trial.is_open(at(100)) && trial.is_open(at(99)));
        trials.end(&source, at(150));
        assert_eq!(trials.of(&source, at(100)), Some(trial), "it was over before");
        trials.open(&source, at(200));
        assert!(trials.note(&source, at(49), refused), "another one");
        trials.end(&source, at(50));
        assert!(!trials.note(&source, at(100), refused));
        assert_eq!(trials.of(&source, at(100)).unwrap().count, 1, "seen before it was ended");
        assert!(trials.of(&source, at(50 + SHOWN_AFTER_S - 1)).is_some());
        assert_eq!(trials.of(&source, at(50 + SHOWN_AFTER_S)), None, "nobody looks at it any more");
        trials.open(&source, at(20_000));
        assert!(trials.of(&source, at(19_999)).is_some());
    }

    #[test]
    fn strangers_cannot_push_out_what_is_proven() {
        let trials = Trials::default();
        let source = SourceName::parse("okta").unwrap();
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        trials.open(&source, at(10_000));
        let recorded = Became::Recorded { repeats: 0, conflicts: 0 };
        trials.note(&source, at(0), || Found::not_understood(Unreadable::JsonSyntax, recorded));
        trials.note(&source, at(1), || Found::Handshake { secret: Some("test".to_owned()) });
        for second in 2..1_000 {
            trials.note(&source, at(second), || Found::refused(&Refusal::SecretWrong));
            trials.note(&source, at(second), || Found::Handshake { secret: None });
        }
        let trial = trials.of(&source, at(1_000)).unwrap();
        let numbers: Vec<u64> = trial.tried.iter().map(|tried| tried.number).collect();
        assert_eq!((&numbers[..2], numbers.len()), (&[1, 2][..], TRIED_MAX + 2));
        assert!(numbers.is_sorted());
    }
}
