//! What an incident keeps an account in: whether others on the account can count on it, when it ends, and what stands in
//! the way of that.

use super::{Incident, Status, StepState, later};
use crate::incident::{Action, ActionKind, Event, HoldReason, Outcome, Timestamp};

impl Incident {
    /// Whether the account is contained by this incident now: it is disabled, and neither enabled again nor left to
    /// another incident to enable.
    #[must_use]
    pub fn is_containing(&self) -> bool {
        self.has_taken(|state| matches!(state, StepState::Verified { .. }))
    }

    /// The same, or DingTalk has said that it disabled the account, and nobody could read it back yet.
    #[must_use]
    pub fn has_disabled(&self) -> bool {
        self.has_taken(|state| matches!(state, StepState::Verified { .. } | StepState::Claimed { .. }))
    }

    /// Whether any of its steps has ended well.
    #[must_use]
    pub fn has_done_something(&self) -> bool {
        self.plan.actions.iter().zip(&self.steps).any(|(action, state)| state.done_at(action).is_some())
    }

    /// Whether it contains the account by a disable of ours, and not by one it found in place.
    #[must_use]
    pub fn keeps_our_disable(&self) -> bool {
        self.has_taken(|state| matches!(state, StepState::Verified { finding, .. } if finding.is_ours()))
    }

    /// The same, as far as DingTalk has said so.
    #[must_use]
    pub fn is_to_undo(&self) -> bool {
        self.has_taken(|state| match state {
            StepState::Verified { finding, .. } | StepState::Claimed { finding, .. } => finding.is_ours(),
            _ => false,
        })
    }

    /// Whether it contains the account, or may: the last that is known of its disable is that nobody knows its outcome.
    #[must_use]
    pub fn may_have_taken(&self) -> bool {
        self.has_disabled() || self.has_taken(is_unknown)
    }

    /// Whether it contains the account by a disable of ours, as far as DingTalk has said so, or may contain it by one.
    #[must_use]
    pub fn may_be_to_undo(&self) -> bool {
        self.is_to_undo() || self.has_taken(is_unknown)
    }

    /// The same, or a disable of ours is under way that may have come to its end. Not where somebody else has touched
    /// the account since: what it is now is not ours any more.
    #[must_use]
    pub fn may_keep_disabled(&self) -> bool {
        let is_under_way = |state: &StepState| matches!(state, StepState::Started { .. } | StepState::Unknown { .. });
        !self.is_touched_by_others() && (self.is_to_undo() || self.has_taken(is_under_way))
    }

    /// Whether the account was seen enabled while this incident kept it disabled.
    #[must_use]
    pub fn is_touched_by_others(&self) -> bool {
        self.found_enabled.is_some()
    }

    /// Whether the account should be disabled at `now`, by us, for as long as nobody says otherwise: whoever sees it
    /// enabled sees that somebody else did that.
    #[must_use]
    pub fn is_to_stay_disabled(&self, now: Timestamp) -> bool {
        let is_over = match self.undoing() {
            None | Some(StepState::Failed { .. }) => false,
            Some(StepState::Pending) => self.released || self.ends_at().is_some_and(|at| at <= now),
            Some(_) => true,
        };
        self.keeps_our_disable() && !is_over
    }

    /// Whether a disable of the plan is in a state like this, and was not undone or left to another.
    fn has_taken(&self, is_taken: impl Fn(&StepState) -> bool) -> bool {
        if self.status == Status::Closed(Outcome::Dismissed) {
            return false;
        }
        let mut has_taken = false;
        for (action, state) in self.plan.actions.iter().zip(&self.steps) {
            match (action, state.done_at(action)) {
                (Action::Enable { .. }, Some(_)) => has_taken = false,
                (Action::Enable { .. }, None) => has_taken &= !state.is_left_to_another(),
                (Action::Disable { .. }, _) => has_taken = is_taken(state),
                _ => {}
            }
        }
        has_taken
    }

