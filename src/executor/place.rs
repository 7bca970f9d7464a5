//! Where an incident stands, and the events that can happen there.

use std::collections::BTreeMap;

use crate::incident::{
    Action, ActionKind, Event, Failure, Finding, HoldReason, Incident, IncidentId, RuleId, SourceName, StepState,
    Timestamp, UserId,
};
use crate::response::Subject;

/// Where an incident stands: its step, and on whom.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) incident: &'a Incident,
    pub(super) step: u8,
    pub(super) action: &'a Action,
    pub(super) user_id: &'a UserId,
    pub(super) subject: &'a Subject,
    pub(super) failed_reads: u32,
}

impl Place<'_> {
    pub(super) fn id(&self) -> &IncidentId {
        self.incident.id()
    }

    /// On the word of which source, if that is known, and by which rules.
    pub(super) fn asked_by(&self) -> (Option<&SourceName>, impl Iterator<Item = &RuleId>) {
        self.incident.plan.asked_on()
    }

    /// Whether somebody has still to say yes. Before a change of the DingTalk ID always, whatever its plan says.
    pub(super) fn wants_approval(&self) -> bool {
        let is_asked = self.action.kind() == ActionKind::ChangeDingTalkId && !self.incident.assent.given;
        is_asked || self.incident.wants_approval()
    }

    /// Whether the step gives back what the plan took.
    pub(super) fn gives_back(&self) -> bool {
        self.action.kind() == ActionKind::Enable && self.undoes_something()
    }

    /// Whether the step is an enable that gives back what the plan took, or that a human has asked for.
    pub(super) fn only_gives_back(&self) -> bool {
        let is_by_hand = self.action.kind() == ActionKind::Enable && self.incident.plan.rules.is_empty();
        self.gives_back() || is_by_hand
    }

    /// Whether the step only signs out again, so that its failure is recorded and nothing more.
    pub(super) fn is_again(&self) -> bool {
        self.incident.plan.is_again(self.step.into())
    }

    /// For administrators and for the employee; whoever is signed out again reads what they read before.
    pub(super) fn words_of_sign_out(&self) -> (String, BTreeMap<String, String>) {
        let said = self.incident.plan.actions.iter().zip(0_u8..).find_map(|(action, step)| match action {
            Action::SignOut { reason, .. } => Some((reason.clone(), step)),
            _ => None,
        });
        let (reason, step) = said.unwrap_or_default();
        (reason, self.subject.texts.get(&step).cloned().unwrap_or_default())
    }

    pub(super) fn started(&self, attempt: u32) -> Event {
        Event::StepStarted { incident: self.id().clone(), step: self.step, attempt }
    }

    pub(super) fn succeeded(&self, attempt: u32, finding: Finding, request_id: Option<String>) -> Event {
        Event::StepSucceeded { incident: self.id().clone(), step: self.step, attempt, finding, request_id, by: None }
    }

    /// Another incident has done it.
    pub(super) fn already_ours(&self, attempt: u32, by: IncidentId) -> Event {
        let (incident, finding) = (self.id().clone(), Finding::AlreadyOurs);
        Event::StepSucceeded { incident, step: self.step, attempt, finding, request_id: None, by: Some(by) }
    }

    pub(super) fn failed(&self, attempt: u32, failure: Failure, retry_at: Option<Timestamp>) -> Event {
        Event::StepFailed { incident: self.id().clone(), step: self.step, attempt, failure, retry_at }
    }

    pub(super) fn unknown(&self, attempt: u32, failure: Failure) -> Event {
        Event::StepUnknown { incident: self.id().clone(), step: self.step, attempt, failure }
    }

    pub(super) fn held(&self, reason: HoldReason, failure: Option<Failure>) -> Event {
        Event::IncidentHeld { incident: self.id().clone(), reason, failure, beyond: None }
    }

    /// Whether the account is disabled once the step is done; `None` where the step is about something else.
    pub(super) fn disabled_when_done(&self) -> Option<bool> {
        match self.action {
            Action::SignOut { .. }
            | Action::SignOutAgain {}
            | Action::ChangeDingTalkId { .. }
            | Action::Notify { .. } => None,
            Action::Disable { .. } => Some(true),
            Action::Enable { .. } => Some(false),
        }
    }

    /// Whether there is a disable before it in the plan, which it is to undo.
    pub(super) fn undoes_something(&self) -> bool {
        self.incident.undone_by(self.step).is_some()
    }

    /// An enable without a disable before it in the plan was asked for as such; otherwise it undoes
    /// only a disable of ours: made by this incident, or shared with another.
    pub(super) fn undoes_our_own(&self) -> bool {
        undoes_our_own(self.incident, self.step)
    }
}

/// Whether an enable that is this step has anything of ours to undo.
pub(super) fn undoes_our_own(incident: &Incident, step: u8) -> bool {
    let Some((state, _)) = incident.undone_by(step) else { return true };
    matches!(state, StepState::Verified { finding, .. } | StepState::Claimed { finding, .. } if finding.is_ours())
}
