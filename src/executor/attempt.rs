//! One attempt at one step: guard, warning, intent, call, outcome.

use std::collections::BTreeSet;

use super::dingtalk_id::Holder;
use super::hand::{Hand, Moved, Progress};
use super::leave::NotDone;
use super::place::Place;
use super::retry::{Next, after};
use crate::directory::{Account, Order};
use crate::incident::{
    Action, ActionKind, Assurance, DepartmentId, Event, Failure, FailureClass, Finding, HoldReason, RuleId,
};
use crate::response::{Approved, Draw, Facts, at_telling, draws};
use crate::rules::RuleSet;
use crate::trail::RecordError;

/// The account as DingTalk shows it now.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) account: Option<&'a Account>,
    pub(super) departments: Option<&'a BTreeSet<DepartmentId>>,
}

impl Hand {
    /// Guard, warning, intent, call, outcome.
    pub(super) async fn attempt(&self, at: &Place<'_>, attempt: u32) -> Result<Moved, RecordError> {
        let mut account = match self.directory.account(at.user_id).await {
            Ok(account) => account,
            Err(failure) => {
                return self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::ProtectionUnknown).await;
            }
        };
        let departments = match self.departments(at, account.as_ref()).await {
            Ok(departments) => departments,
            Err(failure) => {
                let reason = self.without_departments();
                return self.read_failed(at.id(), &failure, at.failed_reads, reason).await;
            }
        };
        let live = Seen { account: account.as_ref(), departments: departments.as_ref() };
        self.note_if_enabled(at, account.as_ref()).await?;
        if self.draw_on_departments(at, live).await? {
            return Ok(Moved::On);
        }
        if let Err(refused) = self.ask_guard(at, live) {
            return self.refuse(at, refused).await;
        }
        if let Err(failure) = self.ask_whether_disabled(at, account.as_mut()).await {
            return self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await;
        }
        self.note_if_enabled(at, account.as_ref()).await?;
        let live = Seen { account: account.as_ref(), departments: departments.as_ref() };
        if self.was_changed_by_others(at, account.as_ref()) {
            return self.hold(at.id(), HoldReason::ChangedByOthers, None).await;
        }
        let warning = self.warning(at, attempt, account.as_ref()).await;
        // Asked anew: the look took time, in which rules, budgets and the pause may have changed.
        let approved = match self.ask_guard(at, live) {
            Ok(approved) => approved,
            Err(refused) => return self.refuse(at, refused).await,
        };
        // An earlier attempt of ours may have come through, and DingTalk refuses a second one.
        let holder = match self.holder_before(at, attempt).await {
            Ok(holder) => holder,
            Err(failure) => return self.read_failed(at.id(), &failure, at.failed_reads, HoldReason::Unverified).await,
        };
        if let Some(until) = self.directory.outages().orders_until(self.clock.now()) {
            return Ok(Moved::Stop(Progress::AwaitsDingTalk(until)));
        }
        let intent = warning.into_iter().chain([at.started(attempt)]);
        if let Some(outcome) = self.without_a_call(at, attempt, account.as_ref(), holder) {
            // In one append: an intent alone would say that a call of ours may have done it.
            self.record(intent.chain([outcome]).collect()).await?;
            return Ok(Moved::On);
        }
        self.record(intent.collect()).await?;
        let Some(order) = order(&approved, at) else { return Ok(Moved::Stop(Progress::Rests)) };
        let outcome = match self.send(at, live, &order).await {
            Ok(done) => vec![at.succeeded(attempt, Finding::Answered, done.request_id)],
            Err(NotDone::Stopped(by)) => self.stopped(at, attempt, by),
            Err(NotDone::Failed(failure)) => self.failed(at, attempt, failure),
        };
        self.record(outcome).await?;
        Ok(Moved::On)
    }

    /// Adds to a look that leaves it out whether the account is disabled: whoever does not know that would disable whom
    /// somebody else has disabled, and take it for a disable of ours, to be undone in the end. Behind the guard layer,
    /// as DingTalk says it only of accounts of our own.
    async fn ask_whether_disabled(&self, at: &Place<'_>, account: Option<&mut Account>) -> Result<(), Failure> {
        let (Some(account), Some(wanted)) = (account, at.disabled_when_done()) else { return Ok(()) };
        match self.directory.whether_disabled(account).await {
            Ok(disabled) => account.disabled = Some(disabled),
            Err(failure) if wanted => return Err(failure),
            // Nobody is kept waiting for their account: whoever is enabled already loses nothing by an enable.
            Err(_) => {}
        }
        Ok(())
    }

    /// What needs no call: the account is in the wanted state already, or there is nothing of ours to
    /// undo.
    fn without_a_call(
        &self,
        at: &Place<'_>,
        attempt: u32,
        account: Option<&Account>,
        holder: Option<Holder>,
    ) -> Option<Event> {
        let disabled = account.and_then(|account| account.disabled);
        match at.action {
            Action::SignOut { .. } => self.signed_out_already(at, attempt),
            Action::SignOutAgain {} | Action::Notify { .. } => None,
            Action::Disable { .. } => (disabled == Some(true)).then(|| self.disabled_already(at, attempt)),
            Action::ChangeDingTalkId { .. } => self.no_change(at, attempt, holder),
            Action::Enable { .. } if !at.undoes_our_own() => Some(at.succeeded(attempt, Finding::NotOurs, None)),
            Action::Enable { .. } if disabled == Some(false) => Some(at.succeeded(attempt, Finding::AlreadySo, None)),
            Action::Enable { .. } => {
                let failure = Failure::local(FailureClass::Permanent, Failure::CONTAINED_BY_ANOTHER);
                self.is_left_to_another(at).then(|| at.failed(attempt, failure, None))
            }
        }
    }

    /// By whom: an earlier attempt of this step that may have come through, another incident of ours, or somebody else.
    /// An attempt that was refused has done nothing.
    fn disabled_already(&self, at: &Place<'_>, attempt: u32) -> Event {
        if at.incident.may_have_disabled {
            return at.succeeded(attempt, Finding::Recovered, None);
        }
        let by = self.trail.board(|board| board.disabled_by_another(at.user_id, at.id()).cloned());
        match by {
            Some(by) => at.already_ours(attempt, by),
            None => at.succeeded(attempt, Finding::AlreadySo, None),
        }
    }

    /// That another incident has signed the account out in place of this step.
    fn signed_out_already(&self, at: &Place<'_>, attempt: u32) -> Option<Event> {
        let now = self.clock.now();
        let by = self.trail.board(|board| board.signed_out_by_another(at.user_id, at.id(), now).cloned());
        by.map(|by| at.already_ours(attempt, by))
    }

    pub(super) fn failed(&self, at: &Place<'_>, attempt: u32, failure: Failure) -> Vec<Event> {
        if failure.class == FailureClass::Unknown {
            return vec![at.unknown(attempt, failure)];
        }
        if let Some(held) = self.changed_unseen(at, attempt, &failure) {
            return held;
        }
        self.postponed(at, attempt, failure)
    }

    /// Tried again at its time, handed to a human, or given up.
    pub(super) fn postponed(&self, at: &Place<'_>, attempt: u32, failure: Failure) -> Vec<Event> {
        if at.is_again() {
            return vec![at.failed(attempt, failure, None)];
        }
        let now = self.clock.now();
        match after(&failure, attempt, at.id(), now, !self.directory.outages().is_none()) {
            Next::RetryAt(retry_at) => vec![at.failed(attempt, failure, Some(retry_at))],
            Next::GiveUp => vec![at.failed(attempt, failure, None)],
            Next::Hold(_) if self.is_released_meanwhile(at) => vec![at.failed(attempt, failure, Some(now))],
            Next::Hold(reason) => {
                // Due at once, so that it goes on as soon as a human lets it.
                vec![at.failed(attempt, failure.clone(), Some(now)), at.held(reason, Some(failure))]
            }
        }
    }

    /// Whether the account is given back by now, so that what became of this step matters to nobody.
    fn is_released_meanwhile(&self, at: &Place<'_>) -> bool {
        let is_released = |id| self.trail.board(|board| board.live(id).is_some_and(|live| live.incident.released));
        at.action.kind() != ActionKind::Enable && is_released(at.id())
    }

    pub(super) fn is_paused(&self, at: &Place<'_>) -> bool {
        let (source, rules) = at.asked_by();
        self.trail.board(|board| board.pauses().hold(source, rules))
    }

    fn has_tripped(&self, at: &Place<'_>) -> bool {
        let (source, rules) = at.asked_by();
        self.trail.board(|board| board.breakers().hold(source, rules))
    }

    /// For what touches nobody, and so needs no look at the account.
    pub(super) fn ask_guard_to_tell(&self, at: &Place<'_>) -> Result<(), HoldReason> {
        let rules = self.rules.now();
        let draws = draws(&at.incident.plan, &rules.set, self.roster.as_ref().and_then(|roster| roster.people()));
        at_telling(&self.facts(at, &rules.set, &draws))
    }

    pub(super) fn facts<'a>(&self, at: &Place<'a>, rules: &'a RuleSet, draws: &'a [Draw]) -> Facts<'a> {
        Facts {
            paused: self.is_paused(at),
            rule_off: is_turned_off(at, rules),
            assurance: at.incident.plan.assurance,
            assurance_floor: floor(at, rules),
            touches: at.incident.plan.touches(),
            disables: at.incident.plan.disables(),
            gives_back: at.only_gives_back(),
            confirmed: at.incident.confirmed,
            account: &at.subject.account,
            user_id: Some(at.user_id),
            guardrails: rules.guardrails(),
            identities: rules.identities(),
            draws,
            beyond_budget: at.incident.beyond_budget,
            approval_wanted: at.wants_approval(),
            departments: None,
            breaker_tripped: !at.incident.past_breaker && self.has_tripped(at),
            dingtalk_id_changed: !at.incident.unchanged && self.was_changed_lately(at),
        }
    }
}

