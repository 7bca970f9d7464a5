//! The alerts that were taken for covered by an incident that keeps their account disabled: the part of the board that
//! says whose account is worth a look, as somebody else may have enabled it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::incident::{AlertId, Event, IncidentId, Timestamp, VerdictKind, sorted};

/// The last such alert of each incident.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Covered(#[serde(with = "sorted::map")] HashMap<IncidentId, (Timestamp, AlertId)>);

impl Covered {
    /// Whether the event changes anything here.
    pub(super) fn concern(event: &Event) -> bool {
        matches!(event, Event::AlertAdmitted { .. }) && incidents(event).next().is_some()
    }

    /// Of what is not `in_effect` nothing is kept.
    pub(super) fn apply(&mut self, at: Timestamp, event: &Event, in_effect: impl Fn(&IncidentId) -> bool) {
        let Event::AlertAdmitted { alert, .. } = event else { return };
        for incident in incidents(event).filter(|incident| in_effect(incident)) {
            self.0.insert(incident.clone(), (at, alert.id.clone()));
        }
    }

    /// The incident's account is nobody's concern any more.
    pub(super) fn forget(&mut self, incident: &IncidentId) {
        self.0.remove(incident);
    }

    /// The last one of each incident, in no order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&IncidentId, Timestamp)> {
        self.0.iter().map(|(incident, (at, _))| (incident, *at))
    }

    /// The last one of this incident.
    pub(super) fn of(&self, incident: &IncidentId) -> Option<(Timestamp, &AlertId)> {
        self.0.get(incident).map(|(at, alert)| (*at, alert))
    }
}

fn incidents(event: &Event) -> impl Iterator<Item = &IncidentId> {
    let decisions = match event {
        Event::AlertAdmitted { verdict, .. } => verdict.decisions.as_slice(),
        _ => &[],
    };
    let covered = decisions.iter().filter(|decision| decision.kind == VerdictKind::Suppressed);
    covered.filter_map(|decision| decision.incident.as_ref())
}
