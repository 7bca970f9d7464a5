//! The time that is looked at: from when on (with it), until when (without it).

use std::time::Duration;

use serde::Serialize;

use crate::incident::Timestamp;

/// From when on, until when; open where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Window {
    /// The first moment.
    pub since: Option<Timestamp>,
    /// The first moment behind it.
    pub until: Option<Timestamp>,
}

impl Window {
    /// The same, or so long before its end where its beginning was left open.
    #[must_use]
    pub fn or_last(self, time: Duration, now: Timestamp) -> Self {
        let before = |until: Timestamp| until.checked_sub(time).unwrap_or(Timestamp::MIN);
        Self { since: self.since.or_else(|| Some(before(self.until.unwrap_or(now)))), ..self }
    }

    /// Whether a time lies before the beginning, by so much at most.
    #[must_use]
    pub fn is_led_in_by(&self, at: Timestamp, by: Duration) -> bool {
        let from = |since: Timestamp| since.saturating_sub(by).unwrap_or(Timestamp::MIN);
        self.since.is_some_and(|since| at < since && from(since) <= at)
    }

    /// Whether it was left open on both sides.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether a time lies within.
    #[must_use]
    pub fn has(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }
}
