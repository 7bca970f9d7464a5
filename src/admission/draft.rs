//! The records of a delivery: one for each alert, under the alert's key, and further ones where an alert
//! opens more incidents than one record can hold.

use serde_json::Value;

use super::fit;
use super::keys::{AlertKeys, unreadable_key};
use crate::incident::{
    Alert, AlertSummary, Assurance, DeliveryId, Digest, Event, Mark, Opened, SenderEvent, SourceName, Timestamp, Trip,
    Verdict,
};
use crate::intake::{NotUnderstood, Unreadable};
use crate::response::{Decided, Enclosure, Tally};
use crate::trail::{About, DeliveryKey, Draft, PRIVATE_BYTES_MAX, Pseudonyms, Sealed, StoreError, Subjects, UniqueKey};

/// More than the names, numbers and the digest of an alert's record come to.
const OWN_FRAME_BYTES: usize = 256;

/// What names people, and encrypts what is about them.
#[derive(Clone, Copy)]
pub(super) struct Seal<'s> {
    pub subjects: &'s Subjects,
    pub pseudonyms: &'s Pseudonyms,
}

impl Seal<'_> {
    /// The accounts that the subjects of an enclosure have.
    fn accounts(&self, enclosure: &Enclosure) -> impl Iterator<Item = Mark> {
        enclosure.subjects.values().map(|subject| self.pseudonyms.mark(&subject.account))
    }
}

/// The records of an admitted alert that names these `accounts`, its own first, and the event, which lies beside that one now.
///
/// # Errors
/// What lies beside them cannot be sealed.
pub(super) fn admitted(
    seal: Seal<'_>,
    (alert, accounts): (Alert, Vec<Mark>),
    keys: AlertKeys,
    decided: Decided,
    tally: Tally,
    now: Timestamp,
) -> Result<(Vec<Draft>, Value), StoreError> {
    let Decided { verdict, opened, mut subjects, trips } = decided;
    let person = alert.person.iter().map(|person| seal.pseudonyms.mark(person));
    let about: About = person.chain(accounts).collect();
    let event = alert.event;
    let mut own = Own { alert: alert.summary, verdict, tally };
    if opened.is_empty() && own.verdict.decisions.is_empty() {
        // Most alerts are like this, and fit.
        let enclosure = Enclosure { event, subjects };
        let sealed = seal.subjects.seal_json(&about, now, &enclosure)?;
        let draft = own.draft(keys, Vec::new(), sealed, now);
        return Ok((vec![draft], enclosure.event));
    }
    let (id, source, assurance) = (own.alert.id.clone(), own.alert.source.clone(), Some(own.alert.assurance));
    let behind_it = |opened, private| {
        let (alert, source) = (id.clone(), source.clone());
        Event::IncidentsOpened { alert, source, assurance, opened, private }
    };
    let (bytes, bytes_behind) = (own.shorten(), fit::size(&behind_it(Vec::new(), Digest::of(b""))));
    let (opened, behind) = fit::part(opened, bytes, bytes_behind);
    let mut drafts = Vec::with_capacity(1 + behind.len());
    for opened in behind {
        let moved = opened.iter().filter_map(|opened| subjects.remove_entry(&opened.plan.incident));
        let moved = Enclosure { event: Value::Null, subjects: moved.collect() };
        let (private, sealed) = seal.subjects.seal_json(&seal.accounts(&moved).collect(), now, &moved)?;
        // Known from before, the alert has its incidents, and neither is recorded again.
        let (event, private) = (behind_it(opened, private), Some(sealed));
        drafts.push(Draft { private, behind: true, ..Draft::of(now, event) });
    }
    drafts.extend(trips.into_iter().map(|trip| tripped(trip, now)));
    let enclosure = Enclosure { event, subjects };
    let sealed = seal.subjects.seal_json(&about, now, &enclosure)?;
    drafts.insert(0, own.draft(keys, opened, sealed, now));
    Ok((drafts, enclosure.event))
}

