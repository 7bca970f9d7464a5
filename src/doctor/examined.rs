//! What was found of one thing, with what people need to find it themselves.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::incident::{Check, Checked, Diagnosis, Failure};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What.
    pub check: Check,
    /// What was found.
    pub found: Diagnosis,
    /// Which file, source, channel, incident or code; for people, and never on the trail.
    pub detail: Option<String>,
}

impl Examined {
    /// Nothing more to be said.
    #[must_use]
    pub fn of(check: Check, found: Diagnosis) -> Self {
        Self { check, found, detail: None }
    }

    /// With what it is about.
    #[must_use]
    pub fn with(check: Check, found: Diagnosis, detail: impl Into<String>) -> Self {
        Self { check, found, detail: Some(detail.into()) }
    }

    /// What DingTalk's refusal means, with its code.
    #[must_use]
    pub fn failed(check: Check, failure: &Failure) -> Self {
        Self::with(check, super::of_failure(failure), &failure.code)
    }

    /// As it stands on the trail.
    #[must_use]
    pub fn checked(&self) -> Checked {
        Checked { check: self.check, found: self.found }
    }
}

/// As scripts read it, and whoever does not know the codes by heart.
impl Serialize for Examined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("Examined", 7)?;
        row.serialize_field("check", &self.check)?;
        row.serialize_field("health", &self.found.health())?;
        row.serialize_field("found", &self.found)?;
        row.serialize_field("why", self.found.text())?;
        row.serialize_field("next", &self.found.next())?;
        row.serialize_field("permission", &self.check.permission())?;
        row.serialize_field("detail", &self.detail)?;
        row.end()
    }
}
