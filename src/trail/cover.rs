//! What covers further alerts, so that one answer is enough.

use serde::{Deserialize, Serialize};

use crate::incident::{DepartmentId, Extent, HoldReason, IncidentId, Timestamp, UserId};

/// An incident that covers further alerts of one rule on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The incident.
    pub incident: IncidentId,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether it is still live.
    pub live: bool,
    /// Why it waits, if it does. What holds it may not hold the next alert.
    pub held: Option<HoldReason>,
    /// What it takes.
    pub extent: Extent,
    /// The departments whose budgets it draws on, if it has come so far.
    pub departments: Vec<DepartmentId>,
    /// Whose account it is, once that is known, while it is live.
    pub user_id: Option<UserId>,
}
