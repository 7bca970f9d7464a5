//! The plans of the last day, by what budgets are for. Folded from the trail; who draws up plans at the
//! same time as others keeps one that is ahead of it.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Budget, Crowds, DepartmentId, DepartmentSpent, Plan, Purse, RuleId, SourceName, Spending, Spent, Timestamp, sorted,
};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// The most plans remembered for one budget: more than any budget has, so that too many never look like
/// enough, and as many again, since some may be taken back.
const REMEMBERED_MAX: usize = 2 * Budget::MOST as usize + 1;
/// After so many plans those of rules and sources that have gone quiet are looked for and forgotten.
const SWEPT_EVERY: u32 = 1_000;

/// When there were plans.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    all: Log,
    #[serde(with = "sorted::map")]
    by_source: HashMap<SourceName, Log>,
    #[serde(with = "sorted::map")]
    by_rule: HashMap<RuleId, Log>,
    #[serde(with = "sorted::map")]
    by_department: HashMap<DepartmentId, Log>,
    crowds: Crowds,
    unswept: u32,
}

/// The times of plans, none earlier than the one before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Log(VecDeque<Timestamp>);

impl Ledger {
    /// What the budget of the organization has come to.
    #[must_use]
    pub fn of_organization(&self, now: Timestamp) -> Spent {
        self.all.spent(now)
    }

    /// What the budget of a source has come to.
    #[must_use]
    pub fn of_source(&self, source: &SourceName, now: Timestamp) -> Spent {
        self.by_source.get(source).map_or_else(Spent::default, |log| log.spent(now))
    }

    /// What the budget of a rule has come to.
    #[must_use]
    pub fn of_rule(&self, rule: &RuleId, now: Timestamp) -> Spent {
        self.by_rule.get(rule).map_or_else(Spent::default, |log| log.spent(now))
    }

    /// What the budget of a department has come to.
    #[must_use]
    pub fn of_department(&self, department: DepartmentId, now: Timestamp) -> Spent {
        self.by_department.get(&department).map_or_else(Spent::default, |log| log.spent(now))
    }

    /// What a plan would draw on the budgets of these departments: on all of them, or, where some are used up, on those
    /// alone.
    #[must_use]
    pub fn draw_of_departments(&self, budgets: &[(DepartmentId, Budget)], now: Timestamp) -> Vec<DepartmentSpent> {
        let with_it = |id: DepartmentId| self.of_department(id, now).and_one();
        let have_all = budgets.iter().all(|(id, budget)| budget.has(with_it(*id)));
        let draw = |(id, budget): &(DepartmentId, Budget)| {
            let spent = with_it(*id);
            DepartmentSpent { department: *id, spent: (have_all || !budget.has(spent)).then_some(spent) }
        };
        budgets.iter().map(draw).collect()
    }

    /// Counts a plan that drew so on departments at `at`.
    pub fn note_departments(&mut self, drawn: &[DepartmentSpent], at: Timestamp) {
        for one in drawn.iter().filter(|one| one.spent.is_some()) {
            self.by_department.entry(one.department).or_default().note(at);
        }
        self.sweep(at);
    }

    /// Whom there were plans for, which a breaker asks.
    #[must_use]
    pub fn crowds(&self) -> &Crowds {
        &self.crowds
    }

    /// The same, to see one more.
    pub fn crowds_mut(&mut self) -> &mut Crowds {
        &mut self.crowds
    }

    /// Counts a plan that is recorded at `at`, and sees for whom it is, if it takes anything from them.
    pub fn note_plan(&mut self, plan: &Plan, at: Timestamp) {
        if let Some(spending) = &plan.spending {
            self.note(spending, plan.rules.iter().map(|rule| &rule.id), at);
            let Some(source) = &spending.source else { return };
            self.crowds.see(source, plan.rules.iter().map(|rule| &rule.id), &plan.account, at);
        }
    }

