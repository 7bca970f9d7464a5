//! Records what a responder asks for by hand: one append, under the key they give.

use std::sync::Arc;

use super::admit::{Admission, refused};
use super::{AdmissionError, NotByHand};
use crate::incident::{AccountRef, Digest, Event, IncidentId};
use crate::response::{ByHand, Enclosure, Standing};
use crate::trail::{Appended, Draft, Slot, UniqueKey, seal_json};

impl Admission {
    /// The name under which plans have an account that is named so.
    #[must_use]
    pub fn name_of(&self, account: &AccountRef) -> String {
        self.pseudonyms.of(account)
    }

    /// Opens an incident; with a key that the same actor has used before, gives the one it opened then.
    ///
    /// # Errors
    /// What is asked for makes no plan, or nothing was recorded.
    pub async fn open_by_hand(
        self: &Arc<Self>,
        asked: &ByHand,
        key: Option<&str>,
    ) -> Result<(IncidentId, bool), NotByHand> {
        let now = self.clock.now();
        // Without a key, what is asked for twice at one moment is one click too many.
        let moment = format!("{} {:?}", now.as_nanosecond(), asked.steps);
        let said = key.unwrap_or(&moment);
        let incident = IncidentId::by_hand(&asked.actor, said, &asked.account.key());
        let loaded = self.rules.now();
        let name = self.pseudonyms.of(&asked.account);
        let standing = self.trail.board(|board| Standing {
            pauses: board.pauses().clone(),
            dingtalk_ids_changed: board
                .dingtalk_ids()
                .is_recent_of_name(&name, now)
                .then_some(name)
                .into_iter()
                .collect(),
            channels: asked
                .notice
                .iter()
                .filter(|notice| board.notices().lane(&notice.channel).is_some())
                .map(|notice| notice.channel.clone())
                .collect(),
            ..Standing::default()
        });
        let (opened, subject) = asked.draw_up(incident.clone(), &standing, &loaded.set, &self.pseudonyms, now)?;
        let enclosure = Enclosure { event: serde_json::Value::Null, subjects: [(incident.clone(), subject)].into() };
        let (private, sealed) = seal_json(&enclosure).map_err(refused)?;
        let (actor, reason) = (asked.actor.clone(), asked.reason.clone());
        let event = Event::IncidentRequested { actor, reason, opened, private };
        let once = Digest::of_parts(&[b"by hand", incident.as_str().as_bytes()]);
        let draft = Draft { key: Some(UniqueKey(once)), private: Some(sealed), ..Draft::of(now, event) };
        match self.trail.append(None, vec![draft]).await.map_err(refused)? {
            Appended::Recorded(slots) => Ok((incident, matches!(slots.first(), Some(Slot::Known(_))))),
            Appended::Repeated { .. } | Appended::Conflict { .. } => {
                Err(AdmissionError::Unrecorded("an append without a delivery has none".to_owned()).into())
            }
        }
    }
}
