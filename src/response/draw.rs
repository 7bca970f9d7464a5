//! What a plan draws on budgets, beside what there is to draw on.

use crate::incident::{Budget, HoldReason, Plan, Purse, RuleId, SourceName, Spent};
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
}

/// What there is to draw on for a plan of these rules, of which each is told with whether it takes anything.
pub(super) fn purse<'i>(of: impl Iterator<Item = (&'i RuleId, bool)>, source: &SourceName, rules: &RuleSet) -> Purse {
    let budgets = rules.guardrails().budgets();
    Purse {
        of_rules: of.map(|(rule, takes)| takes.then(|| rules.budget_of(rule))).collect(),
        of_source: budgets.of_source(source),
        organization: budgets.organization(),
    }
}

/// What a plan drew: on the budgets of its rules, of its source and of the organization, as far as it came.
/// Nothing when it takes nothing from anybody.
#[must_use]
pub fn draws(plan: &Plan, rules: &RuleSet) -> Vec<Draw> {
    let Some(spending) = &plan.spending else { return Vec::new() };
    let drew = plan.rules.iter().zip(&spending.of_rules).map(|(rule, spent)| (&rule.id, spent.is_some()));
    let Purse { of_rules, of_source, organization } = purse(drew, &spending.source, rules);
    let draw = |budget: Budget, spent: Option<Spent>, used_up| spent.map(|spent| Draw { spent, budget, used_up });
    let rules = of_rules.into_iter().zip(&spending.of_rules);
    let rules = rules.map(|(budget, spent)| draw(budget?, *spent, HoldReason::RuleBudget));
    let wider = [
        draw(of_source, spending.of_source, HoldReason::SourceBudget),
        draw(organization, spending.organization, HoldReason::OrganizationBudget),
    ];
    rules.chain(wider).flatten().collect()
}
