//! Turns an alert and the rules that matched it into a verdict and plans, or says why not.

use std::collections::{BTreeMap, BTreeSet};

use super::breaker::trips;
use super::draw::purse;
use super::draw_up::{Moment, draw_up, lots};
use super::guard::{Facts, at_planning};
use super::target::{Meaning, Target, Watched};
use super::{Draw, Subject, draws};
use crate::incident::{
    AccountRef, Alert, AlertSummary, Asked, Assurance, Breakers, ChannelName, Decision, DepartmentId, HoldReason,
    IncidentId, Ledger, NearestMiss, Opened, Pauses, RuleId, Spent, Timestamp, Trip, Verdict, VerdictKind,
};
use crate::rules::{Response, Rule, RuleSet};
use crate::trail::Cover;

/// What has to be known of the present to decide; taken from the board under the account's lane.
#[derive(Debug, Default)]
pub struct Standing {
    /// What a responder has paused.
    pub pauses: Pauses,
    /// What the breaker has stopped.
    pub breakers: Breakers,
    /// The incident that last covered a rule and account (by pseudonym).
    pub covers: BTreeMap<(RuleId, String), Cover>,
    /// When each account (by pseudonym) was contained before.
    pub contained_at: BTreeMap<String, Vec<Timestamp>>,
    /// How many people there are in the organization, where that is known.
    pub people: Option<u32>,
    /// What the budgets of the departments come to on which those incidents have drawn, with how many people there are.
    pub departments: BTreeMap<DepartmentId, (Spent, Option<u32>)>,
    /// The accounts, by pseudonym, whose DingTalk ID was changed in the last year.
    pub dingtalk_ids_changed: BTreeSet<String>,
    /// The channels there are, of those that people are to be told by.
    pub channels: BTreeSet<ChannelName>,
}

/// What is to be recorded for an alert.
#[derive(Debug)]
pub struct Decided {
    /// The verdict.
    pub verdict: Verdict,
    /// The incidents to open, held ones among them.
    pub opened: Vec<Opened>,
    /// The people they are about, kept beside the record.
    pub subjects: BTreeMap<IncidentId, Subject>,
    /// What trips by them.
    pub trips: Vec<Trip>,
}

impl Decided {
    /// Of an alert that is on the trail already: nothing is to be recorded, and nothing done.
    #[must_use]
    pub fn nothing(rules: &RuleSet) -> Self {
        let verdict = verdict(Vec::new(), None, rules);
        Self { verdict, opened: Vec::new(), subjects: BTreeMap::new(), trips: Vec::new() }
    }

    /// Of an alert whose source is being tried out: that is recorded, and nothing done.
    #[must_use]
    pub fn tried(rules: &RuleSet) -> Self {
        let mut decided = Self::nothing(rules);
        decided.verdict.kind = VerdictKind::Tried;
        decided
    }
}

