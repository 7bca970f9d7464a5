//! What of a delivery comes under an id that another of its events had before.

use std::collections::BTreeMap;

use super::delivery::{Again, OtherEvent, UnreadEvent};
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

/// Takes out those that have the id of an alert beside them.
pub(super) fn taken_by(alerts: &[Alert], unread: &mut Vec<UnreadEvent>) -> Vec<Again> {
    if unread.is_empty() {
        return Vec::new();
    }
    let places: BTreeMap<&str, usize> =
        alerts.iter().enumerate().map(|(place, alert)| (alert.key.as_str(), place)).collect();
    let (theirs, rest): (Vec<_>, Vec<_>) = unread.drain(..).partition(|event| places.contains_key(event.key.as_str()));
    *unread = rest;
    let again = |event: UnreadEvent| Some(Again { place: *places.get(event.key.as_str())?, other: Some(event.event) });
    theirs.into_iter().filter_map(again).collect()
}

/// Of a kind that tells of the same again with other words, too: it does so later, and not at one stroke.
fn other(first: &Alert, second: Alert) -> Option<OtherEvent> {
    let event = second.event;
    (first.event != event).then(|| OtherEvent { event_digest: Digest::of_json(&event), event })
}
