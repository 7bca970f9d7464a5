//! Whose DingTalk ID was changed when: DingTalk changes it once a year, so that a second time is not even asked for.
//! Folded from the steps of incidents.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ActionKind, Event, Incident, IncidentId, Timestamp, UserId, sorted};

/// How long DingTalk refuses another change. It documents a year; this is the longest there is.
const YEAR: Duration = Duration::from_secs(366 * 86_400);
/// From so many on, those of more than a year ago are looked for and forgotten. A human lets each of them be made.
const SWEPT_FROM: usize = 1_024;

/// The changes of the last year, by account, and by the pseudonym of the name under which it was acted on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DingTalkIdChanges {
    #[serde(with = "sorted::map")]
    of_accounts: HashMap<UserId, Change>,
    #[serde(with = "sorted::map")]
    of_names: HashMap<String, Change>,
}

/// One change, or one that may have been made: which incident asked for it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    incident: IncidentId,
    at: Timestamp,
}

impl DingTalkIdChanges {
    /// Whether another incident than `but` has changed the account's in the year before `now`, or may have.
    #[must_use]
    pub fn is_recent(&self, account: &UserId, but: &IncidentId, now: Timestamp) -> bool {
        self.of_accounts.get(account).is_some_and(|change| change.incident != *but && change.is_recent(now))
    }

    /// The same of whoever was acted on under this pseudonym, by any incident.
    #[must_use]
    pub fn is_recent_of_name(&self, pseudonym: &str, now: Timestamp) -> bool {
        self.of_names.get(pseudonym).is_some_and(|change| change.is_recent(now))
    }

    /// Applies an event of the incident, which is as the event left it. From the intent on it may be changed; a
    /// failure says that it is not.
    pub fn apply(&mut self, incident: &Incident, event: &Event, at: Timestamp) {
        let (step, is_changed) = match event {
            Event::StepStarted { step, .. } | Event::StepSucceeded { step, .. } => (*step, true),
            Event::StepFailed { step, .. } => (*step, false),
            _ => return,
        };
        let kind = incident.plan.actions.get(usize::from(step)).map(super::Action::kind);
        let Some(account) = incident.user_id.as_ref().filter(|_| kind == Some(ActionKind::ChangeDingTalkId)) else {
            return;
        };
        let change = is_changed.then(|| Change { incident: incident.id().clone(), at });
        note(&mut self.of_accounts, account, incident.id(), change.clone());
        note(&mut self.of_names, &incident.plan.account, incident.id(), change);
    }
}

impl Change {
    /// What is later than now counts, too: it may be the clock that is wrong.
    fn is_recent(&self, now: Timestamp) -> bool {
        let ago_ms = now.as_millisecond().saturating_sub(self.at.as_millisecond());
        u128::try_from(ago_ms).map_or(true, |ago_ms| ago_ms < YEAR.as_millis())
    }
}

/// A failure takes back only what the same incident may have done, and what an earlier one did stays its own as long as
/// it counts.
fn note<K: Clone + Eq + Hash>(
    changes: &mut HashMap<K, Change>,
    key: &K,
    incident: &IncidentId,
    change: Option<Change>,
) {
    let known = changes.get(key);
    let is_own = known.is_some_and(|known| known.incident == *incident);
    match change {
        Some(change) if is_own || known.is_none_or(|known| !known.is_recent(change.at)) => {
            let now = change.at;
            changes.insert(key.clone(), change);
            if changes.len() >= SWEPT_FROM {
                changes.retain(|_, change| change.is_recent(now));
            }
        }
        None if is_own => {
            changes.remove(key);
        }
        Some(_) | None => {}
    }
}
