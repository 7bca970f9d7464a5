//! Makes alerts of the past again, as the source's kind would now: for looking at what rules say to
//! them. Nothing here is verified, so nothing here can be admitted.

use serde_json::Value;

use super::normalise::Normaliser;
use super::settings::SourceSettings;
use super::{Intake, SetupError, setup};
use crate::incident::{Alert, AlertSummary, SourceName, Timestamp};

/// Reads past events of one source.
pub struct Recall(Normaliser);

impl Recall {
    /// For a source with these settings; its secrets are not read.
    ///
    /// # Errors
    /// The settings do not fit the source's kind.
    pub fn of(source: &SourceName, settings: &SourceSettings) -> Result<Self, SetupError> {
        setup::refuse_log_source(source, settings)?;
        Ok(Self(Normaliser::new(source, settings)?))
    }

    /// An alert that was admitted, from what its record says and what lies beside it.
    #[must_use]
    pub fn recorded(&self, summary: AlertSummary, event: Value) -> Alert {
        self.0.recalled(summary, event)
    }

    /// An event that was never delivered, as if it were received at `at`. `key` tells it from others
    /// if it has no id of its own.
    #[must_use]
    pub fn event(&self, event: Value, key: &str, at: Timestamp) -> Alert {
        let summary = self.0.summary(&event, key, at);
        self.0.recalled(summary, event)
    }

    /// Whether the source's kind knows where events say when they happened.
    #[must_use]
    pub fn tells_time(&self) -> bool {
        self.0.tells_time()
    }

    /// When an event happened, if it says so as its kind does.
    #[must_use]
    pub fn occurred_at(&self, event: &Value) -> Option<Timestamp> {
        self.0.occurred_at(event)
    }
}

impl Intake {
    /// An alert that was admitted, from what its record says and what lies beside it; `None` where its source is not
    /// configured any more.
    #[must_use]
    pub fn recalled(&self, summary: AlertSummary, event: Value) -> Option<Alert> {
        let source = self.source(summary.source.as_str())?;
        Some(source.normaliser.recalled(summary, event))
    }
}
