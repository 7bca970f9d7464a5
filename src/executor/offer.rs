//! Looks at everybody whom an incident keeps disabled: whether they are protected by now, so that a list that has come
//! too late for somebody does not keep them locked out unseen, and whether somebody else has enabled them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use tokio::task::JoinSet;

use super::give_back::is_unaware;
use super::hand::Hand;
use super::subject::subject_of;
use crate::incident::{AccountKind, AccountRef, Event, Failure, HoldReason, IncidentId, Timestamp, UserId};
use crate::response::{Facts, protection};
use crate::rules::Loaded;
use crate::trail::{Live, RecordError};

/// What somebody is given back for, if a human says so. What is not known is no reason.
const PROTECTIONS: [HoldReason; 4] = [
    HoldReason::ProtectedListed,
    HoldReason::ProtectedLive,
    HoldReason::ProtectedGroup,
    HoldReason::ProtectedResponder,
];
/// How long it takes until those are looked at again of whom DingTalk did not say.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// How often everybody is looked at. Each look is one call that is exempt from the month's quota.
const LOOK_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How long an incident may cover alerts without being looked at.
const COVERS_UNSEEN: SignedDuration = SignedDuration::from_mins(1);

/// Whether everybody could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    AtAll,
    /// DingTalk did not say of somebody.
    NotAtAll,
}

/// What a look at an account has shown.
#[derive(Default)]
struct Seen {
    /// What protects it, if it is known that something does: nobody is troubled by what DingTalk leaves out.
    protection: Option<HoldReason>,
    disabled: Option<bool>,
}

/// Somebody who is kept disabled.
struct Kept {
    incident: IncidentId,
    /// The record that opened it.
    record: u64,
    user_id: UserId,
    was_offered: bool,
}

