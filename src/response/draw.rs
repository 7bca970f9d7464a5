//! What a plan draws on budgets, beside what there is to draw on.

use crate::incident::{Budget, HoldReason, Plan, Spent};
use crate::rules::RuleSet;

/// One budget of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// What it had come to with the plan.
    pub spent: Spent,
    /// What it is now.
    pub budget: Budget,
    /// Why the plan waits when that is more.
    pub used_up: HoldReason,
}

/// What a plan draws: on the budgets of its rules, of its source and of the organization. Nothing when it
/// takes nothing from anybody.
#[must_use]
pub fn draws(plan: &Plan, rules: &RuleSet) -> Vec<Draw> {
    let Some(spending) = &plan.spending else { return Vec::new() };
    let budgets = rules.guardrails().budgets();
    let of_rules = plan.rules.iter().zip(&spending.of_rules).map(|(rule, spent)| Draw {
        spent: *spent,
        budget: rules.budget_of(&rule.id),
        used_up: HoldReason::RuleBudget,
    });
    let of_source = Draw {
        spent: spending.of_source,
        budget: budgets.of_source(&spending.source),
        used_up: HoldReason::SourceBudget,
    };
    let of_organization =
        Draw { spent: spending.organization, budget: budgets.organization(), used_up: HoldReason::OrganizationBudget };
    of_rules.chain([of_source, of_organization]).collect()
}
