//! Where a source's documents have what: the row of its kind, with what the settings say instead.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::content::Media;
use super::documents::Documents;
use super::kind::{Envelope, EventTypeRule, Events, Format, IdRule, KeyRule, Kind, PersonRule};
use super::occurred::{self, Written};
use super::set::event as set;
use super::{OtherEvent, UnreadEvent, Unreadable, any_case, json};
use crate::incident::flawed;
use crate::incident::path::{InvalidPath, Path, Reached};
use crate::incident::{AccountKind, AccountRef, Digest, Timestamp, is_direction_mark};

/// The most events in one delivery.
pub(super) const EVENTS_MAX: usize = 1_000;
/// The longest event type, in characters.
const TYPE_CHARS_MAX: usize = 128;
/// The longest id or part of a key that is taken as it is, in bytes; of a longer one its digest.
const ID_BYTES_MAX: usize = 512;
/// What stands before the digest of an event that has no id, in a key; in none that it has is such a blank.
const DIGEST_MARK: &str = "event\t";
/// The most paths that make up a key.
const KEY_PATHS_MAX: usize = 8;

/// What an operator says of a source's documents instead of its kind. Paths are those of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MappingSettings {
    /// How bodies are written: `json`, or `json-lines` for one document in each line.
    pub(super) format: Option<Format>,
    /// Where the events are, in arrays or by themselves; without it the document is the event.
    events: Option<String>,
    /// Where the document has its delivery's id, which comes with the same content only.
    id: Option<String>,
    /// What tells one event from another, all together.
    key: Vec<String>,
    /// Whether nothing else comes under an event's key, so that other content is a conflict.
    own_ids: Option<bool>,
    /// Where an event has its type.
    event_type: Option<String>,
    /// Where an event has its time, in any way in which senders write it.
    occurred_at: Option<String>,
    /// Where an event has the one person it is about, by what names the person there.
    person: BTreeMap<AccountKind, String>,
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingProblem {
    /// A path is none.
    #[error("{setting}: {problem}")]
    Path {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: InvalidPath,
    },
    /// More than one person.
    #[error("person: it is one of email, user_id, login_id, mobile, union_id, job_number")]
    Person,
    /// Too many paths.
    #[error("key: at most {KEY_PATHS_MAX} paths")]
    Key,
    /// An id of the delivery in a body that is several documents.
    #[error(
        "id: `json-lines` has no one document in which the delivery's id is; `key` says what tells the events apart (a \
         kind that has such an id of its own comes as `json` only)"
    )]
    IdInLines,
    /// An id of the delivery beside the one that its signature has.
    #[error("id: the signature has an id for each delivery already; `key` says what tells the events apart")]
    SecondId,
}

impl MappingSettings {
    /// Whether it says where the delivery's id is.
    pub(super) fn says_id(&self) -> bool {
        self.id.is_some()
    }
}

/// A mapping with its paths read.
pub(super) struct Mapping {
    pub(super) format: Format,
    events: Place,
    id: Option<(Path, bool)>,
    key: Key,
    event_type: (Vec<Path>, bool),
    occurred_at: Option<(Vec<Path>, Written)>,
    person: Option<Person>,
    any_case: &'static [&'static str],
    restamped: &'static [&'static str],
    envelope: Option<Envelope>,
    own_ids: bool,
}

enum Place {
    Whole,
    Each,
    /// An array.
    At(Path),
    /// Arrays and single ones.
    In(Path),
    /// The claims of a SET; these issuers' names of people count beside its own.
    Set(Vec<String>),
}

/// The one element on the first path, and in it what names the person; two elements are nobody, also if only one
/// of them is named.
struct Person {
    kind: AccountKind,
    element: Option<Path>,
    name: Path,
}

enum Key {
    Own(Vec<Path>),
    OwnIfAny(Vec<Path>),
    OwnElseDigest(Vec<Path>),
    Within(Vec<Path>, Path),
    Delivery,
}

