//! An incident's state as the fold of its events. One function knows the legal transitions;
//! everything else is an error, so that a record that does not fit is found and not smoothed over.

mod keeping;
mod step;

use serde::{Deserialize, Serialize};
use step::next_step_state;

pub use step::StepState;

use super::{
    AccountWarning, Action, ActionKind, DepartmentSpent, Digest, Event, FailureClass, Finding, HoldReason, IncidentId,
    Lapse, NoticeEvent, Opened, Plan, Timestamp, UserId,
};

/// How an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every step succeeded, and what can be read back was read back.
    Done,
    /// Some steps succeeded, at least one was given up.
    Partly,
    /// No step succeeded.
    Failed,
    /// A human said that nothing is to be done, or nobody said that it is.
    Dismissed,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Steps are due or under way.
    Open,
    /// Waiting for a human.
    Held(HoldReason),
    /// Nothing left to do.
    Closed(Outcome),
}

/// An event that does not fit the state it meets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{event} does not fit incident {incident}: {why}")]
pub struct IllegalTransition {
    incident: IncidentId,
    event: &'static str,
    why: &'static str,
}

impl IllegalTransition {
    /// For an event that names an incident nobody opened, or that is closed.
    #[must_use]
    pub fn unknown(incident: &IncidentId, event: &Event) -> Self {
        Self { incident: incident.clone(), event: event.kind(), why: "no such incident is live" }
    }
}

/// One incident, folded from its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What is to be done.
    pub plan: Plan,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// The account, once resolved.
    pub user_id: Option<UserId>,
    /// Where it stands.
    pub status: Status,
    /// One state for each action of the plan.
    pub steps: Vec<StepState>,
    /// Whether a human let it go on although a budget was used up.
    pub beyond_budget: bool,
    /// What it draws on the budgets of its account's departments.
    pub departments: Vec<DepartmentSpent>,
    /// Whether a human let it go on although the breaker had tripped.
    pub past_breaker: bool,
    /// Whether a human confirmed what a weak source asked for.
    pub confirmed: bool,
    /// Whether a human let it go on without changing a DingTalk ID that was changed less than a year ago.
    pub unchanged: bool,
    /// Who has approved the plan, and whether they are enough.
    pub assent: Assent,
    /// Whether the account is to be given back now, and whatever else is left of the plan is passed over: a human says
    /// so before its time, or its time is over while something stood in the way.
    pub released: bool,
    /// When the account was seen enabled while it was to be disabled, if it was: somebody else has touched it.
    pub found_enabled: Option<Timestamp>,
    /// Whether a human gives it back although somebody else has touched it.
    pub despite_others: bool,
    /// Whether it was held between DingTalk's yes to the disable and the reading back, so that somebody may have undone
    /// it meanwhile.
    pub in_doubt: bool,
    /// Whether an attempt at its disable may have come through: one whose outcome nobody knew, that DingTalk said yes
    /// to, or that met an error of DingTalk's own. One that was refused has done nothing.
    pub may_have_disabled: bool,
    /// Why it was offered to be given back, if it was: the account is protected by now.
    pub offered: Option<HoldReason>,
    /// Until when somebody keeps the account for longer than the plan says.
    #[serde(default)]
    pub extended_to: Option<Timestamp>,
}

/// How far a plan is approved that wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assent {
    /// The accounts of those who have approved it, each once.
    pub by: Vec<UserId>,
    /// Whether it may run: enough have, or it may run without.
    pub given: bool,
    /// Since when it is waited for.
    pub asked_at: Option<Timestamp>,
}

impl Incident {
    /// The state right after an alert opened the incident at `at`.
    #[must_use]
    pub fn open(opened: &Opened, at: Timestamp) -> Self {
        Self {
            plan: opened.plan.clone(),
            opened_at: at,
            user_id: None,
            status: opened.held.map_or(Status::Open, Status::Held),
            steps: vec![StepState::Pending; opened.plan.actions.len()],
            beyond_budget: false,
            departments: Vec::new(),
            past_breaker: false,
            confirmed: false,
            unchanged: false,
            assent: Assent::default(),
            released: false,
            found_enabled: None,
            despite_others: false,
            in_doubt: false,
            may_have_disabled: false,
            offered: None,
            extended_to: None,
        }
    }

    /// The incident's id.
    #[must_use]
    pub fn id(&self) -> &IncidentId {
        &self.plan.incident
    }

