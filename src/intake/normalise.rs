//! Turns what was verified into alerts by its source's mapping: all of them, or none and the reason.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::content::Media;
use super::delivery::LeftOut;
use super::kind::{Handshake, Kind, Manner};
use super::mapping::{EventKey, Mapping, MappingProblem, Readable};
use super::settings::{How, SourceSettings};
use super::verify::{Content, Proof};
use super::{
    Delivery, Headers, NotUnderstood, Reply, SetupError, StreamNews, UnreadEvent, Unreadable, again, dingtalk,
    handshake, hints, log_sources,
};
use crate::incident::{Alert, AlertId, AlertSummary, Assurance, Digest, LogSource, SourceName, Timestamp};

/// Two bodies that are the same are two deliveries when a day lies between the days they were sent on, if the time is
/// signed. No sender tries again for so long, and one that does so over midnight is known by the day before.
const DAY_MS: i64 = 86_400_000;

/// What stands before a delivery's id in a key. No id that an event has in itself has such a blank in it. What a body is
/// known by without an id stays its digest alone: where no time is signed it is remembered as long as the trail.
const DELIVERY_MARK: &str = "delivery\t";

/// Reads the deliveries of one source.
pub(super) struct Normaliser {
    source: SourceName,
    assurance: Assurance,
    mapping: Arc<Mapping>,
    manner: Manner,
    handshake: Option<Handshake>,
    hints: &'static [&'static str],
    log_sources: Arc<[LogSource]>,
}

/// What an authentic body says.
pub(super) enum Said {
    /// Alerts.
    Alerts(Box<Delivery>),
    /// That the sender wants to know whether we are there.
    Handshake(Reply),
}

impl Said {
    pub(super) fn into_delivery(self) -> Result<Delivery, Reply> {
        match self {
            Self::Alerts(delivery) => Ok(*delivery),
            Self::Handshake(reply) => Err(reply),
        }
    }
}

impl Normaliser {
    /// # Errors
    /// The mapping is wrong.
    pub(super) fn new(source: &SourceName, settings: &SourceSettings) -> Result<Self, SetupError> {
        let row = settings.kind.row();
        // Of what Amazon SNS signs itself the id is in the proof, with its topic.
        let kind = &Kind { id: row.id.filter(|_| settings.sns.is_none()), ..*row };
        let issuers = settings.set.as_ref().map_or(&[][..], |set| &set.issuers);
        let mapping = Mapping::of(kind, &settings.mapping, issuers)
            .and_then(|mapping| refuse_second_id(settings).map(|()| mapping))
            .map_err(|problem| SetupError::Mapping { at: source.clone(), problem })?;
        Ok(Self {
            source: source.clone(),
            assurance: settings.assurance(),
            mapping: Arc::new(mapping),
            manner: settings.manner(),
            handshake: kind.handshake,
            hints: kind.hints,
            log_sources: log_sources::of(source, kind, settings),
        })
    }

    /// The name of the source whose deliveries are read.
    pub(super) fn source(&self) -> &SourceName {
        &self.source
    }

    /// What a sender says of its stream, if it does.
    pub(super) fn news(&self, proof: &Proof<'_>, is_tried: bool, now: Timestamp) -> Option<StreamNews> {
        let told = proof.stream.clone()?;
        let body_digest = Digest::of(proof.signed.as_deref().unwrap_or(proof.body));
        Some(StreamNews {
            source: self.source.clone(),
            assurance: self.assurance,
            id: proof.id.clone(),
            content: proof.said.unwrap_or(body_digest),
            body_digest,
            sent_at: proof.sent,
            received_at: now,
            secret: proof.secret.to_owned(),
            told,
            manner: self.manner,
            confirm: proof.confirm.clone(),
            is_tried,
        })
    }

    /// Where the source's documents have what.
    pub(super) fn mapping(&self) -> Arc<Mapping> {
        Arc::clone(&self.mapping)
    }

