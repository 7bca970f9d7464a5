//! Records what a responder asks for by hand: one append, under the key they give.

use std::sync::Arc;

use super::admit::{Admission, refused};
use super::drawn::Drawn;
use super::{AdmissionError, NotByHand};
use crate::incident::{AccountRef, Digest, Event, IncidentId, Ledger};
use crate::response::{ByHand, Enclosure, Standing};
use crate::trail::{About, Appended, DeliveryKey, Draft, Pseudonyms, Slot, UniqueKey};

impl Admission {
    /// What names accounts on the trail.
    #[must_use]
    pub fn pseudonyms(&self) -> &Pseudonyms {
        &self.pseudonyms
    }

    /// The name under which plans have an account that is named so.
    #[must_use]
    pub fn name_of(&self, account: &AccountRef) -> String {
        self.pseudonyms.of(account)
    }

    /// Opens an incident; with a key that the same actor has used before for the same, gives the one it opened then.
    ///
    /// # Errors
    /// What is asked for makes no plan, the key was used before for something else, or nothing was recorded.
    pub async fn open_by_hand(
        self: &Arc<Self>,
        asked: &ByHand,
        key: Option<&str>,
    ) -> Result<(IncidentId, bool), NotByHand> {
        let now = self.clock.now();
        // Without a key, what is asked for twice at one moment is one click too many.
        let moment = format!("{} {:?}", now.as_nanosecond(), asked.steps);
        let said = key.unwrap_or(&moment);
        let name = self.pseudonyms.of(&asked.account);
        let incident = IncidentId::by_hand(&asked.actor, said, &name);
        let loaded = self.rules.now();
        let standing = self.trail.board(|board| Standing {
            pauses: board.pauses().clone(),
            dingtalk_ids_changed: board
                .dingtalk_ids()
                .is_recent_of_name(&name, now)
                .then(|| name.clone())
                .into_iter()
                .collect(),
            channels: asked
                .notice
                .iter()
                .filter(|notice| board.notices().lane(&notice.channel).is_some())
                .map(|notice| notice.channel.clone())
                .collect(),
            people: self.roster.as_ref().and_then(|roster| roster.people()),
            ..Standing::default()
        });
        let mut drawn = Drawn::on(&self.ledger, now);
        let draw_up = |ledger: &mut Ledger| {
            asked.draw_up(incident.clone(), &standing, ledger, &loaded.set, &self.pseudonyms, now)
        };
        let (opened, subject) = drawn.draw_by_hand(draw_up)?;
        let enclosure = Enclosure { event: serde_json::Value::Null, subjects: [(incident.clone(), subject)].into() };
        let about: About = [self.pseudonyms.mark(&asked.account)].into_iter().collect();
        let sealed = self.trail.subjects().seal_json(&about, now, &enclosure);
        let (private, sealed) = sealed.map_err(refused)?;
        let (actor, reason) = (asked.actor.clone(), asked.reason.clone());
        let event = Event::IncidentRequested { actor, reason, opened: Box::new(opened), private };
        let once = Digest::of_parts(&[b"by hand", incident.as_str().as_bytes()]);
        let draft = Draft { key: Some(UniqueKey(once)), private: Some(sealed), ..Draft::of(now, event) };
        let delivery = key.map(|key| DeliveryKey { key: key_of(&asked.actor, key), content: content(asked, &name) });
        match self.trail.append(delivery, vec![draft]).await.map_err(refused)? {
            Appended::Recorded(slots) => {
                let is_known = matches!(slots.first(), Some(Slot::Known(_)));
                drawn.keep(|_| !is_known);
                Ok((incident, is_known))
            }
            Appended::Repeated { .. } => Ok((incident, true)),
            Appended::Conflict { .. } => Err(AdmissionError::Conflict.into()),
        }
    }
}

fn key_of(actor: &str, key: &str) -> UniqueKey {
    UniqueKey(Digest::of_parts(&[b"key by hand", actor.as_bytes(), key.as_bytes()]))
}

/// All that is asked for: under a known key it is that again, or something else that must not be taken for it.
fn content(asked: &ByHand, account: &str) -> Digest {
    let ByHand { actor: _, asker: _, reason, account: named, steps, employee_reason, expires_in, dingtalk_id, notice } =
        asked;
    let steps = steps.iter().map(|step| step.as_str()).collect::<Vec<_>>().join(",");
    let expires_in = expires_in.map(|time| time.as_secs().to_string());
    let parts: [&[u8]; 9] = [
        named.kind().as_str().as_bytes(),
        account.as_bytes(),
        reason.as_bytes(),
        steps.as_bytes(),
        employee_reason.as_ref().map_or(b"", |code| code.as_str().as_bytes()),
        expires_in.as_deref().unwrap_or_default().as_bytes(),
        dingtalk_id.as_ref().map_or(b"", |id| id.as_str().as_bytes()),
        notice.as_ref().map_or(b"", |notice| notice.channel.as_str().as_bytes()),
        notice.as_ref().map_or(b"", |notice| notice.text.as_bytes()),
    ];
    Digest::of_parts(&parts)
}
