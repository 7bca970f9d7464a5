//! What has happened, folded from the records by other code than the program's own: what each incident asked for, who
//! said what to it, and how far its steps are.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::incident::{
    AccountWarning, Action, ActionKind, AlertId, Digest, Event, FailureClass, Finding, HoldReason, IncidentId, Lapse,
    Opened, Plan, UserId,
};
use portcullis::trail::Record;

/// How the last attempt at a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    Never,
    Begun,
    Unknown,
    /// To be tried again.
    Failed,
    GivenUp,
    Claimed,
    Verified,
}

/// One step of a plan.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) last: Last,
    /// How the attempt before this one ended.
    pub(super) before: Last,
    /// The record of the intent, and whether an order has left by it.
    pub(super) intent: Option<(u64, bool)>,
    /// How many orders have left for it.
    pub(super) orders: usize,
    /// How it is known to be done.
    pub(super) finding: Option<Finding>,
    /// Whether an attempt may have come through though nobody was told so.
    may_be_done: bool,
}

impl Step {
    fn new(action: &Action) -> Self {
        let action = action.clone();
        let (last, before) = (Last::Never, Last::Never);
        Self { action, last, before, intent: None, orders: 0, finding: None, may_be_done: false }
    }
}

/// One incident.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) plan: Plan,
    /// The plan's digest before anything was added to it.
    pub(super) digest: Digest,
    /// How much time had passed in the whole run when it was opened, in milliseconds.
    pub(super) opened_ms: i64,
    /// How often breakers had been released by then.
    pub(super) releases: usize,
    pub(super) user_id: Option<UserId>,
    pub(super) steps: Vec<Step>,
    pub(super) held: Option<HoldReason>,
    pub(super) was_held: bool,
    pub(super) past_budget: bool,
    pub(super) past_breaker: bool,
    pub(super) approved_by: BTreeSet<(UserId, Option<Digest>)>,
    pub(super) has_lapsed: bool,
    pub(super) is_closed: bool,
    /// Whether somebody else was seen to have touched the account, and no human has said since that it is given back.
    pub(super) is_others: bool,
    /// Whether somebody else was ever seen to have enabled the account.
    was_touched: bool,
    /// How often breakers had been released when the first order left that takes something from the account's owner.
    pub(super) taken_after: Option<usize>,
}

/// All that is on the trail.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) cases: BTreeMap<IncidentId, Case>,
    pub(super) admitted: BTreeMap<AlertId, usize>,
    /// Records folded.
    pub(super) size: u64,
    elapsed_ms: i64,
    last_ms: Option<i64>,
    pub(super) releases: usize,
    /// What should never have been recorded.
    pub(super) wrong: Vec<String>,
}

impl History {
    /// Folds what comes next.
    pub(super) fn fold(&mut self, record: &Record) {
        let at_ms = record.at.as_millisecond();
        // A clock that is set back takes no time away.
        self.elapsed_ms += self.last_ms.map_or(0, |last| (at_ms - last).max(0));
        self.last_ms = Some(at_ms);
        self.size = record.seq + 1;
        match &record.event {
            Event::AlertAdmitted { alert, opened, .. } => {
                *self.admitted.entry(alert.id.clone()).or_default() += 1;
                opened.iter().for_each(|opened| self.open(opened));
            }
            Event::IncidentsOpened { opened, .. } => opened.iter().for_each(|opened| self.open(opened)),
            Event::IncidentRequested { opened, .. } => self.open(opened),
            Event::BreakerReleased { .. } => self.releases += 1,
            event => {
                let Some(id) = event.incidents().first().map(|id| (*id).clone()) else { return };
                // What keeps an account for good can be asked to give it back.
                let is_about_keeping = matches!(
                    event,
                    Event::IncidentReleased { .. }
                        | Event::ReleaseOffered { .. }
                        | Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. }
                );
                match self.cases.get_mut(&id) {
                    Some(case) if !case.is_closed || is_about_keeping => {
                        self.wrong.extend(case.fold(record.seq, event));
                    }
                    _ => self.wrong.push(format!("{} of an incident that is not live: {id}", event.kind())),
                }
            }
        }
    }

    fn open(&mut self, opened: &Opened) {
        let plan = &opened.plan;
        for rule in &plan.rules {
            let is_same = |case: &&Case| {
                case.plan.account == plan.account && case.plan.rules.iter().any(|other| other.id == rule.id)
            };
            // What waits for a human does not cover what need not wait, nor what others have undone what comes after.
            let covers = |case: &&Case| !case.is_closed && !case.was_held && !case.was_touched;
            let open = self.cases.values().filter(is_same).find(covers);
            if let Some(open) = open {
                let (one, other) = (&open.plan.incident, &plan.incident);
                self.wrong.push(format!("{other} is opened by a rule on an account for which {one} is live"));
            }
        }
        let case = Case {
            digest: plan.digest(),
            steps: plan.actions.iter().map(Step::new).collect(),
            plan: plan.clone(),
            opened_ms: self.elapsed_ms,
            releases: self.releases,
            user_id: None,
            held: opened.held,
            was_held: opened.held.is_some(),
            past_budget: false,
            past_breaker: false,
            approved_by: BTreeSet::new(),
            has_lapsed: false,
            is_closed: false,
            is_others: false,
            was_touched: false,
            taken_after: None,
        };
        if self.cases.insert(plan.incident.clone(), case).is_some() {
            self.wrong.push(format!("{} is opened twice", plan.incident));
        }
    }
}

