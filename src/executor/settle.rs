//! Finds out what became of a step by reading the account: after an unknown outcome, after a crash,
//! and to verify what was claimed.

use super::hand::{Hand, Moved, Progress};
use super::place::Place;
use crate::incident::{Action, Event, Failure, FailureClass, Finding, HoldReason, Timestamp, UserId};
use crate::trail::RecordError;

impl Hand {
    /// The process died between intent and outcome, or the outcome could not be recorded.
    pub(super) async fn interrupted(&self, at: &Place<'_>, attempt: u32) -> Result<Moved, RecordError> {
        let failure = Failure::local(FailureClass::Unknown, "interrupted");
        self.record(vec![at.unknown(attempt, failure)]).await?;
        Ok(Moved::On)
    }

    /// The outcome is not known: the account's state decides. No call shows sessions, and signing
    /// out twice is harmless but for a second notice, so a sign-out is repeated after a while.
    pub(super) async fn settle(&self, at: &Place<'_>, attempt: u32) -> Result<Moved, RecordError> {
        if let Action::ChangeDingTalkId { to } = at.action {
            return self.settle_change(at, attempt, to).await;
        }
        let Some(wanted) = at.disabled_when_done() else {
            return self.repeat(at, attempt).await;
        };
        match self.is_disabled(at.user_id).await {
            Err(failure) => self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await,
            Ok(Some(disabled)) if disabled == wanted => {
                self.record(vec![at.succeeded(attempt, Finding::Recovered, None)]).await?;
                Ok(Moved::On)
            }
            Ok(Some(_)) => self.repeat(at, attempt).await,
            Ok(None) => self.hold(at.id(), HoldReason::AccountNotFound, None).await,
        }
    }

    pub(super) async fn repeat(&self, at: &Place<'_>, attempt: u32) -> Result<Moved, RecordError> {
        let failure = Failure::local(FailureClass::Unknown, "no_effect_seen");
        self.record(self.postponed(at, attempt, failure)).await?;
        Ok(Moved::On)
    }

    /// Claimed is not verified: the account is read back.
    pub(super) async fn read_back(
        &self,
        at: &Place<'_>,
        attempt: u32,
        claimed_at: Timestamp,
    ) -> Result<Moved, RecordError> {
        if let Action::ChangeDingTalkId { to } = at.action {
            return self.read_change_back(at, attempt, to).await;
        }
        let Some(wanted) = at.disabled_when_done() else { return Ok(Moved::Stop(Progress::Rests)) };
        match self.is_disabled(at.user_id).await {
            Err(failure) => self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await,
            Ok(Some(disabled)) if disabled == wanted => {
                let (incident, step) = (at.id().clone(), at.step);
                self.record(vec![Event::StepVerified { incident, step, disabled: Some(disabled) }]).await?;
                Ok(Moved::On)
            }
            Ok(None) => self.hold(at.id(), HoldReason::AccountNotFound, None).await,
            Ok(Some(_)) => {
                let failure = Failure::local(FailureClass::NotInEffect, "not_in_effect");
                let outcome = match self.is_in_doubt(at, claimed_at) {
                    true => vec![at.failed(attempt, failure, Some(self.clock.now())), Self::held_by_others(at)],
                    false => self.failed(at, attempt, failure),
                };
                self.record(outcome).await?;
                Ok(Moved::On)
            }
        }
    }

    /// Through the call that is exempt from the month's quota; through the status call where that
    /// one does not say. None, where there is no such account any more.
    async fn is_disabled(&self, user_id: &UserId) -> Result<Option<bool>, Failure> {
        match self.directory.account(user_id).await? {
            Some(account) => self.directory.whether_disabled(&account).await.map(Some),
            None => Ok(None),
        }
    }
}
