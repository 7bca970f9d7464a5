//! What a plan draws on budgets, beside what there is to draw on.

use crate::incident::{
    Asked, Beyond, Budget, DepartmentId, DepartmentSpent, HoldReason, Plan, Purse, RuleId, SourceName, Spent,
};
use crate::rules::RuleSet;

/// One budget that a plan drew on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// What it had come to with the plan.
    pub spent: Spent,
    /// What it is now.
    pub budget: Budget,
    /// Why the plan waits when that is more.
    pub used_up: HoldReason,
    /// Whose it is, if a department's.
    pub department: Option<DepartmentId>,
    /// How many people its share is reckoned from, where that is known.
    pub people: Option<u32>,
}

impl Draw {
    /// Whether it is within the budget.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.budget.has(self.spent)
    }

    /// On the budget of a department that nobody can tell: as if it was used up.
    #[must_use]
    pub fn on_an_unknown_department() -> Self {
        let budget = Budget { per_hour: 0, per_day: 0 };
        let (spent, used_up) = (Spent::default().and_one(), HoldReason::DepartmentsUnknown);
        Self { spent, budget, used_up, department: None, people: None }
    }

    /// The numbers for the record, of a plan that is held for it.
    #[must_use]
    pub fn beyond(&self, asked: Asked) -> Beyond {
        let Self { spent, budget: Budget { per_hour, per_day }, department, people, .. } = *self;
        Beyond { asked, department, spent, per_hour, per_day, people }
    }
}

/// What there is to draw on for a plan of these rules, of which each is told with whether it takes anything, in an
/// organization of so many people.
pub(super) fn purse<'i>(
    of: impl Iterator<Item = (&'i RuleId, bool)>,
    source: Option<&SourceName>,
    rules: &RuleSet,
    people: Option<u32>,
) -> Purse {
    let budgets = rules.guardrails().budgets();
    Purse {
        of_rules: of.map(|(rule, takes)| takes.then(|| rules.budget_of(rule, people))).collect(),
        of_source: source.map_or(Budget::UNLIMITED, |source| budgets.of_source(source).among(people)),
        organization: budgets.organization().among(people),
    }
}

/// What a plan drew: on the budgets of its rules, of its source and of the organization, as far as it came.
/// Nothing when it takes nothing from anybody.
#[must_use]
pub fn draws(plan: &Plan, rules: &RuleSet, people: Option<u32>) -> Vec<Draw> {
    let Some(spending) = &plan.spending else { return Vec::new() };
    let drew = plan.rules.iter().zip(&spending.of_rules).map(|(rule, spent)| (&rule.id, spent.is_some()));
    let Purse { of_rules, of_source, organization } = purse(drew, spending.source.as_ref(), rules, people);
    let draw = |budget: Budget, spent: Option<Spent>, used_up| {
        spent.map(|spent| Draw { spent, budget, used_up, department: None, people })
    };
    let rules = of_rules.into_iter().zip(&spending.of_rules);
    let rules = rules.map(|(budget, spent)| draw(budget?, *spent, HoldReason::RuleBudget));
    let wider = [
        draw(of_source, spending.of_source, HoldReason::SourceBudget),
        draw(organization, spending.organization, HoldReason::OrganizationBudget),
    ];
    rules.chain(wider).flatten().collect()
}

/// What an incident drew on departments, each with how many people are in it. One whose budget is gone asks nothing.
pub fn draws_of_departments(
    drawn: &[DepartmentSpent],
    rules: &RuleSet,
    people_in: impl Fn(DepartmentId) -> Option<u32>,
) -> Vec<Draw> {
    let draw = |drawn: &DepartmentSpent| {
        let (allowed, people) =
            (rules.guardrails().budgets().of_department(drawn.department)?, people_in(drawn.department));
        let (budget, used_up) = (allowed.among(people), HoldReason::DepartmentBudget);
        Some(Draw { spent: drawn.spent?, budget, used_up, department: Some(drawn.department), people })
    };
    drawn.iter().filter_map(draw).collect()
}