/// Decides. The same inputs give the same result, to the letter. What the plans draw on budgets is counted in
/// `ledger`.
#[must_use]
pub fn decide(
    alert: &Alert,
    targets: Vec<Target<'_>>,
    nearest: Option<NearestMiss>,
    standing: &Standing,
    ledger: &mut Ledger,
    rules: &RuleSet,
    now: Timestamp,
) -> Decided {
    let mut decisions = Vec::new();
    let mut groups: BTreeMap<String, Vec<Target<'_>>> = BTreeMap::new();
    for target in targets {
        match settled(&target, &alert.summary, standing, ledger, rules, now) {
            Some(decision) => decisions.push(decision),
            None => groups
                .entry(target.acts_on().map(|(_, account)| account.to_owned()).unwrap_or_default())
                .or_default()
                .push(target),
        }
    }
    let mut opened = Vec::new();
    let mut subjects = BTreeMap::new();
    let mut tripped = Vec::new();
    for (pseudonym, group) in groups {
        // What a paused rule asks for waits by itself; what others ask for does not wait with it.
        let is_paused =
            |target: &Target<'_>| standing.pauses.hold(Some(&alert.summary.source), [&target.rule.reference.id]);
        let (paused, running): (Vec<_>, Vec<_>) = group.into_iter().partition(is_paused);
        let earlier = standing.contained_at.get(&pseudonym).map_or(&[][..], Vec::as_slice);
        let moment = Moment { people: standing.people, now, earlier };
        let lots = lots(running, ledger, rules, moment).into_iter().map(|lot| (false, lot));
        let lots: Vec<_> =
            lots.chain(self::lots(paused, ledger, rules, moment).into_iter().map(|lot| (true, lot))).collect();
        for (number, (paused, lot)) in lots.into_iter().enumerate() {
            let Some((mut plan, subject)) = draw_up(alert, (number, &pseudonym), &lot, ledger, rules, moment) else {
                continue;
            };
            let trips = trips(&plan, &standing.breakers, ledger, rules, now);
            let source = Some(&alert.summary.source).filter(|_| plan.touches());
            let breaker_tripped = !trips.is_empty()
                || (plan.touches() && standing.breakers.hold(source, plan.rules.iter().map(|rule| &rule.id)));
            tripped.extend(trips);
            let (touches, disables) = (plan.touches(), plan.disables());
            let demand = Demand { floor: plan.assurance_floor, touches, disables };
            let draws = draws(&plan, rules, standing.people);
            let dingtalk_id_changed =
                plan.changes_dingtalk_id() && standing.dingtalk_ids_changed.contains(&plan.account);
            let now_held = Now { paused, breaker_tripped, dingtalk_id_changed, draws: &draws };
            let held = hold(now_held, plan.assurance, demand, &subject.account, rules);
            if let Some(spending) = plan.spending.as_mut().filter(|_| held.is_some_and(HoldReason::is_budget)) {
                let used_up = draws.iter().find(|draw| !draw.is_within());
                spending.beyond = used_up.map(|draw| draw.beyond(Asked::Planning));
            }
            decisions.extend(lot.into_iter().map(|target| planned(target, &plan.incident, held)));
            subjects.insert(plan.incident.clone(), subject);
            opened.push(Opened { plan, held });
        }
    }
    // By several plans the same may trip.
    tripped.sort_by(|one: &Trip, other| one.scope.cmp(&other.scope).then(other.accounts.cmp(&one.accounts)));
    tripped.dedup_by(|one, before| one.scope == before.scope);
    Decided { verdict: verdict(decisions, nearest, rules), opened, subjects, trips: tripped }
}

/// The decision on a target that opens nothing; `None` when it is to be planned.
fn settled(
    target: &Target<'_>,
    alert: &AlertSummary,
    standing: &Standing,
    ledger: &Ledger,
    rules: &RuleSet,
    now: Timestamp,
) -> Option<Decision> {
    let assurance = alert.assurance;
    let (kind, incident, reason) = match &target.meaning {
        Meaning::Watch(watched) => return Some(watched_decision(target, watched, assurance, rules)),
        Meaning::Nobody(reason) => (VerdictKind::Held, None, Some(*reason)),
        Meaning::Act { response, .. } if !assurance.meets(response.assurance) => {
            (VerdictKind::Held, None, Some(HoldReason::AssuranceTooLow))
        }
        Meaning::Act { response, account, pseudonym } => {
            let rule = &target.rule.reference.id;
            let cover = standing.covers.get(&(rule.clone(), pseudonym.clone()))?;
            let passes = || {
                let of_this = Now {
                    paused: standing.pauses.hold(Some(&alert.source), [rule]),
                    breaker_tripped: standing.breakers.hold(Some(&alert.source), [rule]),
                    dingtalk_id_changed: false,
                    draws: &[],
                };
                let (touches, disables) = (response.touches(), response.disables());
                let demand = Demand { floor: response.assurance, touches, disables };
                let purse = purse([(rule, true)].into_iter(), Some(&alert.source), rules, standing.people);
                hold(of_this, assurance, demand, account, rules).is_none()
                    && ledger.has_room(&alert.source, rule, &purse, now)
                    && cover.departments.iter().all(|id| has_room_in(*id, standing, rules))
            };
            if is_named_by_now(cover, account, rules) || !covers(cover, response, passes, now) {
                return None;
            }
            (VerdictKind::Suppressed, Some(cover.incident.clone()), None)
        }
    };
    let rule = target.rule.reference.clone();
    let (matched, author) = (target.matched.clone(), author(target.rule));
    Some(Decision { rule, author, kind, matched, incident, reason, account: None })
}

/// What a rule that only watches would have done, as far as that can be said without DingTalk.
fn watched_decision(target: &Target<'_>, watched: &Watched<'_>, assurance: Assurance, rules: &RuleSet) -> Decision {
    let (reason, account) = match watched {
        Watched::Detects => (None, None),
        Watched::Nobody(reason) => (Some(*reason), None),
        Watched::Account { response, account, pseudonym } => {
            // What is held for other reasons says nothing about the rule.
            let (touches, disables) = (response.touches(), response.disables());
            let demand = Demand { floor: response.assurance, touches, disables };
            (hold(Now::default(), assurance, demand, account, rules), Some(pseudonym.clone()))
        }
    };
    let rule = target.rule.reference.clone();
    let (matched, author) = (target.matched.clone(), author(target.rule));
    Decision { rule, author, kind: VerdictKind::Shadow, matched, incident: None, reason, account }
}

