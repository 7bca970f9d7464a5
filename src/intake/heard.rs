//! What was last heard of a source in this run of the program, also where that makes no record on the trail: a repeat, a
//! handshake. And what it says of its stream itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Manner;
use super::sns::Confirm;
use crate::incident::{Assurance, Digest, SourceName, StreamStatus, Timestamp, is_direction_mark};

/// The most secrets of one source, live ones and those that were: rotating goes on for as long as the program runs.
const SECRETS_MAX: usize = 32;
/// The longest reason that a sender may give for what it does with its stream, in characters.
const REASON_CHARS_MAX: usize = 256;

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
}

/// What a sender says of its own stream or subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamNews {
    /// Whose.
    pub source: SourceName,
    /// How strongly it proves itself.
    pub assurance: Assurance,
    /// The message's own id, which is signed.
    pub id: Option<String>,
    /// What comes under this id only.
    pub content: Digest,
    /// SHA-256 of the raw body, or of what of it is signed.
    pub body_digest: Digest,
    /// When it was sent, as is signed.
    pub sent_at: Option<Timestamp>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The name of the secret that fits.
    pub secret: String,
    /// What, and why.
    pub told: StreamTold,
    /// How its sender is answered.
    pub manner: Manner,
    /// That Amazon SNS waits to be told yes.
    pub(super) confirm: Option<Confirm>,
    /// Whether its source is being tried out, so that nobody is told yes.
    pub is_tried: bool,
}

/// Whether it goes on, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamTold {
    /// Whether it goes on sending.
    pub status: StreamStatus,
    /// Why, in its words: at most 256 characters, none of them hidden.
    pub reason: Option<String>,
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
    /// Notes what has proven itself by `secret`.
    pub(super) fn hear(&self, now: Timestamp, secret: &str) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.at = Some(now);
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

impl StreamTold {
    /// As transmitters of security event tokens write it (OpenID Shared Signals Framework 1.0).
    pub(super) fn parse(status: &str, reason: Option<&str>) -> Self {
        let known = match status {
            "enabled" => Some(StreamStatus::Enabled),
            "paused" => Some(StreamStatus::Paused),
            "disabled" => Some(StreamStatus::Disabled),
            _ => None,
        };
        let own_word = Some(status).filter(|_| known.is_none());
        let words: Vec<&str> = [own_word, reason].into_iter().flatten().filter(|word| !word.is_empty()).collect();
        let is_shown = |character: &char| !character.is_control() && !is_direction_mark(*character);
        let shown = |words: String| words.chars().filter(is_shown).take(REASON_CHARS_MAX).collect();
        let reason = (!words.is_empty()).then(|| shown(words.join(": ")));
        Self { status: known.unwrap_or(StreamStatus::Other), reason }
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
        ear.hear(at(1), "old");
        for second in 2..=1 + i64::try_from(SECRETS_MAX).unwrap() {
            ear.hear(at(second), &format!("secret-{second}"));
        }
        let heard = ear.heard();
        assert_eq!((heard.at, heard.secrets.len()), (Some(at(33)), SECRETS_MAX));
        assert!(!heard.secrets.contains_key("old") && heard.secrets["secret-2"] == at(2));
    }
}