/// The record of a breaker that trips: once, however many alerts at the same time it trips by.
fn tripped(trip: Trip, now: Timestamp) -> Draft {
    let scope = format!("{:?} {:?}", trip.scope, trip.released_at);
    let key = Some(UniqueKey(Digest::of_parts(&[b"breaker tripped", scope.as_bytes()])));
    Draft { key, ..Draft::of(now, Event::BreakerTripped { trip }) }
}

/// What the alert's own record holds in any case.
struct Own {
    alert: AlertSummary,
    verdict: Verdict,
    tally: Tally,
}

impl Own {
    /// Makes it fit, and says how many bytes it comes to without the incidents.
    fn shorten(&mut self) -> usize {
        let bytes = fit::size(&self.alert) + fit::size(&self.tally.counted) + OWN_FRAME_BYTES;
        fit::shorten(&mut self.verdict, bytes);
        bytes + fit::size(&self.verdict)
    }

    fn draft(self, keys: AlertKeys, opened: Vec<Opened>, (private, sealed): (Digest, Sealed), now: Timestamp) -> Draft {
        let event = Event::AlertAdmitted {
            alert: Box::new(self.alert),
            verdict: Box::new(self.verdict),
            opened,
            counted: self.tally.counted,
            counted_left_out: self.tally.left_out,
            private,
        };
        Draft {
            key: Some(keys.own),
            also: keys.next.into_iter().collect(),
            private: Some(sealed),
            ..Draft::of(now, event)
        }
    }
}

/// Where the records come from that a delivery leaves beside those of its alerts.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub source: SourceName,
    pub assurance: Assurance,
    pub body_digest: Digest,
    /// Whether the source is being tried out.
    pub is_tried: bool,
}

impl From<&NotUnderstood> for Sender {
    fn from(delivery: &NotUnderstood) -> Self {
        let NotUnderstood { source, assurance, body_digest, is_tried, .. } = delivery;
        Self { source: source.clone(), assurance: *assurance, body_digest: *body_digest, is_tried: *is_tried }
    }
}

/// The record of what could not be read in a delivery that has this id of ours, once, with its body beside it, or with
/// what stands for that.
///
/// # Errors
/// What lies beside it cannot be sealed.
pub(super) fn unreadable(
    subjects: &Subjects,
    sender: &Sender,
    delivery: DeliveryId,
    reason: Unreadable,
    event_digest: Option<Digest>,
    body: &[u8],
    now: Timestamp,
) -> Result<Draft, StoreError> {
    let (private, sealed) = subjects.seal(&About::nobody(), now, body)?;
    let Sender { source, assurance, body_digest, is_tried: tried } = sender.clone();
    let (assurance, reason, key) = (Some(assurance), reason.code().to_owned(), Some(unreadable_key(&delivery, tried)));
    let delivery = Some(delivery);
    let event = Event::Sender(SenderEvent::NotUnderstood {
        delivery,
        source,
        assurance,
        tried,
        reason,
        body_digest,
        event_digest,
        private,
    });
    Ok(Draft { key, private: Some(sealed), ..Draft::of(now, event) })
}

