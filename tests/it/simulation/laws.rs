//! What must hold whatever happens. Each law has been seen to fail by a program that breaks it, and by no other.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::directory::{Account, Order};
use portcullis::incident::{
    Action, ActionKind, Finding, HoldReason, Incident, IncidentId, PauseScope, Status, Timestamp,
};
use portcullis::trail::{Board, Record, Trail, verify};

use super::history::{Case, History, Last, Step};
use super::site::{Limits, OWN_CORP, UNTOUCHABLE};
use super::world::Left;

/// What is broken, in words.
pub(super) type Broken = String;
pub(super) type Law = Result<(), Broken>;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const BREAKER_MS: i64 = 600_000;

/// An order that left, with the incident and the step that it is for.
pub(super) struct Sent<'a> {
    pub(super) left: &'a Left,
    pub(super) case: &'a Case,
    pub(super) step: &'a Step,
}

impl Sent<'_> {
    /// Whether the guard layer stands before it: an enable gives back what its plan took, or is asked for by a human, or
    /// else a rule asks for it.
    fn is_guarded(&self) -> bool {
        let disables = |step: &Step| step.action.kind() == ActionKind::Disable;
        let gives_back = self.case.plan.rules.is_empty() || self.case.steps.iter().any(disables);
        self.left.kind != ActionKind::Enable || !gives_back
    }

    /// What a pause or a breaker would have to reach to stop it.
    fn scopes(&self) -> BTreeSet<PauseScope> {
        let plan = &self.case.plan;
        let rules = plan.rules.iter().map(|rule| PauseScope::Rule(rule.id.clone()));
        let source = plan.spending.iter().flat_map(|spending| spending.source.clone()).map(PauseScope::Source);
        rules.chain(source).chain([PauseScope::All]).collect()
    }
}

/// Promise 2: an order has an intent of its own, recorded in this life of the program before the order left, in the
/// words of the plan.
pub(super) fn every_order_has_its_own_intent(
    left: &Left,
    history: &History,
    life_began_at: u64,
) -> Result<(IncidentId, usize), Broken> {
    let mut found = Vec::new();
    for (id, case) in history.cases.iter().filter(|(_, case)| case.user_id.as_ref() == Some(&left.user_id)) {
        for (index, step) in case.steps.iter().enumerate() {
            let is_open = step.last == Last::Begun && step.action.kind() == left.kind && !case.is_closed;
            if is_open && step.intent.is_some_and(|(seq, is_spent)| seq >= life_began_at && !is_spent) {
                found.push((id.clone(), index));
            }
        }
    }
    let [(id, index)] = &found[..] else { return Err(format!("{left:?} has not one intent but {found:?}")) };
    let is_as_planned = match (&history.cases[id].steps[*index].action, &left.order) {
        (Action::SignOut { reason: planned, .. }, Order::SignOut { reason, employee_reason, .. }) => {
            planned == reason && employee_reason.len() == 15
        }
        (Action::SignOutAgain {}, Order::SignOut { employee_reason, .. }) => employee_reason.len() == 15,
        (Action::Disable { reason: planned }, Order::Disable { reason, .. }) => planned == reason,
        (Action::Enable { .. }, Order::Enable { .. }) => true,
        _ => false,
    };
    if is_as_planned { Ok((id.clone(), *index)) } else { Err(format!("{left:?} is not what was planned")) }
}

/// Promise 3: nothing is done twice, unless doing it again is harmless. Signing out again is, as long as nobody knows
/// that it was done; whoever is known to be disabled, or enabled, is not made so again, and nobody is disabled of whom
/// that is not known.
pub(super) fn nothing_is_done_twice(sent: &Sent<'_>) -> Law {
    let Sent { left, step, .. } = sent;
    if step.orders > 0 && !matches!(step.before, Last::Failed) {
        return Err(format!("{left:?} comes again after {:?}", step.before));
    }
    if step.orders > 0 && matches!(step.action, Action::SignOutAgain {}) {
        return Err(format!("{left:?} comes again, though it is to be tried once"));
    }
    let wanted = match left.kind {
        ActionKind::Disable => Some(true),
        ActionKind::Enable => Some(false),
        _ => return Ok(()),
    };
    if left.shown.disabled.iter().all(|shown| *shown == wanted) {
        return Err(format!("{left:?} left although the account was so already"));
    }
    // Whoever is disabled without a look at that may have been disabled by somebody else, and would be enabled in the
    // end. An enable that nobody could look before takes nothing from anybody.
    if left.kind == ActionKind::Disable && !left.shown.disabled.contains(&Some(false)) {
        return Err(format!("{left:?} left without a look that showed the account enabled"));
    }
    Ok(())
}

