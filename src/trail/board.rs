//! What is going on now, derived from the trail alone: live incidents, what is due, who is covered
//! by an earlier incident, and whether actions are paused.

mod beside;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Cover;
use super::achieved::Achieved;
use super::containments::Containments;
use super::covered::Covered;
use super::held_alerts::{HeldAlerts, HeldLines};
use super::issued::Issued;
use super::watches::Watches;
use crate::incident::{
    Action, AlertId, Breakers, Check, Checked, Checkup, Digest, DingTalkIdChanges, Event, Finding, Health,
    IllegalTransition, Incident, IncidentId, Ledger, Outcome, Owed, Pause, Pauses, RuleId, SenderEvent, SourceName,
    Status, Timestamp, UpkeepEvent, UserId, Windows, sorted,
};

/// The most accounts remembered for cooldowns; the oldest half is forgotten beyond it.
const COVERS_MAX: usize = 200_000;

/// The derived state. Rebuilt by replaying the trail, kept by applying each record once it is
/// durable.
#[derive(Debug, Default, Serialize, Deserialize)]
// What was carried of records that are gone was written by an older program, which knew less; what is taken away or named
// otherwise has to be read by hand.
#[serde(default, deny_unknown_fields)]
pub struct Board {
    #[serde(with = "sorted::map")]
    live: HashMap<IncidentId, Live>,
    /// Incidents that are closed and keep an account disabled, until somebody gives it back.
    #[serde(with = "sorted::map")]
    keeping: HashMap<IncidentId, Live>,
    due: BTreeSet<(Timestamp, u64, IncidentId)>,
    #[serde(with = "sorted::map")]
    covers: HashMap<(RuleId, String), Cover>,
    pauses: Pauses,
    breakers: Breakers,
    windows: Windows,
    ledger: Ledger,
    watches: Watches,
    were_rules_signed: bool,
    notices: Owed,
    dingtalk_ids: DingTalkIdChanges,
    trials: BTreeMap<SourceName, Timestamp>,
    not_understood: BTreeSet<SourceName>,
    achieved: Achieved,
    containments: Containments,
    held_alerts: HeldLines,
    covered: Covered,
    checkup: Option<Checkup>,
    canary_at: Option<Timestamp>,
    pruned: Vec<Pruned>,
    issued: Issued,
}

/// What was recorded to be dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pruned {
    /// Below this.
    pub(super) below: u64,
    /// Digest of what is carried of it.
    pub(super) board: Digest,
    /// The record that says so.
    pub(super) record: u64,
}

/// An incident that is not closed, or keeps an account disabled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Live {
    /// Its state.
    pub incident: Incident,
    /// The record that opened it; what lies beside that record names the account.
    pub record: u64,
    /// The record of its last intent, if there was one.
    pub began: u64,
}

impl Board {
    /// The pauses in force.
    #[must_use]
    pub fn pauses(&self) -> &Pauses {
        &self.pauses
    }

    /// What the breaker has stopped.
    #[must_use]
    pub fn breakers(&self) -> &Breakers {
        &self.breakers
    }

    /// The rules that only watch, and who let which rule act.
    #[must_use]
    pub fn watches(&self) -> &Watches {
        &self.watches
    }

    /// Whether somebody signed the rules that came into force last.
    #[must_use]
    pub fn were_rules_signed(&self) -> bool {
        self.were_rules_signed
    }

    /// What people are still to be told.
    #[must_use]
    pub fn notices(&self) -> &Owed {
        &self.notices
    }

    /// Whose DingTalk ID was changed in the last year.
    #[must_use]
    pub fn dingtalk_ids(&self) -> &DingTalkIdChanges {
        &self.dingtalk_ids
    }

    /// The sources that were last tried out, and until when: a window lasts over a restart.
    pub fn trials(&self) -> impl Iterator<Item = (&SourceName, Timestamp)> {
        self.trials.iter().map(|(source, until)| (source, *until))
    }

    /// The tokens that were given out and not taken back.
    #[must_use]
    pub fn issued(&self) -> &Issued {
        &self.issued
    }

