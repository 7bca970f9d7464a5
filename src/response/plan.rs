//! Turns an alert and the rules that matched it into a verdict and plans, or says why not.

use std::collections::BTreeMap;

use super::guard::{Facts, at_planning};
use super::merge::merged_actions;
use super::{EmployeeTexts, Subject};
use crate::incident::{
    AccountRef, Alert, Assurance, Decision, HoldReason, IncidentId, NearestMiss, Opened, Plan, RuleId, RuleRef,
    Timestamp, Verdict, VerdictKind,
};
use crate::rules::{Match, Mode, Named, Response, Rule, RuleSet};
use crate::trail::{Cover, Pseudonyms};

/// What a rule comes to on a plan's record but for its title, roughly.
const RULE_BYTES: usize = 200;

/// One matching rule and what it asks for.
#[derive(Debug)]
pub struct Target<'r> {
    rule: &'r Rule,
    matched: Vec<String>,
    meaning: Meaning<'r>,
}

#[derive(Debug)]
enum Meaning<'r> {
    /// To be counted and shown: on whom it would act, or why it could not.
    Watch(Watched<'r>),
    /// To act, but it cannot be told on whom.
    Nobody(HoldReason),
    /// To act on this account.
    Act { response: &'r Response, account: AccountRef, pseudonym: String },
}

/// What a rule that only watches would do.
#[derive(Debug)]
enum Watched<'r> {
    /// Nothing; it has no response.
    Detects,
    /// It could not be told on whom.
    Nobody(HoldReason),
    /// Act on this account.
    Account { response: &'r Response, account: AccountRef, pseudonym: String },
}

impl Target<'_> {
    /// The rule and the pseudonym of the account it would act on, if it means to act.
    #[must_use]
    pub fn acts_on(&self) -> Option<(&RuleId, &str)> {
        match &self.meaning {
            Meaning::Act { pseudonym, .. } => Some((&self.rule.reference.id, pseudonym)),
            Meaning::Watch(_) | Meaning::Nobody(_) => None,
        }
    }
}

/// What has to be known of the present to decide; taken from the board under the account's lane.
#[derive(Debug, Default)]
pub struct Standing {
    /// Whether a responder has paused all actions.
    pub paused: bool,
    /// The incident that last covered a rule and account (by pseudonym).
    pub covers: BTreeMap<(RuleId, String), Cover>,
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
}

/// Finds out on whom each matching rule would act.
#[must_use]
pub fn targets<'r>(alert: &Alert, matches: Vec<Match<'r>>, pseudonyms: &Pseudonyms) -> Vec<Target<'r>> {
    let of_match = |matched: Match<'r>| {
        let meanings = meanings(&matched, alert, pseudonyms).into_iter();
        meanings.map(move |meaning| Target { rule: matched.rule, meaning, matched: matched.matched.clone() })
    };
    matches.into_iter().flat_map(of_match).collect()
}

/// Decides. The same inputs give the same result, to the letter.
#[must_use]
pub fn decide(
    alert: &Alert,
    targets: Vec<Target<'_>>,
    nearest: Option<NearestMiss>,
    standing: &Standing,
    rules: &RuleSet,
    now: Timestamp,
) -> Decided {
    let mut decisions = Vec::new();
    let mut groups: BTreeMap<String, Vec<Target<'_>>> = BTreeMap::new();
    for target in targets {
        match settled(&target, alert.summary.assurance, standing, rules, now) {
            Some(decision) => decisions.push(decision),
            None => groups
                .entry(target.acts_on().map(|(_, account)| account.to_owned()).unwrap_or_default())
                .or_default()
                .push(target),
        }
    }
    let mut opened = Vec::new();
    let mut subjects = BTreeMap::new();
    for (pseudonym, group) in groups {
        let Some((plan, subject)) = plan(alert, &pseudonym, &group, rules, now) else { continue };
        let held = hold(standing.paused, (plan.assurance, plan.assurance_floor), &subject.account, rules);
        decisions.extend(group.into_iter().map(|target| planned(target, &plan.incident, held)));
        subjects.insert(plan.incident.clone(), subject);
        opened.push(Opened { plan, held });
    }
    Decided { verdict: verdict(decisions, nearest, rules), opened, subjects }
}

