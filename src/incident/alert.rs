//! One normalised event from a source, and the part of it that is recorded in the clear.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{AccountRef, AlertId, Digest, SourceName, Timestamp};

/// The reason under which deliveries are counted that were verified, shown to whoever tried their source out, and not
/// acted on.
pub const TRIED_OUT: &str = "tried_out";

/// How strongly a source proves itself, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Assurance {
    /// Body, time and id are signed.
    A,
    /// The body is signed, the time is not.
    B,
    /// The caller is authenticated, the body is not bound.
    C,
    /// A secret in the URL.
    D,
}

impl Assurance {
    /// Whether this level is at least as strong as `floor`.
    #[must_use]
    pub fn meets(self, floor: Self) -> bool {
        self as u8 <= floor as u8
    }

    /// Its letter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

/// One log source an event belongs to (Sigma: category, product, service); an event has a set of
/// them, and a rule applies when every attribute it names equals that of one of the set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// Sigma's `category`.
    pub category: Option<String>,
    /// Sigma's `product`.
    pub product: Option<String>,
    /// Sigma's `service`.
    pub service: Option<String>,
}

impl LogSource {
    /// What it names, each with Sigma's key for it: first the kind, then the product and its service.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let parts = [("category", &self.category), ("product", &self.product), ("service", &self.service)];
        parts.into_iter().filter_map(|(key, name)| Some((key, name.as_deref()?)))
    }

    /// Whether `other` is this log source or a part of it: every attribute named here equals there,
    /// without regard to case.
    #[must_use]
    pub fn has(&self, other: &Self) -> bool {
        let equal = |wanted: &Option<String>, given: &Option<String>| match (wanted, given) {
            (None, _) => true,
            (Some(wanted), Some(given)) => wanted.eq_ignore_ascii_case(given),
            (Some(_), None) => false,
        };
        equal(&self.category, &other.category)
            && equal(&self.product, &other.product)
            && equal(&self.service, &other.service)
    }
}

/// One normalised event. Made by the intake from a verified delivery; `event` is the sender's JSON
/// for this event, unchanged, which is what rules test.
#[derive(Debug, Clone)]
pub struct Alert {
    /// The part that is recorded in the clear.
    pub summary: AlertSummary,
    /// What identifies this alert within its source, from signed material.
    pub key: String,
    /// What the same would be known by on the next day, where only the day it was sent on tells it from one that is
    /// meant to be another. Whatever is known by either key is this alert.
    pub next_key: Option<String>,
    /// What the very event is known by, whatever it came in and whatever else is made of it: its content, with the day
    /// on which it was sent where that tells it from one that is meant to be another. None, where only an id that was
    /// signed beside it tells that.
    pub by_content: Vec<String>,
    /// The log sources the event belongs to.
    pub log_sources: Arc<[LogSource]>,
    /// The person the event is about, where the source's kind knows where to look.
    pub person: Option<AccountRef>,
    /// What the sender would have the person read, by language tag (BCP 47): CAEP's `reason_user`.
    pub reason_user: BTreeMap<String, String>,
    /// The event as the sender wrote it. Personal data: kept beside the trail, never in a log.
    pub event: serde_json::Value,
}

/// What every record says of an alert: no body, no names, no addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertSummary {
    /// Derived from source and signed key.
    pub id: AlertId,
    /// The configured source that sent it.
    pub source: SourceName,
    /// How strongly that source proved itself for this delivery.
    pub assurance: Assurance,
    /// The event's type as the sender calls it, at most 128 characters, none of them hidden.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event_type: Option<String>,
    /// When the event happened, as the sender says; decisions use the time of receipt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub occurred_at: Option<Timestamp>,
    /// When the delivery arrived.
    pub received_at: Timestamp,
    /// HMAC under the deployment's key of the SHA-256 of the delivery's raw body, so that nobody finds out what was in
    /// it by trying. Under its old name, the SHA-256 itself.
    #[serde(alias = "body_sha256")]
    pub body_digest: Digest,
    /// The same of the event as JSON with its names in order, where the event has an id that no other event may have:
    /// another event under the same id is a conflict.
    #[serde(skip_serializing_if = "Option::is_none", default, alias = "event_sha256")]
    pub event_digest: Option<Digest>,
    /// What the request said of the delivery beside its body, by the header's name: ids and times that nobody has
    /// signed. For comparing with the sender's own list; nothing is decided by them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub delivery_hints: BTreeMap<String, String>,
    /// Which of the source's live secrets verified it (its configured name, never its value).
    pub secret: String,
}

#[cfg(test)]
mod tests {
    use super::Assurance;

    #[test]
    fn assurance_is_ordered_from_a_down() {
        assert!(Assurance::A.meets(Assurance::B) && Assurance::B.meets(Assurance::B));
        assert!(!Assurance::C.meets(Assurance::B) && !Assurance::D.meets(Assurance::C));
    }
}