    /// What rules wanted to act on lately and could not open an incident for, the last first.
    #[must_use]
    pub fn held_alerts(&self, now: Timestamp) -> Vec<&HeldAlerts> {
        self.held_alerts.at(now)
    }

    /// The incidents in effect that an alert was taken for covered by, with the time of the last, in no order.
    pub fn covering(&self) -> impl Iterator<Item = (&IncidentId, Timestamp)> {
        self.covered.all()
    }

    /// The last alert that was taken for covered by this incident, while that is in effect.
    #[must_use]
    pub fn covered_by(&self, incident: &IncidentId) -> Option<(Timestamp, &AlertId)> {
        self.covered.of(incident)
    }

    /// The last time it was looked at whether all is well.
    #[must_use]
    pub fn checkup(&self) -> Option<&Checkup> {
        self.checkup.as_ref()
    }

    /// When the canary was last contained, or that was tried.
    #[must_use]
    pub fn canary_at(&self) -> Option<Timestamp> {
        self.canary_at
    }

    /// What was recorded to be dropped, in order.
    pub(super) fn pruned(&self) -> &[Pruned] {
        &self.pruned
    }

    /// The first record that is needed for what is not over yet, if any is, and the incident that it opened.
    #[must_use]
    pub fn needed_from(&self) -> Option<(u64, &IncidentId)> {
        self.live.iter().map(|(id, live)| (live.record, id)).min()
    }

    /// Whether the source has ever sent what was not understood.
    #[must_use]
    pub fn was_not_understood(&self, source: &SourceName) -> bool {
        self.not_understood.contains(source)
    }

    /// What correlations have counted.
    #[must_use]
    pub fn windows(&self) -> &Windows {
        &self.windows
    }

    /// What there was to be done in the last day, by what budgets are for.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A live incident.
    #[must_use]
    pub fn live(&self, incident: &IncidentId) -> Option<&Live> {
        self.live.get(incident)
    }

    /// A live incident, or one that keeps an account disabled for good.
    #[must_use]
    pub fn in_effect(&self, incident: &IncidentId) -> Option<&Live> {
        self.live.get(incident).or_else(|| self.keeping.get(incident))
    }

    /// All incidents that contain an account now, as far as DingTalk has said so, or may, in no order.
    pub fn containing(&self) -> impl Iterator<Item = &Live> {
        self.live.values().filter(|live| live.incident.may_have_taken()).chain(self.keeping.values())
    }

    /// All live incidents, in no order.
    pub fn all_live(&self) -> impl Iterator<Item = &Live> {
        self.live.values()
    }

    /// How many incidents are live.
    #[must_use]
    pub fn live_count(&self) -> usize {
        self.live.len()
    }

