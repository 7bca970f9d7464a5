//! What a responder says to one incident.

use jiff::SignedDuration;
use serde::Serialize;

use super::{Decisions, Reason, Refused};
use crate::access::Actor;
use crate::incident::{Digest, Event, HoldReason, Incident, IncidentId, Status, Timestamp};
use crate::trail::{Live, RecordError, StoreError};

/// The longest that an account is kept from now on by one extension, in hours: whoever wants more says so again.
pub const KEPT_HOURS_MAX: u16 = 31 * 24;

/// How often it is judged anew, because the incident has changed while it was.
const JUDGED_MAX: u32 = 5;

/// What an approval has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approved {
    /// The incident goes on, and the guard layer is asked again.
    GoesOn,
    /// More have to say yes.
    WantsMore(Given),
}

/// How many have said yes, and have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Given {
    /// How many have to.
    pub people: u8,
    /// How many have.
    pub given_by: usize,
}

/// What keeps an account disabled although it is to be given back, if anything does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Why it is not given back now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
    /// Another incident that contains the same account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_by: Option<IncidentId>,
}

/// Why a release gives nothing back now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// What keeps the account is not ours to undo.
    NothingOfOurs,
    /// Actions are paused.
    Paused,
    /// Nothing is done to any account.
    DryRun,
}

impl Decisions {
    /// Lets one held incident go on; the guard layer is asked again. `plan` is the digest of the plan that is approved,
    /// which has to be said where the plan wants to be approved.
    ///
    /// # Errors
    /// There is no such incident, it does not wait, or they may not approve it.
    pub async fn approve(
        &self,
        actor: &Actor,
        id: &IncidentId,
        reason: Reason,
        plan: Option<Digest>,
    ) -> Result<Approved, Refused> {
        let reason = reason.into_text();
        let judged = async |live: &Live| {
            self.may_approve(live, actor, plan).await?;
            let (incident, approver) = (live.incident.id().clone(), actor.user_id.clone());
            let (actor, reason) = (actor.name.clone(), reason.clone());
            Ok(Event::IncidentApproved { incident, actor, reason, approver, plan })
        };
        let before = self.answered(actor, id, judged).await?;
        Ok(self.after_approval(&before))
    }

