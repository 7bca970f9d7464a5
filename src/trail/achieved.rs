//! Whom incidents have signed out just now, so that another on the same account need not do it again.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Live;
use crate::incident::{Action, ActionKind, Event, Finding, IncidentId, Timestamp, UserId, sorted};

/// How long a sign-out serves another incident, too. It ends what sessions there are, and a disable that comes later
/// than this leaves time to open others.
const JUST_NOW: Duration = Duration::from_secs(60);

/// The last sign-outs, by account.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Achieved {
    #[serde(with = "sorted::map")]
    signed_out: HashMap<UserId, SignedOut>,
}

/// The last sign-out of an account.
#[derive(Debug, Serialize, Deserialize)]
struct SignedOut {
    by: IncidentId,
    /// The record of its intent: the call left after it.
    began: u64,
    at: Timestamp,
}

impl Achieved {
    /// Takes in what an event has made of an incident.
    pub(super) fn note(&mut self, live: &Live, event: &Event, at: Timestamp) {
        let (Some(user_id), Event::StepSucceeded { step, finding: Finding::Answered, .. }) =
            (&live.incident.user_id, event)
        else {
            return;
        };
        match live.incident.plan.actions.get(usize::from(*step)).map(Action::kind) {
            Some(ActionKind::SignOut) => {
                self.signed_out.retain(|_, last| is_just_now(last.at, at));
                let last = SignedOut { by: live.incident.id().clone(), began: live.began, at };
                self.signed_out.insert(user_id.clone(), last);
            }
            // Whoever is let in again may have opened sessions since.
            Some(ActionKind::Enable) => drop(self.signed_out.remove(user_id)),
            Some(ActionKind::Disable | ActionKind::ChangeDingTalkId | ActionKind::Notify) | None => {}
        }
    }

    /// Who has signed the account out just now: after the record `since`, so that no session that was there then is
    /// left, and so lately that there are hardly others.
    pub(super) fn signed_out_since(&self, user_id: &UserId, since: u64, now: Timestamp) -> Option<&IncidentId> {
        let last = self.signed_out.get(user_id)?;
        (last.began > since && is_just_now(last.at, now)).then_some(&last.by)
    }
}

fn is_just_now(at: Timestamp, now: Timestamp) -> bool {
    at.checked_add(JUST_NOW).is_ok_and(|until| now <= until)
}