    /// Open incidents whose next step may begin at `now`, oldest due first.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = &Live> {
        self.due.iter().take_while(move |(at, ..)| *at <= now).filter_map(|(.., incident)| self.live.get(incident))
    }

    /// When the first open incident becomes due after `now`.
    #[must_use]
    pub fn next_due_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.due.iter().map(|(at, ..)| *at).find(|at| *at > now)
    }

    /// The incident that last covered this rule and account (by its pseudonym). One whose account somebody else has
    /// enabled covers nothing more: what comes then was not answered by it.
    #[must_use]
    pub fn cover(&self, rule: &RuleId, account: &str) -> Option<Cover> {
        let cover = self.covers.get(&(rule.clone(), account.to_owned()))?;
        if self.in_effect(&cover.incident).is_some_and(|live| live.incident.is_touched_by_others()) {
            return None;
        }
        let held = self.live.get(&cover.incident).and_then(|live| match live.incident.status {
            Status::Held(reason) => Some(reason),
            Status::Open | Status::Closed(_) => None,
        });
        let live = self.live.get(&cover.incident).map(|live| &live.incident);
        let drawn = live.map(|incident| incident.departments.as_slice()).unwrap_or_default();
        let departments = drawn.iter().map(|drawn| drawn.department).collect();
        let user_id = live.and_then(|incident| incident.user_id.clone());
        Some(Cover { held, departments, user_id, ..cover.clone() })
    }

    /// When the account of this pseudonym was contained by us, or that of this user id where it is known.
    #[must_use]
    pub fn contained_at(&self, account: &str, user_id: Option<&UserId>) -> Vec<Timestamp> {
        self.containments.times(account, user_id)
    }

    /// Whether these events of one incident (or of none), recorded at `at`, would be legal. For an
    /// incident that is not in effect, none is: its record could not be replayed.
    ///
    /// # Errors
    /// The first that would not.
    pub fn check(&self, events: &[Event], at: Timestamp) -> Result<(), IllegalTransition> {
        let named = events.iter().find_map(|event| Some((event, *event.incidents().first()?)));
        let Some((event, id)) = named else { return Ok(()) };
        let live = self.in_effect(id).ok_or_else(|| IllegalTransition::unknown(id, event))?;
        let mut incident = live.incident.clone();
        events.iter().try_for_each(|event| incident.apply(event, at))
    }

    /// Applies one durable record.
    ///
    /// # Errors
    /// It does not fit what came before it.
    pub fn apply(&mut self, seq: u64, at: Timestamp, event: &Event) -> Result<(), IllegalTransition> {
        self.watches.apply(at, event);
        self.notices.apply(seq, at, event);
        self.held_alerts.apply(seq, at, event);
        self.issued.apply(at, event);
        match event {
            Event::AlertAdmitted { opened, counted, .. } => {
                counted.iter().for_each(|counted| self.windows.apply(counted, at));
                let (live, keeping) = (&self.live, &self.keeping);
                self.covered.apply(at, event, |id| live.contains_key(id) || keeping.contains_key(id));
                for one in opened {
                    self.open(seq, at, Incident::open(one, at));
                }
            }
            Event::IncidentsOpened { opened, .. } => {
                for one in opened {
                    self.open(seq, at, Incident::open(one, at));
                }
            }
            Event::IncidentRequested { opened, .. } => self.open(seq, at, Incident::open(opened, at)),
            Event::ResponderPaused { actor, reason, scope } => {
                self.pauses.begin(scope.clone(), Pause { actor: actor.clone(), reason: reason.clone(), at });
            }
            Event::ResponderResumed { scope, .. } => self.pauses.end(scope),
            Event::BreakerTripped { trip } => self.breakers.trip(trip.clone(), at),
            Event::BreakerReleased { scope, .. } => self.breakers.release(scope, at),
            Event::Sender(SenderEvent::Tried { source, until, .. }) => {
                self.trials.retain(|_, until| *until > at);
                self.trials.insert(source.clone(), *until);
            }
            Event::DoctorChecked { checks, .. } => {
                let of_canary = |checked: &Checked| checked.check == Check::Canary;
                if checks.iter().any(|one| of_canary(one) && one.found.health() != Health::Skipped) {
                    self.canary_at = Some(at);
                }
                self.checkup = Some(Checkup { at, checks: checks.clone() });
            }
            Event::Sender(SenderEvent::NotUnderstood { source, .. }) => {
                self.not_understood.insert(source.clone());
            }
            Event::RulesLoaded { signer, .. } => self.were_rules_signed = signer.is_some(),
            Event::Upkeep(UpkeepEvent::Pruned { below, board, .. }) => {
                self.notices.forget_below(*below);
                self.pruned.push(Pruned { below: *below, board: *board, record: seq });
            }
            _ => {
                if let Event::BudgetDrawn { departments, .. } = event {
                    self.ledger.note_departments(departments, at);
                }
                // Those behind the first are named, and nothing changes for them.
                if let Some(incident) = event.incidents().first() {
                    self.advance(incident, (seq, at), event)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, seq: u64, at: Timestamp, incident: Incident) {
        let id = incident.id().clone();
        self.ledger.note_plan(&incident.plan, at);
        let extent = incident.plan.extent();
        for rule in &incident.plan.rules {
            let cover = Cover {
                incident: id.clone(),
                opened_at: at,
                live: true,
                held: None,
                extent: extent.clone(),
                departments: Vec::new(),
                user_id: None,
            };
            self.covers.insert((rule.id.clone(), incident.plan.account.clone()), cover);
        }
        self.forget_old_covers();
        let live = Live { incident, record: seq, began: 0 };
        self.note_due(&live);
        self.live.insert(id, live);
    }

    fn advance(
        &mut self,
        id: &IncidentId,
        (seq, at): (u64, Timestamp),
        event: &Event,
    ) -> Result<(), IllegalTransition> {
        let Some(mut live) = self.live.remove(id).or_else(|| self.keeping.remove(id)) else {
            return Err(IllegalTransition::unknown(id, event));
        };
        self.forget_due(&live);
        let result = live.incident.apply(event, at);
        if matches!(event, Event::StepStarted { .. }) {
            live.began = seq;
        }
        if result.is_ok() {
            self.achieved.note(&live, event, at);
            self.containments.note(&live.incident, event, at);
        }
        if let Some(user_id) = live.incident.user_id.as_ref().filter(|_| was_enabled(&live.incident, event)) {
            for (id, _) in self.keeping.extract_if(|_, keeping| keeping.incident.user_id.as_ref() == Some(user_id)) {
                self.covered.forget(&id);
            }
        }
        if result.is_ok() {
            self.dingtalk_ids.apply(&live.incident, event, at);
        }
        if let Status::Closed(outcome) = live.incident.status {
            self.close(&live.incident, outcome, event);
            if live.incident.keeps_our_disable() {
                self.keeping.insert(id.clone(), live);
            } else {
                self.covered.forget(id);
            }
        } else {
            self.note_due(&live);
            self.live.insert(id.clone(), live);
        }
        result
    }

    /// A containment that failed covers nobody, nor does one that nobody approved in time before anything was done: the
    /// next alert must be able to try again. What a human has dismissed covers, as they have looked.
    fn close(&mut self, incident: &Incident, outcome: Outcome, event: &Event) {
        let is_unanswered = matches!(event, Event::ApprovalLapsed { .. }) && !incident.has_done_something();
        for rule in &incident.plan.rules {
            let key = (rule.id.clone(), incident.plan.account.clone());
            if self.covers.get(&key).is_some_and(|cover| &cover.incident != incident.id()) {
                continue;
            }
            if outcome == Outcome::Failed || is_unanswered {
                self.covers.remove(&key);
            } else if let Some(cover) = self.covers.get_mut(&key) {
                cover.live = false;
            }
        }
    }

    fn note_due(&mut self, live: &Live) {
        if let Some(entry) = due_entry(live) {
            self.due.insert(entry);
        }
    }

    fn forget_due(&mut self, live: &Live) {
        if let Some(entry) = due_entry(live) {
            self.due.remove(&entry);
        }
    }

    fn forget_old_covers(&mut self) {
        if self.covers.len() <= COVERS_MAX {
            return;
        }
        let mut times: Vec<_> = self.covers.values().map(|cover| cover.opened_at).collect();
        let (_, middle, _) = times.select_nth_unstable(COVERS_MAX / 2);
        let middle = *middle;
        self.covers.retain(|_, cover| cover.live || cover.opened_at >= middle);
    }
}

/// Whether the event shows that nothing keeps the account disabled, or that nothing did before it.
fn was_enabled(incident: &Incident, event: &Event) -> bool {
    match event {
        Event::StepVerified { disabled, .. } => *disabled == Some(false),
        Event::StepSucceeded { step, finding: Finding::Answered, .. } => {
            matches!(incident.plan.actions.get(usize::from(*step)), Some(Action::Disable { .. }))
        }
        _ => false,
    }
}

/// An open incident's place in the queue; one with nothing left to do is due at once, to be closed, one that waits to be
/// approved when that lapses, and one whose other steps stand in the way of its end when that comes.
fn due_entry(live: &Live) -> Option<(Timestamp, u64, IncidentId)> {
    let incident = &live.incident;
    let due = match incident.status {
        Status::Open => Some(incident.due_at().unwrap_or(incident.opened_at)),
        Status::Held(_) => incident.lapses_at(),
        Status::Closed(_) => return None,
    };
    let due = due.into_iter().chain(incident.overdue_at()).min()?;
    Some((due, live.record, incident.id().clone()))
}
