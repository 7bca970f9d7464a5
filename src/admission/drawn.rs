//! What the plans of a delivery draw on budgets. The ledger is ahead of the trail by what is on its way there,
//! so that of deliveries at the same time none sees room that another has taken already; what is not
//! recorded in the end is taken back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::incident::{HoldReason, Ledger, Opened, RuleId, Spending, Timestamp};
use crate::response::Decided;

/// What was drawn so far.
pub(super) struct Drawn<'l> {
    ledger: &'l Mutex<Ledger>,
    at: Timestamp,
    plans: Vec<Drawing>,
}

/// What one plan drew.
struct Drawing {
    /// The place in the delivery of the alert that it is for.
    alert: usize,
    spending: Spending,
    rules: Vec<RuleId>,
    /// The pseudonym of whom it is for.
    account: String,
    held: Option<HoldReason>,
}

impl<'l> Drawn<'l> {
    /// Begins with nothing, for a delivery that is decided at `at`.
    pub(super) fn on(ledger: &'l Mutex<Ledger>, at: Timestamp) -> Self {
        Self { ledger, at, plans: Vec::new() }
    }

    /// Has an alert, which has this place in the delivery, decided while nobody else draws.
    pub(super) fn draw(&mut self, alert: usize, decide: impl FnOnce(&mut Ledger) -> Decided) -> Decided {
        let decided = decide(&mut locked(self.ledger));
        for Opened { plan, held } in &decided.opened {
            let Some(spending) = plan.spending.clone() else { continue };
            let rules = plan.rules.iter().map(|rule| rule.id.clone()).collect();
            self.plans.push(Drawing { alert, spending, rules, account: plan.account.clone(), held: *held });
        }
        decided
    }

    /// It is recorded, but for the alerts that were known already. What a budget holds is told in the log, too.
    pub(super) fn keep(mut self, is_recorded: impl Fn(usize) -> bool) {
        let kept: Vec<Drawing> = self.plans.extract_if(.., |plan| is_recorded(plan.alert)).collect();
        for reason in [HoldReason::RuleBudget, HoldReason::SourceBudget, HoldReason::OrganizationBudget] {
            let held = kept.iter().filter(|plan| plan.held == Some(reason)).count();
            if held > 0 {
                tracing::warn!(held, reason = reason.text(), "more is asked for than rules may do by themselves");
            }
        }
    }
}

impl Drop for Drawn<'_> {
    fn drop(&mut self) {
        if self.plans.is_empty() {
            return;
        }
        let mut ledger = locked(self.ledger);
        for plan in &self.plans {
            ledger.take_back(&plan.spending, plan.rules.iter(), self.at);
            ledger.crowds_mut().take_back(&plan.spending.source, plan.rules.iter(), &plan.account, self.at);
        }
    }
}

fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
