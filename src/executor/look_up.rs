//! Finds the one account an incident is about, or says why not.

use super::hand::{Hand, Moved, Progress};
use crate::incident::{Event, Evidence, HoldReason, Incident, IncidentId, Resolution, UserId};
use crate::response::{Resolved, Subject, resolve};
use crate::trail::RecordError;

impl Hand {
    /// By the identity map, or by asking DingTalk.
    pub(super) async fn resolve(
        &self,
        incident: &Incident,
        subject: &Subject,
        failed_reads: u32,
    ) -> Result<Moved, RecordError> {
        let id = incident.id();
        let resolved = resolve(&subject.account, self.rules.now().set.identities());
        let (user_id, by) = match resolved {
            Err(reason) => return self.hold(id, reason, None).await,
            Ok(Resolved::To(user_id, by)) => (user_id, by),
            Ok(Resolved::Ask(lookup, by)) => match self.directory.find(&lookup).await {
                Err(failure) => {
                    return self.read_failed(id, &failure, failed_reads, HoldReason::AttemptsExhausted).await;
                }
                Ok(found) => match only(found) {
                    Ok(user_id) => (user_id, by),
                    Err(reason) => return self.hold(id, reason, None).await,
                },
            },
        };
        self.resolved(id, user_id, by).await
    }

    async fn resolved(&self, id: &IncidentId, user_id: UserId, by: Resolution) -> Result<Moved, RecordError> {
        let evidence = Evidence { by };
        self.record(vec![Event::AccountResolved { incident: id.clone(), user_id, evidence }]).await?;
        // The lane is the account's from here on, so the incident starts anew under it.
        Ok(Moved::Stop(Progress::Rests))
    }
}

/// Exactly one account, or why not.
fn only(found: Vec<UserId>) -> Result<UserId, HoldReason> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(user_id), None) => Ok(user_id),
        (None, _) => Err(HoldReason::AccountNotFound),
        (Some(_), Some(_)) => Err(HoldReason::AccountAmbiguous),
    }
}
