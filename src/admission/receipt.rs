//! What a sender is told: ids only, never detail.

use serde::Serialize;

use crate::incident::{AlertId, IncidentId};
use crate::trail::Slot;

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Whether it was recorded before; then nothing was done again.
    pub repeated: bool,
    /// Its alerts.
    pub alerts: Vec<AlertReceipt>,
}

impl Receipt {
    /// Of alerts with the incidents that each would open, and what became of each.
    pub(super) fn of(ids: Vec<AlertId>, opened: Vec<Vec<IncidentId>>, slots: &[Slot]) -> Self {
        let repeated = slots.iter().all(|slot| matches!(slot, Slot::Known(_)));
        let alerts = ids.into_iter().zip(opened).zip(slots).map(|((id, incidents), slot)| AlertReceipt {
            id,
            incidents: if matches!(slot, Slot::New(_)) { incidents } else { Vec::new() },
        });
        Self { repeated, alerts: alerts.collect() }
    }

    /// Of a delivery that was recorded before.
    pub(super) fn of_repeated(ids: Vec<AlertId>) -> Self {
        let alerts = ids.into_iter().map(|id| AlertReceipt { id, incidents: Vec::new() });
        Self { repeated: true, alerts: alerts.collect() }
    }
}

/// What became of one alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AlertReceipt {
    /// The alert's id, the same for every repeat.
    pub id: AlertId,
    /// The incidents it opened just now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incidents: Vec<IncidentId>,
}

/// Why a delivery was not admitted. Nothing of it was recorded, nothing will be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// Too much is waiting; the sender should come again.
    #[error("too much is waiting")]
    Overloaded,
    /// The trail cannot be written.
    #[error("the trail cannot be written: {0}")]
    Unrecorded(String),
    /// Its id was recorded before with other content.
    #[error("this id was recorded before with other content")]
    Conflict,
}
