//! Asks the guard layer right before a step, with what only DingTalk and the board can tell at that moment.

use std::collections::BTreeSet;

use super::attempt::Seen;
use super::hand::{Hand, Moved, Progress};
use super::place::Place;
use crate::directory::Account;
use crate::incident::{ActionKind, Asked, Beyond, Budget, DepartmentId, Event, Failure, HoldReason};
use crate::response::{Approved, Draw, Facts, at_dispatch, draws, draws_of_departments};
use crate::rules::{Loaded, RuleSet};
use crate::trail::RecordError;

/// The departments that are drawn on by one record; of more there is another.
const AT_ONCE: usize = 64;

/// Why a step is held, and by which numbers if it is by a budget.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) reason: HoldReason,
    pub(super) beyond: Option<Beyond>,
}

impl Hand {
    /// The departments that the account is in, with those above; not asked for unless one is protected or has a budget,
    /// and not for what only gives somebody their account back.
    pub(super) async fn departments(
        &self,
        at: &Place<'_>,
        account: Option<&Account>,
    ) -> Result<Option<BTreeSet<DepartmentId>>, Failure> {
        let loaded = self.rules.now();
        let Some(account) = account.filter(|_| !at.only_gives_back()) else { return Ok(None) };
        if draws_there(at, &loaded.set) {
            return self.with_those_above(account).await;
        }
        self.departments_of(account, &loaded).await
    }

    /// The same for an account that nothing is drawn for.
    pub(super) async fn departments_of(
        &self,
        account: &Account,
        rules: &Loaded,
    ) -> Result<Option<BTreeSet<DepartmentId>>, Failure> {
        match rules.set.guardrails().groups().have_departments() {
            true => self.with_those_above(account).await,
            false => Ok(None),
        }
    }

    async fn with_those_above(&self, account: &Account) -> Result<Option<BTreeSet<DepartmentId>>, Failure> {
        let Some(own) = &account.departments else { return Ok(None) };
        self.ancestry.of(self.directory.as_ref(), own, self.clock.now()).await.map(Some)
    }

    /// Why a step is held when departments cannot be read.
    pub(super) fn without_departments(&self) -> HoldReason {
        match self.rules.now().set.guardrails().groups().have_departments() {
            true => HoldReason::ProtectionUnknown,
            false => HoldReason::DepartmentsUnknown,
        }
    }

    /// Draws on the budgets of the account's departments, once on each, also for a step that the guard layer then
    /// holds: what is asked for counts. Says whether anything was recorded.
    pub(super) async fn draw_on_departments(&self, at: &Place<'_>, seen: Seen<'_>) -> Result<bool, RecordError> {
        let loaded = self.rules.now();
        let Some(departments) = seen.departments.filter(|_| draws_there(at, &loaded.set)) else { return Ok(false) };
        let is_new = |id: &DepartmentId| at.incident.departments.iter().all(|drawn| drawn.department != *id);
        let budgets = loaded.set.guardrails().budgets();
        let budget = |id: DepartmentId| Some((id, budgets.of_department(id)?.among(self.people_in(id))));
        let wanted = departments.iter().copied().filter(is_new).filter_map(budget).take(AT_ONCE);
        let wanted: Vec<(DepartmentId, Budget)> = wanted.collect();
        if wanted.is_empty() {
            return Ok(false);
        }
        // Until it is on the board, or another would count the same place.
        let _drawing = self.drawing.lock().await;
        let now = self.clock.now();
        let departments = self.trail.board(|board| board.ledger().draw_of_departments(&wanted, now));
        self.record(vec![Event::BudgetDrawn { incident: at.id().clone(), departments }]).await?;
        Ok(true)
    }

    /// Asks, right before a step.
    pub(super) fn ask_guard(&self, at: &Place<'_>, seen: Seen<'_>) -> Result<Approved, Refused> {
        let loaded = self.rules.now();
        let draws = self.draws(at, seen, &loaded.set);
        let facts = Facts { departments: seen.departments, ..self.facts(at, &loaded.set, &draws) };
        at_dispatch(&facts, at.action.kind(), seen.account, &self.own_corp_id).map_err(|reason| {
            let used_up = draws.iter().find(|draw| reason.is_budget() && !draw.is_within());
            Refused { reason, beyond: used_up.map(|draw| draw.beyond(Asked::Dispatch)) }
        })
    }

    /// Hands the incident to a human, with the numbers.
    pub(super) async fn refuse(&self, at: &Place<'_>, refused: Refused) -> Result<Moved, RecordError> {
        let Refused { reason, beyond } = refused;
        if reason == HoldReason::Paused && at.gives_back() {
            // It goes on by itself when the pause is over.
            return Ok(Moved::Stop(Progress::Rests));
        }
        tracing::warn!(incident.id = %at.id(), reason = reason.text(), "held for a human");
        self.record(vec![Event::IncidentHeld { incident: at.id().clone(), reason, failure: None, beyond }]).await?;
        Ok(Moved::Stop(Progress::Rests))
    }

    fn draws(&self, at: &Place<'_>, seen: Seen<'_>, rules: &RuleSet) -> Vec<Draw> {
        let people = self.roster.as_ref().and_then(|roster| roster.people());
        let mut draws = draws(&at.incident.plan, rules, people);
        draws.extend(draws_of_departments(&at.incident.departments, rules, |id| self.people_in(id)));
        if seen.departments.is_none() && draws_there(at, rules) {
            draws.push(Draw::on_an_unknown_department());
        }
        draws
    }

    fn people_in(&self, id: DepartmentId) -> Option<u32> {
        self.roster.as_ref()?.people_in(id)
    }
}

/// Whether the step is one of a plan that draws on budgets of departments.
fn draws_there(at: &Place<'_>, rules: &RuleSet) -> bool {
    let is_drawn = at.incident.plan.spending.is_some() && at.action.kind() != ActionKind::Notify && !at.gives_back();
    is_drawn && rules.guardrails().budgets().have_departments()
}