    /// Whether it has signed the account out, by a step of this kind, and keeps it disabled, so that nobody can have
    /// signed in since.
    #[must_use]
    pub fn keeps_signed_out(&self, is_wanted: impl Fn(&Action) -> bool) -> bool {
        let is_done = |(action, state): (&Action, &StepState)| is_wanted(action) && state.done_at(action).is_some();
        let is_untouched = self.found_enabled.is_none() && self.keeps_our_disable();
        is_untouched && self.plan.actions.iter().zip(&self.steps).any(is_done)
    }

    /// The last enable of the plan.
    pub(in crate::incident) fn undoing(&self) -> Option<&StepState> {
        let mut steps = self.plan.actions.iter().zip(&self.steps).rev();
        steps.find(|(action, _)| action.kind() == ActionKind::Enable).map(|(_, state)| state)
    }

    /// When the account was read back disabled, or else DingTalk said so, or else nobody knew any more whether it was.
    #[must_use]
    pub fn disabled_at(&self) -> Option<Timestamp> {
        let mut steps = self.plan.actions.iter().zip(&self.steps).rev();
        let (_, state) = steps.find(|(action, _)| action.kind() == ActionKind::Disable)?;
        match state {
            StepState::Verified { at, .. } | StepState::Claimed { at, .. } | StepState::Unknown { at, .. } => Some(*at),
            _ => None,
        }
    }

    /// When the account is given back by itself, as long as that has not begun.
    #[must_use]
    pub fn ends_at(&self) -> Option<Timestamp> {
        let mut steps = self.plan.actions.iter().zip(&self.steps).rev();
        match steps.find(|(action, _)| action.kind() == ActionKind::Enable)? {
            (Action::Enable { after_s }, StepState::Pending) => {
                Some(self.extended(later(self.disabled_at()?, *after_s)))
            }
            _ => None,
        }
    }

    /// Whether it would begin to end now, had nobody put that off.
    pub(super) fn is_put_off(&self, now: Timestamp) -> bool {
        let is_enable = matches!(self.next_step(), Some((_, Action::Enable { .. }, _)));
        is_enable && !self.released && self.extended_to.is_some_and(|until| until > now)
    }

    /// That end, or the one to which somebody has put it off.
    pub(super) fn extended(&self, end: Timestamp) -> Timestamp {
        self.extended_to.map_or(end, |until| until.max(end))
    }

    /// When its time is over while another step waits or is held: nothing of that is worth keeping somebody locked out.
    #[must_use]
    pub fn overdue_at(&self) -> Option<Timestamp> {
        let is_in_the_way = self.next_step().is_some_and(|(_, action, _)| action.kind() != ActionKind::Enable);
        self.ends_at().filter(|_| is_in_the_way && !self.released)
    }

    /// Whether something of a step is still to be done.
    pub(super) fn is_left(&self, action: &Action, state: &StepState) -> bool {
        let is_passed_over = self.released && state.can_be_passed_over(action);
        !state.is_final(action) && !is_passed_over
    }

