//! The records of a delivery: one for each alert, under the alert's key, and further ones where an alert
//! opens more incidents than one record can hold.

use serde_json::Value;

use super::fit;
use crate::incident::{Alert, AlertSummary, Digest, Event, Opened, SourceName, Timestamp, Verdict};
use crate::intake::NotUnderstood;
use crate::response::{Decided, Enclosure, Tally};
use crate::trail::{DeliveryKey, Draft, StoreError, UniqueKey, seal, seal_json};

/// More than the names, numbers and the digest of an alert's record come to.
const OWN_FRAME_BYTES: usize = 256;

/// The records of an admitted alert, its own first. The event moves out of the alert into what lies beside
/// that one.
///
/// # Errors
/// What lies beside them cannot be sealed.
pub(super) fn admitted(
    alert: Alert,
    key: UniqueKey,
    decided: Decided,
    tally: Tally,
    now: Timestamp,
) -> Result<Vec<Draft>, StoreError> {
    let Decided { verdict, opened, mut subjects } = decided;
    let (id, source) = (alert.summary.id.clone(), alert.summary.source.clone());
    let mut own = Own { alert: alert.summary, verdict, tally };
    let behind_it =
        |opened, private| Event::IncidentsOpened { alert: id.clone(), source: source.clone(), opened, private };
    let (opened, behind) = if opened.is_empty() && own.verdict.decisions.len() < 2 {
        (opened, Vec::new())
    } else {
        let (bytes, bytes_behind) = (own.shorten(), fit::size(&behind_it(Vec::new(), Digest::of(b""))));
        fit::part(opened, bytes, bytes_behind)
    };
    let mut later = Vec::with_capacity(behind.len());
    for (number, opened) in (1_u32..).zip(behind) {
        let moved = opened.iter().filter_map(|opened| subjects.remove_entry(&opened.plan.incident));
        let enclosure = Enclosure { event: Value::Null, subjects: moved.collect() };
        let (private, sealed) = seal_json(&enclosure)?;
        // As the alert's own: known from before, it is not recorded again.
        let key = UniqueKey(Digest::of_parts(&[b"opened", &key.0.0, &number.to_be_bytes()]));
        later.push(Draft { at: now, event: behind_it(opened, private), key: Some(key), private: Some(sealed) });
    }
    let (private, sealed) = seal_json(&Enclosure { event: alert.event, subjects })?;
    let first = Draft { at: now, event: own.event(opened, private), key: Some(key), private: Some(sealed) };
    Ok([first].into_iter().chain(later).collect())
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

    fn event(self, opened: Vec<Opened>, private: Digest) -> Event {
        Event::AlertAdmitted {
            alert: Box::new(self.alert),
            verdict: Box::new(self.verdict),
            opened,
            counted: self.tally.counted,
            counted_left_out: self.tally.left_out,
            private,
        }
    }
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
