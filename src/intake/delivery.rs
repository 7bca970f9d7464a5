//! What a verified request turned out to be: alerts, or something authentic we could not read.

use std::fmt;

use serde_json::Value;

use super::{Answer, Manner, Reply, StreamNews, Verified};
use crate::incident::{Alert, Assurance, Digest, SourceName, Timestamp};

/// An authentic request.
#[derive(Debug)]
pub enum Received {
    /// It carries alerts.
    Understood(Verified<Delivery>),
    /// It wants to know whether we are there.
    Handshake(Verified<Reply>),
    /// It tells of its own stream or subscription. To be followed unless it is known, and recorded.
    Stream(Verified<StreamNews>),
    /// It is no alert we can read; its sender is at fault or our mapping is. To be recorded, not lost.
    NotUnderstood(Verified<NotUnderstood>),
}

/// An event that could not be read, but for an id of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct UnreadEvent {
    /// What it is known by within its source.
    pub key: String,
    /// What comes under this id only.
    pub event: OtherEvent,
}

/// An authentic request with its alerts, at least one.
#[derive(Clone)]
pub struct Delivery {
    /// Who sent it.
    pub source: SourceName,
    /// The delivery's own id, where it is signed.
    pub id: Option<String>,
    /// The id that whoever passes it on has signed, where it has one of its own in it.
    pub passed_on_as: Option<String>,
    /// SHA-256 of the raw body, or of what stands for it: what was encrypted in it, or what of it is signed.
    pub body_digest: Digest,
    /// What comes under the delivery's id only: the same, without what another sending changes.
    pub content: Digest,
    /// What its body is known by, and what on the next day, where nothing beside the body names the delivery.
    pub by_body: Vec<String>,
    /// How strongly it proves itself.
    pub assurance: Assurance,
    /// When it arrived.
    pub received_at: Timestamp,
    /// What it carries; each id once.
    pub alerts: Vec<Alert>,
    /// What else it carries, under ids of those. To be counted and told of, not acted on.
    pub again: Vec<Again>,
    /// That something beside them could not be read. To be recorded, not lost.
    pub left_out: Option<LeftOut>,
    /// How many events beside them have not shown the secret that each has to. Refused, each of them.
    pub of_others: usize,
    /// How its sender is answered.
    pub manner: Manner,
    /// What it is answered instead when it is recorded, where that is encrypted.
    pub answer: Option<Answer>,
    /// Whether its source is being tried out: it is to be recorded, so that no repeat of it is ever acted on, and not
    /// to be acted on itself.
    pub is_tried: bool,
}

/// An event under an id that one before it in the same delivery has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// The place among the alerts of the one that has it.
    pub place: usize,
    /// The event, if it is another one; none, if it is the same again.
    pub other: Option<OtherEvent>,
}

/// What comes under an id, be that another event under a known one.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherEvent {
    /// SHA-256 of the event as JSON with its names in order.
    pub event_digest: Digest,
    /// The event as the sender wrote it. Personal data.
    pub event: Value,
}

/// Without the event, which is personal.
impl fmt::Debug for OtherEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherEvent").field("event_digest", &self.event_digest).finish_non_exhaustive()
    }
}

/// What could not be read in a delivery that carries alerts.
#[derive(Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What is wrong with the first of it.
    pub reason: Unreadable,
    /// The events in it of which no more than their own ids could be read. None has the id of an alert beside it.
    pub events: Vec<UnreadEvent>,
    /// What each event in it is known by without an id, whatever it comes in.
    pub by_content: Vec<String>,
    /// The whole body, without any secret that it shows. Personal data.
    pub body: Vec<u8>,
}

/// Without the alerts, which are personal.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("source", &self.source)
            .field("id", &self.id)
            .field("body_digest", &self.body_digest)
            .field("assurance", &self.assurance)
            .field("alerts", &self.alerts.len())
            .finish_non_exhaustive()
    }
}

/// An authentic request that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct NotUnderstood {
    /// Who sent it.
    pub source: SourceName,
    /// The delivery's own id, where it is signed.
    pub id: Option<String>,
    /// The id that whoever passes it on has signed, where it has one of its own in it.
    pub passed_on_as: Option<String>,
    /// What is wrong with it.
    pub reason: Unreadable,
    /// How strongly it proves itself.
    pub assurance: Assurance,
    /// SHA-256 of the raw body, or of what stands for it.
    pub body_digest: Digest,
    /// What comes under the delivery's id only: the same, without what another sending changes.
    pub content: Digest,
    /// What its body is known by, and what on the next day, where nothing beside the body names the delivery.
    pub by_body: Vec<String>,
    /// The events in it of which no more than their own ids could be read.
    pub events: Vec<UnreadEvent>,
    /// What each event in it is known by without an id, whatever it comes in.
    pub by_content: Vec<String>,
    /// Whether there is nothing in it but these events.
    pub has_only_those: bool,
    /// How its sender is answered.
    pub manner: Manner,
    /// What stands for the body and is kept instead: what was encrypted in it, as nobody could read that later, or what
    /// of it is proven, as anybody could add to it.
    pub proven: Option<Vec<u8>>,
    /// What it is answered instead when it is recorded, where that is encrypted.
    pub answer: Option<Box<Answer>>,
    /// How many events beside it have not shown the secret that each has to. Refused, each of them.
    pub of_others: usize,
    /// Whether its source is being tried out, which its record says.
    pub is_tried: bool,
}

