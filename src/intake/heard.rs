//! What was last heard of a source in this run of the program, also where that makes no alert on the trail: a repeat, a
//! handshake, news of the stream itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::incident::Timestamp;

/// The most secrets of one source, live ones and those that were: rotating goes on for as long as the program runs.
const SECRETS_MAX: usize = 32;

/// What was last heard of a source. Of strangers there is only why the last of them was refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// When it last proved itself, whatever it brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// When each of its secrets last proved something.
    pub secrets: BTreeMap<String, Timestamp>,
    /// What in its name was last refused, not understood or another event under a known id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<LastRefusal>,
    /// What its sender has last said of the stream or subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
}

/// Whether a sender goes on sending, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stream {
    /// Whether it does.
    pub status: StreamStatus,
    /// When it said so.
    pub at: Timestamp,
}

/// Whether a sender goes on sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// It does.
    Enabled,
    /// It keeps back what there is.
    Paused,
    /// It sends nothing any more.
    Disabled,
    /// It waits for somebody to confirm the subscription by hand.
    Unconfirmed,
    /// The subscription has ended.
    Unsubscribed,
}

/// When something was refused, and the reason's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LastRefusal {
    /// When.
    pub at: Timestamp,
    /// The code.
    pub reason: &'static str,
}

/// What one source was heard to say.
#[derive(Debug, Default)]
pub(super) struct Ear(Mutex<Heard>);

impl Ear {
    /// Notes what has proven itself by `secret`, and what it says of its stream, if it does.
    pub(super) fn hear(&self, now: Timestamp, secret: &str, status: Option<StreamStatus>) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.at = Some(now);
        if let Some(status) = status {
            heard.stream = Some(Stream { status, at: now });
        }
        if let Some(last) = heard.secrets.get_mut(secret) {
            *last = now;
            return;
        }
        if heard.secrets.len() == SECRETS_MAX {
            let oldest = heard.secrets.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone());
            oldest.and_then(|name| heard.secrets.remove(&name));
        }
        heard.secrets.insert(secret.to_owned(), now);
    }

    /// Notes why something in its name was refused.
    pub(super) fn refuse(&self, now: Timestamp, reason: &'static str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.refused.is_none_or(|last| last.at <= now) {
            heard.refused = Some(LastRefusal { at: now, reason });
        }
    }

    pub(super) fn heard(&self) -> Heard {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl StreamStatus {
    /// As transmitters of security event tokens write it (OpenID Shared Signals Framework 1.0).
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "enabled" => Some(Self::Enabled),
            "paused" => Some(Self::Paused),
            "disabled" => Some(Self::Disabled),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_last_heard_is_kept_and_former_secrets_go() {
        let ear = Ear::default();
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        assert_eq!(ear.heard(), Heard::default());
        ear.hear(at(1), "old", Some(StreamStatus::Paused));
        for second in 2..=1 + i64::try_from(SECRETS_MAX).unwrap() {
            ear.hear(at(second), &format!("secret-{second}"), None);
        }
        let heard = ear.heard();
        assert_eq!((heard.at, heard.secrets.len()), (Some(at(33)), SECRETS_MAX));
        assert!(!heard.secrets.contains_key("old") && heard.secrets["secret-2"] == at(2));
        assert_eq!(heard.stream, Some(Stream { status: StreamStatus::Paused, at: at(1) }));
    }
}