    /// Counts a plan of these rules for an alert of `source`, and says what its budgets come to with it. Where the
    /// budget of a rule is used up it draws on that alone, and else where the source's is on that alone: what has
    /// gone mad uses up its own and no other's.
    pub fn draw(&mut self, source: &SourceName, rules: &[&RuleId], purse: &Purse, now: Timestamp) -> Spending {
        let of_rules = rules.iter().zip(&purse.of_rules).map(|(rule, budget)| {
            let spent = self.of_rule(rule, now).and_one();
            budget.map(|budget| (spent, budget.has(spent)))
        });
        let of_rules: Vec<_> = of_rules.collect();
        let have_rules = of_rules.iter().flatten().all(|(_, has)| *has);
        let of_source = self.of_source(source, now).and_one();
        let has_source = purse.of_source.has(of_source);
        let drawn = |of_rule: Option<(Spent, bool)>| match of_rule {
            Some((spent, has)) if !has || (have_rules && has_source) => Some(spent),
            _ => None,
        };
        let spending = Spending {
            source: Some(source.clone()),
            of_rules: of_rules.into_iter().map(drawn).collect(),
            of_source: have_rules.then_some(of_source),
            organization: (have_rules && has_source).then(|| self.of_organization(now).and_one()),
            beyond: None,
        };
        self.note(&spending, rules.iter().copied(), now);
        spending
    }

    /// Counts a plan that somebody asks for by hand, which no rule and no source has a part in.
    pub fn draw_by_hand(&mut self, now: Timestamp) -> Spending {
        let organization = Some(self.of_organization(now).and_one());
        let spending = Spending { source: None, of_rules: Vec::new(), of_source: None, organization, beyond: None };
        self.note(&spending, std::iter::empty(), now);
        spending
    }

    /// Whether a plan of this rule alone would be within all its budgets.
    #[must_use]
    pub fn has_room(&self, source: &SourceName, rule: &RuleId, purse: &Purse, now: Timestamp) -> bool {
        purse.of_rules.iter().flatten().all(|budget| budget.has(self.of_rule(rule, now).and_one()))
            && purse.of_source.has(self.of_source(source, now).and_one())
            && purse.organization.has(self.of_organization(now).and_one())
    }

    /// Counts a plan that drew so at `at`.
    pub fn note<'i>(&mut self, spending: &Spending, rules: impl Iterator<Item = &'i RuleId>, at: Timestamp) {
        self.each(spending, rules, |log| log.note(at));
        self.sweep(at);
    }

    /// Takes a plan back that drew so at `at`, and is not to be.
    pub fn take_back<'i>(&mut self, spending: &Spending, rules: impl Iterator<Item = &'i RuleId>, at: Timestamp) {
        self.each(spending, rules, |log| log.take_back(at));
    }

    /// Changes what a plan drew on.
    fn each<'i>(
        &mut self,
        spending: &Spending,
        rules: impl Iterator<Item = &'i RuleId>,
        mut change: impl FnMut(&mut Log),
    ) {
        for (rule, _) in rules.zip(&spending.of_rules).filter(|(_, spent)| spent.is_some()) {
            change(self.by_rule.entry(rule.clone()).or_default());
        }
        if let (Some(source), Some(_)) = (&spending.source, spending.of_source) {
            change(self.by_source.entry(source.clone()).or_default());
        }
        if spending.organization.is_some() {
            change(&mut self.all);
        }
    }

    fn sweep(&mut self, now: Timestamp) {
        self.unswept += 1;
        if self.unswept >= SWEPT_EVERY {
            self.unswept = 0;
            self.by_source.retain(|_, log| log.spent(now).day > 0);
            self.by_rule.retain(|_, log| log.spent(now).day > 0);
            self.by_department.retain(|_, log| log.spent(now).day > 0);
        }
    }
}

impl Log {
    /// A clock that was set back: what was later than it is now counts as just now, and ages from there. What is
    /// old is kept as long as there is room, since it may be the clock that is wrong.
    fn note(&mut self, at: Timestamp) {
        self.0.iter_mut().rev().take_while(|noted| **noted > at).for_each(|noted| *noted = at);
        while self.0.len() >= REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(at);
    }

    fn take_back(&mut self, at: Timestamp) {
        if let Some(index) = self.0.iter().rposition(|noted| *noted <= at) {
            self.0.remove(index);
        }
    }

    /// What is later than now counts, too.
    fn spent(&self, now: Timestamp) -> Spent {
        let within = |span| self.0.len() - self.0.partition_point(|at| is_older(*at, span, now));
        let number = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Spent { hour: number(within(HOUR)), day: number(within(DAY)) }
    }
}

/// Whether it was at least `span` ago.
fn is_older(at: Timestamp, span: Duration, now: Timestamp) -> bool {
    let ago = now.as_millisecond().saturating_sub(at.as_millisecond());
    u128::try_from(ago).is_ok_and(|ago| ago >= span.as_millis())
}

#[cfg(test)]
mod tests;