/// Without what was in it, which is personal.
impl fmt::Debug for NotUnderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotUnderstood")
            .field("source", &self.source)
            .field("id", &self.id)
            .field("reason", &self.reason)
            .field("body_digest", &self.body_digest)
            .finish_non_exhaustive()
    }
}

/// What is wrong with an authentic body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON by RFC 8259 in UTF-8, or something after it.
    #[error("the body is not one JSON document")]
    JsonSyntax,
    /// An object says the same name twice, so that two readers may see two things.
    #[error("an object has the same name twice")]
    JsonDuplicateKey,
    /// An object uses a name our own parser gives a meaning to.
    #[error("an object uses a reserved name")]
    JsonReservedKey,
    /// Too deep, too many members, or a name or text that is too long.
    #[error("the document is too deep or too large")]
    JsonLimits,
    /// A number that would be changed by being stored.
    #[error("a number is out of the exact range")]
    JsonNumber,
    /// Not an object, where one is wanted.
    #[error("the document or an event is not an object")]
    SchemaObject,
    /// The list of events is missing, empty, too long or not a list, or part of it cannot be read.
    #[error("the list of events is missing, empty or too long, or cannot be read")]
    SchemaEvents,
    /// An event has no usable id.
    #[error("an event has no id: no text and no whole number where it should be")]
    SchemaKey,
    /// An event has no usable type.
    #[error("an event has no type of 1 to 128 characters")]
    SchemaEventType,
    /// An event's time is there, but not a time.
    #[error("an event's time is not a timestamp")]
    SchemaTime,
    /// The envelope is of a version that its kind does not have.
    #[error("an event's envelope is of another version")]
    SchemaVersion,
    /// The envelope lacks what its version demands: an event of CloudEvents its id, source or type.
    #[error("an event's envelope has not all that its version demands")]
    SchemaEnvelope,
    /// A security event token without a usable id.
    #[error("the SET has no id of 1 to 256 visible ASCII characters")]
    SetId,
    /// A security event token without its time of issue.
    #[error("the SET does not say when it was issued")]
    SetIssuedAt,
    /// A security event token with a `sub`, which they must not have, so that they pass for no other token.
    #[error("the SET has a claim `sub`")]
    SetSubject,
    /// A security event token with none or several events, of which nobody says which counts.
    #[error("the SET has not exactly one event, or one that is no object")]
    SetEvents,
}

impl Unreadable {
    /// Every code that [`Unreadable::code`] can give.
    pub const CODES: [&'static str; 16] = [
        "json_syntax",
        "json_duplicate_key",
        "json_reserved_key",
        "json_limits",
        "json_number",
        "schema_object",
        "schema_events",
        "schema_key",
        "schema_event_type",
        "schema_time",
        "schema_version",
        "schema_envelope",
        "set_id",
        "set_issued_at_missing",
        "set_subject_claim",
        "set_events",
    ];

    /// The reason's stable name, for the trail.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::JsonSyntax => "json_syntax",
            Self::JsonDuplicateKey => "json_duplicate_key",
            Self::JsonReservedKey => "json_reserved_key",
            Self::JsonLimits => "json_limits",
            Self::JsonNumber => "json_number",
            Self::SchemaObject => "schema_object",
            Self::SchemaEvents => "schema_events",
            Self::SchemaKey => "schema_key",
            Self::SchemaEventType => "schema_event_type",
            Self::SchemaTime => "schema_time",
            Self::SchemaVersion => "schema_version",
            Self::SchemaEnvelope => "schema_envelope",
            Self::SetId => "set_id",
            Self::SetIssuedAt => "set_issued_at_missing",
            Self::SetSubject => "set_subject_claim",
            Self::SetEvents => "set_events",
        }
    }

    /// Whether it is not even JSON (HTTP 400), rather than JSON that does not fit (HTTP 422).
    #[must_use]
    pub fn is_syntax(&self) -> bool {
        matches!(self, Self::JsonSyntax)
    }
}

#[cfg(test)]
mod tests {
    use super::Unreadable as U;

    #[test]
    fn every_reason_is_on_the_list_of_codes_once() {
        let all = [
            U::JsonSyntax,
            U::JsonDuplicateKey,
            U::JsonReservedKey,
            U::JsonLimits,
            U::JsonNumber,
            U::SchemaObject,
            U::SchemaEvents,
            U::SchemaKey,
            U::SchemaEventType,
            U::SchemaTime,
            U::SchemaVersion,
            U::SchemaEnvelope,
            U::SetId,
            U::SetIssuedAt,
            U::SetSubject,
            U::SetEvents,
        ];
        assert_eq!(all.map(|reason| reason.code()), U::CODES);
    }
}