/// What could be read, at least one, and why something beside it could not.
#[derive(Debug)]
pub(super) struct Readable<T> {
    pub(super) read: Vec<T>,
    pub(super) left_out: Option<Unreadable>,
}

impl<T> Readable<T> {
    pub(super) fn all(read: Vec<T>) -> Self {
        Self { read, left_out: None }
    }

    /// # Errors
    /// Nothing could be read.
    pub(super) fn of(results: impl Iterator<Item = Result<T, Unreadable>>) -> Result<Self, Unreadable> {
        let (mut read, mut left_out) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(value) => read.push(value),
                Err(reason) => left_out = left_out.or(Some(reason)),
            }
        }
        match left_out {
            Some(reason) if read.is_empty() => Err(reason),
            left_out => Ok(Self { read, left_out }),
        }
    }
}

/// What tells an event from others.
pub(super) enum EventKey {
    /// Its own values.
    Own(String),
    /// What its delivery is known by.
    Delivery,
}

impl Mapping {
    /// Of SETs, `issuers` are those whose names of people count beside the transmitter's own.
    pub(super) fn of(kind: &Kind, said: &MappingSettings, issuers: &[String]) -> Result<Self, MappingProblem> {
        if said.person.len() > 1 {
            return Err(MappingProblem::Person);
        }
        if said.key.len() > KEY_PATHS_MAX {
            return Err(MappingProblem::Key);
        }
        let paths = |setting, texts: &[&str]| texts.iter().map(|text| path(setting, text)).collect::<Result<_, _>>();
        let events = match (&said.events, kind.events) {
            (Some(text), _) => Place::In(path("events", text)?),
            (None, Events::Whole) => Place::Whole,
            (None, Events::Each) => Place::Each,
            (None, Events::At(text)) => Place::At(path("events", text)?),
            (None, Events::In(text)) => Place::In(path("events", text)?),
            (None, Events::Set) => Place::Set(issuers.to_vec()),
        };
        let own: Vec<&str> = said.key.iter().map(String::as_str).collect();
        let key = match kind.key {
            _ if !own.is_empty() => Key::Own(paths("key", &own)?),
            KeyRule::Own(texts) => Key::Own(paths("key", texts)?),
            KeyRule::OwnIfAny(texts) => Key::OwnIfAny(paths("key", texts)?),
            KeyRule::OwnElseDigest(texts) => Key::OwnElseDigest(paths("key", texts)?),
            KeyRule::Within(scopes, own) => Key::Within(paths("key", scopes)?, path("key", own)?),
            KeyRule::Delivery => Key::Delivery,
        };
        let event_type = match (&said.event_type, kind.event_type) {
            (Some(text), _) => (paths("event_type", &[text])?, false),
            (None, EventTypeRule::Required(text)) => (paths("event_type", &[text])?, true),
            (None, EventTypeRule::FirstOf(texts)) => (paths("event_type", texts)?, false),
        };
        let occurred_at = occurred::rule(said.occurred_at.as_deref(), kind.occurred_at);
        let id = match (&said.id, kind.id) {
            (Some(text), _) => Some((text.as_str(), true)),
            (None, Some(IdRule::Required(text))) => Some((text, true)),
            (None, Some(IdRule::IfAny(text))) => Some((text, false)),
            (None, None) => None,
        };
        let format = said.format.unwrap_or(kind.format);
        if id.is_some() && format == Format::JsonLines {
            return Err(MappingProblem::IdInLines);
        }
        let person = match (said.person.iter().next(), kind.person) {
            (Some((kind, name)), _) => Some((*kind, None, name.as_str())),
            (None, own) => own.map(|PersonRule { kind, element, name }| (kind, Some(element), name)),
        };
        let person = person.map(|(kind, element, name)| {
            let element = element.map(|text| path("person", text)).transpose()?;
            Ok(Person { kind, element, name: path("person", name)? })
        });
        Ok(Self {
            format,
            events,
            id: id.map(|(text, is_required)| Ok((path("id", text)?, is_required))).transpose()?,
            key,
            event_type,
            occurred_at: occurred_at.map(|(texts, form)| Ok((paths("occurred_at", &texts)?, form))).transpose()?,
            person: person.transpose()?,
            any_case: kind.any_case,
            restamped: kind.restamped,
            envelope: kind.envelope,
            // What operators let tell events apart may be of a thing that lasts, unless they say otherwise.
            own_ids: said.own_ids.unwrap_or(kind.own_ids && own.is_empty()),
        })
    }

