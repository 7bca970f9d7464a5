//! What a verified SET says: the event as its transmitter wrote it, and what every shape of it has in common.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::envelope::Envelope;
use super::refusal::SetRefusal;
use super::subject::Subject;
use crate::incident::{AccountRef, Digest, Timestamp};
use crate::intake::Unreadable;
use crate::intake::jws::whole_number;

/// The longest URI of an event, in bytes.
const URI_BYTES_MAX: usize = 256;
/// From here on a number is milliseconds: as seconds it would be the year 5138, as milliseconds it is 1973, and
/// neither is a time of an alert.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// The most languages of one reason.
const LANGUAGES_MAX: usize = 32;
/// The longest language tag, in bytes (RFC 5646 section 4.4.1).
const TAG_BYTES_MAX: usize = 35;
/// The longest reason in one language, in characters.
const REASON_CHARS_MAX: usize = 500;
/// The language of a reason that does not say it.
const UNDETERMINED: &str = "und";

/// The events by which a transmitter speaks about the stream itself: by Shared Signals, and as older drafts had it.
const VERIFICATION: [&str; 2] = [
    "https://schemas.openid.net/secevent/ssf/event-type/verification",
    "https://schemas.openid.net/secevent/sse/event-type/verification",
];
const STREAM_UPDATED: [&str; 2] = [
    "https://schemas.openid.net/secevent/ssf/event-type/stream-updated",
    "https://schemas.openid.net/secevent/sse/event-type/stream-updated",
];

/// The members of a JSON object.
type Members = Map<String, Value>;

/// What a SET turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::intake) enum SetOutcome {
    /// An event about somebody or something.
    Event(Box<SetEvent>),
    /// The transmitter shows that the stream works.
    Verification(Verification),
    /// The transmitter has paused, disabled or enabled the stream.
    StreamUpdated(StreamUpdated),
    /// It is the transmitter's, and no event can be read in it.
    Unreadable(UnreadableSet),
}

/// An event. `claims` is what rules see.
#[derive(Clone, PartialEq)]
pub(in crate::intake) struct SetEvent {
    /// All that the SET says, as its transmitter wrote it. Personal data.
    pub claims: Value,
    /// The SET's id; the same when it is sent again.
    pub jti: String,
    /// When the SET was issued.
    pub issued_at: Timestamp,
    /// Digest of what it says.
    pub said: Digest,
    /// Whether it has an `exp`, which it should not: to be said to the operator.
    pub has_expiry: bool,
}

/// The end of a handshake, or a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct Verification {
    pub jti: String,
    pub stream_id: Option<String>,
    pub state: Option<String>,
}

/// News of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct StreamUpdated {
    pub jti: String,
    pub issued_at: Timestamp,
    /// Digest of what the SET says.
    pub said: Digest,
    pub stream_id: Option<String>,
    /// `enabled`, `paused` or `disabled`.
    pub status: Option<String>,
    pub reason: Option<String>,
}

impl Verification {
    /// Whether it is the answer to what we asked. One that comes unasked, or says no state, is none.
    ///
    /// # Errors
    /// [`SetRefusal::State`]: somebody else asked, or long ago.
    pub(in crate::intake) fn answers(&self, asked: Option<&str>) -> Result<(), SetRefusal> {
        match (asked, &self.state) {
            (Some(asked), Some(state)) if asked != state => Err(SetRefusal::State),
            _ => Ok(()),
        }
    }
}

/// A SET that is its transmitter's and says nothing that can be taken for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct UnreadableSet {
    pub jti: Option<String>,
    pub issued_at: Option<Timestamp>,
    /// Digest of what it says.
    pub said: Digest,
    pub reason: Unreadable,
}

/// Reads the one event of a SET.
pub(super) fn read(envelope: Envelope) -> SetOutcome {
    let Envelope { jti, issued_at, claims, said } = envelope;
    claims
        .and_then(|claims| of_claims(jti.clone(), issued_at, claims, said))
        .unwrap_or_else(|reason| SetOutcome::Unreadable(UnreadableSet { jti, issued_at, said, reason }))
}

