//! Finds the rules that correlations name, and puts the correlations into an order in which each comes
//! behind those that it builds on.

use std::collections::HashMap;

use crate::incident::{Digest, RuleId};

use super::super::field::Field;
use super::super::problem::{Place, Report};
use super::super::rule::Draft;
use super::Correlation;
use super::read::CorrelationDraft;

/// One of the rules that a correlation names.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) rule: RuleId,
    /// Its title, for the record of a match.
    pub(super) title: String,
    /// Where an event that it matches has the values that group, and the values that count.
    pub(super) group: Vec<Field>,
    pub(super) values: Vec<Field>,
}

/// A rule that can be named.
struct Named {
    id: RuleId,
    title: String,
    behaviour: Digest,
    /// Its place among the correlations, if it is one.
    correlation: Option<usize>,
    /// Whether it matches nothing but what it asks for, so that something may be done about it.
    is_anchored: bool,
}

/// Each draft with the index of its file's report, linked.
pub(in crate::rules) fn link(
    drafts: Vec<(usize, CorrelationDraft)>,
    rules: &[(usize, Draft)],
    reports: &mut [Report],
) -> Vec<(usize, Correlation)> {
    let mut named: HashMap<String, Named> = HashMap::new();
    let rule_names = rules.iter().map(|(_, draft)| (&draft.rule, &draft.name, None, draft.is_anchored()));
    let own_names = drafts.iter().enumerate().map(|(place, (_, draft))| (&draft.rule, &draft.name, Some(place), true));
    for (rule, name, correlation, is_anchored) in rule_names.chain(own_names) {
        let names = name.iter().map(|(_, name)| name.as_str()).chain([rule.reference.id.as_str()]);
        for name in names {
            let (id, title) = (rule.reference.id.clone(), rule.reference.title.clone());
            named.insert(name.to_owned(), Named { id, title, behaviour: rule.behaviour, correlation, is_anchored });
        }
    }
    let order = ordered(&drafts, &named, reports);
    let mut drafts: Vec<Option<(usize, CorrelationDraft)>> = drafts.into_iter().map(Some).collect();
    let taken = order.into_iter().filter_map(|place| drafts.get_mut(place).and_then(Option::take));
    let mut all = Vec::new();
    for (file, draft) in taken {
        let Some(report) = reports.get_mut(file) else { continue };
        let is_anchored = draft.rules.iter().all(|(_, name)| named.get(name).is_none_or(|part| part.is_anchored));
        check_safety(&draft, is_anchored, report);
        let Some(correlation) = linked(draft, &named, report) else { continue };
        // Those that build on it build on what it builds on, too.
        for other in named.values_mut().filter(|other| other.id == correlation.rule.reference.id) {
            (other.behaviour, other.is_anchored) = (correlation.rule.behaviour, is_anchored);
        }
        all.push((file, correlation));
    }
    all
}

/// A correlation that acts must not act on whatever comes along, nor because something has not come yet.
fn check_safety(draft: &CorrelationDraft, is_anchored: bool, report: &mut Report) {
    if draft.rule.response.is_none() {
        return;
    }
    if !is_anchored {
        let what = "a correlation with a response must not count rules that match whatever comes along";
        report.error_with(draft.at, what, "each of its rules needs a positive test that every match passes");
    }
    if !draft.condition.is_positive() {
        let what = "a correlation with a response needs a condition that only what is there can meet";
        report.error_with(draft.at, what, "write `gte` or `gt` alone, or words without `not`");
    }
}

/// The places of the drafts, each behind those that it names; those in a circle are left out.
fn ordered(drafts: &[(usize, CorrelationDraft)], named: &HashMap<String, Named>, reports: &mut [Report]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    loop {
        let is_ready = |place: &usize| {
            let parts = drafts.get(*place).into_iter().flat_map(|(_, draft)| &draft.rules);
            let mut before = parts.filter_map(|(_, name)| named.get(name)?.correlation);
            !order.contains(place) && before.all(|before| order.contains(&before))
        };
        let ready: Vec<usize> = (0..drafts.len()).filter(is_ready).collect();
        if ready.is_empty() {
            break;
        }
        order.extend(ready);
    }
    for (_, (file, draft)) in drafts.iter().enumerate().filter(|(place, _)| !order.contains(place)) {
        if let Some(report) = reports.get_mut(*file) {
            let advice = "a correlation cannot build on itself";
            report.error_with(draft.at, "the correlation names rules that lead back to it", advice);
        }
    }
    order
}

fn linked(draft: CorrelationDraft, named: &HashMap<String, Named>, report: &mut Report) -> Option<Correlation> {
    let mut parts = Vec::new();
    let mut behaviours = vec![draft.shape];
    for (at, name) in &draft.rules {
        let Some(rule) = named.get(name) else {
            report.error_with(*at, format!("no rule is called `{name}`"), "write its id or its name");
            return None;
        };
        behaviours.push(rule.behaviour);
        let group = draft.group_by.iter().map(|key| grouping(&draft, key, name, rule, *at, report));
        parts.push(Part {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            group: group.collect::<Option<_>>()?,
            values: draft.fields.clone(),
        });
    }
    for alias in &draft.aliases {
        let unknown = alias.fields.iter().filter(|(rule, _)| draft.rules.iter().all(|(_, name)| name != *rule));
        for (rule, (at, _)) in unknown {
            report.error(*at, format!("the alias `{}` is for `{rule}`, which `rules` does not name", alias.name));
        }
    }
    let mut rule = draft.rule;
    let parts_of_behaviour: Vec<&[u8]> =
        std::iter::once(&rule.behaviour).chain(&behaviours).map(|digest| digest.0.as_slice()).collect();
    rule.behaviour = Digest::of_parts(&parts_of_behaviour);
    Some(Correlation {
        rule,
        at: draft.at,
        shape: draft.shape,
        sort: draft.sort,
        timespan: draft.timespan,
        group_by: draft.group_by.into_iter().map(|(key, _)| key).collect(),
        condition: draft.condition,
        parts,
        account_key: draft.account_key,
        generates: draft.generates,
        tests: draft.tests,
    })
}

/// The field that stands for a key of the group in events of one rule: its alias, or the key itself.
fn grouping(
    draft: &CorrelationDraft,
    (key, field): &(String, Field),
    name: &str,
    rule: &Named,
    at: Place,
    report: &mut Report,
) -> Option<Field> {
    let Some(alias) = draft.aliases.iter().find(|alias| alias.name == *key) else { return Some(field.clone()) };
    let own = alias.fields.get(name).or_else(|| alias.fields.get(rule.id.as_str()));
    if own.is_none() {
        let advice = format!("add `{name}: <field>` to the alias");
        report.error_with(at, format!("the alias `{key}` says no field for `{name}`"), advice);
    }
    own.map(|(_, field)| field.clone())
}
