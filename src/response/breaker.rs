//! Asks the breaker about a plan: whether with it too many accounts are to be acted on in too short a time.

use crate::incident::{Breakers, Ledger, PauseScope, Plan, Timestamp, Trip};
use crate::rules::RuleSet;

/// What trips by this plan, which the ledger has seen: its source, and its rules.
pub(super) fn trips(plan: &Plan, breakers: &Breakers, ledger: &Ledger, rules: &RuleSet, now: Timestamp) -> Vec<Trip> {
    let Some(spending) = &plan.spending else { return Vec::new() };
    let limits = rules.guardrails().breakers();
    let of_source = spending.source.clone().map(|source| (PauseScope::Source(source), limits.each_source));
    let of_rules = plan.rules.iter().map(|rule| (PauseScope::Rule(rule.id.clone()), limits.each_rule));
    let all = of_source.into_iter().chain(of_rules);
    all.filter_map(|(scope, breaker)| breakers.judge(scope, breaker, ledger.crowds(), now)).collect()
}
