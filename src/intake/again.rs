//! What of a delivery comes under an id that another of its events had before.

use std::collections::BTreeMap;

use super::delivery::{Again, OtherEvent};
use crate::incident::{Alert, Digest};

/// Takes them out, so that the first under each id is the one that acts.
pub(super) fn taken_from(alerts: &mut Vec<Alert>) -> Vec<Again> {
    let (mut first_of, mut again) = (BTreeMap::new(), Vec::new());
    let mut firsts: Vec<Alert> = Vec::with_capacity(alerts.len());
    for alert in alerts.drain(..) {
        let place = *first_of.entry(alert.summary.id.clone()).or_insert(firsts.len());
        match firsts.get(place) {
            Some(first) => again.push(Again { place, other: other(first, alert) }),
            None => firsts.push(alert),
        }
    }
    *alerts = firsts;
    again
}

/// Of a kind that tells of the same again with other words, too: it does so later, and not at one stroke.
fn other(first: &Alert, second: Alert) -> Option<OtherEvent> {
    let event = second.event;
    (first.event != event).then(|| OtherEvent { event_sha256: content(&event), event })
}

/// What an event is, whatever it is known by: the digest of its JSON with the names in order.
pub(super) fn content(event: &serde_json::Value) -> Digest {
    Digest::of(event.to_string().as_bytes())
}