impl Case {
    /// Gives what should never have been recorded.
    fn fold(&mut self, seq: u64, event: &Event) -> Option<String> {
        match event {
            Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. } => {
                (self.is_others, self.was_touched) = (true, true);
            }
            Event::AccountResolved { user_id, .. } => self.user_id = Some(user_id.clone()),
            Event::IncidentHeld { reason, .. } => {
                self.held = Some(*reason);
                self.was_held = true;
            }
            Event::IncidentApproved { approver, plan, .. } => self.approved(approver.as_ref(), *plan),
            Event::ApprovalLapsed { otherwise, .. } => {
                (self.has_lapsed, self.held) = (*otherwise == Lapse::Act, None);
                self.is_closed = *otherwise == Lapse::Drop;
            }
            Event::IncidentDismissed { .. } | Event::IncidentClosed { .. } => self.is_closed = true,
            Event::IncidentReleased { .. } => self.released(),
            Event::StepStarted { step, .. } => {
                let step = &mut self.steps[usize::from(*step)];
                (step.before, step.last, step.intent) = (step.last, Last::Begun, Some((seq, false)));
            }
            Event::StepSucceeded { step, finding, .. } => {
                let step = &mut self.steps[usize::from(*step)];
                (step.last, step.finding) = (Last::Claimed, Some(*finding));
                let is_disable = step.action.kind() == ActionKind::Disable;
                if is_disable && *finding == Finding::Recovered && !step.may_be_done {
                    return Some(format!("{event:?} although every attempt before was refused"));
                }
            }
            Event::StepVerified { step, .. } => self.steps[usize::from(*step)].last = Last::Verified,
            Event::StepFailed { step, retry_at, failure, .. } => {
                let step = &mut self.steps[usize::from(*step)];
                step.last = if retry_at.is_some() { Last::Failed } else { Last::GivenUp };
                step.may_be_done |= matches!(failure.class, FailureClass::Busy | FailureClass::NotInEffect);
            }
            Event::StepUnknown { step, .. } => {
                let step = &mut self.steps[usize::from(*step)];
                (step.last, step.may_be_done) = (Last::Unknown, true);
            }
            _ => {}
        }
        None
    }

    fn approved(&mut self, approver: Option<&UserId>, plan: Option<Digest>) {
        self.is_others &= self.held != Some(HoldReason::ChangedByOthers);
        match (self.held, self.plan.approval) {
            (Some(HoldReason::ApprovalWanted), Some(wanted)) => {
                self.approved_by.extend(approver.map(|approver| (approver.clone(), plan)));
                if self.approved_by.len() >= usize::from(wanted.people) {
                    self.held = None;
                }
            }
            (held, _) => {
                self.past_budget |= held.is_some_and(HoldReason::is_budget);
                self.past_breaker |= held == Some(HoldReason::BreakerTripped);
                self.held = None;
            }
        }
    }

    /// A plan that never gives back does then.
    fn released(&mut self) {
        self.is_others &= self.held != Some(HoldReason::ChangedByOthers);
        (self.held, self.is_closed) = (None, false);
        let is_done = |step: &Step| matches!(step.last, Last::Verified | Last::GivenUp);
        if !self.steps.iter().any(|step| step.action.kind() == ActionKind::Enable && !is_done(step)) {
            self.steps.push(Step::new(&Action::Enable { after_s: 0 }));
        }
    }
}
