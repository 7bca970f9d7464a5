//! Who was contained when: the times that count where a rule disables an account for longer each time. Folded from the
//! trail.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::incident::{Event, Finding, Incident, IncidentId, StepState, Timestamp, UserId, sorted};

/// The most that are remembered of one account; more than any ladder has rungs.
const OF_ONE_MAX: usize = 16;
/// How long they are remembered; longer than any ladder looks back.
const REMEMBERED: Duration = Duration::from_secs(366 * 86_400);
/// The most accounts; those contained last longest ago are forgotten beyond it.
const ACCOUNTS_MAX: usize = 100_000;

/// The containments that were read back and were ours, by account.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Containments {
    #[serde(with = "sorted::map")]
    of: HashMap<UserId, VecDeque<(Timestamp, IncidentId)>>,
    /// Whose account a reference was the last time, by its pseudonym.
    #[serde(with = "sorted::map")]
    named: HashMap<String, UserId>,
}

impl Containments {
    /// Takes in what an event has made of an incident. What was found in place is none, by whomever it was made; one
    /// that a human says was a false alarm was none.
    pub(super) fn note(&mut self, incident: &Incident, event: &Event, at: Timestamp) {
        let Some(user_id) = &incident.user_id else { return };
        match event {
            Event::StepVerified { step, disabled: Some(true), .. } => {
                let state = incident.steps.get(usize::from(*step));
                let is_made = |finding: &Finding| matches!(finding, Finding::Answered | Finding::Recovered);
                if matches!(state, Some(StepState::Verified { finding, .. }) if is_made(finding)) {
                    self.add(user_id, incident, at);
                }
            }
            Event::IncidentReleased { incident: released, false_alarm: true, .. } => {
                if let Some(times) = self.of.get_mut(user_id) {
                    times.retain(|(_, incident)| incident != released);
                }
            }
            _ => {}
        }
    }

    /// When the account was contained, by its user id where that is known, else by the pseudonym of its reference.
    pub(super) fn times(&self, account: &str, user_id: Option<&UserId>) -> Vec<Timestamp> {
        let times = user_id.or_else(|| self.named.get(account)).and_then(|user_id| self.of.get(user_id));
        times.into_iter().flatten().map(|(at, _)| *at).collect()
    }

    fn add(&mut self, user_id: &UserId, incident: &Incident, at: Timestamp) {
        self.forget(at);
        self.named.insert(incident.plan.account.clone(), user_id.clone());
        let times = self.of.entry(user_id.clone()).or_default();
        if times.len() >= OF_ONE_MAX {
            times.pop_front();
        }
        times.push_back((at, incident.id().clone()));
    }

    fn forget(&mut self, now: Timestamp) {
        if self.of.len() < ACCOUNTS_MAX {
            return;
        }
        let last = |times: &VecDeque<(Timestamp, IncidentId)>| times.back().map_or(Timestamp::MIN, |(at, _)| *at);
        let long_ago = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.of.retain(|_, times| last(times) > long_ago);
        if self.of.len() >= ACCOUNTS_MAX {
            let mut all: Vec<_> = self.of.values().map(last).collect();
            let (_, middle, _) = all.select_nth_unstable(ACCOUNTS_MAX / 2);
            let middle = *middle;
            self.of.retain(|_, times| last(times) > middle);
        }
        let of = &self.of;
        self.named.retain(|_, user_id| of.contains_key(user_id));
    }
}