    /// The documents that a body is: one, or of `json-lines` one in each line. A line that is none takes nothing from
    /// the others, nor does an event that is not strict: what is in it, often somebody else has written than the sender.
    pub(super) fn documents(&self, body: &[u8]) -> Result<Documents, Unreadable> {
        match self.format {
            // What comes under an id is all of it then but some members, so that all of it has to be read.
            Format::Json if !self.restamped.is_empty() => json::parse(body).map(Documents::of),
            Format::Json => Documents::around(body),
            Format::JsonLines => Documents::in_lines(body),
        }
    }

    /// The events in the documents, at least one. Where a part is not strict that is in none of them, nobody can say
    /// what else it changes.
    pub(super) fn events(&self, documents: Documents) -> Result<Readable<Value>, Unreadable> {
        let Documents { read, left_out, flaws } = documents;
        let reason = if flaws > 0 { read.iter().find_map(json::flaw) } else { None };
        let (events, in_none) = self.events_in(read).map_err(|none| reason.unwrap_or(none))?;
        let in_events = || events.read.iter().map(flawed::flaws).sum::<usize>();
        match reason {
            Some(reason) if in_events() + in_none != flaws => Err(reason),
            _ => Ok(Readable { read: events.read, left_out: left_out.or(events.left_out) }),
        }
    }

    /// The events, and how many parts are not strict of documents that have none, such as a line that is no object.
    fn events_in(&self, documents: Vec<Value>) -> Result<(Readable<Value>, usize), Unreadable> {
        let mut in_none = 0;
        let found = Readable::of(documents.into_iter().map(|document| {
            let flaws = flawed::flaws(&document);
            self.events_of(document).inspect_err(|_| in_none += flaws)
        }))?;
        let (mut events, mut left_out) = (Vec::new(), found.left_out);
        for of_one in found.read {
            events.extend(of_one.read);
            left_out = left_out.or(of_one.left_out);
        }
        if (1..=EVENTS_MAX).contains(&events.len()) {
            Ok((Readable { read: events, left_out }, in_none))
        } else {
            Err(Unreadable::SchemaEvents)
        }
    }

