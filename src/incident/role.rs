//! What somebody is to Portcullis.

use serde::{Deserialize, Serialize};

/// A role; what it may do is told where access is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads the trail.
    Auditor,
    /// Cares for rules and sources.
    Engineer,
    /// Approves, pauses and resumes.
    Responder,
    /// Everything.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Auditor, Self::Engineer, Self::Responder, Self::Admin];

    /// As it is written in configurations and on the trail.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Engineer => "engineer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }
}