    /// The first step that is not at its end and not passed over, with its action.
    #[must_use]
    pub fn next_step(&self) -> Option<(u8, &Action, &StepState)> {
        let steps = self.plan.actions.iter().zip(&self.steps);
        let (index, (action, state)) = steps.enumerate().find(|(_, (action, state))| self.is_left(action, state))?;
        Some((u8::try_from(index).unwrap_or(u8::MAX), action, state))
    }

    /// Whether it waits for people to approve its plan.
    #[must_use]
    pub fn wants_approval(&self) -> bool {
        self.plan.approval.is_some() && !self.assent.given
    }

    /// When it is no longer waited for that people approve its plan; `None` when that is not what it waits for.
    #[must_use]
    pub fn lapses_at(&self) -> Option<Timestamp> {
        let approval = self.plan.approval.filter(|_| self.status == Status::Held(HoldReason::ApprovalWanted))?;
        Some(later(self.assent.asked_at?, approval.within_s.into()))
    }

    /// When the next step may begin: an `enable` waits for its time after the disable it undoes; a
    /// postponed step for its retry. `None` when nothing is left.
    #[must_use]
    pub fn due_at(&self) -> Option<Timestamp> {
        let (index, action, state) = self.next_step()?;
        Some(match (state, action) {
            (StepState::Postponed { retry_at, .. }, _) => *retry_at,
            (StepState::Pending, Action::Enable { after_s }) if !self.released => {
                let disabled_at = self.undone_by(index).and_then(|(_, done_at)| done_at);
                disabled_at.map_or(self.opened_at, |at| self.extended(later(at, *after_s)))
            }
            _ => self.opened_at,
        })
    }

