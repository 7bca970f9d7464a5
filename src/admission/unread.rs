//! Records what is authentic and could not be understood, each once, so that nothing is lost. Its ids are taken by it,
//! as they would be by alerts.

use super::admit::refused;
use super::claims::Claims;
use super::digests::Digests;
use super::draft::{OtherContent, Sender, unreadable};
use super::keys::{body_keys, delivery_keys};
use super::{Admission, AdmissionError, Kept, Recorded};
use crate::incident::DeliveryId;
use crate::intake::{NotUnderstood, Verified};
use crate::trail::{Appended, Draft, Slot, UniqueKey};

impl Admission {
    /// Records an authentic delivery that could not be understood, unless it is on the trail already.
    ///
    /// # Errors
    /// Nothing was recorded, and why; its id, or that of each event in it, may have come with something else, which is
    /// recorded then.
    pub async fn record_not_understood(
        &self,
        delivery: Verified<NotUnderstood>,
        body: &[u8],
    ) -> Result<Kept, AdmissionError> {
        self.may_begin()?;
        let mut delivery = delivery.into_inner();
        Digests::put_not_understood(&self.pseudonyms, &self.trail, &mut delivery);
        let (sender, body) = (Sender::from(&delivery), delivery.proven.as_deref().unwrap_or(body));
        let NotUnderstood { source, content, id: own, events, by_content, has_only_those, by_body, .. } = &delivery;
        let keys = delivery_keys(source, own.as_deref(), delivery.passed_on_as.as_deref(), *content);
        let now = self.clock.now();
        let id = DeliveryId::derive(source, *content, own.as_deref());
        let event_digest = match &events[..] {
            [only] if *has_only_those => Some(only.event.event_digest),
            _ => None,
        };
        let subjects = self.trail.subjects();
        let of_body = unreadable(subjects, &sender, id.clone(), delivery.reason, event_digest, body, now);
        let of_body = of_body.map_err(refused)?;
        let Claims { fresh, known, conflicts } = Claims::of(&self.trail, &sender, (events, by_content), now)?;
        let is_conflict = *has_only_those && conflicts.len() == events.len();
        // What says that it was tried out stands under keys of its own: it may have come before, when it was not.
        let by_body = body_keys(source, by_body, sender.is_tried);
        let with = |keys: &[UniqueKey]| Draft { also: [&by_body, keys].concat(), ..of_body.clone() };
        // With nothing else in it than what came before it is known by that, whatever it came in.
        let is_all_known = *has_only_those && fresh.is_empty();
        let drafts = Some(if is_all_known { &known } else { &fresh }).filter(|_| !is_conflict).map(|keys| with(keys));
        let drafts = drafts.into_iter().chain(conflicts).collect();
        let slots = match self.trail.append(keys.clone(), drafts).await.map_err(refused)? {
            Appended::Conflict { first } => {
                return Err(self.other_content(&sender, keys.first(), first, OtherContent::Body(body)).await);
            }
            _ if is_conflict => return Err(AdmissionError::Conflict),
            Appended::Recorded(slots) => slots,
            Appended::Repeated { .. } => Vec::new(),
        };
        let again = match slots.first() {
            Some(Slot::New(_)) => return Ok(Kept { recorded: Recorded::Now, delivery: Some(id) }),
            None if sender.is_tried => Some(with(&fresh)),
            // Another delivery may have taken an id at the same moment, and only that is on its record.
            Some(Slot::Known(_)) if !is_all_known => Some(with(&[])),
            _ => None,
        };
        let mut recorded = Recorded::Before;
        if let Some(draft) = again
            && let Appended::Recorded(slots) = self.trail.append(None, vec![draft]).await.map_err(refused)?
            && matches!(slots[..], [Slot::New(_)])
        {
            recorded = Recorded::Now;
        }
        Ok(Kept { recorded, delivery: Some(id).filter(|id| self.is_on_record(id)) })
    }
}
