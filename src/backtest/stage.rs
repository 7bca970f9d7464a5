//! Where alerts meet both sides of the comparison, wherever they come from.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::{Comparison, Recorded, Rehearsal, Report, Ruling, TooManyAccounts, Window};
use crate::incident::{AccountRef, Alert, DepartmentId, DepartmentSpent, Digest, Pauses, Plan, Timestamp};
use crate::rules::RuleSet;

/// What the proposed rules are compared with.
#[derive(Debug, Clone, Copy)]
pub enum Against<'r> {
    /// What was decided then.
    Recorded,
    /// The rules of a commit.
    Commit {
        /// Which.
        commit: &'r str,
        /// Its rules.
        rules: &'r RuleSet,
    },
    /// Nothing: the events were judged by nobody.
    Nothing,
}

/// Both sides, and what came of the alerts so far.
pub struct Stage<'r> {
    proposed: Rehearsal<'r>,
    before: Before<'r>,
    comparison: Comparison<'r>,
    names: Names<'r>,
}

/// The first side.
enum Before<'r> {
    /// The trail knows.
    Recorded(Recorded),
    /// Rules say it again.
    Rehearsed(Box<Rehearsal<'r>>),
    /// Nobody said anything.
    Nothing,
}

/// What was compared, for the report's head.
#[derive(Debug, Serialize)]
pub struct Names<'r> {
    /// Digest of the proposed rules.
    pub rules: Digest,
    /// With what.
    pub against: AgainstName<'r>,
}

/// With what it was compared, in the report.
#[derive(Debug, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AgainstName<'r> {
    /// What was decided then.
    Recorded,
    /// The rules of a commit.
    Commit {
        /// Which.
        commit: &'r str,
        /// Digest of its rules.
        rules: Digest,
    },
    /// Nothing.
    Nothing,
}

/// Everything there is to say.
#[derive(Debug, Serialize)]
pub struct Backtested<'r> {
    /// What was compared.
    #[serde(flatten)]
    pub names: Names<'r>,
    /// Over which time.
    #[serde(flatten)]
    pub window: Window,
    /// What nobody can judge any more.
    pub left_out: LeftOut,
    /// Whether the events do not say when they happened, so that all are taken to have happened at once.
    pub is_one_moment: bool,
    /// What came of it.
    #[serde(flatten)]
    pub report: Report,
}

/// Alerts of the time asked for that nobody can judge any more.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct LeftOut {
    /// Their events were erased.
    pub erased: u64,
    /// Their source is not configured any more, so nobody knows what kind of sender it was.
    pub of_unknown_source: u64,
    /// They are there before, under the same id: the server acts once.
    pub repeated: u64,
}

impl<'r> Stage<'r> {
    /// Puts these rules up against that.
    #[must_use]
    pub fn new(proposed: &'r RuleSet, against: Against<'r>, has_index: bool) -> Self {
        let rehearsal = |rules| Rehearsal::new(rules).with_index(has_index);
        let (before, name) = match against {
            Against::Recorded => (Before::Recorded(Recorded::default()), AgainstName::Recorded),
            Against::Commit { commit, rules } => {
                (Before::Rehearsed(Box::new(rehearsal(rules))), AgainstName::Commit { commit, rules: rules.digest() })
            }
            Against::Nothing => (Before::Nothing, AgainstName::Nothing),
        };
        Self {
            proposed: rehearsal(proposed),
            before,
            comparison: Comparison::new(proposed.identities()),
            names: Names { rules: proposed.digest(), against: name },
        }
    }

    /// Puts an alert to both sides. `recorded` is only asked when the first side is the record.
    ///
    /// # Errors
    /// What `recorded` says, or there are too many accounts.
    pub fn put<E: From<TooManyAccounts>>(
        &mut self,
        alert: &Alert,
        at: Timestamp,
        pauses: &Pauses,
        recorded: impl FnOnce(&mut Recorded) -> Result<Ruling, E>,
    ) -> Result<(), E> {
        let before = match &mut self.before {
            Before::Recorded(record) => recorded(record)?,
            Before::Rehearsed(rehearsal) => rehearsal.judge(alert, at, pauses),
            Before::Nothing => Ruling::default(),
        };
        let after = self.proposed.judge(alert, at, pauses);
        self.comparison.take(&alert.summary.id, at, &before, &after).map_err(E::from)
    }

    /// How far before the time asked for alerts can matter to either side.
    #[must_use]
    pub fn looks_back(&self) -> Duration {
        let before = match &self.before {
            Before::Rehearsed(rehearsal) => rehearsal.looks_back(),
            Before::Recorded(_) | Before::Nothing => Duration::ZERO,
        };
        before.max(self.proposed.looks_back())
    }

    /// Has both sides count a plan of before the time asked for.
    pub fn spend(&mut self, plan: &Plan, at: Timestamp) {
        if let Before::Rehearsed(rehearsal) = &mut self.before {
            rehearsal.spend(plan, at);
        }
        self.proposed.spend(plan, at);
    }

    /// Has both sides count what was drawn on departments before the time asked for.
    pub fn draw(&mut self, departments: &[DepartmentSpent], at: Timestamp) {
        if let Before::Rehearsed(rehearsal) = &mut self.before {
            rehearsal.draw(departments, at);
        }
        self.proposed.draw(departments, at);
    }

    /// Tells both sides in which departments an account is, as far as the trail says.
    pub fn learn(&mut self, account: &AccountRef, departments: &BTreeSet<DepartmentId>) {
        if let Before::Rehearsed(rehearsal) = &mut self.before {
            rehearsal.learn(account, departments);
        }
        self.proposed.learn(account, departments);
    }

    /// Tells both sides how many people there are from here on.
    pub fn count(&mut self, people: u64) {
        if let Before::Rehearsed(rehearsal) = &mut self.before {
            rehearsal.count(people);
        }
        self.proposed.count(people);
    }

    /// Has both sides count an alert of before the time asked for.
    pub fn remember(&mut self, alert: &Alert, at: Timestamp) {
        if let Before::Rehearsed(rehearsal) = &mut self.before {
            rehearsal.remember(alert, at);
        }
        self.proposed.remember(alert, at);
    }

    /// What it comes to.
    #[must_use]
    pub fn end(self, window: &Window, left_out: LeftOut) -> Backtested<'r> {
        let department_budgets = self.proposed.department_budgets();
        let report = Report { department_budgets, ..self.comparison.report() };
        Backtested { names: self.names, window: *window, left_out, is_one_moment: false, report }
    }
}
