//! Takes one incident as far as it can go now: resolves the account, then step after step, closes it.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::place::Place;
use super::retry::{Next, after};
use super::seen::SeenDisabled;
use super::subject::subject_of;
use crate::directory::{Ancestry, Directory};
use crate::incident::{
    Action, Clock, Event, Failure, FailureClass, HoldReason, Incident, IncidentId, Status, StepState, Timestamp,
};
use crate::response::Subject;
use crate::roster::Roster;
use crate::rules::InForce;
use crate::trail::{RecordError, Trail};

/// The executor's hand: what it needs to act on an incident.
pub struct Hand {
    /// The trail, read and written.
    pub trail: Arc<Trail>,
    /// DingTalk.
    pub directory: Arc<dyn Directory>,
    /// Who is in the organization, where that is kept.
    pub roster: Option<Arc<Roster>>,
    /// Guardrails and identities.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The organization we act for.
    pub own_corp_id: String,
    /// The places of its departments.
    pub ancestry: Ancestry,
    /// Held by the one who draws on the budgets of departments, so that no two draw the same.
    pub drawing: Mutex<()>,
    /// When whom incidents keep disabled was last seen so.
    pub seen: SeenDisabled,
}

/// How far an incident got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Closed, held, or waiting for a time that the trail knows.
    Rests,
    /// A read failed; look again then. Nothing on the trail says so.
    LookAgainAt(Timestamp),
    /// DingTalk is down: look again then, or as soon as it is back. Nothing on the trail says so.
    AwaitsDingTalk(Timestamp),
}

/// What one move did.
pub(super) enum Moved {
    /// One thing was done; there may be more.
    On,
    /// The incident rests.
    Stop(Progress),
}

impl Hand {
    /// Goes on with `id` until it rests. `failed_reads` counts the reads in a row that failed before.
    ///
    /// # Errors
    /// The trail could not be read or written: nothing more may be done.
    pub(super) async fn run(&self, id: &IncidentId, failed_reads: u32) -> Result<Progress, RecordError> {
        let Some(record) = self.trail.board(|board| board.live(id).map(|live| live.record)) else {
            return Ok(Progress::Rests);
        };
        let Some(subject) = subject_of(&self.trail, id, record).await? else {
            self.hold(id, HoldReason::AccountNotNamed, None).await?;
            return Ok(Progress::Rests);
        };
        loop {
            // The board is looked at anew each time: only what is durable counts.
            let Some(incident) = self.trail.board(|board| board.live(id).map(|live| live.incident.clone())) else {
                return Ok(Progress::Rests);
            };
            match self.advance(&incident, &subject, failed_reads).await? {
                Moved::On => {}
                Moved::Stop(progress) => return Ok(progress),
            }
        }
    }

    async fn advance(&self, incident: &Incident, subject: &Subject, failed_reads: u32) -> Result<Moved, RecordError> {
        let now = self.clock.now();
        if let (Some(lapses_at), Some(approval)) = (incident.lapses_at(), incident.plan.approval)
            && lapses_at <= now
        {
            tracing::warn!(incident.id = %incident.id(), "nobody has approved it in time");
            let otherwise = approval.otherwise;
            self.record(vec![Event::ApprovalLapsed { incident: incident.id().clone(), otherwise }]).await?;
            return Ok(Moved::On);
        }
        if incident.overdue_at().is_some_and(|overdue_at| overdue_at <= now) {
            tracing::warn!(incident.id = %incident.id(), "its time is over; what else it waits for is passed over");
            self.record(vec![Event::ContainmentExpired { incident: incident.id().clone() }]).await?;
            return Ok(Moved::On);
        }
        if incident.status != Status::Open || incident.due_at().is_some_and(|due| due > now) {
            return Ok(Moved::Stop(Progress::Rests));
        }
        let Some((step, action, state)) = incident.next_step() else {
            return self.close(incident).await;
        };
        let Some(user_id) = &incident.user_id else {
            return self.resolve(incident, subject, failed_reads).await;
        };
        if self.trail.board(|board| self.must_wait(board, incident)) {
            return Ok(Moved::Stop(Progress::Rests));
        }
        let at = Place { incident, step, action, user_id, subject, failed_reads };
        if let (StepState::Pending, Action::Notify { channel, .. }) = (state, action) {
            return self.owe(&at, channel).await;
        }
        match state {
            StepState::Pending if at.is_again() => self.sign_out_again(&at, 1).await,
            StepState::Pending => self.attempt(&at, 1).await,
            StepState::Postponed { attempt, .. } => self.attempt(&at, attempt.saturating_add(1)).await,
            StepState::Started { attempt } => self.interrupted(&at, *attempt).await,
            StepState::Unknown { attempt, .. } => self.settle(&at, *attempt).await,
            StepState::Claimed { attempt, at: claimed_at, .. } => self.read_back(&at, *attempt, *claimed_at).await,
            StepState::Verified { .. } | StepState::Failed { .. } => Ok(Moved::Stop(Progress::Rests)),
        }
    }

    async fn close(&self, incident: &Incident) -> Result<Moved, RecordError> {
        if let Some(outcome) = incident.outcome() {
            self.record(vec![Event::IncidentClosed { incident: incident.id().clone(), outcome }]).await?;
        }
        Ok(Moved::Stop(Progress::Rests))
    }

    /// A read is harmless, so it is repeated; in the end a human has to look, for the stated reason.
    pub(super) async fn read_failed(
        &self,
        id: &IncidentId,
        failure: &Failure,
        failed_reads: u32,
        in_the_end: HoldReason,
    ) -> Result<Moved, RecordError> {
        let now = self.clock.now();
        let outages = self.directory.outages();
        let says_so =
            matches!(failure.class, FailureClass::Busy | FailureClass::NotSent | FailureClass::AddressBlocked);
        let is_down = failure.class == FailureClass::Unreachable || (says_so && !outages.is_none());
        if is_down {
            return Ok(Moved::Stop(Progress::AwaitsDingTalk(outages.until(now).unwrap_or(now))));
        }
        tracing::warn!(incident.id = %id, failure.class = ?failure.class, failure.code, "a look-up failed");
        match after(failure, failed_reads.saturating_add(1), id, now, false) {
            Next::RetryAt(at) => Ok(Moved::Stop(Progress::LookAgainAt(at))),
            Next::Hold(HoldReason::AttemptsExhausted) | Next::GiveUp => {
                self.hold(id, in_the_end, Some(failure.clone())).await
            }
            Next::Hold(reason) => self.hold(id, reason, Some(failure.clone())).await,
        }
    }

    pub(super) async fn hold(
        &self,
        id: &IncidentId,
        reason: HoldReason,
        failure: Option<Failure>,
    ) -> Result<Moved, RecordError> {
        tracing::warn!(incident.id = %id, reason = reason.text(), "held for a human");
        let held = Event::IncidentHeld { incident: id.clone(), reason, failure, beyond: None };
        self.record(vec![held]).await?;
        Ok(Moved::Stop(Progress::Rests))
    }

    pub(super) async fn record(&self, events: Vec<Event>) -> Result<(), RecordError> {
        self.trail.record(self.clock.now(), events).await
    }
}