    /// Whether it is an event of this kind at all, in a body that calls itself so.
    pub(super) fn check(&self, event: &Value, (media, is_flawed): (Media, bool)) -> Result<(), Unreadable> {
        if let Some(reason) = json::flaw(event).filter(|_| is_flawed) {
            return Err(reason);
        }
        if !event.is_object() {
            return Err(Unreadable::SchemaObject);
        }
        let Some(Envelope { version, one, demands }) = self.envelope else { return Ok(()) };
        let has = |name: &&str| event.get(*name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        match event.get(version) {
            Some(is) if is != one => Err(Unreadable::SchemaVersion),
            // It calls itself what no event without a version is.
            None if media == Media::CloudEvents => Err(Unreadable::SchemaVersion),
            Some(_) if !demands.iter().all(has) => Err(Unreadable::SchemaEnvelope),
            _ => Ok(()),
        }
    }

    fn events_of(&self, document: Value) -> Result<Readable<Value>, Unreadable> {
        match (&self.events, document) {
            (Place::Each, Value::Array(events)) => Ok(Readable::all(events)),
            (Place::Whole | Place::Each | Place::Set(_), event @ Value::Object(_)) => Ok(Readable::all(vec![event])),
            (Place::At(path), document @ Value::Object(_)) => reached(path, document, false),
            // Only a path that begins with a member asks for a document that has members.
            (Place::In(path), document) if document.is_object() || path.first_member().is_none() => {
                reached(path, document, true)
            }
            _ => Err(Unreadable::SchemaObject),
        }
    }

    /// The delivery's id, where the document has one.
    pub(super) fn id(&self, documents: &[Value]) -> Result<Option<String>, Unreadable> {
        let (Some((path, is_required)), [document]) = (&self.id, documents) else { return Ok(None) };
        let id = id(path, &self.seen(document));
        if id.is_none() && *is_required { Err(Unreadable::SchemaKey) } else { Ok(id) }
    }

    /// What comes under the delivery's id only, where another sending would change more than that.
    pub(super) fn content(&self, documents: &[Value]) -> Option<Digest> {
        let (false, [Value::Object(members)]) = (self.restamped.is_empty(), documents) else { return None };
        let lasts = |name: &str| !self.restamped.iter().any(|other| name.eq_ignore_ascii_case(other));
        let lasting = members.iter().filter(|(name, _)| lasts(name));
        // The members are in the order of their names, whatever order they came in.
        let lasting: BTreeMap<&String, &Value> = lasting.collect();
        serde_json::to_vec(&lasting).ok().map(|bytes| Digest::of(&bytes))
    }

    /// The event as our paths read it.
    fn seen<'e>(&self, event: &'e Value) -> Cow<'e, Value> {
        any_case::with(event, self.any_case)
    }

    /// What comes under the event's own id only.
    pub(super) fn content_of(&self, event: &Value, key: &EventKey) -> Option<Digest> {
        (self.own_ids && matches!(key, EventKey::Own(_))).then(|| Digest::of_json(event))
    }

    /// What is known of an event that could not be read, if it has an id of its own, under which only this comes.
    pub(super) fn unread(&self, event: Value) -> Option<UnreadEvent> {
        let key = self.key(&event).ok()?;
        let event_digest = self.content_of(&event, &key)?;
        if let EventKey::Own(key) = key {
            Some(UnreadEvent { key, event: OtherEvent { event_digest, event } })
        } else {
            None
        }
    }

    pub(super) fn key(&self, event: &Value) -> Result<EventKey, Unreadable> {
        let event = self.seen(event);
        let values = |paths: &[Path]| {
            let texts: Option<Vec<String>> = paths.iter().map(|path| id(path, &event)).collect();
            texts.map(|texts| EventKey::Own(texts.join("\n")))
        };
        match &self.key {
            Key::Own(paths) => values(paths).ok_or(Unreadable::SchemaKey),
            Key::OwnIfAny(paths) => Ok(values(paths).unwrap_or(EventKey::Delivery)),
            Key::OwnElseDigest(paths) => {
                Ok(values(paths).unwrap_or_else(|| EventKey::Own(format!("{DIGEST_MARK}{}", Digest::of_json(&event)))))
            }
            Key::Within(scopes, own) => {
                let own = id(own, &event).ok_or(Unreadable::SchemaKey)?;
                let scope = scopes.iter().find_map(|path| id(path, &event));
                Ok(EventKey::Own(scope.map_or_else(|| own.clone(), |scope| format!("{scope}\n{own}"))))
            }
            Key::Delivery => Ok(EventKey::Delivery),
        }
    }

    pub(super) fn event_type(&self, event: &Value) -> Result<Option<String>, Unreadable> {
        if let Place::Set(_) = self.events {
            return set::event_type(event).map(Some).ok_or(Unreadable::SchemaEventType);
        }
        let (paths, is_required) = &self.event_type;
        let event = self.seen(event);
        let found = paths.iter().find_map(|path| type_name(path, &event));
        if found.is_none() && *is_required { Err(Unreadable::SchemaEventType) } else { Ok(found) }
    }

    /// When the event happened. A time that is there must be one.
    pub(super) fn occurred_at(&self, event: &Value) -> Result<Option<Timestamp>, Unreadable> {
        if let Place::Set(_) = self.events {
            return Ok(set::occurred_at(event));
        }
        let Some((paths, written)) = &self.occurred_at else { return Ok(None) };
        let event = self.seen(event);
        let said = paths.iter().find_map(|path| one(path, &event).filter(|value| !value.is_null()));
        match (said.map(|value| written.read(&value)), written) {
            (Some(None), Written::IfOne) => Ok(None),
            (said, _) => said.map(|time| time.ok_or(Unreadable::SchemaTime)).transpose(),
        }
    }

    /// Whether it is known where events say when they happened.
    pub(super) fn tells_time(&self) -> bool {
        self.occurred_at.is_some() || matches!(self.events, Place::Set(_))
    }

    /// What the sender would have the person read, by language.
    pub(super) fn reason_user(&self, event: &Value) -> BTreeMap<String, String> {
        if let Place::Set(_) = self.events { set::reason_user(event) } else { BTreeMap::new() }
    }

    /// Exactly one, with a usable reference; anything else is nobody, which a human must look at.
    pub(super) fn person(&self, event: &Value) -> Option<AccountRef> {
        if let (Place::Set(issuers), None) = (&self.events, &self.person) {
            return set::person(event, issuers);
        }
        let Person { kind, element, name } = self.person.as_ref()?;
        let element = element.as_ref().map_or(Some(Cow::Borrowed(event)), |path| one(path, event))?;
        AccountRef::parse(*kind, one(name, &element)?.as_str()?).ok()
    }
}

