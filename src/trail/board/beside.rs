//! What the incidents on one account are to each other: who keeps it disabled, and who has signed it out.

use super::{Board, Live};
use crate::incident::{Action, ActionKind, Incident, IncidentId, Timestamp, UserId};

impl Board {
    /// Whether another incident than `but` contains the account now. One whose account somebody else has enabled since
    /// does not: what has disabled it anew is another.
    #[must_use]
    pub fn is_contained_by_another(&self, user_id: &UserId, but: &IncidentId) -> bool {
        others_on(self.live.values().chain(self.keeping.values()), user_id, but).any(contains_untouched)
    }

    /// Whether another incident than `but` contains the account now and will enable it by itself. Of one that keeps it
    /// for good, an alert or a human that enables it says that this is over.
    #[must_use]
    pub fn is_contained_for_a_while_by_another(&self, user_id: &UserId, but: &IncidentId) -> bool {
        others_on(self.live.values(), user_id, but).any(contains_untouched)
    }

    /// Which other incident than `but` has disabled the account, or may have: one that has not given it back, or one
    /// that never does.
    #[must_use]
    pub fn disabled_by_another(&self, user_id: &UserId, but: &IncidentId) -> Option<&IncidentId> {
        let in_effect = self.live.values().chain(self.keeping.values());
        // Whichever it is, the same one every time.
        others_on(in_effect, user_id, but).filter(|incident| incident.may_keep_disabled()).map(Incident::id).min()
    }

    /// Which other incident has signed the account out so that `but` need not: just now and after `but` was opened, or
    /// before a disable that it keeps the account in.
    #[must_use]
    pub fn signed_out_by_another(&self, user_id: &UserId, but: &IncidentId, now: Timestamp) -> Option<&IncidentId> {
        let opened = self.live.get(but)?.record;
        let just_now = self.achieved.signed_out_since(user_id, opened, now).filter(|by| *by != but);
        just_now.or_else(|| self.kept_out_by_another(user_id, but, |action| action.kind() == ActionKind::SignOut))
    }

    /// Which other incident has signed the account out again, after a disable that it keeps the account in.
    #[must_use]
    pub fn signed_out_again_by_another(&self, user_id: &UserId, but: &IncidentId) -> Option<&IncidentId> {
        self.kept_out_by_another(user_id, but, |action| matches!(action, Action::SignOutAgain {}))
    }

    /// The other incidents on the account, those opened first first.
    #[must_use]
    pub fn beside(&self, user_id: &UserId, but: &IncidentId) -> Vec<IncidentId> {
        let in_effect = self.live.values().chain(self.keeping.values());
        let mut others: Vec<&Live> = in_effect.filter(|live| is_on(&live.incident, user_id, but)).collect();
        others.sort_unstable_by_key(|live| live.record);
        others.into_iter().map(|live| live.incident.id().clone()).collect()
    }

    fn kept_out_by_another(
        &self,
        user_id: &UserId,
        but: &IncidentId,
        is_sign_out: impl Fn(&Action) -> bool,
    ) -> Option<&IncidentId> {
        let in_effect = self.live.values().chain(self.keeping.values());
        others_on(in_effect, user_id, but).filter(|other| other.keeps_signed_out(&is_sign_out)).map(Incident::id).min()
    }
}

fn contains_untouched(incident: &Incident) -> bool {
    incident.has_disabled() && !incident.is_touched_by_others()
}

/// Whether it is on this account, and another than `but`.
fn is_on(incident: &Incident, user_id: &UserId, but: &IncidentId) -> bool {
    incident.user_id.as_ref() == Some(user_id) && incident.id() != but
}

fn others_on<'l>(
    all: impl Iterator<Item = &'l Live>,
    user_id: &UserId,
    but: &IncidentId,
) -> impl Iterator<Item = &'l Incident> {
    all.map(|live| &live.incident).filter(move |incident| is_on(incident, user_id, but))
}
