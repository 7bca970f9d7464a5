//! What the plans of a delivery draw on budgets. The ledger is ahead of the trail by what is on its way there,
//! so that of deliveries at the same time none sees room that another has taken already; what is not
//! recorded in the end is taken back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::incident::{HoldReason, Ledger, Opened, Plan, Timestamp};
use crate::response::Decided;

/// What was drawn so far.
pub(super) struct Drawn<'l> {
    ledger: &'l Mutex<Ledger>,
    at: Timestamp,
    plans: Vec<Plan>,
    held: Vec<HoldReason>,
}

impl<'l> Drawn<'l> {
    /// Begins with nothing, for a delivery that is decided at `at`.
    pub(super) fn on(ledger: &'l Mutex<Ledger>, at: Timestamp) -> Self {
        Self { ledger, at, plans: Vec::new(), held: Vec::new() }
    }

    /// Has an alert decided while nobody else draws.
    pub(super) fn draw(&mut self, decide: impl FnOnce(&mut Ledger) -> Decided) -> Decided {
        let decided = decide(&mut locked(self.ledger));
        for Opened { plan, held } in decided.opened.iter().filter(|opened| opened.plan.spending.is_some()) {
            self.plans.push(plan.clone());
            self.held.extend(held.filter(|reason| reason.is_budget()));
        }
        decided
    }

    /// It is recorded. What a budget holds is told in the log, too.
    pub(super) fn keep(mut self) {
        self.plans.clear();
        for reason in [HoldReason::RuleBudget, HoldReason::SourceBudget, HoldReason::OrganizationBudget] {
            let held = self.held.iter().filter(|held| **held == reason).count();
            if held > 0 {
                tracing::warn!(held, reason = reason.text(), "more is asked for than rules may do by themselves");
            }
        }
    }
}

impl Drop for Drawn<'_> {
    fn drop(&mut self) {
        let mut ledger = locked(self.ledger);
        for plan in &self.plans {
            if let Some(spending) = &plan.spending {
                ledger.take_back(&spending.source, plan.rules.iter().map(|rule| &rule.id), self.at);
            }
        }
    }
}

fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
