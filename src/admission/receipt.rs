//! What a sender is told: ids only, never detail.

use serde::Serialize;

use crate::incident::{AlertId, IncidentId};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// Whether it was recorded before; then nothing was done again.
    pub repeated: bool,
    /// Its alerts.
    pub alerts: Vec<AlertReceipt>,
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