    /// What a proof stands for.
    ///
    /// # Errors
    /// The body is not strict JSON, or any of its events does not fit the kind.
    pub(super) fn read(
        &self,
        mut proof: Proof<'_>,
        (media, headers): (Media, &Headers<'_>),
        now: Timestamp,
    ) -> Result<Said, Box<NotUnderstood>> {
        let opened = proof.opened.take();
        let answer = |text: String| opened.as_ref().map(|opened| opened.answer(text));
        // What was encrypted stands for the body, which is never the same twice; and what is signed, for a body to which
        // anybody can add.
        let signed = proof.signed.take();
        let stands_for_it = opened.as_ref().map(|opened| &opened.text).or(signed.as_ref());
        let proof = Proof { body: stands_for_it.map_or(proof.body, Vec::as_slice), ..proof };
        let body_digest = Digest::of(proof.body);
        let is_named = proof.id.is_some();
        let sent = proof.sent;
        let content = proof.said.unwrap_or(body_digest);
        let mut known = ById {
            id: proof.id.clone(),
            passed_on_as: None,
            content,
            unread: Unread::default(),
            events: 0,
            is_flawed: false,
        };
        // What is kept of an event is read by more people than may know a secret that was in it.
        let shown = match &proof.content {
            Content::Events { own, .. } if proof.said.is_none() => serde_json::to_vec(own).ok(),
            _ => None,
        };
        let said = self.understand(proof, &mut known, body_digest, (media, headers, now));
        let by_body = || {
            let (own, next) = by_content(known.content, sent);
            if is_named { Vec::new() } else { [own].into_iter().chain(next).collect() }
        };
        match said {
            Ok(Said::Alerts(mut delivery)) => {
                delivery.by_body = by_body();
                delivery.answer = answer(dingtalk::SUCCESS.to_owned());
                if let (Some(left_out), Some(shown)) = (&mut delivery.left_out, shown) {
                    left_out.body = shown;
                }
                Ok(Said::Alerts(delivery))
            }
            Ok(Said::Handshake(Reply::Text(text))) => {
                Ok(Said::Handshake(answer(text.clone()).map_or(Reply::Text(text), Reply::Sealed)))
            }
            Ok(said) => Ok(said),
            Err(reason) => Err(Box::new(NotUnderstood {
                source: self.source.clone(),
                id: known.id,
                passed_on_as: known.passed_on_as,
                reason,
                assurance: self.assurance,
                body_digest,
                content: known.content,
                by_body: by_body(),
                has_only_those: known.events > 0 && known.unread.named.len() == known.events,
                events: known.unread.named,
                by_content: known.unread.by_content,
                manner: self.manner,
                answer: answer(dingtalk::SUCCESS.to_owned()).map(Box::new),
                proven: opened.map(|opened| opened.text).or(signed).or(shown),
                of_others: 0,
                is_tried: false,
            })),
        }
    }

    fn understand(
        &self,
        proof: Proof<'_>,
        known: &mut ById,
        body_digest: Digest,
        (media, headers, now): (Media, &Headers<'_>, Timestamp),
    ) -> Result<Said, Unreadable> {
        // An id beside the body is the delivery's, and one in it the event's: the same text in both places names two.
        let by = proof.id.as_ref().map(|id| format!("{DELIVERY_MARK}{id}"));
        let mut named = Named { by, content: body_digest };
        let Readable { read: events, left_out } = match proof.content {
            Content::Body => match self.read_body(&proof, known, &mut named)? {
                Ok(events) => events,
                Err(reply) => return Ok(Said::Handshake(reply)),
            },
            Content::Events { own, .. } => {
                // Of what was taken apart to look for its secret.
                known.is_flawed = true;
                Readable { read: own, left_out: None }
            }
            Content::Asked(reply) => return Ok(Said::Handshake(reply)),
            Content::Unreadable(reason) => return Err(reason),
        };
        let Named { by, content } = named;
        let (known_by, known_by_next) = by.map_or_else(|| by_content(content, proof.sent), |known| (known, None));
        known.events = if left_out.is_none() { events.len() } else { 0 };
        let facts = Facts {
            secret: proof.secret,
            media,
            known_by,
            known_by_next,
            is_flawed: known.is_flawed,
            is_named: known.id.is_some(),
            sent: proof.sent,
            count: events.len(),
            body_digest,
            hints: hints::of(headers, self.hints),
            received_at: now,
        };
        let Readable { read: mut alerts, left_out: of_alerts } = self.alerts(events, &facts, &mut known.unread)?;
        let mut again = again::taken_from(&mut alerts);
        let Unread { named: mut events, by_content } = std::mem::take(&mut known.unread);
        again.extend(again::taken_by(&alerts, &mut events));
        let left_out = left_out.or(of_alerts);
        let left_out = left_out.map(|reason| LeftOut { reason, events, by_content, body: proof.body.to_vec() });
        Ok(Said::Alerts(Box::new(Delivery {
            source: self.source.clone(),
            id: known.id.clone(),
            passed_on_as: known.passed_on_as.clone(),
            body_digest,
            content: known.content,
            by_body: Vec::new(),
            assurance: self.assurance,
            received_at: now,
            alerts,
            again,
            left_out,
            manner: self.manner,
            answer: None,
            of_others: 0,
            is_tried: false,
        })))
    }

    /// The events of a body, or what a sender is answered who only wants to know whether we are there.
    fn read_body(
        &self,
        proof: &Proof<'_>,
        known: &mut ById,
        named: &mut Named,
    ) -> Result<Result<Readable<Value>, Reply>, Unreadable> {
        let documents = self.mapping.documents(proof.body)?;
        if let Some(reply) = self.handshake.and_then(|kind| handshake::asked(kind, &documents.read)) {
            return Ok(Err(reply));
        }
        named.content = self.mapping.content(&documents.read).unwrap_or(named.content);
        known.content = proof.said.unwrap_or(named.content);
        if let Some(own) = self.mapping.id(&documents.read)? {
            // Whoever passes it on may sign an id for each attempt; what it says is known by its own.
            known.passed_on_as = known.id.replace(own.clone());
            named.by = Some(own);
        }
        known.is_flawed = documents.flaws > 0;
        Ok(Ok(self.mapping.events(documents)?))
    }

    /// Each event by itself: one that cannot be read takes nothing from the others.
    fn alerts(
        &self,
        events: Vec<Value>,
        facts: &Facts<'_>,
        unread: &mut Unread,
    ) -> Result<Readable<Alert>, Unreadable> {
        let events = events.into_iter().enumerate();
        Readable::of(events.map(|(place, event)| self.alert(place, event, facts, unread)))
    }

    /// The alert of an event; of one that cannot be read, what it is known by nevertheless is among the `unread`.
    fn alert(&self, place: usize, event: Value, facts: &Facts<'_>, unread: &mut Unread) -> Result<Alert, Unreadable> {
        let (summary, Keys { key, next_key, by_content }) = match self.summarised(place, &event, facts) {
            Ok(summarised) => summarised,
            Err(reason) => {
                unread.by_content.extend(facts.every_content(&event));
                unread.named.extend(self.mapping.unread(event));
                return Err(reason);
            }
        };
        let (person, reason_user) = (self.mapping.person(&event), self.mapping.reason_user(&event));
        let log_sources = Arc::clone(&self.log_sources);
        Ok(Alert { summary, key, next_key, by_content, log_sources, person, reason_user, event })
    }

    /// What is recorded of an event, and what it is known by.
    fn summarised(&self, place: usize, event: &Value, facts: &Facts<'_>) -> Result<(AlertSummary, Keys), Unreadable> {
        self.mapping.check(event, (facts.media, facts.is_flawed))?;
        let key = self.mapping.key(event)?;
        let event_digest = self.mapping.content_of(event, &key);
        let Keys { key, next_key, by_content } = match key {
            EventKey::Own(key) => {
                let content = event_digest.unwrap_or_else(|| Digest::of_json(event));
                Keys { key, next_key: None, by_content: vec![content.to_string()] }
            }
            EventKey::Delivery => facts.keys_in_it(place, event),
        };
        let summary = AlertSummary {
            id: AlertId::derive(&self.source, &key),
            source: self.source.clone(),
            assurance: self.assurance,
            event_type: self.mapping.event_type(event)?,
            occurred_at: self.mapping.occurred_at(event)?,
            received_at: facts.received_at,
            body_digest: facts.body_digest,
            event_digest,
            delivery_hints: facts.hints.clone(),
            secret: facts.secret.to_owned(),
        };
        Ok((summary, Keys { key, next_key, by_content }))
    }

    /// An alert of the past, from what its record says and the event that lies beside it.
    pub(super) fn recalled(&self, summary: AlertSummary, event: Value) -> Alert {
        let (person, reason_user) = (self.mapping.person(&event), self.mapping.reason_user(&event));
        let key = summary.id.as_str().to_owned();
        let (log_sources, by_content) = (Arc::clone(&self.log_sources), Vec::new());
        Alert { summary, key, next_key: None, by_content, log_sources, person, reason_user, event }
    }

    /// What a record would say of an event that was never delivered, under `key` if it has none of
    /// its own. What the kind demands and the event does not have is left out.
    pub(super) fn summary(&self, event: &Value, key: &str, received_at: Timestamp) -> AlertSummary {
        let own_key = match self.mapping.key(event) {
            Ok(EventKey::Own(key)) => Some(key),
            _ => None,
        };
        AlertSummary {
            id: AlertId::derive(&self.source, own_key.as_deref().unwrap_or(key)),
            source: self.source.clone(),
            assurance: self.assurance,
            event_type: self.mapping.event_type(event).ok().flatten(),
            occurred_at: self.occurred_at(event),
            received_at,
            body_digest: Digest::of(b""),
            event_digest: None,
            delivery_hints: BTreeMap::new(),
            secret: String::new(),
        }
    }

    /// Whether the kind knows where events say when they happened.
    pub(super) fn tells_time(&self) -> bool {
        self.mapping.tells_time()
    }

    /// When the event happened, if it says so as its kind does.
    pub(super) fn occurred_at(&self, event: &Value) -> Option<Timestamp> {
        self.mapping.occurred_at(event).ok().flatten()
    }
}

/// Two ids of one delivery, of which one is signed for each attempt, would be two deliveries to one and a repeat to the
/// other.
fn refuse_second_id(settings: &SourceSettings) -> Result<(), MappingProblem> {
    let has_signed_id = matches!(settings.how(), Ok(How::Signs(scheme)) if scheme.id_header.is_some());
    if has_signed_id && settings.mapping.says_id() { Err(MappingProblem::SecondId) } else { Ok(()) }
}

/// What a delivery is known by, as far as it was read.
struct ById {
    /// Its own id, where it is signed.
    id: Option<String>,
    /// The signed id of whoever passes it on, where that is not its own.
    passed_on_as: Option<String>,
    /// What comes under that only.
    content: Digest,
    /// What those of its events are known by that could not be read.
    unread: Unread,
    /// How many events there are in it, where there is nothing else.
    events: usize,
    /// Whether there is anything in it that is not strict.
    is_flawed: bool,
}

/// What its events are known by that have no id of their own.
struct Named {
    /// Its id; none, where it has none.
    by: Option<String>,
    /// What stands for it then.
    content: Digest,
}

/// What events are known by that could not be read.
#[derive(Default)]
struct Unread {
    /// Those of which their own ids could be.
    named: Vec<UnreadEvent>,
    /// What each is known by without any.
    by_content: Vec<String>,
}

/// What an event is known by.
struct Keys {
    key: String,
    /// On the next day, where the day is part of that.
    next_key: Option<String>,
    by_content: Vec<String>,
}

/// What holds for every alert of one delivery.
struct Facts<'d> {
    secret: &'d str,
    /// What its body calls itself.
    media: Media,
    /// What stands for a key where events have none.
    known_by: String,
    /// The same on the next day, where the day is in it.
    known_by_next: Option<String>,
    /// Whether there is anything in it that is not strict.
    is_flawed: bool,
    /// Whether the delivery has an id.
    is_named: bool,
    /// When it was sent, where that is signed.
    sent: Option<Timestamp>,
    count: usize,
    body_digest: Digest,
    /// What nobody has signed.
    hints: BTreeMap<String, String>,
    received_at: Timestamp,
}

impl Facts<'_> {
    /// What one of its events is known by where what the delivery is known by stands for a key.
    fn keys_in_it(&self, place: usize, event: &Value) -> Keys {
        let in_it = |known_by: &String| match self.count {
            1 => known_by.clone(),
            _ => format!("{known_by}#{place}"),
        };
        let by_content = if self.is_named { Vec::new() } else { self.contents(Digest::of_json(event)) };
        Keys { key: in_it(&self.known_by), next_key: self.known_by_next.as_ref().map(in_it), by_content }
    }

    /// What an event in it may be known by, whether or not it turns out to have an id of its own.
    fn every_content(&self, event: &Value) -> Vec<String> {
        let content = Digest::of_json(event);
        let without = if self.is_named || self.sent.is_none() { Vec::new() } else { self.contents(content) };
        [content.to_string()].into_iter().chain(without).collect()
    }

    fn contents(&self, content: Digest) -> Vec<String> {
        let (own, next) = by_content(content, self.sent);
        [own].into_iter().chain(next).collect()
    }
}

/// What a delivery without any id is known by: what it says; where it is signed anew for each attempt, on the day on
/// which it was, and then on the next.
fn by_content(content: Digest, sent: Option<Timestamp>) -> (String, Option<String>) {
    let Some(sent) = sent else { return (content.to_string(), None) };
    let day = sent.as_millisecond().div_euclid(DAY_MS);
    (format!("{content}@{day}"), Some(format!("{content}@{}", day.saturating_add(1))))
}
