//! What deliveries, alerts and what could not be understood are known by on the trail, whatever they are made of by
//! the mapping that is in force when they come again.

use crate::incident::{Alert, DeliveryId, Digest, SourceName};
use crate::intake::UnreadEvent;
use crate::trail::{DeliveryKey, Trail, UniqueKey};

/// The key of a delivery that carries a signed id.
pub(super) fn delivery_key(source: &SourceName, id: &str, content: Digest) -> DeliveryKey {
    DeliveryKey { key: key(b"delivery", source, id), content }
}

/// All that a delivery is known by that carries signed ids: its own, and that of whoever passes it on, which may be
/// another one for each attempt. The two are ids of two.
pub(super) fn delivery_keys(
    source: &SourceName,
    own: Option<&str>,
    passed_on_as: Option<&str>,
    content: Digest,
) -> Vec<DeliveryKey> {
    let of_message = |own| DeliveryKey { key: key(b"message passed on", source, own), content };
    let of_delivery = |id| delivery_key(source, id, content);
    match passed_on_as {
        None => own.map(of_delivery).into_iter().collect(),
        Some(id) => own.map(of_message).into_iter().chain([of_delivery(id)]).collect(),
    }
}

/// What the record of a delivery that was not understood is known by; another one, where it was tried out.
pub(super) fn unreadable_key(delivery: &DeliveryId, is_tried: bool) -> UniqueKey {
    let scope: &[u8] = if is_tried { b"delivery not understood, tried out" } else { b"delivery not understood" };
    UniqueKey(Digest::of_parts(&[scope, delivery.as_str().as_bytes()]))
}

/// What a body is known by that nothing beside it names; other ones, where it was tried out and not understood.
pub(super) fn body_keys(source: &SourceName, by_body: &[String], is_tried: bool) -> Vec<UniqueKey> {
    let scope: &[u8] = if is_tried { b"body not understood, tried out" } else { b"body" };
    by_body.iter().map(|known_by| key(scope, source, known_by)).collect()
}

/// What an event with an id of its own is known by that was not understood: as its alert would be.
pub(super) fn event_key(source: &SourceName, unread: &UnreadEvent) -> DeliveryKey {
    DeliveryKey { key: key(b"alert", source, &unread.key), content: unread.event.event_digest }
}

/// What says that this very event was not understood, whatever came with it.
pub(super) fn unread_event_key(source: &SourceName, own_key: &str, content: Digest) -> UniqueKey {
    very(b"event not understood", source, own_key, content)
}

/// What says of such an event that it was tried out and not understood.
pub(super) fn tried_event_key(source: &SourceName, own_key: &str, content: Digest) -> UniqueKey {
    very(b"event tried out", source, own_key, content)
}

/// What says of events that nobody could read that they were tried out, whatever ids they are found to have.
pub(super) fn tried_content_keys(source: &SourceName, by_content: &[String]) -> Vec<UniqueKey> {
    by_content.iter().map(|content| key(b"content of an event tried out", source, content)).collect()
}

fn very(scope: &[u8], source: &SourceName, own_key: &str, content: Digest) -> UniqueKey {
    UniqueKey(Digest::of_parts(&[scope, source.as_str().as_bytes(), own_key.as_bytes(), &content.0]))
}

/// What an alert is known by within its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlertKeys {
    pub own: UniqueKey,
    /// That of the next day, where the day is part of it.
    pub next: Option<UniqueKey>,
}

impl AlertKeys {
    pub(super) fn of(alert: &Alert) -> Self {
        let source = &alert.summary.source;
        Self {
            own: key(b"alert", source, &alert.key),
            next: alert.next_key.as_ref().map(|next| key(b"alert", source, next)),
        }
    }

    /// Of an event whose own key stands for the record that it was not understood.
    pub(super) fn of_understood_later(alert: &Alert) -> Self {
        Self { own: key(b"alert understood later", &alert.summary.source, &alert.key), next: None }
    }

    /// The record of the alert.
    pub(super) fn find(&self, trail: &Trail) -> Option<u64> {
        trail.find(&self.own).or_else(|| trail.find(&self.next?))
    }
}

fn key(scope: &[u8], source: &SourceName, text: &str) -> UniqueKey {
    UniqueKey(Digest::of_parts(&[scope, source.as_str().as_bytes(), text.as_bytes()]))
}
