//! When an account is not given back: as long as no order may leave, which passes by itself; and where somebody else has
//! touched it since, which a human decides.

use super::hand::Hand;
use super::place::{Place, undoes_our_own};
use crate::directory::Account;
use crate::incident::{
    AccountWarning, ActionKind, AlertId, Event, HoldReason, Incident, IncidentId, StepState, Timestamp,
};
use crate::trail::{Board, RecordError};

impl Hand {
    /// Whether what comes next is to give an account back, and has to wait until orders may leave again. A pause stops
    /// that like everything else, but nobody has to say of each account that it may go on.
    pub(super) fn must_wait(&self, board: &Board, incident: &Incident) -> bool {
        let Some((step, action, state)) = incident.next_step() else { return false };
        let is_begun = !matches!(state, StepState::Pending | StepState::Postponed { .. });
        if action.kind() != ActionKind::Enable || incident.undone_by(step).is_none() || is_begun {
            return false;
        }
        let (source, rules) = incident.plan.asked_on();
        board.pauses().hold(source, rules) || (self.directory.only_reads() && undoes_our_own(incident, step))
    }

    /// Whether the account was seen enabled since we disabled it, and is not now: whoever disabled it again may want it
    /// to stay so.
    pub(super) fn was_changed_by_others(&self, at: &Place<'_>, account: Option<&Account>) -> bool {
        let is_enabled = account.is_some_and(|account| account.disabled == Some(false));
        let is_touched = at.incident.found_enabled.is_some() && !at.incident.despite_others;
        at.gives_back() && is_touched && !is_enabled && !self.is_left_to_another(at)
    }

    /// Whether another incident contains the account, and gives it back when its own time comes.
    pub(super) fn is_left_to_another(&self, at: &Place<'_>) -> bool {
        self.trail.board(|board| match at.undoes_something() {
            true => board.is_contained_by_another(at.user_id, at.id()),
            false => board.is_contained_for_a_while_by_another(at.user_id, at.id()),
        })
    }

    /// Notes with every incident that keeps the account disabled that it is seen enabled, if it is. No call and no event
    /// of DingTalk's says who did that, or when.
    pub(super) async fn note_if_enabled(&self, at: &Place<'_>, account: Option<&Account>) -> Result<(), RecordError> {
        if account.is_none_or(|account| account.disabled != Some(false)) {
            return Ok(());
        }
        let (user_id, now) = (at.user_id, self.clock.now());
        let mut undone: Vec<IncidentId> = self.trail.board(|board| {
            let is_of_it = |incident: &&Incident| incident.user_id.as_ref() == Some(user_id);
            let all = board.containing().map(|live| &live.incident).filter(is_of_it);
            all.filter(|incident| is_unaware(incident, now)).map(|incident| incident.id().clone()).collect()
        });
        // In an order, so that the same happenings make the same trail.
        undone.sort_unstable();
        for incident in undone {
            self.note_enabled_of(incident).await?;
        }
        Ok(())
    }

    async fn note_enabled_of(&self, incident: IncidentId) -> Result<(), RecordError> {
        let covered = self.trail.board(|board| self.seen.covered_since(&incident, board));
        tracing::warn!(incident.id = %incident, alert.id = covered.as_ref().map(AlertId::as_str),
            "somebody else has enabled the account that it keeps disabled");
        let warning = AccountWarning::FoundEnabled { covered };
        match self.record(vec![Event::AccountWarned { incident, warning }]).await {
            // Given back by now, nothing is left to say.
            Ok(()) | Err(RecordError::Illegal(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What a look found that was not asked for by the account's own lane: it may have been given back since.
    pub(super) async fn note_enabled_unless_over(&self, incident: &IncidentId) -> Result<(), RecordError> {
        let now = self.clock.now();
        let is_unaware =
            self.trail.board(|board| board.in_effect(incident).is_some_and(|live| is_unaware(&live.incident, now)));
        if is_unaware { self.note_enabled_of(incident.clone()).await } else { Ok(()) }
    }

    /// DingTalk said that it disabled the account, and it is enabled. Right after the yes that is DingTalk's doing, and
    /// the step is tried again; later somebody may have enabled it.
    pub(super) fn is_in_doubt(&self, at: &Place<'_>, claimed_at: Timestamp) -> bool {
        let is_fresh = claimed_at.checked_add(FRESH).is_ok_and(|until| self.clock.now() <= until);
        at.action.kind() == ActionKind::Disable && (at.incident.in_doubt || !is_fresh)
    }

    pub(super) fn held_by_others(at: &Place<'_>) -> Event {
        at.held(HoldReason::ChangedByOthers, None)
    }
}

/// How long after DingTalk's yes it is its own doing that there is no effect.
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// Whether it is still to be noted with the incident that its account was seen enabled.
pub(super) fn is_unaware(incident: &Incident, now: Timestamp) -> bool {
    incident.found_enabled.is_none() && incident.is_to_stay_disabled(now)
}
