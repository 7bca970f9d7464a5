//! What lies beside an admitted alert's records: the event, the accounts' references and the texts
//! for the employees. Personal data, so never part of the record itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::EmployeeTexts;
use crate::incident::{AccountRef, IncidentId};

/// The private part of one `alert.admitted` or `incidents.opened` record, as JSON.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enclosure {
    /// The event as the sender wrote it; of `incidents.opened` nothing, as it lies beside its alert.
    #[serde(skip_serializing_if = "serde_json::Value::is_null", default)]
    pub event: serde_json::Value,
    /// One entry for each incident that the record opens.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub subjects: BTreeMap<IncidentId, Subject>,
}

/// The person an incident is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subject {
    /// The reference as the alert gave it.
    pub account: AccountRef,
    /// The employee's texts of each sign-out, by the step's index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub texts: BTreeMap<u8, EmployeeTexts>,
    /// What people are told by each step that does so, by the step's index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub notices: BTreeMap<u8, String>,
    /// Whose the rules were that asked for it, as they said it then: whoever edits a rule afterwards does not thereby
    /// become somebody else.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub authors: Vec<String>,
}
