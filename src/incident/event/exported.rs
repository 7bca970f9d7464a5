//! That records leave the trail: who takes which of them, and as what.

use serde::{Deserialize, Serialize};

use crate::incident::{IncidentId, Timestamp};

/// Who takes which records away. On the trail before the first byte is given out; how many were given is not known then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailExported {
    /// Who.
    pub actor: String,
    /// As what.
    #[serde(rename = "as")]
    pub form: ExportForm,
    /// The first sequence number.
    pub from: u64,
    /// The one behind the last; none, if whatever comes is given as well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<u64>,
    /// Only those of this time or later.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Timestamp>,
    /// Only those before this time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Timestamp>,
    /// The incident, when only its records are taken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub incident: Option<IncidentId>,
}

/// As what records leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportForm {
    /// A file of records, byte for byte, one a line.
    JsonLines,
    /// A file of records in columns.
    Csv,
    /// A file of events of the Open Cybersecurity Schema Framework, one a line.
    Ocsf,
    /// A stream that goes on.
    Stream,
    /// Messages of syslog, to a receiver.
    Forward,
    /// An evidence pack.
    Pack,
}

impl ExportForm {
    /// Its name, as on records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::JsonLines => "json_lines",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
            Self::Stream => "stream",
            Self::Forward => "forward",
            Self::Pack => "pack",
        }
    }
}
