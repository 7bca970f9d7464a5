//! What the list of rules says of those that only watch, and of who let the others act.

use serde::Serialize;

use crate::incident::{Against, Bar, Lack, ShadowEvidence, Timestamp, Watch};
use crate::trail::Promotion;

/// What a rule that only watches has seen.
#[derive(Serialize)]
pub(super) struct Shadow {
    #[serde(flatten)]
    evidence: ShadowEvidence,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Timestamp>,
    /// The last days that had matches.
    per_day: Vec<Day>,
    /// What is against letting it act.
    against: Objections,
    /// What is missing before it may act; empty when nothing is.
    lacks: Vec<String>,
}

#[derive(Serialize)]
struct Day {
    day: Timestamp,
    matches: u64,
}

#[derive(Serialize)]
struct Objections {
    held: Against,
    disputed: Against,
}

/// Who let a rule act as it is.
#[derive(Serialize)]
pub(super) struct Acting {
    by: String,
    at: Timestamp,
    despite: bool,
}

impl Shadow {
    pub(super) fn of(watch: &Watch, bar: Bar, now: Timestamp) -> Self {
        let evidence = watch.evidence(now);
        let span = watch.span();
        Self {
            first: span.map(|(first, _)| first),
            last: span.map(|(_, last)| last),
            per_day: watch.days().map(|(day, matches)| Day { day, matches }).collect(),
            against: Objections { held: watch.held().clone(), disputed: watch.disputed().clone() },
            lacks: evidence.lacks(bar).into_iter().map(Lack::text).collect(),
            evidence,
        }
    }
}

impl Acting {
    pub(super) fn of(promotion: &Promotion) -> Self {
        Self { by: promotion.actor.clone(), at: promotion.at, despite: promotion.despite }
    }
}
