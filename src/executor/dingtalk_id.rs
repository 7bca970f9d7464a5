//! The change of a DingTalk ID, which DingTalk does once a year: it is not tried blindly, and whose the new id is
//! decides what became of it.

use super::hand::{Hand, Moved};
use super::place::Place;
use crate::directory::Lookup;
use crate::incident::{Action, ChosenDingTalkId, Event, Failure, FailureClass, Finding, HoldReason, StepState, UserId};
use crate::trail::RecordError;

/// DingTalk's code for an id that was changed this year already.
const CHANGED_THIS_YEAR: &str = "have.been.set";

/// Who has an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// The account that is to have it.
    ThisAccount,
    /// Another one.
    Another,
    /// Nobody, as far as DingTalk shows.
    Nobody,
}

impl Hand {
    /// Whether another incident has changed the account's in the last year, or may have, and this one has still to.
    pub(super) fn was_changed_lately(&self, at: &Place<'_>) -> bool {
        let mut steps = at.incident.plan.actions.iter().zip(&at.incident.steps);
        let is_to_come = |(action, state): (&Action, &StepState)| {
            matches!(action, Action::ChangeDingTalkId { .. }) && !state.is_final(action)
        };
        let now = self.clock.now();
        steps.any(is_to_come) && self.trail.board(|board| board.dingtalk_ids().is_recent(at.user_id, at.id(), now))
    }

    /// Who has the new id before an attempt that is not the first; of a first one nobody has to be asked.
    pub(super) async fn holder_before(&self, at: &Place<'_>, attempt: u32) -> Result<Option<Holder>, Failure> {
        match at.action {
            Action::ChangeDingTalkId { to } if attempt > 1 => self.holder(to, at.user_id).await.map(Some),
            _ => Ok(None),
        }
    }

    /// What makes the call needless or useless.
    pub(super) fn no_change(&self, at: &Place<'_>, attempt: u32, holder: Option<Holder>) -> Option<Event> {
        match holder {
            Some(Holder::ThisAccount) => Some(at.succeeded(attempt, Finding::Recovered, None)),
            Some(Holder::Another) => Some(at.failed(attempt, taken(), None)),
            // A human let the incident go on without it.
            _ if self.was_changed_lately(at) => {
                let failure = Failure::local(FailureClass::Permanent, "changed_within_a_year");
                Some(at.failed(attempt, failure, None))
            }
            _ => None,
        }
    }

    /// A refusal after an attempt whose outcome nobody knows may mean that it was this one that came through, although
    /// DingTalk does not show it: a human has to look.
    pub(super) fn changed_unseen(&self, at: &Place<'_>, attempt: u32, failure: &Failure) -> Option<Vec<Event>> {
        let is_change = matches!(at.action, Action::ChangeDingTalkId { .. });
        let is_unseen = is_change && attempt > 1 && failure.code == CHANGED_THIS_YEAR;
        let failed = || at.failed(attempt, failure.clone(), Some(self.clock.now()));
        is_unseen.then(|| vec![failed(), at.held(HoldReason::Unverified, Some(failure.clone()))])
    }

    /// The outcome is not known: whose the new id is decides.
    pub(super) async fn settle_change(
        &self,
        at: &Place<'_>,
        attempt: u32,
        to: &ChosenDingTalkId,
    ) -> Result<Moved, RecordError> {
        let settled = match self.holder(to, at.user_id).await {
            Err(failure) => {
                return self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await;
            }
            Ok(Holder::Nobody) => return self.repeat(at, attempt).await,
            Ok(Holder::ThisAccount) => at.succeeded(attempt, Finding::Recovered, None),
            Ok(Holder::Another) => at.failed(attempt, taken(), None),
        };
        self.record(vec![settled]).await?;
        Ok(Moved::On)
    }

    /// Claimed is not verified: the new id has to be this account's.
    pub(super) async fn read_change_back(
        &self,
        at: &Place<'_>,
        attempt: u32,
        to: &ChosenDingTalkId,
    ) -> Result<Moved, RecordError> {
        let read = match self.holder(to, at.user_id).await {
            Err(failure) => {
                return self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await;
            }
            Ok(Holder::ThisAccount) => {
                vec![Event::StepVerified { incident: at.id().clone(), step: at.step, disabled: None }]
            }
            Ok(Holder::Another) => vec![at.failed(attempt, taken(), None)],
            Ok(Holder::Nobody) => {
                self.postponed(at, attempt, Failure::local(FailureClass::NotInEffect, "not_in_effect"))
            }
        };
        self.record(read).await?;
        Ok(Moved::On)
    }

    async fn holder(&self, id: &ChosenDingTalkId, user_id: &UserId) -> Result<Holder, Failure> {
        let found = self.directory.find(&Lookup::DingTalkId(id.as_taken().clone())).await?;
        Ok(match found.as_slice() {
            [] => Holder::Nobody,
            [holder] if holder == user_id => Holder::ThisAccount,
            _ => Holder::Another,
        })
    }
}

fn taken() -> Failure {
    Failure::local(FailureClass::Permanent, "dingtalk_id_taken")
}
