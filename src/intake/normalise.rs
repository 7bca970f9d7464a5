//! Turns a verified body into alerts by its kind's row: all of them, or none and the reason.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::kind::{EventTypeRule, Events, KeyRule, Kind, PersonRule};
use super::log_sources;
use super::settings::SourceSettings;
use super::verify::Proof;
use super::{Delivery, NotUnderstood, Unreadable, json};
use crate::incident::path::{InvalidPath, Path, Reached};
use crate::incident::{AccountRef, Alert, AlertId, AlertSummary, Assurance, Digest, LogSource, SourceName, Timestamp};

/// The most events in one delivery.
const EVENTS_MAX: usize = 1_000;
/// The longest event id and event type, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Reads the deliveries of one source.
pub(super) struct Normaliser {
    source: SourceName,
    assurance: Assurance,
    kind: &'static Kind,
    person: Option<(Path, PersonRule)>,
    log_sources: Arc<[LogSource]>,
}

impl Normaliser {
    /// # Errors
    /// A path in the table of kinds is none.
    pub(super) fn new(source: &SourceName, settings: &SourceSettings) -> Result<Self, InvalidPath> {
        let kind = settings.kind.row();
        let person = kind.person.map(|rule| Ok((rule.path.parse()?, rule))).transpose()?;
        Ok(Self {
            source: source.clone(),
            assurance: settings.signature.assurance(),
            kind,
            person,
            log_sources: log_sources::of(source, kind, settings),
        })
    }

    /// The name of the source whose deliveries are read.
    pub(super) fn source(&self) -> &SourceName {
        &self.source
    }

    /// The delivery a proof stands for.
    ///
    /// # Errors
    /// The body is not strict JSON, or any of its events does not fit the kind.
    pub(super) fn read(&self, proof: &Proof<'_>, now: Timestamp) -> Result<Delivery, NotUnderstood> {
        let facts = Facts { proof, body_sha256: Digest::of(proof.body), received_at: now };
        let id = proof.id.map(str::to_owned);
        match json::parse(proof.body).and_then(|document| self.alerts(document, &facts)) {
            Ok(alerts) => Ok(Delivery {
                source: self.source.clone(),
                id,
                body_sha256: facts.body_sha256,
                assurance: self.assurance,
                received_at: now,
                alerts,
            }),
            Err(reason) => {
                Err(NotUnderstood { source: self.source.clone(), id, reason, body_sha256: facts.body_sha256 })
            }
        }
    }

    fn alerts(&self, document: Value, facts: &Facts<'_>) -> Result<Vec<Alert>, Unreadable> {
        let mut seen = BTreeSet::new();
        let mut alerts = Vec::new();
        for event in events(self.kind.events, document)? {
            let alert = self.alert(event, facts)?;
            // The same event twice in one delivery is one alert.
            if seen.insert(alert.summary.id.clone()) {
                alerts.push(alert);
            }
        }
        Ok(alerts)
    }

    fn alert(&self, event: Value, facts: &Facts<'_>) -> Result<Alert, Unreadable> {
        if !event.is_object() {
            return Err(Unreadable::SchemaObject);
        }
        let key = self.key(&event, facts)?;
        let summary = AlertSummary {
            id: AlertId::derive(&self.source, &key),
            source: self.source.clone(),
            assurance: self.assurance,
            event_type: event_type(self.kind.event_type, &event)?,
            occurred_at: self.kind.occurred_at.map_or(Ok(None), |member| time(event.get(member)))?,
            received_at: facts.received_at,
            body_sha256: facts.body_sha256,
            secret: facts.proof.secret.to_owned(),
        };
        let person = self.person.as_ref().and_then(|(path, rule)| person(path, *rule, &event));
        Ok(Alert { summary, key, log_sources: Arc::clone(&self.log_sources), person, event })
    }

