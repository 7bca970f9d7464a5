//! The events about senders: what they send that opens nothing, and what becomes of it.

use serde::{Deserialize, Serialize};

use crate::incident::{Assurance, DeliveryId, Digest, SourceName, StreamStatus, Timestamp};

/// What a sender sent that opens nothing, what it says of its stream, and when it is tried out. Serialised as any other
/// event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum SenderEvent {
    /// An authenticated delivery could not be understood; its body lies beside the record.
    #[serde(rename = "delivery.not_understood")]
    NotUnderstood {
        /// What it is called, also to its sender; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        delivery: Option<DeliveryId>,
        /// Who sent it.
        source: SourceName,
        /// How strongly it proved itself; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        assurance: Option<Assurance>,
        /// Whether its source was being tried out.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        tried: bool,
        /// What was wrong, one of the intake's reason codes.
        reason: String,
        /// HMAC under the deployment's key of the SHA-256 of the raw body, or of what stands for it. Under its old
        /// name, here as below, the SHA-256 itself.
        #[serde(alias = "body_sha256")]
        body_digest: Digest,
        /// The same of the only event in it, where that has an id of its own, which is taken by it.
        #[serde(skip_serializing_if = "Option::is_none", default, alias = "event_sha256")]
        event_digest: Option<Digest>,
        /// Salted digest of what lies beside this record (the body).
        private: Digest,
    },
    /// Somebody tries out a source: until then its deliveries are verified, recorded and shown, and not acted on.
    #[serde(rename = "source.tried")]
    Tried {
        /// Which source.
        source: SourceName,
        /// How strongly those whom it takes prove themselves; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        assurance: Option<Assurance>,
        /// Who.
        actor: String,
        /// Until when; at once, if it was ended.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// A sender says what has become of its stream or subscription.
    #[serde(rename = "source.stream")]
    Stream {
        /// Whose.
        source: SourceName,
        /// How strongly it proved itself.
        assurance: Assurance,
        /// Whether it goes on sending.
        status: StreamStatus,
        /// Whether its source was being tried out.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        tried: bool,
        /// When it said so, as it has signed: what is older than the last has come late. Older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        sent_at: Option<Timestamp>,
        /// Why, in the sender's words.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
    },
    /// A delivery, or an event in one, repeated a known id with other content.
    #[serde(rename = "delivery.conflict")]
    Conflict {
        /// Who sent it.
        source: SourceName,
        /// How strongly it proved itself; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        assurance: Option<Assurance>,
        /// Whether its source was being tried out.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        tried: bool,
        /// HMAC under the deployment's key of the SHA-256 of the raw body. In older records, with nothing beside them,
        /// that of the event that is another one.
        #[serde(alias = "body_sha256")]
        body_digest: Digest,
        /// The same of the event as JSON with its names in order, where the id is an event's.
        #[serde(skip_serializing_if = "Option::is_none", default, alias = "event_sha256")]
        event_digest: Option<Digest>,
        /// Sequence number of the first record under that id.
        first: u64,
        /// Salted digest of what lies beside this record (the events, as a JSON array).
        #[serde(skip_serializing_if = "Option::is_none", default)]
        private: Option<Digest>,
    },
    /// Deliveries refused before admission, counted per source, reason and minute.
    #[serde(rename = "deliveries.refused")]
    Refused {
        /// The configured source named in the URL; absent for names that are not configured.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        source: Option<SourceName>,
        /// How strongly those whom it takes prove themselves; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        assurance: Option<Assurance>,
        /// One of the intake's reason codes.
        reason: String,
        /// The minute, as its first moment.
        minute: Timestamp,
        /// How many.
        count: u64,
        /// When the last of them came; older records do not say it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        latest: Option<Timestamp>,
    },
}

impl SenderEvent {
    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotUnderstood { .. } => "delivery.not_understood",
            Self::Conflict { .. } => "delivery.conflict",
            Self::Tried { .. } => "source.tried",
            Self::Stream { .. } => "source.stream",
            Self::Refused { .. } => "deliveries.refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::incident::Event;

    #[test]
    fn an_event_of_a_sender_is_written_as_any_other() {
        let digest = "00".repeat(32);
        for (kind, fields) in [
            (
                "delivery.not_understood",
                format!(
                    r#""source":"okta","tried":true,"reason":"not_json","body_digest":"{digest}","private":"{digest}""#
                ),
            ),
            (
                "delivery.conflict",
                format!(
                    r#""source":"okta","assurance":"B","body_digest":"{digest}","event_digest":"{digest}","first":7"#
                ),
            ),
            (
                "source.tried",
                r#""source":"okta","actor":"test","until":"2026-11-22T00:00:00Z","reason":"drill""#.to_owned(),
            ),
            ("source.stream", r#""source":"okta","assurance":"A","status":"paused","reason":"drill""#.to_owned()),
            ("deliveries.refused", r#""reason":"bad_signature","minute":"2026-11-22T00:00:00Z","count":3"#.to_owned()),
        ] {
            let text = format!(r#"{{"kind":"{kind}",{fields}}}"#);
            let event: Event = serde_json::from_str(&text).unwrap();
            assert!(matches!(event, Event::Sender(_)), "{text}");
            assert_eq!(event.kind(), kind);
            assert_eq!(serde_json::to_string(&event).unwrap(), text);
            assert!(serde_json::from_str::<Event>(&text.replace("\"kind\":\"", "\"kind\":\"un")).is_err(), "{text}");
        }
    }
}
