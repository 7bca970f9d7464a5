//! What a held incident waits for, as people are shown it: why, and the numbers and names behind that.

use serde::Serialize;

use super::{Beyond, Candidate, Event, Failure, HoldReason, Incident, Status, Timestamp};

/// Why an incident waits for a human, and what there is to know about that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Why.
    pub code: HoldReason,
    /// The same in words.
    pub text: &'static str,
    /// The failure behind it, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The budget that is used up, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beyond: Option<Beyond>,
    /// The accounts that may be meant, where nobody knows which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// How many more there are.
    #[serde(skip_serializing_if = "super::verdict::is_zero")]
    pub candidates_left_out: u32,
    /// Until when somebody can say yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<Timestamp>,
}

impl Waiting {
    /// Of an incident with its events, oldest first; `None` where it waits for nobody. Without the events, as much as
    /// the incident itself knows.
    #[must_use]
    pub fn of<'e>(incident: &Incident, events: impl Iterator<Item = &'e Event>) -> Option<Self> {
        let Status::Held(code) = incident.status else { return None };
        let beyond = incident.plan.spending.as_ref().and_then(|spending| spending.beyond.clone());
        let mut waiting = Self {
            code,
            text: code.text(),
            failure: None,
            beyond: beyond.filter(|_| code.is_budget()),
            candidates: Vec::new(),
            candidates_left_out: 0,
            lapses_at: incident.lapses_at(),
        };
        for event in events {
            match event {
                Event::IncidentHeld { failure, beyond, .. } => {
                    waiting.failure.clone_from(failure);
                    if beyond.is_some() {
                        waiting.beyond.clone_from(beyond);
                    }
                }
                Event::AccountUnresolved { evidence, .. } if incident.user_id.is_none() => {
                    waiting.candidates.clone_from(&evidence.candidates);
                    waiting.candidates_left_out = evidence.candidates_left_out;
                }
                _ => {}
            }
        }
        Some(waiting)
    }
}
