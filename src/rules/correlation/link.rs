//! Finds the rules that correlations name, and puts the correlations into an order in which each comes
//! behind those that it builds on.

use std::collections::HashMap;

use crate::incident::{Digest, RuleId};

use super::super::detector::Draft;
use super::super::field::Field;
use super::super::problem::{Place, Report};
use super::Correlation;
use super::read::CorrelationDraft;
use super::section::{Alias, Section};

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
}

/// Each draft with the index of its file's report, linked.
pub(in crate::rules) fn link(
    drafts: Vec<(usize, CorrelationDraft)>,
    rules: &[(usize, Draft)],
    reports: &mut [Report],
) -> Vec<(usize, Correlation)> {
    let mut named: HashMap<String, Named> = HashMap::new();
    let rule_names = rules.iter().map(|(_, draft)| (&draft.detector.rule, &draft.name, None));
    let own_names = drafts.iter().enumerate().map(|(place, (_, draft))| (&draft.rule, &draft.name, Some(place)));
    for (rule, name, correlation) in rule_names.chain(own_names) {
        let names = name.iter().map(|(_, name)| name.as_str()).chain([rule.reference.id.as_str()]);
        for name in names {
            let (id, title) = (rule.reference.id.clone(), rule.reference.title.clone());
            named.insert(name.to_owned(), Named { id, title, behaviour: rule.behaviour, correlation });
        }
    }
    let order = ordered(&drafts, &named, reports);
    let mut drafts: Vec<Option<(usize, CorrelationDraft)>> = drafts.into_iter().map(Some).collect();
    let taken = order.into_iter().filter_map(|place| drafts.get_mut(place).and_then(Option::take));
    taken.filter_map(|(file, draft)| Some((file, linked(draft, &named, reports.get_mut(file)?)?))).collect()
}

/// The places of the drafts, each behind those that it names; those in a circle are left out.
fn ordered(drafts: &[(usize, CorrelationDraft)], named: &HashMap<String, Named>, reports: &mut [Report]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    loop {
        let is_ready = |place: &usize| {
            let parts = drafts.get(*place).into_iter().flat_map(|(_, draft)| &draft.section.rules);
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
    let CorrelationDraft { mut rule, at, section, account_key, tests, .. } = draft;
    let mut parts = Vec::new();
    let mut behaviours = vec![section.shape];
    for (at, name) in &section.rules {
        let Some(rule) = named.get(name) else {
            report.error_with(*at, format!("no rule is called `{name}`"), "write its id or its name");
            return None;
        };
        behaviours.push(rule.behaviour);
        let group = section.group_by.iter().map(|key| grouping(&section, key, name, rule, *at, report));
        parts.push(Part {
            rule: rule.id.clone(),
            title: rule.title.clone(),
            group: group.collect::<Option<_>>()?,
            values: section.fields.clone(),
        });
    }
    check_aliases(&section, report);
    let behaviour: Vec<&[u8]> =
        std::iter::once(&rule.behaviour).chain(&behaviours).map(|digest| digest.0.as_slice()).collect();
    rule.behaviour = Digest::of_parts(&behaviour);
    Some(Correlation {
        rule,
        at,
        shape: section.shape,
        sort: section.sort,
        timespan: section.timespan,
        group_by: section.group_by.into_iter().map(|(key, _)| key).collect(),
        condition: section.condition,
        parts,
        account_key,
        generates: section.generates,
        tests,
    })
}

/// The field that stands for a key of the group in events of one rule: its alias, or the key itself.
fn grouping(
    section: &Section,
    (key, field): &(String, Field),
    name: &str,
    rule: &Named,
    at: Place,
    report: &mut Report,
) -> Option<Field> {
    let Some(alias) = section.aliases.iter().find(|alias| alias.name == *key) else { return Some(field.clone()) };
    let own = alias.fields.iter().find(|(_, of, _)| of == name || of == rule.id.as_str());
    if own.is_none() {
        let advice = format!("add `{name}: <field>` to the alias");
        report.error_with(at, format!("the alias `{key}` says no field for `{name}`"), advice);
    }
    own.map(|(_, _, field)| field.clone())
}

fn check_aliases(section: &Section, report: &mut Report) {
    for Alias { name: alias, fields } in &section.aliases {
        let is_named = |rule: &str| section.rules.iter().any(|(_, name)| name == rule);
        for (at, rule, _) in fields.iter().filter(|(_, rule, _)| !is_named(rule)) {
            report.error(*at, format!("the alias `{alias}` is for `{rule}`, which `rules` does not name"));
        }
    }
}
