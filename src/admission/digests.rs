//! What stands for what senders said, on records and in the store: digests under the deployment's key. Nobody who has
//! the trail alone can find out by trying what was in a body, also not after what lay beside the record was erased.

use super::keys::{AlertKeys, body_keys, event_key};
use crate::incident::{Alert, AlertId, Digest, SourceName};
use crate::intake::{Delivery, NotUnderstood, OtherEvent, UnreadEvent};
use crate::trail::{Pseudonyms, Trail};

/// How the digests of a delivery stand on the trail.
#[derive(Clone, Copy)]
pub(super) enum Digests<'p> {
    /// As the sender could compute them: what it carries came before there was a key for them, and is known by that.
    Plain,
    /// Under the key.
    Keyed(&'p Pseudonyms),
}

impl<'p> Digests<'p> {
    /// Puts those of a delivery with alerts as they stand on the trail.
    pub(super) fn put(pseudonyms: &'p Pseudonyms, trail: &Trail, delivery: &mut Delivery) -> Self {
        let Delivery { source, body_digest, content, by_body, alerts, again, left_out, .. } = delivery;
        let unread = left_out.as_ref().map_or(&[][..], |left_out| &left_out.events);
        let is_known = |alert: &Alert| AlertKeys::of(alert).find(trail).is_some();
        let is_of_before = alerts.iter().any(is_known) || is_of_before(trail, source, by_body, unread);
        let digests = Self::unless(is_of_before, pseudonyms);
        [body_digest, content].into_iter().for_each(|digest| *digest = digests.of(*digest));
        digests.put_keys(by_body);
        alerts.iter_mut().for_each(|alert| digests.put_alert(alert));
        again.iter_mut().filter_map(|again| again.other.as_mut()).for_each(|other| digests.put_event(other));
        if let Some(left_out) = left_out {
            left_out.events.iter_mut().for_each(|unread| digests.put_unread(unread));
            digests.put_keys(&mut left_out.by_content);
        }
        digests
    }

    /// Puts those of one that was not understood.
    pub(super) fn put_not_understood(pseudonyms: &'p Pseudonyms, trail: &Trail, delivery: &mut NotUnderstood) {
        let NotUnderstood { source, body_digest, content, by_body, events, by_content, .. } = delivery;
        let digests = Self::unless(is_of_before(trail, source, by_body, events), pseudonyms);
        [body_digest, content].into_iter().for_each(|digest| *digest = digests.of(*digest));
        digests.put_keys(by_body);
        digests.put_keys(by_content);
        events.iter_mut().for_each(|unread| digests.put_unread(unread));
    }

    fn unless(is_of_before: bool, pseudonyms: &'p Pseudonyms) -> Self {
        if is_of_before { Self::Plain } else { Self::Keyed(pseudonyms) }
    }

    /// What stands there for a digest.
    pub(super) fn of(self, digest: Digest) -> Digest {
        match self {
            Self::Plain => digest,
            Self::Keyed(pseudonyms) => pseudonyms.digest(&digest.0),
        }
    }

    fn put_alert(self, alert: &mut Alert) {
        let Alert { summary, key, next_key, by_content, .. } = alert;
        summary.body_digest = self.of(summary.body_digest);
        summary.event_digest = summary.event_digest.map(|digest| self.of(digest));
        self.put_key(key);
        next_key.iter_mut().for_each(|key| self.put_key(key));
        self.put_keys(by_content);
        summary.id = AlertId::derive(&summary.source, key);
    }

    fn put_unread(self, unread: &mut UnreadEvent) {
        self.put_key(&mut unread.key);
        self.put_event(&mut unread.event);
    }

    fn put_event(self, other: &mut OtherEvent) {
        other.event_digest = self.of(other.event_digest);
    }

    fn put_keys(self, keys: &mut [String]) {
        keys.iter_mut().for_each(|key| self.put_key(key));
    }

    /// A key may be what a sender said, or a digest of it.
    fn put_key(self, key: &mut String) {
        if let Self::Keyed(pseudonyms) = self {
            *key = pseudonyms.digest(key.as_bytes()).to_string();
        }
    }
}

/// Whether it is known by what was said itself.
fn is_of_before(trail: &Trail, source: &SourceName, by_body: &[String], unread: &[UnreadEvent]) -> bool {
    let by_body = [false, true].into_iter().flat_map(|is_tried| body_keys(source, by_body, is_tried));
    let by_event = unread.iter().map(|unread| event_key(source, unread).key);
    by_body.chain(by_event).any(|key| trail.is_known(&key))
}