/// One for each account the rule means, which is mostly one.
fn meanings<'r>(matched: &Match<'r>, alert: &Alert, pseudonyms: &Pseudonyms) -> Vec<Meaning<'r>> {
    let rule: &'r Rule = matched.rule;
    let Some(response) = &rule.response else { return vec![Meaning::Watch(Watched::Detects)] };
    let nobody = |reason: HoldReason| match response.mode {
        Mode::Enforce => Meaning::Nobody(reason),
        Mode::Shadow => Meaning::Watch(Watched::Nobody(reason)),
    };
    let somebody = |account: AccountRef| {
        let pseudonym = pseudonyms.of(&account);
        match response.mode {
            Mode::Enforce => Meaning::Act { response, account, pseudonym },
            Mode::Shadow => Meaning::Watch(Watched::Account { response, account, pseudonym }),
        }
    };
    match response.accounts_of_match(alert, matched.account.as_deref()) {
        Ok(accounts) => accounts.into_iter().map(somebody).collect(),
        Err(Named::Several) => vec![nobody(HoldReason::AccountAmbiguous)],
        Err(Named::One(_) | Named::None | Named::Invalid) => vec![nobody(HoldReason::AccountNotNamed)],
    }
}

/// The decision on a target that opens nothing; `None` when it is to be planned.
fn settled(
    target: &Target<'_>,
    assurance: Assurance,
    standing: &Standing,
    rules: &RuleSet,
    now: Timestamp,
) -> Option<Decision> {
    let (kind, incident, reason) = match &target.meaning {
        Meaning::Watch(watched) => return Some(watched_decision(target, watched, assurance, rules)),
        Meaning::Nobody(reason) => (VerdictKind::Held, None, Some(*reason)),
        Meaning::Act { response, .. } if !assurance.meets(response.assurance) => {
            (VerdictKind::Held, None, Some(HoldReason::AssuranceTooLow))
        }
        Meaning::Act { response, pseudonym, .. } => {
            let cover = standing.covers.get(&(target.rule.reference.id.clone(), pseudonym.clone()))?;
            if !covers(cover, response, now) {
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
            // A pause says nothing about the rule.
            (hold(false, (assurance, response.assurance), account, rules), Some(pseudonym.clone()))
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

/// A live incident covers whatever its age; a closed one until the rule's cooldown has passed.
fn covers(cover: &Cover, response: &Response, now: Timestamp) -> bool {
    let age_ms = now.as_millisecond().saturating_sub(cover.opened_at.as_millisecond());
    cover.live || i128::from(age_ms) < response.cooldown.as_millis().cast_signed()
}

fn plan(
    alert: &Alert,
    pseudonym: &str,
    group: &[Target<'_>],
    rules: &RuleSet,
    now: Timestamp,
) -> Option<(Plan, Subject)> {
    let mut acting: Vec<(&Rule, &Response, &AccountRef)> = group.iter().filter_map(acting).collect();
    acting.sort_by(|(a, ..), (b, ..)| b.level.cmp(&a.level).then_with(|| a.reference.id.cmp(&b.reference.id)));
    let account = acting.first()?.2.clone();
    let incident = IncidentId::derive(&alert.summary.id, &account.key());
    let (actions, texts) = merged_actions(&acting, &incident, alert, rules, now);
    let floor = acting.iter().map(|(_, response, _)| response.assurance).min_by_key(|level| *level as u8)?;
    let plan = Plan {
        incident,
        account_kind: account.kind(),
        account: pseudonym.to_owned(),
        assurance: alert.summary.assurance,
        assurance_floor: floor,
        rules: references(&acting),
        actions,
    };
    let texts: BTreeMap<u8, EmployeeTexts> = texts;
    Some((plan, Subject { account, texts }))
}

/// The rules that asked for the plan, the first and as many more as its record has room for.
fn references(acting: &[(&Rule, &Response, &AccountRef)]) -> Vec<RuleRef> {
    let mut bytes = 0;
    let fits = |rule: &&RuleRef| {
        let is_first = bytes == 0;
        // A quotation mark becomes two characters.
        bytes += RULE_BYTES + 2 * rule.title.len();
        is_first || bytes <= Plan::RULES_BYTES_MAX
    };
    acting.iter().map(|(rule, ..)| &rule.reference).take_while(fits).cloned().collect()
}

fn acting<'t>(target: &'t Target<'_>) -> Option<(&'t Rule, &'t Response, &'t AccountRef)> {
    match &target.meaning {
        Meaning::Act { response, account, .. } => Some((target.rule, response, account)),
        Meaning::Watch(_) | Meaning::Nobody(_) => None,
    }
}

/// Asks the guard layer about an account, with what the source proves and what is demanded.
fn hold(
    paused: bool,
    (assurance, assurance_floor): (Assurance, Assurance),
    account: &AccountRef,
    rules: &RuleSet,
) -> Option<HoldReason> {
    let facts = Facts {
        paused,
        assurance,
        assurance_floor,
        account,
        user_id: rules.identities().user_for(account.value()),
        guardrails: rules.guardrails(),
        identities: rules.identities(),
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