    /// An alert of the past, from what its record says and the event that lies beside it.
    pub(super) fn recalled(&self, summary: AlertSummary, event: Value) -> Alert {
        let person = self.person.as_ref().and_then(|(path, rule)| person(path, *rule, &event));
        let key = summary.id.as_str().to_owned();
        Alert { summary, key, log_sources: Arc::clone(&self.log_sources), person, event }
    }

    /// What a record would say of an event that was never delivered, under `key` if it has none of
    /// its own. What the kind demands and the event does not have is left out.
    pub(super) fn summary(&self, event: &Value, key: &str, received_at: Timestamp) -> AlertSummary {
        let own_key = match self.kind.key {
            KeyRule::Member(name) => event.get(name).and_then(name_text),
            KeyRule::Delivery => None,
        };
        AlertSummary {
            id: AlertId::derive(&self.source, own_key.as_deref().unwrap_or(key)),
            source: self.source.clone(),
            assurance: self.assurance,
            event_type: event_type(self.kind.event_type, event).ok().flatten(),
            occurred_at: self.occurred_at(event),
            received_at,
            body_sha256: Digest::of(b""),
            secret: String::new(),
        }
    }

    /// Whether the kind knows where events say when they happened.
    pub(super) fn tells_time(&self) -> bool {
        self.kind.occurred_at.is_some()
    }

    /// When the event happened, if it says so as its kind does.
    pub(super) fn occurred_at(&self, event: &Value) -> Option<Timestamp> {
        time(event.get(self.kind.occurred_at?)).ok().flatten()
    }

    fn key(&self, event: &Value, facts: &Facts<'_>) -> Result<String, Unreadable> {
        match self.kind.key {
            KeyRule::Member(name) => event.get(name).and_then(name_text).ok_or(Unreadable::SchemaKey),
            KeyRule::Delivery => Ok(facts.proof.id.map_or_else(|| facts.body_sha256.to_string(), str::to_owned)),
        }
    }
}

/// What holds for every alert of one delivery.
struct Facts<'d> {
    proof: &'d Proof<'d>,
    body_sha256: Digest,
    received_at: Timestamp,
}

fn events(rule: Events, mut document: Value) -> Result<Vec<Value>, Unreadable> {
    if !document.is_object() {
        return Err(Unreadable::SchemaObject);
    }
    let Events::Within(members) = rule else { return Ok(vec![document]) };
    for member in members {
        document = document.get_mut(member).map(Value::take).ok_or(Unreadable::SchemaEvents)?;
    }
    match document {
        Value::Array(events) if (1..=EVENTS_MAX).contains(&events.len()) => Ok(events),
        _ => Err(Unreadable::SchemaEvents),
    }
}

fn event_type(rule: EventTypeRule, event: &Value) -> Result<Option<String>, Unreadable> {
    let text = |name: &&str| event.get(*name).and_then(name_text);
    match rule {
        EventTypeRule::Required(name) => text(&name).map(Some).ok_or(Unreadable::SchemaEventType),
        EventTypeRule::FirstOf(names) => Ok(names.iter().find_map(text)),
    }
}

/// A time that is there must be one. Cut to the millisecond, as all times of ours.
fn time(value: Option<&Value>) -> Result<Option<Timestamp>, Unreadable> {
    let text = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_str().ok_or(Unreadable::SchemaTime)?,
    };
    let exact: Timestamp = text.parse().map_err(|_| Unreadable::SchemaTime)?;
    Timestamp::from_millisecond(exact.as_millisecond()).map(Some).map_err(|_| Unreadable::SchemaTime)
}

/// Exactly one, with a usable reference; anything else is nobody, which a human must look at.
fn person(path: &Path, rule: PersonRule, event: &Value) -> Option<AccountRef> {
    let Reached::All(people) = path.values(event) else { return None };
    match people.as_slice() {
        [only] => AccountRef::parse(rule.kind, only.get(rule.member)?.as_str()?).ok(),
        _ => None,
    }
}

/// Text that may be an id or a type: 1 to 128 visible ASCII characters.
fn name_text(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let usable = (1..=NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| text.to_owned())
}
