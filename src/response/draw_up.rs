//! Draws up the plans for one account, for the rules that want something done to it: one plan, as long as the
//! budgets of all of them last.

use std::collections::BTreeSet;

use super::Subject;
use super::draw::purse;
use super::merge::{Case, merged};
use super::target::{Acting, Target};
use crate::incident::{Alert, Approval, IncidentId, Ledger, Plan, RuleRef, Timestamp};
use crate::rules::{Rule, RuleSet};

/// What a rule comes to on a plan's record but for its title, roughly, with what it draws.
const RULE_BYTES: usize = 170;
/// What a title ends with that was cut.
const CUT: char = '…';

/// What a plan is drawn up by, beside the alert and the rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: Timestamp,
    /// How many people there are in the organization, where that is known.
    pub(super) people: Option<u32>,
    /// When the account was contained before.
    pub(super) earlier: &'a [Timestamp],
}

/// Parts the rules that act on one account into those of one plan each. Those whose own budget is used up are
/// apart, and those that want an approval: what the others ask for is not to wait for a human because of them, and
/// they not to be done along with the others. The strongest come first.
pub(super) fn lots<'r>(
    mut group: Vec<Target<'r>>,
    ledger: &Ledger,
    rules: &RuleSet,
    Moment { people, now, .. }: Moment<'_>,
) -> Vec<Vec<Target<'r>>> {
    group.sort_by(|a, b| b.rule.level.cmp(&a.rule.level).then_with(|| a.rule.reference.id.cmp(&b.rule.reference.id)));
    let gives = |target: &Target<'r>| target.acting().is_none_or(|(_, response, _)| response.gives());
    let tells = |target: &Target<'r>| target.acting().is_some_and(|(_, response, _)| !response.touches());
    let has_budget = |target: &Target<'r>| {
        let rule = &target.rule.reference.id;
        rules.budget_of(rule, people).has(ledger.of_rule(rule, now).and_one())
    };
    // Who only gives back goes with those that take: nobody is to be let in while they wait.
    let (giving, taking): (Vec<_>, Vec<_>) = group.into_iter().partition(gives);
    // Who only has people told waits for nobody, and nobody for that.
    let (telling, taking): (Vec<_>, Vec<_>) = taking.into_iter().partition(tells);
    let wants_approval =
        |target: &Target<'r>| target.acting().is_some_and(|(_, response, _)| response.approval.is_some());
    let (within, beyond): (Vec<_>, Vec<_>) = taking.into_iter().partition(has_budget);
    let apart = |some: Vec<Target<'r>>| -> [Vec<Target<'r>>; 2] {
        let (asking, free) = some.into_iter().partition(wants_approval);
        [free, asking]
    };
    let mut kinds: Vec<Vec<Target<'r>>> =
        [within, beyond].into_iter().flat_map(apart).filter(|kind| !kind.is_empty()).collect();
    match kinds.first_mut() {
        Some(first) => first.extend(giving),
        None => {
            let (within, beyond): (Vec<_>, Vec<_>) = giving.into_iter().partition(has_budget);
            kinds.extend([within, beyond].into_iter().flat_map(apart));
        }
    }
    kinds.extend(apart(telling));
    kinds.into_iter().flat_map(parted).collect()
}