/// Nobody is touched who is protected, or is not ours, or of whom that is not known: by a look that came after the
/// order before. Giving somebody their account back takes nothing from them.
pub(super) fn nobody_protected_is_touched(sent: &Sent<'_>) -> Law {
    let left = sent.left;
    if sent.is_guarded() && UNTOUCHABLE.contains(&left.user_id.as_str()) {
        return Err(format!("{left:?} touches whom nothing may touch"));
    }
    let is_free = |account: &Account| {
        let is_ours = account.enterprise_account == Some(true) && account.owner_corp_id.as_deref() == Some(OWN_CORP);
        is_ours && (!sent.is_guarded() || [account.admin, account.boss, account.senior] == [Some(false); 3])
    };
    if left.shown.accounts.iter().flatten().any(is_free) {
        return Ok(());
    }
    Err(format!("{left:?} left without a look that showed whom it may touch"))
}

/// Nobody is given back whom we have not disabled, or whom somebody else was seen to have touched since, unless a human
/// says so.
pub(super) fn only_our_own_disable_is_undone(sent: &Sent<'_>, index: usize, before: &[Left]) -> Law {
    let Sent { left, case, .. } = sent;
    let undone = case.steps[..index].iter().rfind(|step| step.action.kind() == ActionKind::Disable);
    let Some(undone) = undone.filter(|_| left.kind == ActionKind::Enable) else { return Ok(()) };
    if !undone.finding.is_some_and(Finding::is_ours) {
        return Err(format!("{left:?} undoes a disable that was {:?}", undone.finding));
    }
    let is_ours = |order: &Left| order.kind == ActionKind::Disable && order.user_id == left.user_id;
    // Whoever dies between intent and call does not know whether it left.
    if undone.finding == Some(Finding::Answered) && !before.iter().any(is_ours) {
        return Err(format!("{left:?} undoes a disable that nobody here has ordered"));
    }
    if case.is_others {
        return Err(format!("{left:?} though somebody else was seen to have touched the account"));
    }
    Ok(())
}

/// Nothing leaves while a responder has been told that it is paused.
pub(super) fn nothing_leaves_while_it_is_paused(sent: &Sent<'_>) -> Law {
    match sent.left.paused.intersection(&sent.scopes()).next() {
        Some(scope) => Err(format!("{:?} left while {scope:?} is paused", sent.left)),
        None => Ok(()),
    }
}

/// What is approved is the plan, by as many others as it wants, or it may run without.
pub(super) fn approvals_are_bound_to_the_plan(sent: &Sent<'_>) -> Law {
    let (left, case) = (sent.left, sent.case);
    let Some(wanted) = case.plan.approval.filter(|_| sent.is_guarded() && !case.has_lapsed) else { return Ok(()) };
    let is_good = |(by, plan): &&(_, Option<_>)| *by != left.user_id && *plan == Some(case.digest);
    let good: BTreeSet<_> = case.approved_by.iter().filter(is_good).map(|(by, _)| by).collect();
    if good.len() >= usize::from(wanted.people) && good.len() == case.approved_by.len() {
        return Ok(());
    }
    Err(format!("{left:?} is approved by {:?} and wants {wanted:?}", case.approved_by))
}

/// What the breaker has stopped does not leave, unless a human lets it.
pub(super) fn what_the_breaker_stops_does_not_leave(sent: &Sent<'_>) -> Law {
    let mut tripped = sent.left.tripped.iter().filter(|_| sent.is_guarded() && !sent.case.past_breaker);
    match tripped.find(|scope| sent.scopes().contains(*scope)) {
        Some(scope) => Err(format!("{:?} left although the breaker has tripped for {scope:?}", sent.left)),
        None => Ok(()),
    }
}

/// In no hour and no day do rules act by themselves more often than their budgets say, nor on more people in ten
/// minutes than trips the breaker.
pub(super) fn limits_are_never_exceeded(history: &History, limits: Limits) -> Law {
    let acting: Vec<&Case> = history.cases.values().filter(|case| case.taken_after.is_some()).collect();
    let mut by: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in &acting {
        let Some(spending) = &case.plan.spending else { continue };
        by.entry("organization".to_owned()).or_default().push(case);
        if let Some(source) = &spending.source {
            by.entry(format!("source {source}")).or_default().push(case);
        }
        for (rule, _) in case.plan.rules.iter().zip(&spending.of_rules).filter(|(_, spent)| spent.is_some()) {
            by.entry(format!("rule {}", rule.id)).or_default().push(case);
        }
    }
    for (of, cases) in by {
        let (budget, breaker) = match of.split(' ').next() {
            Some("rule") => (limits.each_rule, limits.rule_breaker),
            Some("source") => (limits.each_source, limits.source_breaker),
            _ => (limits.organization, usize::MAX),
        };
        let spent: Vec<i64> = cases.iter().filter(|case| !case.past_budget).map(|case| case.opened_ms).collect();
        for (most, within_ms) in [(budget.0, HOUR_MS), (budget.1, DAY_MS)] {
            let count = |end: i64| spent.iter().filter(|at| **at <= end && **at > end - within_ms).count();
            if let Some(count) = spent.iter().map(|end| count(*end)).find(|count| *count > most) {
                return Err(format!("{of}: {count} plans within {within_ms} ms, {most} are allowed"));
            }
        }
        // Whoever releases a breaker lets go on what was planned before.
        let is_free = |case: &&&Case| case.past_breaker || case.taken_after != Some(case.releases);
        let crowd: Vec<&&Case> = cases.iter().filter(|case| !is_free(case)).collect();
        let people = |end: &Case| {
            let is_with = |case: &&&&Case| {
                case.releases == end.releases
                    && case.opened_ms <= end.opened_ms
                    && case.opened_ms > end.opened_ms - BREAKER_MS
            };
            crowd.iter().filter(is_with).map(|case| &case.plan.account).collect::<BTreeSet<_>>().len()
        };
        if let Some(count) = crowd.iter().map(|end| people(end)).find(|count| *count > breaker) {
            return Err(format!("{of}: {count} people within ten minutes, {breaker} are allowed"));
        }
    }
    Ok(())
}