    /// How the incident ends, once every step is at its end.
    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        if self.next_step().is_some() {
            return None;
        }
        let steps = self.plan.actions.iter().zip(&self.steps).enumerate();
        let counting = steps.filter(|(index, _)| !self.plan.is_again(*index));
        let touches = self.plan.touches();
        let (mut is_whole, mut is_empty) = (true, true);
        for (_, (action, state)) in counting {
            match state {
                StepState::Pending
                | StepState::Started { .. }
                | StepState::Postponed { .. }
                | StepState::Unknown { .. }
                | StepState::Failed { .. } => is_whole = false,
                // What had nothing to undo has done nothing.
                StepState::Claimed { finding: Finding::NotOurs, .. } => {}
                // Nor is anything done to an account by telling people of it.
                StepState::Claimed { .. } | StepState::Verified { .. } => {
                    is_whole &= state.is_final(action);
                    is_empty &= touches && action.kind() == ActionKind::Notify;
                }
            }
        }
        Some(match (is_whole, is_empty) {
            (true, _) => Outcome::Done,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Partly,
        })
    }

    /// Applies one event of this incident that was recorded at `at`.
    ///
    /// # Errors
    /// The event does not fit the present state; the state is unchanged.
    pub fn apply(&mut self, event: &Event, at: Timestamp) -> Result<(), IllegalTransition> {
        // What keeps an account for good can be asked to give it back.
        if matches!(self.status, Status::Closed(_)) && !(event.is_about_what_is_kept() && self.keeps_our_disable()) {
            return Err(self.illegal(event, "it is closed"));
        }
        match event {
            Event::AccountResolved { user_id, .. } => {
                if self.user_id.as_ref().is_some_and(|known| known != user_id) {
                    return Err(self.illegal(event, "it was resolved to another account before"));
                }
                self.user_id = Some(user_id.clone());
            }
            Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. }
            | Event::ContainmentExtended { .. }
            | Event::ReleaseOffered { .. }
            | Event::IncidentReleased { .. }
            | Event::ContainmentExpired { .. } => {
                self.apply_to_what_is_kept(event, at).map_err(|why| self.illegal(event, why))?;
            }
            // For people; it changes nothing.
            Event::AccountUnresolved { .. } | Event::AccountWarned { .. } | Event::Notice(NoticeEvent::Owed { .. }) => {
            }
            Event::IncidentHeld { reason, .. } => self.hold(*reason, at),
            Event::IncidentHalted { .. } => {
                self.is_to_halt().map_err(|why| self.illegal(event, why))?;
                self.hold(HoldReason::Halted, at);
            }
            Event::BudgetDrawn { departments, .. } => self.departments.extend(departments),
            Event::IncidentApproved { actor, approver, plan, .. } => {
                self.approved(actor, approver.as_ref(), *plan).map_err(|why| self.illegal(event, why))?;
            }
            Event::ApprovalLapsed { otherwise, .. } => {
                if self.lapses_at().is_none_or(|lapses_at| lapses_at > at) {
                    return Err(self.illegal(event, "it is still waited for"));
                }
                match otherwise {
                    Lapse::Drop => self.status = Status::Closed(Outcome::Dismissed),
                    Lapse::Act => (self.assent.given, self.status) = (true, Status::Open),
                }
            }
            Event::IncidentDismissed { .. } => {
                self.is_dismissible().map_err(|why| self.illegal(event, why))?;
                self.status = Status::Closed(Outcome::Dismissed);
            }
            Event::IncidentClosed { outcome, .. } => {
                if self.outcome() != Some(*outcome) {
                    return Err(self.illegal(event, "its steps do not add up to this outcome"));
                }
                self.status = Status::Closed(*outcome);
            }
            _ => {
                let Some((index, next)) = next_step_state(self, event, at).map_err(|why| self.illegal(event, why))?
                else {
                    return Err(self.illegal(event, "it is no event of an incident's life"));
                };
                self.may_have_disabled |= self.plan.is_disable(index) && may_be_done(event);
                self.in_doubt &= !matches!(event, Event::StepStarted { .. });
                if let Some(state) = self.steps.get_mut(index) {
                    *state = next;
                }
            }
        }
        Ok(())
    }

    fn illegal(&self, event: &Event, why: &'static str) -> IllegalTransition {
        IllegalTransition { incident: self.plan.incident.clone(), event: event.kind(), why }
    }

    fn hold(&mut self, reason: HoldReason, at: Timestamp) {
        self.status = Status::Held(reason);
        let next = self.next_step();
        self.in_doubt |= matches!(next, Some((_, Action::Disable { .. }, StepState::Claimed { .. })));
        if reason == HoldReason::ApprovalWanted {
            self.assent.asked_at.get_or_insert(at);
        }
    }

    fn approved(&mut self, actor: &str, approver: Option<&UserId>, plan: Option<Digest>) -> Result<(), &'static str> {
        let Status::Held(reason) = self.status else { return Err("it is not held") };
        if plan.is_some_and(|seen| seen != self.plan.digest()) {
            return Err("its plan is another one");
        }
        if let (HoldReason::ApprovalWanted, Some(wanted)) = (reason, self.plan.approval) {
            let approver = approver.ok_or("nobody knows who approves it")?;
            if plan.is_none() {
                return Err("nobody says which plan is approved");
            }
            if self.user_id.as_ref().is_none_or(|subject| subject == approver) {
                return Err("nobody approves what is done to themselves");
            }
            if self.plan.asked_by.as_deref() == Some(actor) || self.plan.asker.as_ref() == Some(approver) {
                return Err("nobody approves what they asked for");
            }
            if self.assent.by.contains(approver) {
                return Err("the same person has approved it before");
            }
            self.assent.by.push(approver.clone());
            if self.assent.by.len() < usize::from(wanted.people) {
                return Ok(());
            }
            self.assent.given = true;
        }
        self.beyond_budget |= reason.is_budget();
        self.past_breaker |= reason == HoldReason::BreakerTripped;
        self.confirmed |= reason == HoldReason::UnconfirmedDisable;
        self.unchanged |= reason == HoldReason::DingTalkIdChanged;
        if reason == HoldReason::ChangedByOthers {
            self.decided();
        }
        self.status = Status::Open;
        Ok(())
    }

    /// The last disable before step `index`, which is what an enable there undoes: its state and,
    /// if it was done, when.
    #[must_use]
    pub fn undone_by(&self, index: u8) -> Option<(&StepState, Option<Timestamp>)> {
        let mut before = self.plan.actions.iter().zip(&self.steps).take(usize::from(index));
        let (action, state) = before.rfind(|(action, _)| action.kind() == ActionKind::Disable)?;
        Some((state, state.done_at(action)))
    }
}

/// Whether the attempt that the event ends may have done its work.
fn may_be_done(event: &Event) -> bool {
    match event {
        Event::StepUnknown { .. } => true,
        Event::StepFailed { failure, .. } => {
            matches!(failure.class, FailureClass::Busy | FailureClass::Unknown | FailureClass::NotInEffect)
        }
        _ => false,
    }
}

fn later(at: Timestamp, seconds: u64) -> Timestamp {
    let duration = jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
