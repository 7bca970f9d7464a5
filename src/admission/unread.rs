//! Records what is authentic and could not be understood, each once, so that nothing is lost. Its ids are taken by it,
//! as they would be by alerts.

use super::admit::refused;
use super::before::{OnRecord, recorded};
use super::draft::{OtherContent, Sender, conflict, unreadable};
use super::keys::{body_keys, delivery_key, event_key, tried_event_key};
use super::{Admission, AdmissionError, Kept, Recorded};
use crate::incident::DeliveryId;
use crate::intake::{NotUnderstood, OwnEvent, Verified};
use crate::trail::{Appended, DeliveryKey, Draft, Slot, UniqueKey};

impl Admission {
    /// Records an authentic delivery that could not be understood, unless it is on the trail already.
    ///
    /// # Errors
    /// Nothing was recorded, and why; its id, or that of its event, may have come with something else, which is recorded
    /// then.
    pub async fn record_not_understood(
        &self,
        delivery: Verified<NotUnderstood>,
        body: &[u8],
    ) -> Result<Kept, AdmissionError> {
        let delivery = delivery.into_inner();
        let (sender, body) = (Sender::from(&delivery), delivery.proven.as_deref().unwrap_or(body));
        let NotUnderstood { source, content, id: own, event, by_body, reason, .. } = &delivery;
        let id = DeliveryId::derive(source, *content, own.as_deref());
        let event_sha256 = event.as_ref().map(|event| event.content);
        let draft = unreadable(&sender, id.clone(), *reason, event_sha256, body, self.clock.now()).map_err(refused)?;
        // What says that it was tried out stands under keys of its own: it may have come before, when it was not.
        let mut also = body_keys(source, by_body, sender.is_tried);
        let own_event = event.as_ref().map(|event| event_key(source, event));
        also.extend(event.as_ref().filter(|_| sender.is_tried).map(|event| tried(&delivery, event)));
        let with = |own: Option<&DeliveryKey>| Draft {
            also: also.iter().copied().chain(own.map(|own| own.key)).collect(),
            ..draft.clone()
        };
        let key = own.as_deref().map(|own| delivery_key(source, own, *content));
        match self.trail.append(key, vec![with(own_event.as_ref())]).await.map_err(refused)? {
            Appended::Conflict { first } => {
                return Err(self.other_content(&sender, key, first, OtherContent::Body(body)).await);
            }
            Appended::Recorded(slots) if matches!(slots[..], [Slot::New(_)]) => {
                return Ok(Kept { recorded: Recorded::Now, delivery: Some(id) });
            }
            Appended::Recorded(_) | Appended::Repeated { .. } => {}
        }
        if let Some(own) = own_event
            && let Some(first) = self.trail.find(&own.key)
            && recorded(&self.trail, first)?
                .as_ref()
                .and_then(OnRecord::event_sha256)
                .is_some_and(|known| known != own.content)
        {
            let other = OtherContent::Body(body);
            let told = conflict(&sender, own, Some(own.content), first, other, self.clock.now()).map_err(refused)?;
            self.trail.append(None, vec![told]).await.map_err(refused)?;
            return Err(AdmissionError::Conflict);
        }
        let mut recorded = Recorded::Before;
        if sender.is_tried
            && let Appended::Recorded(slots) = self.trail.append(None, vec![with(None)]).await.map_err(refused)?
            && matches!(slots[..], [Slot::New(_)])
        {
            recorded = Recorded::Now;
        }
        Ok(Kept { recorded, delivery: Some(id).filter(|id| self.is_on_record(id)) })
    }
}

fn tried(delivery: &NotUnderstood, event: &OwnEvent) -> UniqueKey {
    tried_event_key(&delivery.source, &event.key, event.content)
}