/// Into parts of as many rules as one plan has at most.
fn parted(targets: Vec<Target<'_>>) -> Vec<Vec<Target<'_>>> {
    let mut parts: Vec<Vec<Target<'_>>> = Vec::new();
    let mut rules = 0;
    for target in targets {
        let last = parts.last().and_then(|part| part.last());
        if last.is_none_or(|last| last.rule.reference.id != target.rule.reference.id) {
            if rules % Plan::RULES_MAX == 0 {
                parts.push(Vec::new());
            }
            rules += 1;
        }
        if let Some(part) = parts.last_mut() {
            part.push(target);
        }
    }
    parts
}

/// The plan of the rules of a lot, all of which act on the account of the first, and who that is. What it
/// does to the account is drawn on the budgets.
pub(super) fn draw_up(
    alert: &Alert,
    (number, pseudonym): (usize, &str),
    lot: &[Target<'_>],
    ledger: &mut Ledger,
    rules: &RuleSet,
    moment: Moment<'_>,
) -> Option<(Plan, Subject)> {
    let Moment { people, now, .. } = moment;
    let mut acting: Vec<Acting<'_, '_>> = lot.iter().filter_map(Target::acting).collect();
    // By several windows of a correlation a rule is there more than once.
    acting.dedup_by(|(one, ..), (other, ..)| one.reference.id == other.reference.id);
    let account = acting.first()?.2.clone();
    let incident = match number {
        0 => IncidentId::derive(&alert.summary.id, pseudonym),
        _ => IncidentId::derive(&alert.summary.id, &format!("{pseudonym} {number}")),
    };
    // What is taken is not given back by the same plan but at its own time.
    let taking: Vec<Acting<'_, '_>> = acting.iter().copied().filter(|(_, response, _)| !response.gives()).collect();
    let asking = if taking.is_empty() { &acting } else { &taking };
    let case = Case { incident: &incident, pseudonym, alert, rules, moment };
    let merged = merged(asking, &case);
    let floor = acting.iter().map(|(_, response, _)| response.assurance).min_by_key(|level| *level as u8)?;
    let mut plan = Plan {
        incident,
        account_kind: account.kind(),
        account: pseudonym.to_owned(),
        assurance: alert.summary.assurance,
        assurance_floor: floor,
        rules: references(&acting),
        actions: merged.actions,
        approval: asking.iter().filter_map(|(_, response, _)| response.approval).reduce(Approval::and),
        owner: asking.iter().find_map(|(rule, ..)| rule.owner.as_deref()).map(|it| cut(it, Plan::OWNER_BYTES_MAX)),
        asked_by: None,
        asker: None,
        repeat: merged.repeat,
        spending: None,
    };
    if plan.touches() {
        let takes = plan.takes();
        let asked = acting.iter().map(|(rule, response, _)| (&rule.reference.id, response.takes() || !takes));
        let purse = purse(asked, Some(&alert.summary.source), rules, people);
        let of: Vec<_> = plan.rules.iter().map(|rule| &rule.id).collect();
        plan.spending = Some(ledger.draw(&alert.summary.source, &of, &purse, now));
        ledger.crowds_mut().see(&alert.summary.source, of, pseudonym, now);
    }
    let authors = authors(&acting, rules);
    Some((plan, Subject { account, texts: merged.texts, notices: merged.notices, authors }))
}

/// Whose the rules are, each list of names once.
fn authors(acting: &[Acting<'_, '_>], rules: &RuleSet) -> Vec<String> {
    let behind = |rule: &Rule| rules.people_behind(&rule.reference.id);
    let authors: BTreeSet<&str> = acting.iter().flat_map(|(rule, ..)| behind(rule)).collect();
    authors.into_iter().map(str::to_owned).collect()
}

/// The rules that asked for the plan, with as much of their titles as its record has room for.
fn references(acting: &[Acting<'_, '_>]) -> Vec<RuleRef> {
    let each = (Plan::RULES_BYTES_MAX / acting.len().max(1)).saturating_sub(RULE_BYTES);
    acting
        .iter()
        .map(|(rule, ..)| RuleRef { title: cut(&rule.reference.title, each), ..rule.reference.clone() })
        .collect()
}

/// The text, or as much of it as comes to so many bytes of JSON.
fn cut(text: &str, bytes: usize) -> String {
    let written = |character: char| character.len_utf8() + usize::from(matches!(character, '"' | '\\'));
    if text.chars().map(written).sum::<usize>() <= bytes {
        return text.to_owned();
    }
    let mut room = bytes.saturating_sub(CUT.len_utf8());
    let fits = |character: &char| {
        let fits = written(*character) <= room;
        room = room.saturating_sub(written(*character));
        fits
    };
    text.chars().take_while(fits).chain([CUT]).collect()
}
