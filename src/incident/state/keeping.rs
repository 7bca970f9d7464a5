//! What an incident keeps an account in: whether others on the account can count on it.

use super::{Incident, StepState};
use crate::incident::{Action, ActionKind};

impl Incident {
    /// Whether it contains the account by a disable of ours, and not by one it found in place.
    #[must_use]
    pub fn keeps_our_disable(&self) -> bool {
        let is_ours = |state: &StepState| matches!(state, StepState::Verified { finding, .. } if finding.is_ours());
        self.is_containing() && self.has_disable(is_ours)
    }

    /// The same, or a disable of ours is under way that may have come to its end.
    #[must_use]
    pub fn may_keep_disabled(&self) -> bool {
        let is_under_way = |state: &StepState| match state {
            StepState::Started { .. } | StepState::Unknown { .. } => true,
            StepState::Claimed { finding, .. } => finding.is_ours(),
            _ => false,
        };
        self.keeps_our_disable() || self.has_disable(is_under_way)
    }

    fn has_disable(&self, is_wanted: impl Fn(&StepState) -> bool) -> bool {
        let mut steps = self.plan.actions.iter().zip(&self.steps);
        steps.any(|(action, state)| action.kind() == ActionKind::Disable && is_wanted(state))
    }

    /// Whether it has signed the account out, by a step of this kind, and keeps it disabled.
    #[must_use]
    pub fn keeps_signed_out(&self, is_wanted: impl Fn(&Action) -> bool) -> bool {
        let is_done = |(action, state): (&Action, &StepState)| is_wanted(action) && state.done_at(action).is_some();
        self.keeps_our_disable() && self.plan.actions.iter().zip(&self.steps).any(is_done)
    }
}
