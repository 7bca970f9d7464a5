//! Decides an alert of the past anew, by the trail as it was before it and by the same code, and records nothing.

use super::Admission;
use super::draft::admitted;
use super::keys::AlertKeys;
use crate::incident::{Alert, Event, Ledger, Underway};
use crate::response::{Judged, Tally};
use crate::trail::StoreError;

impl Admission {
    /// What would be recorded of an alert that came now, as the first of its delivery: its own record, and those right
    /// behind it. `people` is how many there are in the organization. Of an admission whose trail, rules and clock are
    /// those of then it is what was decided then.
    ///
    /// # Errors
    /// What lies beside the records cannot be sealed.
    pub fn decided_again(&self, alert: Alert, people: Option<u32>) -> Result<Vec<Event>, StoreError> {
        let loaded = self.rules.now();
        let (rules, now) = (&loaded.set, self.clock.now());
        let mut judged = Judged::of(rules, &alert, &self.pseudonyms);
        let mut tally = Tally::default();
        if judged.counts() {
            let wanted: Vec<_> = judged.windows().collect();
            let makes = Some((self.settings.room(), &Underway::default()));
            let mut ahead = self.trail.board(|board| board.windows().ahead(&wanted, makes, now));
            tally = judged.count(rules, &alert, &self.pseudonyms, &mut ahead);
        }
        let mut standing = self.standing(&judged, rules);
        standing.people = people;
        let acts = judged.acting().next().is_some();
        let mut ledger = if acts { self.trail.board(|board| board.ledger().clone()) } else { Ledger::default() };
        let decided = judged.decide(&alert, &standing, &mut ledger, rules, now);
        let keys = AlertKeys::of(&alert);
        // Whom else it names decides only under whose keys it would lie.
        let (drafts, _) = admitted(self.seal(), (alert, Vec::new()), keys, decided, tally, now)?;
        Ok(drafts.into_iter().map(|draft| draft.event).collect())
    }
}
