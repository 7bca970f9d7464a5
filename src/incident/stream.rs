//! Whether a sender goes on sending.

use serde::{Deserialize, Serialize};

/// What a sender has last said of its stream or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// It goes on.
    Enabled,
    /// It keeps back what there is.
    Paused,
    /// It sends nothing any more.
    Disabled,
    /// It waits for somebody to confirm the subscription by hand.
    Unconfirmed,
    /// The subscription has ended.
    Unsubscribed,
    /// It says something that we do not know; its word for it is in the reason.
    Other,
}

impl StreamStatus {
    /// Its name, as on records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Other => "other",
        }
    }
}
