//! Looks whether anybody whom an incident keeps disabled is protected by now, and says so: a list that has come too
//! late for somebody is not to keep them locked out unseen.

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::hand::Hand;
use super::subject::subject_of;
use crate::incident::{AccountKind, AccountRef, Event, Failure, HoldReason, IncidentId, Timestamp, UserId};
use crate::response::{Facts, protection};
use crate::rules::Loaded;
use crate::trail::{Live, RecordError};

/// What somebody is given back for, if a human says so. What is not known is no reason.
const PROTECTIONS: [HoldReason; 3] =
    [HoldReason::ProtectedListed, HoldReason::ProtectedLive, HoldReason::ProtectedGroup];
/// How long it takes until those are looked at again of whom DingTalk did not say.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// Whether everybody could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    AtAll,
    /// DingTalk did not say of somebody.
    NotAtAll,
}

/// Somebody who is kept disabled.
struct Kept {
    incident: IncidentId,
    /// The record that opened it.
    record: u64,
    user_id: UserId,
}

impl Hand {
    /// Looks at everybody whom we keep disabled and who was not offered to be given back yet, one after the other.
    ///
    /// # Errors
    /// The trail could not be read or written.
    pub(super) async fn offer_releases(&self, rules: &Arc<Loaded>) -> Result<Looked, RecordError> {
        let mut kept: Vec<Kept> = self.trail.board(|board| board.containing().filter_map(not_offered).collect());
        // Whoever has waited longest comes first.
        kept.sort_by(|one, other| (one.record, &one.incident).cmp(&(other.record, &other.incident)));
        let mut looked = Looked::AtAll;
        for kept in kept {
            match self.protects(&kept, rules).await? {
                Ok(Some(protection)) => {
                    tracing::warn!(incident.id = %kept.incident, reason = protection.text(),
                        "whom it keeps disabled is protected by now");
                    // Given back or offered by now, nothing is left to say.
                    let offered = Event::ReleaseOffered { incident: kept.incident, protection };
                    match self.record(vec![offered]).await {
                        Ok(()) | Err(RecordError::Illegal(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(None) => {}
                Err(failure) => {
                    tracing::info!(incident.id = %kept.incident, failure.class = ?failure.class, failure.code,
                        "whether it is protected by now is not known");
                    looked = Looked::NotAtAll;
                }
            }
        }
        Ok(looked)
    }

    /// What protects the account, if it is known that something does: nobody is troubled by what DingTalk leaves out.
    async fn protects(
        &self,
        kept: &Kept,
        rules: &Arc<Loaded>,
    ) -> Result<Result<Option<HoldReason>, Failure>, RecordError> {
        let subject = subject_of(&self.trail, &kept.incident, kept.record).await?;
        let by_id = AccountRef::parse(AccountKind::UserId, kept.user_id.as_str()).ok();
        let Some(named) = subject.map(|subject| subject.account).or(by_id) else { return Ok(Ok(None)) };
        Ok(self.look(&named, &kept.user_id, rules).await)
    }

    async fn look(
        &self,
        named: &AccountRef,
        user_id: &UserId,
        rules: &Arc<Loaded>,
    ) -> Result<Option<HoldReason>, Failure> {
        let Some(account) = self.directory.account(user_id).await? else { return Ok(None) };
        let departments = self.departments_of(&account, rules).await?;
        let facts = Facts::of_account((named, user_id), departments.as_ref(), &rules.set);
        let found = protection(&facts, &account, &self.own_corp_id).err();
        Ok(found.filter(|reason| PROTECTIONS.contains(reason)))
    }
}

fn not_offered(live: &Live) -> Option<Kept> {
    let Live { incident, record, .. } = live;
    let user_id = incident.user_id.clone().filter(|_| incident.keeps_our_disable() && incident.offered.is_none())?;
    Some(Kept { incident: incident.id().clone(), record: *record, user_id })
}

/// When everybody is looked at: at the start, whenever other rules are in force, and again where DingTalk did not say.
#[derive(Default)]
pub(super) struct Offers {
    looked_with: Option<Arc<Loaded>>,
    again_at: Option<Timestamp>,
    looking: JoinSet<Result<Looked, RecordError>>,
}

impl Offers {
    /// Begins to look, if it is time to and nobody does.
    pub(super) fn begin(&mut self, hand: &Arc<Hand>) {
        let (rules, now) = (hand.rules.now(), hand.clock.now());
        let is_known = self.looked_with.as_ref().is_some_and(|with| Arc::ptr_eq(with, &rules));
        let is_due = !is_known || self.again_at.is_some_and(|at| at <= now);
        if !is_due || !self.looking.is_empty() {
            return;
        }
        (self.looked_with, self.again_at) = (Some(Arc::clone(&rules)), None);
        let hand = Arc::clone(hand);
        self.looking.spawn(async move { hand.offer_releases(&rules).await });
    }

    /// Ends with a look; never, while nobody looks.
    pub(super) async fn ended(&mut self, hand: &Hand) {
        let Some(looked) = self.looking.join_next().await else { return std::future::pending().await };
        if !matches!(looked, Ok(Ok(Looked::AtAll))) {
            self.again_at = hand.clock.now().checked_add(LOOK_AGAIN_AFTER).ok();
        }
    }
}
