//! What the trail says was decided, read back as a ruling.

use std::collections::{BTreeMap, HashMap};

use super::ruling::{Known, Ruling};
use crate::incident::{IncidentId, Opened, Timestamp, Verdict, VerdictKind};
use crate::response::Subject;

/// The most incidents remembered; beyond it they are looked up again.
const KNOWN_MAX: usize = 100_000;

/// Reads recorded verdicts in the order of the trail.
#[derive(Debug, Default)]
pub struct Recorded {
    /// `None` for one that nothing is known of any more.
    known: HashMap<IncidentId, Option<Known>>,
}

impl Recorded {
    /// What was decided on an alert at `at`. `look_up` finds an incident that was opened before the
    /// first alert looked at.
    ///
    /// # Errors
    /// What `look_up` says.
    pub fn ruling<E>(
        &mut self,
        verdict: &Verdict,
        opened: &[Opened],
        subjects: &BTreeMap<IncidentId, Subject>,
        at: Timestamp,
        mut look_up: impl FnMut(&IncidentId) -> Result<Option<Known>, E>,
    ) -> Result<Ruling, E> {
        if self.known.len() > KNOWN_MAX {
            self.known.clear();
        }
        for Opened { plan, held } in opened {
            let subject = subjects.get(&plan.incident);
            let known = subject.map(|s| Known {
                account: s.account.clone(),
                touches: plan.touches(),
                held: *held,
                opened_at: at,
            });
            self.known.insert(plan.incident.clone(), known);
        }
        let suppressed = verdict.decisions.iter().filter(|decision| decision.kind == VerdictKind::Suppressed);
        for incident in suppressed.filter_map(|decision| decision.incident.as_ref()) {
            if !self.known.contains_key(incident) {
                let known = look_up(incident)?;
                self.known.insert(incident.clone(), known);
            }
        }
        Ok(Ruling::of(verdict, opened, |incident| self.known.get(incident).cloned().flatten()))
    }
}