fn path(setting: &'static str, text: &str) -> Result<Path, MappingProblem> {
    text.parse().map_err(|problem| MappingProblem::Path { setting, problem })
}

/// The events on the path: those of arrays, and where they may be `single` objects. What a step could not read on the
/// way takes nothing from the others.
fn reached(path: &Path, document: Value, single: bool) -> Result<Readable<Value>, Unreadable> {
    let (found, unread) = match path.take(document, EVENTS_MAX) {
        Reached::All(found) => (found, None),
        Reached::Part(found) => (found, Some(Err(Unreadable::SchemaEvents))),
        Reached::TooMany => return Err(Unreadable::SchemaEvents),
    };
    let events = found.into_iter().map(|value| match value.into_owned() {
        Value::Array(events) => Ok(events),
        event @ Value::Object(_) if single => Ok(vec![event]),
        _ => Err(Unreadable::SchemaEvents),
    });
    let Readable { read, left_out } = Readable::of(events.chain(unread))?;
    if read.is_empty() {
        return Err(Unreadable::SchemaEvents);
    }
    Ok(Readable { read: read.into_iter().flatten().collect(), left_out })
}

/// The only value on the path. What a step could not read on the way might have been another.
fn one<'v>(path: &Path, value: &'v Value) -> Option<Cow<'v, Value>> {
    match path.values(value) {
        Reached::All(found) => {
            let [only] = <[_; 1]>::try_from(found).ok()?;
            Some(only)
        }
        Reached::Part(_) | Reached::TooMany => None,
    }
}

/// What on the path may be an id: whatever text senders use, and whole numbers.
fn id(path: &Path, value: &Value) -> Option<String> {
    match one(path, value)?.as_ref() {
        Value::String(text) if text.trim().is_empty() => None,
        // Parts of a key are joined by line breaks, and no two keys may come out the same.
        Value::String(text) if text.len() > ID_BYTES_MAX || text.chars().any(char::is_control) => {
            Some(format!("sha256:{}", Digest::of(text.as_bytes())))
        }
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The text on the path that may be a type.
fn type_name(path: &Path, value: &Value) -> Option<String> {
    one(path, value).as_deref().and_then(type_text)
}

/// Whether it is there and not seen, between characters that are. Not what shapes a symbol, as in most emoji.
fn has_no_width(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{feff}')
}

/// Text that may be a type: 1 to 128 characters, some of which can be seen, and none that hides or turns others.
fn type_text(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_hidden = |character: char| character.is_control() || is_direction_mark(character) || has_no_width(character);
    let usable =
        (1..=TYPE_CHARS_MAX).contains(&text.chars().count()) && !text.trim().is_empty() && !text.chars().any(is_hidden);
    usable.then(|| text.to_owned())
}
