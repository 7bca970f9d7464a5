//! What a sender is told: ids only, never detail.

use serde::Serialize;

use super::known::Found;
use crate::incident::{AlertId, DeliveryId, IncidentId};
use crate::response::NotDrawnUp;
use crate::trail::Slot;

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Whether it was recorded before; then nothing was done again.
    pub repeated: bool,
    /// Its alerts.
    pub alerts: Vec<AlertReceipt>,
    /// How many of its events were known, or came more than once in it, where others were new; nothing was done
    /// again.
    #[serde(skip_serializing_if = "is_none")]
    pub repeats: usize,
    /// How many of its events are other ones under a known id: nothing was done for them.
    #[serde(skip_serializing_if = "is_none")]
    pub conflicts: usize,
    /// What the record is called of something in it that could not be understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_understood: Option<DeliveryId>,
}

impl Receipt {
    /// Of alerts with the incidents that each would open, and what became of each.
    pub(super) fn of(
        found: Found,
        opened: Vec<Vec<IncidentId>>,
        slots: &[Slot],
        not_understood: Option<DeliveryId>,
    ) -> Self {
        let Found { ids, repeats, conflicts } = found;
        let repeated = slots.iter().all(|slot| matches!(slot, Slot::Known(_)));
        let alerts = ids.into_iter().zip(opened).zip(slots).filter_map(|((id, incidents), slot)| {
            let incidents = if matches!(slot, Slot::New(_)) { incidents } else { Vec::new() };
            Some(AlertReceipt { id: id?, incidents })
        });
        let repeats = if repeated { 0 } else { repeats };
        Self { repeated, alerts: alerts.collect(), repeats, conflicts, not_understood }
    }

    /// Of a delivery that was recorded before.
    pub(super) fn of_repeated(found: Found, not_understood: Option<DeliveryId>) -> Self {
        let alerts = found.ids.into_iter().flatten().map(|id| AlertReceipt { id, incidents: Vec::new() });
        let (alerts, conflicts) = (alerts.collect(), found.conflicts);
        Self { repeated: true, alerts, repeats: 0, conflicts, not_understood }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it may leave out by reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
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

/// When something was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Just now.
    Now,
    /// Before, and not again.
    Before,
}

/// What became of a delivery that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// When it was recorded.
    pub recorded: Recorded,
    /// What it is called on its record; none, if it was understood when it came first.
    pub delivery: Option<DeliveryId>,
}

impl From<Kept> for Receipt {
    fn from(kept: Kept) -> Self {
        let repeated = kept.recorded == Recorded::Before;
        Self { repeated, alerts: Vec::new(), repeats: 0, conflicts: 0, not_understood: kept.delivery }
    }
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
    /// There is too little room on the trail's disk to begin anything new.
    #[error("there is too little room on the trail's disk")]
    NoRoom,
    /// Its id was recorded before with other content.
    #[error("this id was recorded before with other content")]
    Conflict,
}

/// Why nothing was opened by hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotByHand {
    /// What is asked for makes no plan.
    #[error(transparent)]
    NotDrawnUp(#[from] NotDrawnUp),
    /// It was not recorded.
    #[error(transparent)]
    NotRecorded(#[from] AdmissionError),
}
