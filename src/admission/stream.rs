//! Records what senders say of their own streams, each message once.

use super::draft::{OtherContent, Sender};
use super::keys::delivery_key;
use super::{Admission, AdmissionError, Recorded};
use crate::incident::{Digest, Event, SenderEvent};
use crate::intake::{StreamNews, Verified};
use crate::trail::{Appended, Draft, Slot, UniqueKey};

impl Admission {
    /// Whether such a message came under this id before, so that nothing is to be done for it.
    #[must_use]
    pub fn has_heard(&self, news: &StreamNews) -> bool {
        message_key(news).is_some_and(|key| self.trail.is_known(&key))
    }

    /// Records the message, unless it is on the trail already. Says whether that is new.
    ///
    /// # Errors
    /// Nothing was recorded, and why; its id may have come with something else, which is recorded then.
    pub async fn record_stream(&self, news: Verified<StreamNews>) -> Result<Recorded, AdmissionError> {
        let news = news.into_inner();
        let (message, now) = (message_key(&news), self.clock.now());
        // Deliveries of alerts have their ids from the same sender.
        let delivery = news.id.as_deref().map(|id| delivery_key(&news.source, id, news.content));
        let StreamNews { source, assurance, body_digest, sent_at, told, is_tried, .. } = news;
        // That is recorded of a conflict only; what comes under the message's id stays as it is known by.
        let body_digest = self.pseudonyms.digest(&body_digest.0);
        let sender = Sender { source: source.clone(), assurance, body_digest, is_tried };
        let said = serde_json::json!({ "status": told.status, "reason": told.reason });
        let (status, tried, reason) = (told.status, is_tried, told.reason);
        let event = Event::Sender(SenderEvent::Stream { source, assurance, status, tried, sent_at, reason });
        let draft = Draft { key: message, ..Draft::of(now, event) };
        match self.trail.append(delivery, vec![draft]).await.map_err(super::admit::refused)? {
            Appended::Recorded(slots) if matches!(slots[..], [Slot::New(_)]) => Ok(Recorded::Now),
            Appended::Recorded(_) | Appended::Repeated { .. } => Ok(Recorded::Before),
            Appended::Conflict { first } => {
                Err(self.other_content(&sender, delivery.as_ref(), first, OtherContent::Events(&[said])).await)
            }
        }
    }
}

fn message_key(news: &StreamNews) -> Option<UniqueKey> {
    let (source, id) = (news.source.as_str().as_bytes(), news.id.as_deref()?.as_bytes());
    Some(UniqueKey(Digest::of_parts(&[b"stream", source, id])))
}
