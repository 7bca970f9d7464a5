//! The records of a delivery: one for each alert, under the alert's key.

use crate::incident::{Alert, Digest, Event, SourceName, Timestamp};
use crate::intake::NotUnderstood;
use crate::response::{Decided, Enclosure, Tally};
use crate::trail::{DeliveryKey, Draft, StoreError, UniqueKey, seal, seal_json};

/// The record of an admitted alert. The event moves out of the alert into what lies beside it.
///
/// # Errors
/// What lies beside it cannot be sealed.
pub(super) fn admitted(
    alert: Alert,
    key: UniqueKey,
    decided: Decided,
    tally: Tally,
    now: Timestamp,
) -> Result<Draft, StoreError> {
    let enclosure = Enclosure { event: alert.event, subjects: decided.subjects };
    let (private, sealed) = seal_json(&enclosure)?;
    let event = Event::AlertAdmitted {
        alert: Box::new(alert.summary),
        verdict: Box::new(decided.verdict),
        opened: decided.opened,
        counted: tally.counted,
        counted_left_out: tally.left_out,
        private,
    };
    Ok(Draft { at: now, event, key: Some(key), private: Some(sealed) })
}

/// The record of a delivery that was authentic but not understood, with its body beside it.
///
/// # Errors
/// What lies beside it cannot be sealed.
pub(super) fn not_understood(delivery: &NotUnderstood, body: &[u8], now: Timestamp) -> Result<Draft, StoreError> {
    let (private, sealed) = seal(body)?;
    let event = Event::DeliveryNotUnderstood {
        source: delivery.source.clone(),
        reason: delivery.reason.code().to_owned(),
        body_sha256: delivery.body_sha256,
        private,
    };
    let parts: [&[u8]; 3] = [b"not understood", delivery.source.as_str().as_bytes(), &delivery.body_sha256.0];
    Ok(Draft { at: now, event, key: Some(UniqueKey(Digest::of_parts(&parts))), private: Some(sealed) })
}

/// The record of a known id with other content; each such content is recorded once.
pub(super) fn conflict(source: &SourceName, key: DeliveryKey, first: u64, now: Timestamp) -> Draft {
    let event = Event::DeliveryConflict { source: source.clone(), body_sha256: key.content, first };
    let once = UniqueKey(Digest::of_parts(&[b"conflict", &key.key.0.0, &key.content.0]));
    Draft { at: now, event, key: Some(once), private: None }
}

/// The key of a delivery that carries a signed id.
pub(super) fn delivery_key(source: &SourceName, id: &str, content: Digest) -> DeliveryKey {
    let parts: [&[u8]; 3] = [b"delivery", source.as_str().as_bytes(), id.as_bytes()];
    DeliveryKey { key: UniqueKey(Digest::of_parts(&parts)), content }
}

/// The key of an alert within its source.
pub(super) fn alert_key(alert: &Alert) -> UniqueKey {
    UniqueKey(Digest::of_parts(&[b"alert", alert.summary.source.as_str().as_bytes(), alert.key.as_bytes()]))
}