/// Whether rules asked for the step, and none of them does as it is now, or not without more people who say yes. What a
/// human asked for has no rule.
fn is_turned_off(at: &Place<'_>, rules: &RuleSet) -> bool {
    let (_, mut of) = at.asked_by();
    let (kind, plan) = (at.action.kind(), &at.incident.plan);
    let people = u8::try_from(at.incident.assent.by.len()).unwrap_or(u8::MAX);
    let still_asks = |rule: &RuleId| rules.asks_for(rule, kind) && rules.is_content_with(rule, plan.approval, people);
    !plan.rules.is_empty() && !of.any(still_asks)
}

/// The least that the source has to prove: what the plan demands, or what its rules demand by now, if that is more.
fn floor(at: &Place<'_>, rules: &RuleSet) -> Assurance {
    let (_, of) = at.asked_by();
    let planned = at.incident.plan.assurance_floor;
    rules.floor_of(of).map_or(planned, |now| if (now as u8) < planned as u8 { now } else { planned })
}

/// The order for DingTalk, where the step is one. It takes the guard layer's proof, so that nothing leaves without it.
pub(super) fn order(approved: &Approved, at: &Place<'_>) -> Option<Order> {
    let user_id = approved.user_id().clone();
    Some(match at.action {
        Action::SignOut { .. } | Action::SignOutAgain {} => {
            let (reason, employee_reason) = at.words_of_sign_out();
            Order::SignOut { user_id, reason, employee_reason }
        }
        Action::Disable { reason } => Order::Disable { user_id, reason: reason.clone() },
        Action::Enable { .. } => Order::Enable { user_id },
        Action::ChangeDingTalkId { to } => Order::ChangeDingTalkId { user_id, dingtalk_id: to.clone() },
        Action::Notify { .. } => return None,
    })
}
