//! When whom incidents keep disabled was last seen so. It is not on the trail: what is not known after a start is looked
//! at then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::incident::{AlertId, IncidentId, Timestamp};
use crate::trail::Board;

/// The time of the last look at each that has found the account disabled, from when that look was begun.
#[derive(Debug, Default)]
pub struct SeenDisabled(Mutex<HashMap<IncidentId, Timestamp>>);

impl SeenDisabled {
    pub(super) fn note(&self, incident: &IncidentId, at: Timestamp) {
        self.with(|seen| seen.insert(incident.clone(), at));
    }

    /// Nothing is kept of what is not in effect any more.
    pub(super) fn keep_to(&self, board: &Board) {
        self.with(|seen| seen.retain(|incident, _| board.in_effect(incident).is_some()));
    }

    /// The last alert that was taken for covered by the incident, unless the account was seen disabled after it.
    pub(super) fn covered_since(&self, incident: &IncidentId, board: &Board) -> Option<AlertId> {
        let (at, alert) = board.covered_by(incident)?;
        let is_since = self.with(|seen| seen.get(incident).is_none_or(|seen| *seen <= at));
        is_since.then(|| alert.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut HashMap<IncidentId, Timestamp>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
