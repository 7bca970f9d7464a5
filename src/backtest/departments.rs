//! The budgets of departments, as far as the trail says which departments an account is in: what was drawn then. No
//! one asks DingTalk, so where the trail says nothing they are not judged, and that is counted.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::incident::{AccountRef, Budget, DepartmentId, HoldReason, Ledger, Plan, Timestamp};
use crate::response::{Draw, draws_of_departments};
use crate::rules::RuleSet;

/// How many containments were judged by the budgets of departments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DepartmentBudgets {
    /// By those that the trail names for their accounts.
    pub judged: u64,
    /// Not by all or by none: the trail does not say in which departments the account is, or the budget is a share of
    /// a department whose size it does not say.
    pub not_judged: u64,
}

/// What is known of departments, and what came of it.
#[derive(Debug, Default)]
pub(super) struct Departments {
    /// By account, under the name that DingTalk has for it where that is known.
    known: HashMap<String, BTreeSet<DepartmentId>>,
    counts: DepartmentBudgets,
}

/// What a plan drew on departments.
#[derive(Debug, Default)]
pub(super) struct Drawn {
    pub(super) departments: Vec<DepartmentId>,
    pub(super) held: Option<HoldReason>,
}

impl Departments {
    /// The account is in these, and maybe in others that had no budget then.
    pub(super) fn learn(&mut self, account: &AccountRef, departments: &BTreeSet<DepartmentId>, rules: &RuleSet) {
        if !departments.is_empty() {
            self.known.entry(name(account, rules)).or_default().extend(departments);
        }
    }

    /// Draws for a plan that nothing else holds, as is done right before its first step.
    pub(super) fn draw(
        &mut self,
        (plan, account): (&Plan, &AccountRef),
        rules: &RuleSet,
        ledger: &mut Ledger,
        at: Timestamp,
    ) -> Drawn {
        let budgets = rules.guardrails().budgets();
        if !plan.touches() || !budgets.have_departments() {
            return Drawn::default();
        }
        let Some(known) = self.known.get(&name(account, rules)) else {
            self.counts.not_judged += 1;
            return Drawn::default();
        };
        let allowed: Vec<_> = known.iter().filter_map(|id| Some((*id, budgets.of_department(*id)?))).collect();
        let is_whole = allowed.iter().all(|(_, allowed)| !allowed.has_share());
        *(if is_whole { &mut self.counts.judged } else { &mut self.counts.not_judged }) += 1;
        let numbers = allowed.iter().filter(|(_, allowed)| !allowed.has_share());
        let numbers: Vec<(DepartmentId, Budget)> = numbers.map(|(id, allowed)| (*id, allowed.among(None))).collect();
        let drawn = ledger.draw_of_departments(&numbers, at);
        ledger.note_departments(&drawn, at);
        let held = draws_of_departments(&drawn, rules, |_| None).into_iter().find(|draw| !draw.is_within());
        Drawn {
            departments: numbers.into_iter().map(|(id, _)| id).collect(),
            held: held.map(|Draw { used_up, .. }| used_up),
        }
    }

    /// How many were judged; `None` where no department has a budget.
    pub(super) fn counts(&self, rules: &RuleSet) -> Option<DepartmentBudgets> {
        rules.guardrails().budgets().have_departments().then_some(self.counts)
    }
}

fn name(account: &AccountRef, rules: &RuleSet) -> String {
    rules.user_of(account).map_or_else(|| account.key(), |user_id| user_id.as_str().to_owned())
}