    /// Only what has nothing under way or in force: an account that is contained is to be given back, unless
    /// somebody else has touched it, so that leaving it as it is may be right, or there is no such account any more.
    pub(super) fn is_dismissible(&self) -> Result<(), &'static str> {
        let reason = match self.status {
            Status::Held(reason) => Some(reason),
            Status::Open if self.may_have_taken() => return Err("it contains the account, which is to be released"),
            // Between two tries, or before the first.
            Status::Open => None,
            Status::Closed(_) => return Err("it is closed"),
        };
        // Of an account that DingTalk does not know any more nothing is left to give back.
        let may_be_left = matches!(reason, Some(HoldReason::ChangedByOthers | HoldReason::AccountNotFound));
        if self.is_containing() && !may_be_left {
            return Err("it contains the account, which is to be released");
        }
        let is_gone = reason == Some(HoldReason::AccountNotFound);
        let is_under_way = |(action, state): (&Action, &StepState)| {
            let may_be_left = match state {
                StepState::Pending | StepState::Postponed { .. } => true,
                // Nobody can find out any more.
                StepState::Unknown { .. } | StepState::Claimed { .. } => is_gone,
                _ => false,
            };
            self.is_left(action, state) && !may_be_left
        };
        if self.plan.actions.iter().zip(&self.steps).any(is_under_way) {
            return Err("a step is under way");
        }
        Ok(())
    }

    /// Whether a responder can hold it.
    #[must_use]
    pub fn can_be_held(&self) -> bool {
        self.is_to_halt().is_ok()
    }

    /// Whether a responder can put off its end.
    #[must_use]
    pub fn can_be_extended(&self) -> bool {
        !self.released && self.may_be_to_undo() && self.ends_at().is_some()
    }

    /// Only what is still to take something from somebody, and does not wait for a human already, or waits for one no
    /// longer than its deadline. What only gives an account back is put off by an extension.
    pub(super) fn is_to_halt(&self) -> Result<(), &'static str> {
        match self.status {
            Status::Open | Status::Held(HoldReason::ApprovalWanted) => {}
            Status::Held(_) => return Err("it waits for a human already"),
            Status::Closed(_) => return Err("it is closed"),
        }
        match self.next_step() {
            _ if self.released => Err("it only gives the account back"),
            Some((_, action, _)) if action.kind() != ActionKind::Enable => Ok(()),
            Some((step, ..)) if self.undone_by(step).is_none() => Ok(()),
            Some(_) => Err("it only gives the account back"),
            None => Err("nothing is left to do"),
        }
    }

    /// Only what ends by itself, and later than it would.
    fn extend(&mut self, until: Timestamp) -> Result<(), &'static str> {
        if !self.can_be_extended() {
            return Err("it keeps nobody disabled, does not end by itself, or its end has begun");
        }
        if self.ends_at().is_some_and(|end| until <= end) {
            return Err("it does not end before then");
        }
        self.extended_to = Some(until);
        Ok(())
    }

    /// Applies what happens to an account because it is kept disabled.
    pub(super) fn apply_to_what_is_kept(&mut self, event: &Event, at: Timestamp) -> Result<(), &'static str> {
        match event {
            Event::IncidentReleased { .. } => return self.release(),
            Event::ContainmentExtended { until, .. } => return self.extend(*until),
            Event::ContainmentExpired { .. } => {
                if self.overdue_at().is_none_or(|overdue_at| overdue_at > at) {
                    return Err("nothing stands in the way of its end, or it has not come");
                }
                (self.released, self.status) = (true, Status::Open);
            }
            _ if !self.keeps_our_disable() => return Err("it keeps nobody disabled"),
            Event::ReleaseOffered { protection, .. } => self.offered = Some(*protection),
            Event::AccountWarned { .. } => {
                self.found_enabled.get_or_insert(at);
            }
            _ => {}
        }
        Ok(())
    }

    /// What it took, or may have taken, is given back now, whatever else waits; where the plan never gives it back, that
    /// is added to it.
    fn release(&mut self) -> Result<(), &'static str> {
        if !self.may_have_taken() {
            return Err("it contains nobody");
        }
        let is_open =
            |(action, state): (&Action, &StepState)| action.kind() == ActionKind::Enable && !state.is_final(action);
        if !self.plan.actions.iter().zip(&self.steps).any(is_open) {
            self.plan.actions.push(Action::Enable { after_s: 0 });
            self.steps.push(StepState::Pending);
        }
        if self.status == Status::Held(HoldReason::ChangedByOthers) {
            self.despite_others = true;
        }
        (self.released, self.status) = (true, Status::Open);
        Ok(())
    }

    /// A human lets it go on although somebody else has touched the account: it is given back all the same; or disabled
    /// anew, and if it is found disabled then, that was not us.
    pub(super) fn decided(&mut self) {
        match self.next_step() {
            Some((_, Action::Enable { .. }, _)) => self.despite_others = true,
            _ => self.may_have_disabled = false,
        }
    }
}

fn is_unknown(state: &StepState) -> bool {
    matches!(state, StepState::Unknown { .. })
}