/// The rule's author, as its licence may ask to be named wherever it has matched.
fn author(rule: &Rule) -> Option<String> {
    rule.author.as_ref().map(|author| author.chars().take(Decision::AUTHOR_CHARS_MAX).collect())
}

/// Whether there is room in the budget of a department for one more.
fn has_room_in(id: DepartmentId, standing: &Standing, rules: &RuleSet) -> bool {
    let (spent, people) = standing.departments.get(&id).copied().unwrap_or_default();
    let allowed = rules.guardrails().budgets().of_department(id);
    allowed.is_none_or(|allowed| allowed.among(people).has(spent.and_one()))
}

/// Whom nobody could tell then, or who was not there, the identity map may name now.
fn is_named_by_now(cover: &Cover, account: &AccountRef, rules: &RuleSet) -> bool {
    use HoldReason::{AccountAmbiguous, AccountNotFound, AccountUnresolvable};
    let named = rules.identities().user_for(account);
    let is_for_a_name = matches!(cover.held, Some(AccountAmbiguous | AccountNotFound | AccountUnresolvable));
    is_for_a_name && named.is_some() && named != cover.user_id.as_ref()
}

/// A live incident covers whatever its age, and a closed one until the rule's cooldown has passed, what it takes
/// itself. One that waits for what holds not every alert covers those that would have to wait as well: what may be
/// done now is not to wait with it.
fn covers(cover: &Cover, response: &Response, passes: impl FnOnce() -> bool, now: Timestamp) -> bool {
    if !cover.extent.includes(&response.extent()) {
        return false;
    }
    match cover.held {
        Some(HoldReason::ApprovalWanted) if response.approval.is_none() => false,
        Some(reason) if reason.is_of_the_moment() => !passes(),
        _ => {
            let age_ms = now.as_millisecond().saturating_sub(cover.opened_at.as_millisecond());
            cover.live || i128::from(age_ms) < response.cooldown.as_millis().cast_signed()
        }
    }
}

/// What a plan demands of a source.
struct Demand {
    floor: Assurance,
    touches: bool,
    disables: bool,
}

/// What holds a plan at this moment, whatever it is.
#[derive(Debug, Clone, Copy, Default)]
struct Now<'a> {
    paused: bool,
    breaker_tripped: bool,
    dingtalk_id_changed: bool,
    draws: &'a [Draw],
}

/// Asks the guard layer about an account, with what the source proves and what is demanded.
fn hold(
    now: Now<'_>,
    assurance: Assurance,
    demand: Demand,
    account: &AccountRef,
    rules: &RuleSet,
) -> Option<HoldReason> {
    let user_id = rules.user_of(account);
    let facts = Facts {
        paused: now.paused,
        rule_off: false,
        assurance,
        assurance_floor: demand.floor,
        touches: demand.touches,
        disables: demand.disables,
        draws: now.draws,
        breaker_tripped: now.breaker_tripped,
        dingtalk_id_changed: now.dingtalk_id_changed,
        ..Facts::of_reference(account, user_id.as_ref(), rules)
    };
    at_planning(&facts).err()
}

fn planned(target: Target<'_>, incident: &IncidentId, held: Option<HoldReason>) -> Decision {
    Decision {
        rule: target.rule.reference.clone(),
        author: author(target.rule),
        kind: if held.is_some() { VerdictKind::Held } else { VerdictKind::Planned },
        matched: target.matched,
        incident: Some(incident.clone()),
        reason: held,
        account: None,
    }
}

fn verdict(mut decisions: Vec<Decision>, nearest: Option<NearestMiss>, rules: &RuleSet) -> Verdict {
    // The strongest first, so that what is left out matters least.
    decisions.sort_by(|a, b| b.kind.cmp(&a.kind).then_with(|| a.rule.id.cmp(&b.rule.id)));
    let left_out = decisions.len().saturating_sub(Verdict::DECISIONS_MAX);
    decisions.truncate(Verdict::DECISIONS_MAX);
    Verdict {
        kind: decisions.first().map_or(VerdictKind::Unmatched, |strongest| strongest.kind),
        rules: rules.digest(),
        nearest: nearest.filter(|_| decisions.is_empty()),
        decisions,
        decisions_left_out: u32::try_from(left_out).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