/// What came under a known id instead of what that stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum OtherContent<'c> {
    /// Events.
    Events(&'c [Value]),
    /// Something that could not be read.
    Body(&'c [u8]),
}

impl<'c> OtherContent<'c> {
    /// What came: the whole body where not all of its events could be read.
    pub(super) fn of(whole: Option<&'c [u8]>, events: &'c [Value]) -> Self {
        whole.map_or(Self::Events(events), Self::Body)
    }

    /// Whom it is about is not looked for: it was not put to any rule.
    fn seal(self, subjects: &Subjects, now: Timestamp) -> Result<(Digest, Sealed), StoreError> {
        let nobody = About::nobody();
        match self {
            Self::Body(body) => subjects.seal(&nobody, now, body),
            Self::Events(events) => match subjects.seal_json(&nobody, now, &events)? {
                // Many that each repeat what they have in common can come to more than the body did.
                (_, sealed) if sealed.bytes() > PRIVATE_BYTES_MAX => subjects.seal_json(&nobody, now, &events.get(..1)),
                sealed => Ok(sealed),
            },
        }
    }
}

/// The record of a known id, a delivery's or that of an event in it, with other content, which lies beside it; each
/// such content is recorded once.
///
/// # Errors
/// What lies beside it cannot be sealed.
pub(super) fn conflict(
    subjects: &Subjects,
    sender: &Sender,
    key: DeliveryKey,
    event_digest: Option<Digest>,
    first: u64,
    other: OtherContent<'_>,
    now: Timestamp,
) -> Result<Draft, StoreError> {
    let (private, sealed) = other.seal(subjects, now)?;
    let Sender { source, assurance, body_digest, is_tried: tried } = sender.clone();
    let (assurance, private) = (Some(assurance), Some(private));
    let event =
        Event::Sender(SenderEvent::Conflict { source, assurance, tried, body_digest, event_digest, first, private });
    let once = UniqueKey(Digest::of_parts(&[b"conflict", &key.key.0.0, &key.content.0]));
    Ok(Draft { key: Some(once), private: Some(sealed), ..Draft::of(now, event) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{AlertId, Decision, LogSource, NearestMiss, RuleId, RuleRef, VerdictKind};
    use crate::trail::EVENT_BYTES_MAX;

    fn alert() -> Alert {
        let source = SourceName::parse("test").unwrap();
        let summary = AlertSummary {
            id: AlertId::derive(&source, "key"),
            source,
            assurance: Assurance::A,
            event_type: Some("x".repeat(128)),
            occurred_at: Some(Timestamp::UNIX_EPOCH),
            received_at: Timestamp::UNIX_EPOCH,
            body_digest: Digest::of(b""),
            event_digest: None,
            delivery_hints: [].into(),
            secret: "s".repeat(64),
        };
        let log_sources = std::sync::Arc::from([LogSource::default()]);
        Alert {
            summary,
            key: "key".to_owned(),
            next_key: None,
            by_content: Vec::new(),
            log_sources,
            person: None,
            reason_user: [].into(),
            event: Value::Null,
        }
    }

    /// Eight decisions, each with an author of so many letters.
    fn verdict(letters: usize) -> Verdict {
        let id = RuleId::parse("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11").unwrap();
        let rule = RuleRef { id, title: "T".repeat(200), version: Digest::of(b"") };
        let decision = Decision {
            rule: rule.clone(),
            author: Some("a".repeat(letters)),
            kind: VerdictKind::Shadow,
            matched: vec!["m".repeat(64); 4],
            incident: None,
            reason: None,
            account: Some("0".repeat(64)),
        };
        let nearest = NearestMiss { rule, passed: 0, tests: 1, field: "f".repeat(900), why: "w".repeat(100) };
        Verdict {
            kind: VerdictKind::Shadow,
            rules: Digest::of(b""),
            decisions: vec![decision; Verdict::DECISIONS_MAX],
            decisions_left_out: 0,
            nearest: Some(nearest),
        }
    }

    #[test]
    fn an_alerts_record_fits_whatever_the_verdict_comes_to() {
        let mut left_out = Vec::new();
        for letters in 0..=Decision::AUTHOR_CHARS_MAX {
            let decided =
                Decided { verdict: verdict(letters), opened: Vec::new(), subjects: [].into(), trips: Vec::new() };
            let alert = alert();
            let keys = AlertKeys::of(&alert);
            let tally = Tally { counted: Vec::new(), left_out: u32::MAX };
            let (subjects, pseudonyms) = (Subjects::in_memory(), Pseudonyms::new(&[1; 32]));
            let seal = Seal { subjects: &subjects, pseudonyms: &pseudonyms };
            let alert = (alert, Vec::new());
            let (drafts, _) = admitted(seal, alert, keys, decided, tally, Timestamp::UNIX_EPOCH).unwrap();
            let [Draft { event, behind: false, .. }] = &drafts[..] else { panic!("{drafts:?}") };
            assert!(fit::size(event) <= EVENT_BYTES_MAX, "{letters}: {}", fit::size(event));
            let Event::AlertAdmitted { verdict, .. } = event else { unreachable!() };
            assert_eq!(verdict.decisions.len() + verdict.decisions_left_out as usize, Verdict::DECISIONS_MAX);
            left_out.push(verdict.decisions_left_out);
        }
        assert!(left_out.is_sorted() && left_out[0] < left_out[left_out.len() - 1], "{left_out:?}");
    }
}
