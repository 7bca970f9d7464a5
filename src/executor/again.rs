//! Signs an account out once more after its disable, where a rule wants that: whoever signed in between the first
//! sign-out and the disable is out then, too. Whatever keeps it from being done is recorded, and nothing waits for it.

use std::collections::BTreeSet;

use super::attempt::{Seen, order};
use super::hand::{Hand, Moved};
use super::leave::NotDone;
use super::place::Place;
use crate::directory::{Account, Done};
use crate::incident::{DepartmentId, Failure, FailureClass, Finding};
use crate::response::Approved;
use crate::trail::RecordError;

/// The guard layer's proof, and what it has judged by.
struct ApprovedAgain {
    approved: Approved,
    account: Option<Account>,
    departments: Option<BTreeSet<DepartmentId>>,
}

impl Hand {
    /// Tried once.
    pub(super) async fn sign_out_again(&self, at: &Place<'_>, attempt: u32) -> Result<Moved, RecordError> {
        let by = self.trail.board(|board| board.signed_out_again_by_another(at.user_id, at.id()).cloned());
        if let Some(by) = by {
            self.record(vec![at.started(attempt)]).await?;
            self.record(vec![at.already_ours(attempt, by)]).await?;
            return Ok(Moved::On);
        }
        let approved = self.approve_again(at).await;
        self.record(vec![at.started(attempt)]).await?;
        let done = match approved {
            Ok(approved) => self.send_again(at, &approved).await,
            Err(failure) => Err(failure),
        };
        let outcome = match done {
            Ok(done) => at.succeeded(attempt, Finding::Answered, done.request_id),
            Err(failure) => {
                tracing::warn!(incident.id = %at.id(), failure.class = ?failure.class, failure.code,
                    "the account could not be signed out again after its disable");
                at.failed(attempt, failure, None)
            }
        };
        self.record(vec![outcome]).await?;
        Ok(Moved::On)
    }

    async fn approve_again(&self, at: &Place<'_>) -> Result<ApprovedAgain, Failure> {
        let account = self.directory.account(at.user_id).await?;
        let departments = self.departments(at, account.as_ref()).await?;
        let seen = Seen { account: account.as_ref(), departments: departments.as_ref() };
        let approved = self.ask_guard(at, seen).map_err(|refused| {
            tracing::info!(incident.id = %at.id(), reason = refused.reason.text(), "the account is not signed out again");
            Failure::local(FailureClass::NotSent, "held_by_guard")
        })?;
        Ok(ApprovedAgain { approved, account, departments })
    }

    async fn send_again(&self, at: &Place<'_>, again: &ApprovedAgain) -> Result<Done, Failure> {
        let ApprovedAgain { approved, account, departments } = again;
        let Some(order) = order(approved, at) else { return Err(Failure::local(FailureClass::NotSent, "no_order")) };
        let seen = Seen { account: account.as_ref(), departments: departments.as_ref() };
        self.send(at, seen, &order).await.map_err(|not_done| match not_done {
            NotDone::Stopped(by) => by.failure(),
            NotDone::Failed(failure) => failure,
        })
    }
}