/// Once all is quiet, every plan has ended or waits for a human who can see it.
pub(super) fn every_plan_ends_or_is_held(trail: &Trail, now: Timestamp) -> Law {
    let open = |incident: &Incident| match incident.status {
        Status::Held(HoldReason::ApprovalWanted) => incident.lapses_at().is_none_or(|at| at <= now),
        Status::Held(_) => false,
        Status::Open => true,
        Status::Closed(_) => true,
    };
    let found: Option<Incident> =
        trail.board(|board| board.all_live().map(|live| &live.incident).find(|incident| open(incident)).cloned());
    found.map_or(Ok(()), |incident| Err(format!("neither ended nor held: {incident:#?}")))
}

/// Once all is quiet, nobody is kept disabled beyond their time, unless a human can see why.
pub(super) fn every_containment_ends_or_is_held(trail: &Trail, now: Timestamp) -> Law {
    let is_stuck = |incident: &Incident| {
        let is_over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let is_held = matches!(incident.status, Status::Held(_));
        is_over(incident.overdue_at()) || (is_over(incident.ends_at()) && !is_held)
    };
    let found: Option<Incident> =
        trail.board(|board| board.containing().map(|live| &live.incident).find(|one| is_stuck(one)).cloned());
    found.map_or(Ok(()), |incident| Err(format!("kept disabled beyond its time: {incident:#?}")))
}

/// The board that the records make is the one that the program has.
pub(super) fn the_trail_makes_the_same_board(trail: &Trail, records: &[Record], history: &History) -> Law {
    let mut made = Board::default();
    for record in records {
        made.apply(record.seq, record.at, &record.event).map_err(|error| error.to_string())?;
    }
    let (one, other) = (shown(&made, history), trail.board(|board| shown(board, history)));
    let differs = one.iter().zip(&other).find(|(one, other)| one != other);
    if one.len() != other.len() {
        return Err(format!("the trail makes {one:#?}, the program has {other:#?}"));
    }
    differs.map_or(Ok(()), |(one, other)| Err(format!("the trail makes {one}, the program has {other}")))
}

/// All of a board that can be seen, in an order.
fn shown(board: &Board, history: &History) -> Vec<String> {
    let in_effect = board.all_live().chain(board.containing());
    let live: BTreeMap<_, _> = in_effect
        .map(|live| (live.incident.id().clone(), format!("{live:?} {}", live.incident.is_containing())))
        .collect();
    let due = board.due(Timestamp::MAX).map(|live| format!("due {}", live.incident.id()));
    let covers = history.cases.values().flat_map(|case| {
        case.plan.rules.iter().map(|rule| format!("cover {:?}", board.cover(&rule.id, &case.plan.account)))
    });
    let spent = history.cases.values().filter_map(|case| case.plan.spending.as_ref()).map(|spending| {
        let (ledger, now) = (board.ledger(), Timestamp::UNIX_EPOCH);
        format!(
            "spent {:?} {:?}",
            ledger.of_organization(now),
            spending.source.as_ref().map(|source| ledger.of_source(source, now))
        )
    });
    let steering = [format!("{:?}", board.pauses()), format!("{:?}", board.breakers())];
    live.into_values().chain(due).chain(covers).chain(spent).chain(steering).collect()
}

/// Nothing was recorded that should not be, each alert once, and the trail verifies.
pub(super) fn the_trail_is_whole(trail: &Trail, history: &History) -> Law {
    if let Some(wrong) = history.wrong.first() {
        return Err(wrong.clone());
    }
    if let Some((alert, times)) = history.admitted.iter().find(|(_, times)| **times != 1) {
        return Err(format!("{alert} is admitted {times} times"));
    }
    verify(trail.store(), |_| ()).map(drop).map_err(|fault| fault.to_string())
}
