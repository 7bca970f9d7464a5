//! Looks what an account owns before it is disabled. An organization whose owner cannot sign in is somebody's
//! problem, so a human is told; it is no reason to leave a stolen account alone, or to wait.

use std::time::Duration;

use super::hand::Hand;
use super::place::Place;
use crate::directory::{Account, Organization};
use crate::incident::{AccountWarning, Action, Event, Failure, FailureClass};

/// How long the look may hold the step up; the client's own patience is far longer.
const LOOK_MAX: Duration = Duration::from_secs(2);
/// The most organizations that are named on the trail.
const CORP_IDS_MAX: usize = 20;

impl Hand {
    /// What a human should know before this attempt disables the account. Asked once, and only where the disable will
    /// change something: unlike the look-up of the account, this call counts for the month's quota.
    pub(super) async fn warning(&self, at: &Place<'_>, attempt: u32, account: Option<&Account>) -> Option<Event> {
        let will_disable = matches!(at.action, Action::Disable { .. })
            && account.is_some_and(|account| account.disabled != Some(true));
        if !will_disable || attempt > 1 {
            return None;
        }
        let asked = tokio::time::timeout(LOOK_MAX, self.directory.owned_organizations(at.user_id)).await;
        match asked.unwrap_or_else(|_| Err(Failure::local(FailureClass::Busy, "timeout"))) {
            Ok(owned) => self.warning_of(at, &owned),
            Err(failure) => {
                let (class, code) = (failure.class, failure.code);
                tracing::warn!(incident.id = %at.id(), failure.class = ?class, failure.code = code,
                    "nobody could say which organizations the account owns");
                None
            }
        }
    }

    fn warning_of(&self, at: &Place<'_>, owned: &[Organization]) -> Option<Event> {
        let others: Vec<&str> = owned.iter().map(|o| o.corp_id.as_str()).filter(|id| *id != self.own_corp_id).collect();
        if others.is_empty() {
            return None;
        }
        tracing::warn!(incident.id = %at.id(), organizations.count = others.len(),
            "the account that is disabled now owns other organizations");
        let corp_ids = others.iter().take(CORP_IDS_MAX).map(|id| (*id).to_owned()).collect();
        let count = u32::try_from(others.len()).unwrap_or(u32::MAX);
        let warning = AccountWarning::OwnsOrganizations { count, corp_ids };
        Some(Event::AccountWarned { incident: at.id().clone(), warning })
    }
}
