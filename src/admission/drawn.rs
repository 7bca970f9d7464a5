//! What the plans of a delivery draw on budgets. The ledger is ahead of the trail by what is on its way there,
//! so that of deliveries at the same time none sees room that another has taken already; what is not
//! recorded in the end is taken back.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::incident::{HoldReason, Ledger, Opened, RuleId, Spending, Timestamp};
use crate::response::{Decided, NotDrawnUp};

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

impl Drawing {
    fn of(alert: usize, Opened { plan, held }: &Opened) -> Option<Self> {
        let spending = plan.spending.clone()?;
        let rules = plan.rules.iter().map(|rule| rule.id.clone()).collect();
        Some(Self { alert, spending, rules, account: plan.account.clone(), held: *held })
    }
}

impl<'l> Drawn<'l> {
    /// Begins with nothing, for a delivery that is decided at `at`.
    pub(super) fn on(ledger: &'l Mutex<Ledger>, at: Timestamp) -> Self {
        Self { ledger, at, plans: Vec::new() }
    }

    /// Has an alert, which has this place in the delivery, decided while nobody else draws.
    pub(super) fn draw(&mut self, alert: usize, decide: impl FnOnce(&mut Ledger) -> Decided) -> Decided {
        let decided = decide(&mut locked(self.ledger));
        self.plans.extend(decided.opened.iter().filter_map(|opened| Drawing::of(alert, opened)));
        decided
    }

    /// The same for what somebody asks for by hand, as if it was the first alert.
    pub(super) fn draw_by_hand<T>(
        &mut self,
        draw_up: impl FnOnce(&mut Ledger) -> Result<(Opened, T), NotDrawnUp>,
    ) -> Result<(Opened, T), NotDrawnUp> {
        let (opened, beside) = draw_up(&mut locked(self.ledger))?;
        self.plans.extend(Drawing::of(0, &opened));
        Ok((opened, beside))
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
            if let Some(source) = &plan.spending.source {
                ledger.crowds_mut().take_back(source, plan.rules.iter(), &plan.account, self.at);
            }
        }
    }
}

fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}