    /// Says of a held incident that nothing is to be done.
    ///
    /// # Errors
    /// There is no such incident, it does not wait, or it is about themselves.
    pub async fn dismiss(&self, actor: &Actor, id: &IncidentId, reason: Reason) -> Result<(), Refused> {
        let reason = reason.into_text();
        let judged = async |live: &Live| {
            let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), reason.clone());
            Ok(Event::IncidentDismissed { incident, actor, reason })
        };
        self.answered(actor, id, judged).await.map(drop)
    }

    /// Holds an incident: nothing more is done to the account until somebody lets it go on. An order that waits for its
    /// turn does not leave any more.
    ///
    /// # Errors
    /// There is no such incident, it waits already or has nothing left to take, or it is about themselves.
    pub async fn hold(&self, actor: &Actor, id: &IncidentId, reason: Reason) -> Result<(), Refused> {
        let reason = reason.into_text();
        let judged = async |live: &Live| {
            let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), reason.clone());
            Ok(Event::IncidentHalted { incident, actor, reason })
        };
        self.answered(actor, id, judged).await.map(drop)
    }

    /// Keeps an account disabled until then, which is later than its plan says.
    ///
    /// # Errors
    /// There is no such incident, it keeps nobody or does not end by itself or ends later, the time is over or more than
    /// 31 days away, or it is about themselves.
    pub async fn extend(
        &self,
        actor: &Actor,
        id: &IncidentId,
        reason: Reason,
        until: Timestamp,
    ) -> Result<(), Refused> {
        let now = self.clock.now();
        let latest =
            now.saturating_add(SignedDuration::from_hours(KEPT_HOURS_MAX.into())).map_err(|_| Refused::BadTime)?;
        if until <= now || until > latest {
            return Err(Refused::BadTime);
        }
        let reason = reason.into_text();
        let judged = async |live: &Live| {
            if live.incident.can_be_extended() && live.incident.ends_at().is_some_and(|end| end >= until) {
                return Err(Refused::NotLater);
            }
            let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), reason.clone());
            Ok(Event::ContainmentExtended { incident, actor, reason, until })
        };
        self.answered(actor, id, judged).await.map(drop)
    }

    /// Gives an account back before its time; `false_alarm` says that it should not have been contained.
    ///
    /// # Errors
    /// There is no such incident, it contains nobody, or it is about themselves.
    pub async fn release(
        &self,
        actor: &Actor,
        id: &IncidentId,
        reason: Reason,
        false_alarm: bool,
    ) -> Result<Released, Refused> {
        let reason = reason.into_text();
        let judged = async |live: &Live| {
            let (incident, actor, reason) = (live.incident.id().clone(), actor.name.clone(), reason.clone());
            Ok(Event::IncidentReleased { incident, actor, reason, false_alarm })
        };
        let before = self.answered(actor, id, judged).await?;
        Ok(self.after_release(&before))
    }

    /// Records what somebody says to an incident, once it is judged whether they may. That takes a while, in which
    /// others and the executor go on: what was judged holds for the incident as it was then, and is judged anew for any
    /// other. Gives the incident as it was before.
    async fn answered(
        &self,
        actor: &Actor,
        id: &IncidentId,
        judge: impl AsyncFn(&Live) -> Result<Event, Refused>,
    ) -> Result<Incident, Refused> {
        for _ in 0..JUDGED_MAX {
            let live = self.trail.board(|board| board.in_effect(id).cloned());
            let Some(live) = live else { return Err(self.over_or_unknown(id)?) };
            self.refuse_subject(actor, &live).await?;
            let event = judge(&live).await?;
            tracing::warn!(event.kind = event.kind(), incident.id = %id, "a responder answers");
            match self.trail.record_as_seen(self.clock.now(), event, &live.incident).await {
                Err(RecordError::Changed) => {}
                recorded => return Ok(recorded.map(|()| live.incident)?),
            }
        }
        Err(RecordError::Changed.into())
    }

    /// Nobody approves what they asked for or what a rule of their own does. Whom the configuration does not know
    /// approves no plan: they may be the one it is about.
    async fn may_approve(&self, live: &Live, actor: &Actor, plan: Option<Digest>) -> Result<(), Refused> {
        let incident = &live.incident;
        if incident.status != Status::Held(HoldReason::ApprovalWanted) {
            return Ok(());
        }
        if actor.user_id.is_none() {
            return Err(Refused::UnknownApprover);
        }
        // Under another name it is the same person, also where the name was changed since.
        let asker = incident.plan.asked_by.as_deref();
        let is_asker = incident.plan.asker.is_some() && incident.plan.asker == actor.user_id;
        if is_asker || asker.is_some_and(|asker| self.access.names_of(actor).contains(asker)) {
            return Err(Refused::OwnRequest);
        }
        if plan != Some(incident.plan.digest()) {
            return Err(Refused::OtherPlan);
        }
        self.refuse_author(actor, live).await
    }

    /// Nothing can be said to an incident that is over, and nothing is known of any other.
    fn over_or_unknown(&self, id: &IncidentId) -> Result<Refused, StoreError> {
        Ok(if self.trail.incident(id)?.is_some() { Refused::WrongState } else { Refused::Unknown })
    }

    /// How many more have to say yes, if any have.
    fn after_approval(&self, incident: &Incident) -> Approved {
        let now = self.trail.board(|board| board.in_effect(incident.id()).map(|live| live.incident.assent.clone()));
        let wanted = incident.plan.approval.filter(|_| incident.status == Status::Held(HoldReason::ApprovalWanted));
        match (wanted, now) {
            (Some(wanted), Some(assent)) if !assent.given => {
                Approved::WantsMore(Given { people: wanted.people, given_by: assent.by.len() })
            }
            _ => Approved::GoesOn,
        }
    }

    fn after_release(&self, incident: &Incident) -> Released {
        let (source, rules) = incident.plan.asked_on();
        let (is_paused, kept_by) = self.trail.board(|board| {
            let others = |user_id| board.beside(user_id, incident.id());
            // One that was released itself keeps nobody: it only has not ended yet.
            let keeps = |incident: &Incident| incident.is_containing() && !incident.released;
            let contains = |id: &IncidentId| board.in_effect(id).is_some_and(|live| keeps(&live.incident));
            let by = incident.user_id.as_ref().and_then(|user_id| others(user_id).into_iter().find(contains));
            (board.pauses().hold(source, rules), by)
        });
        let waits_for = match self.directory.only_reads() {
            _ if !incident.may_be_to_undo() => Some(WaitsFor::NothingOfOurs),
            _ if is_paused => Some(WaitsFor::Paused),
            true => Some(WaitsFor::DryRun),
            false => None,
        };
        Released { waits_for, kept_by }
    }
}