fn of_claims(
    jti: Option<String>,
    issued_at: Option<Timestamp>,
    claims: Members,
    said: Digest,
) -> Result<SetOutcome, Unreadable> {
    let jti = jti.ok_or(Unreadable::SetId)?;
    let issued_at = issued_at.ok_or(Unreadable::SetIssuedAt)?;
    if claims.contains_key("sub") {
        return Err(Unreadable::SetSubject);
    }
    let (uri, event) = only_event(&claims)?;
    let stream_id = || match Subject::find(&claims, event) {
        Some(Subject::Opaque(id)) => Some(id),
        _ => None,
    };
    if VERIFICATION.contains(&uri) {
        return Ok(SetOutcome::Verification(Verification { jti, stream_id: stream_id(), state: text(event, "state") }));
    }
    if STREAM_UPDATED.contains(&uri) {
        let (stream_id, status, reason) = (stream_id(), text(event, "status"), text(event, "reason"));
        return Ok(SetOutcome::StreamUpdated(StreamUpdated { jti, issued_at, said, stream_id, status, reason }));
    }
    let has_expiry = claims.contains_key("exp");
    let claims = Value::Object(claims);
    Ok(SetOutcome::Event(Box::new(SetEvent { jti, issued_at, has_expiry, said, claims })))
}

/// The type of a SET's event: its URI.
pub(in crate::intake) fn event_type(claims: &Value) -> Option<String> {
    event_of(claims).map(|(_, uri, _)| uri.to_owned())
}

/// When a SET's event happened: as Shared Signals has it, as login.gov has it, or by RFC 8417. A number that is too
/// large to be seconds is milliseconds, as Okta sends them.
pub(in crate::intake) fn occurred_at(claims: &Value) -> Option<Timestamp> {
    let (claims, _, event) = event_of(claims)?;
    let times = [event.get("event_timestamp"), event.get("event_at"), claims.get("toe")];
    let number = times.into_iter().flatten().find_map(whole_number)?;
    if number >= MILLISECONDS_FROM {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

/// The person that a SET is about, if there is exactly one. Names of an issuer count if it is the transmitter itself
/// or one of the `issuers` configured beside it.
pub(in crate::intake) fn person(claims: &Value, issuers: &[String]) -> Option<AccountRef> {
    let (claims, _, event) = event_of(claims)?;
    let own = claims.get("iss")?.as_str()?.to_owned();
    let known: Vec<String> = std::iter::once(own).chain(issuers.iter().cloned()).collect();
    Subject::find(claims, event)?.person(&known)
}

/// What a SET's transmitter would have the person read, by language.
pub(in crate::intake) fn reason_user(claims: &Value) -> BTreeMap<String, String> {
    event_of(claims).map(|(_, _, event)| reasons(event.get("reason_user"))).unwrap_or_default()
}

fn event_of(claims: &Value) -> Option<(&Members, &str, &Members)> {
    let claims = claims.as_object()?;
    let (uri, event) = only_event(claims).ok()?;
    Some((claims, uri, event))
}

/// The event's URI and content; `None` unless there is exactly one.
fn only_event(claims: &Members) -> Result<(&str, &Members), Unreadable> {
    let events = claims.get("events").and_then(Value::as_object).ok_or(Unreadable::SetEvents)?;
    let mut events = events.iter();
    let (Some((uri, Value::Object(event))), None) = (events.next(), events.next()) else {
        return Err(Unreadable::SetEvents);
    };
    let usable = (1..=URI_BYTES_MAX).contains(&uri.len()) && uri.bytes().all(|byte| byte.is_ascii_graphic());
    if usable { Ok((uri, event)) } else { Err(Unreadable::SetEvents) }
}

/// Texts by language tag. What is no tag, or no text that fits, is left out: the event counts without it.
fn reasons(value: Option<&Value>) -> BTreeMap<String, String> {
    let usable = |(tag, text): (&str, &Value)| {
        let plain = |text: &&str| {
            let fits = (1..=REASON_CHARS_MAX).contains(&text.chars().count());
            fits && !text.chars().any(char::is_control)
        };
        let tagged = (2..=TAG_BYTES_MAX).contains(&tag.len());
        let tagged = tagged && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let text = text.as_str().filter(plain).filter(|_| tagged)?;
        Some((tag.to_owned(), text.to_owned()))
    };
    match value {
        Some(Value::Object(texts)) => {
            texts.iter().take(LANGUAGES_MAX).filter_map(|(tag, text)| usable((tag, text))).collect()
        }
        // Older drafts had one text.
        Some(text) => usable((UNDETERMINED, text)).into_iter().collect(),
        None => BTreeMap::new(),
    }
}

fn text(object: &Members, member: &str) -> Option<String> {
    object.get(member)?.as_str().map(str::to_owned)
}

/// Without what it says about people.
impl fmt::Debug for SetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetEvent").field("jti", &self.jti).finish_non_exhaustive()
    }
}
