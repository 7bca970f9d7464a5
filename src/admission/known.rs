//! Tells the events that were known before apart: the same again, or another one under a known id.

use std::sync::Arc;

use serde_json::Value;

use super::AdmissionError;
use super::admit::refused;
use super::before::{OnRecord, keys_of, recorded};
use super::digests::Digests;
use super::draft::{OtherContent, Sender, conflict};
use super::keys::{AlertKeys, unread_event_key};
use crate::incident::{Alert, AlertId, Digest, Timestamp};
use crate::intake::{Again, OtherEvent};
use crate::trail::{DeliveryKey, Draft, Slot, Trail};

/// One of a delivery's alerts, with what else came under its id.
pub(super) struct Carried {
    pub id: AlertId,
    pub keys: AlertKeys,
    /// Whether its very event was tried out when nobody could read it yet.
    pub was_tried: bool,
    /// The event, where it may turn out to be another one than is known under its id.
    pub event: Value,
    /// What only comes under its id, where that is so.
    content: Option<Digest>,
    /// How often the same came again.
    repeats: usize,
    /// What else came, and its digest.
    others: Vec<(Digest, Value)>,
}

/// What became of a delivery's events.
#[derive(Default)]
pub(super) struct Found {
    /// The alerts' ids; of none that is on no record.
    pub ids: Vec<Option<AlertId>>,
    /// How many events were known, or had come before in the same delivery.
    pub repeats: usize,
    /// How many are other events under a known id.
    pub conflicts: usize,
}

impl Carried {
    /// # Errors
    /// The trail cannot be read.
    pub(super) fn of(
        trail: &Trail,
        digests: Digests<'_>,
        alerts: &[Alert],
        again: Vec<Again>,
        may_be_unread: bool,
    ) -> Result<Vec<Self>, AdmissionError> {
        let first = |alert: &Alert| {
            let (keys, was_tried) = keys_of(trail, digests, alert, may_be_unread)?;
            let (id, content) = (alert.summary.id.clone(), alert.summary.event_digest);
            Ok(Self { id, keys, was_tried, event: Value::Null, content, repeats: 0, others: Vec::new() })
        };
        let mut all: Vec<Self> = alerts.iter().map(first).collect::<Result<_, _>>()?;
        // The very same is on record that nobody could read.
        let is_known = |alert: &Alert, other: &OtherEvent| {
            let very = unread_event_key(&alert.summary.source, &alert.key, other.event_digest);
            may_be_unread && trail.is_known(&very)
        };
        for Again { place, other } in again {
            let (Some(carried), Some(alert)) = (all.get_mut(place), alerts.get(place)) else { continue };
            match other.filter(|other| !is_known(alert, other)) {
                Some(other) => carried.others.push((other.event_digest, other.event)),
                None => carried.repeats += 1,
            }
        }
        Ok(all)
    }

    /// Keeps the event, if it may have to be told of as another one: under its own id, or under its delivery's.
    pub(super) fn keep(&mut self, event: Value, has_delivery_id: bool) {
        if has_delivery_id || self.content.is_some() {
            self.event = event;
        }
    }

    /// Whether what is recorded of it has to be read, if it is known.
    fn asks(&self) -> bool {
        self.content.is_some() || !self.others.is_empty() || self.keys.next.is_some()
    }

    /// What of it, and of what else came, is not the event that is known under its id: itself, where that is on no
    /// record yet. With no digest on the record, what came first in this delivery stands for that one.
    fn conflicts(self, recorded: Option<&OnRecord>) -> impl Iterator<Item = (DeliveryKey, Value)> {
        let own = self.content.filter(|own| recorded.is_some_and(|recorded| recorded.is_other_than(*own)));
        let same = recorded.map_or(self.content, OnRecord::event_digest);
        let others = self.others.into_iter().filter(move |(other, _)| same != Some(*other));
        let all = own.map(|own| (own, self.event)).into_iter().chain(others);
        all.map(move |(content, event)| (DeliveryKey { key: self.keys.own, content }, event))
    }
}

/// Looks up what was known, and records what is another event. Seldom is anything, so that reading what was recorded
/// first does no harm.
///
/// # Errors
/// All of them are other events, which the sender is to know; or they could not be recorded.
pub(super) async fn look_up(
    trail: &Arc<Trail>,
    sender: &Sender,
    carried: Vec<Carried>,
    slots: &[Slot],
    now: Timestamp,
) -> Result<Found, AdmissionError> {
    let mut conflicts: Vec<Draft> = Vec::new();
    let (mut ids, mut count, mut new) = (Vec::with_capacity(carried.len()), 0, 0);
    for (carried, slot) in carried.into_iter().zip(slots) {
        let (first, is_new) = match slot {
            Slot::New(first) => (*first, true),
            Slot::Known(first) => (*first, false),
        };
        let recorded = if is_new || !carried.asks() { None } else { recorded(trail, first)? };
        count += 1 + carried.repeats + carried.others.len();
        new += usize::from(is_new);
        // Of the day before, it has the id of that day.
        ids.push(recorded.as_ref().map_or_else(|| Some(carried.id.clone()), OnRecord::alert));
        for (key, event) in carried.conflicts(recorded.as_ref()) {
            let other = OtherContent::Events(std::slice::from_ref(&event));
            let draft = conflict(trail.subjects(), sender, key, Some(key.content), first, other, now);
            conflicts.push(draft.map_err(refused)?);
        }
    }
    let found = Found { ids, repeats: count - new - conflicts.len(), conflicts: conflicts.len() };
    if found.conflicts > 0 {
        tracing::warn!(source.name = %sender.source, alerts.count = found.conflicts, "other events have come under known ids");
        trail.append(None, conflicts).await.map_err(refused)?;
    }
    if found.conflicts < count { Ok(found) } else { Err(AdmissionError::Conflict) }
}