impl Hand {
    /// Looks at everybody whom we keep disabled and of whom there may be something to say, or at those of whom it is
    /// asked only, one after the other.
    ///
    /// # Errors
    /// The trail could not be read or written.
    pub(super) async fn offer_releases(
        &self,
        rules: &Arc<Loaded>,
        only: Option<BTreeSet<IncidentId>>,
    ) -> Result<Looked, RecordError> {
        let now = self.clock.now();
        let is_meant = |live: &&Live| only.as_ref().is_none_or(|only| only.contains(live.incident.id()));
        let of_interest = |live: &Live| of_interest(live, now);
        let mut kept: Vec<Kept> =
            self.trail.board(|board| board.containing().filter(is_meant).filter_map(of_interest).collect());
        // Whoever has waited longest comes first.
        kept.sort_by(|one, other| (one.record, &one.incident).cmp(&(other.record, &other.incident)));
        let mut looked = Looked::AtAll;
        for kept in kept {
            let began_at = self.clock.now();
            match self.look_at(&kept, rules).await? {
                Ok(Seen { protection, disabled }) => {
                    match disabled {
                        Some(true) => self.seen.note(&kept.incident, began_at),
                        Some(false) => self.note_enabled_unless_over(&kept.incident).await?,
                        None => {}
                    }
                    let Some(protection) = protection.filter(|_| !kept.was_offered) else { continue };
                    tracing::warn!(incident.id = %kept.incident, reason = protection.text(),
                        "whom it keeps disabled is protected by now");
                    // Given back or offered by now, nothing is left to say.
                    let offered = Event::ReleaseOffered { incident: kept.incident, protection };
                    match self.record(vec![offered]).await {
                        Ok(()) | Err(RecordError::Illegal(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(failure) => {
                    tracing::info!(incident.id = %kept.incident, failure.class = ?failure.class, failure.code,
                        "whether it is protected by now is not known");
                    looked = Looked::NotAtAll;
                }
            }
        }
        Ok(looked)
    }

    async fn look_at(&self, kept: &Kept, rules: &Arc<Loaded>) -> Result<Result<Seen, Failure>, RecordError> {
        let subject = subject_of(&self.trail, &kept.incident, kept.record).await?;
        let by_id = AccountRef::parse(AccountKind::UserId, kept.user_id.as_str()).ok();
        let Some(named) = subject.map(|subject| subject.account).or(by_id) else { return Ok(Ok(Seen::default())) };
        Ok(self.look(&named, &kept.user_id, rules).await)
    }

    async fn look(&self, named: &AccountRef, user_id: &UserId, rules: &Arc<Loaded>) -> Result<Seen, Failure> {
        let Some(account) = self.directory.account(user_id).await? else { return Ok(Seen::default()) };
        let departments = self.departments_of(&account, rules).await?;
        let facts = Facts::of_account((named, user_id), departments.as_ref(), &rules.set);
        let found = protection(&facts, &account, &self.own_corp_id).err();
        let protection = found.filter(|reason| PROTECTIONS.contains(reason));
        // Ours, as we have disabled it: of such the status call says it, where the look leaves it out.
        let disabled = self.directory.whether_disabled(&account).await?;
        Ok(Seen { protection, disabled: Some(disabled) })
    }
}

fn of_interest(live: &Live, now: Timestamp) -> Option<Kept> {
    let Live { incident, record, .. } = live;
    let was_offered = incident.offered.is_some();
    let is_of_interest = (incident.keeps_our_disable() && !was_offered) || is_unaware(incident, now);
    let user_id = incident.user_id.clone().filter(|_| is_of_interest)?;
    Some(Kept { incident: incident.id().clone(), record: *record, user_id, was_offered })
}

/// When everybody is looked at: at the start, whenever other rules are in force, once an hour, and again where DingTalk
/// did not say. By whom an alert is taken for covered is looked at as soon as that is so.
#[derive(Default)]
pub(super) struct Offers {
    looked_with: Option<Arc<Loaded>>,
    looked_at: Option<Timestamp>,
    again_at: Option<Timestamp>,
    /// Those that were looked at since, because they cover.
    asked_at: BTreeMap<IncidentId, Timestamp>,
    looking: JoinSet<Result<Looked, RecordError>>,
}

impl Offers {
    /// Begins to look, if it is time to and nobody does.
    pub(super) fn begin(&mut self, hand: &Arc<Hand>) {
        let (rules, now) = (hand.rules.now(), hand.clock.now());
        let is_known = self.looked_with.as_ref().is_some_and(|with| Arc::ptr_eq(with, &rules));
        let next_at = self.looked_at.and_then(|at| at.checked_add(LOOK_EVERY).ok());
        let is_due = !is_known || [self.again_at, next_at].into_iter().flatten().any(|at| at <= now);
        if !self.looking.is_empty() {
            return;
        }
        let only = if is_due {
            (self.looked_with, self.looked_at, self.again_at) = (Some(Arc::clone(&rules)), Some(now), None);
            self.asked_at.clear();
            hand.trail.board(|board| hand.seen.keep_to(board));
            None
        } else {
            Some(self.covering(hand, now)).filter(|only| !only.is_empty())
        };
        if is_due || only.is_some() {
            let hand = Arc::clone(hand);
            self.looking.spawn(async move { hand.offer_releases(&rules, only).await });
        }
    }

    /// Those that an alert was taken for covered by since they were looked at, unless that was just now: many alerts on
    /// one account are one look.
    fn covering(&mut self, hand: &Hand, now: Timestamp) -> BTreeSet<IncidentId> {
        let was_before = |incident: &IncidentId, covered_at: Timestamp| {
            let looked_at = self.asked_at.get(incident).copied().max(self.looked_at);
            let is_since = looked_at.is_none_or(|at| at <= covered_at);
            is_since && looked_at.is_none_or(|at| at.checked_add(COVERS_UNSEEN).is_ok_and(|at| at <= now))
        };
        let covering = hand.trail.board(|board| {
            let of_interest = board.covering().filter(|(incident, at)| was_before(incident, *at));
            of_interest.map(|(incident, _)| incident.clone()).collect::<BTreeSet<_>>()
        });
        self.asked_at.extend(covering.iter().map(|incident| (incident.clone(), now)));
        covering
    }

    /// Ends with a look; never, while nobody looks.
    pub(super) async fn ended(&mut self, hand: &Hand) {
        let Some(looked) = self.looking.join_next().await else { return std::future::pending().await };
        if !matches!(looked, Ok(Ok(Looked::AtAll))) {
            self.again_at = hand.clock.now().checked_add(LOOK_AGAIN_AFTER).ok();
        }
    }
}
