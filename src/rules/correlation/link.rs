//! Finds the rules that correlations name, and puts the correlations into an order in which each comes
//! behind those that it builds on.

use crate::incident::{Digest, RuleId};

use super::super::detector::Draft;
use super::super::field::Field;
use super::super::problem::{Place, Report};
use super::Correlation;
use super::known::{Known, Named};
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

/// Each draft with the index of its file's report, linked.
pub(in crate::rules) fn link(
    drafts: Vec<(usize, CorrelationDraft)>,
    rules: &[(usize, Draft)],
    reports: &mut [Report],
) -> Vec<(usize, Correlation)> {
    let mut known = Known::of(rules, &drafts);
    let order = ordered(&drafts, &known, reports);
    let mut drafts: Vec<Option<(usize, CorrelationDraft)>> = drafts.into_iter().map(Some).collect();
    let mut correlations = Vec::new();
    for place in order {
        let Some((file, draft)) = drafts.get_mut(place).and_then(Option::take) else { continue };
        let Some(report) = reports.get_mut(file) else { continue };
        let counted = &draft.section.rules;
        let is_anchored = counted.iter().all(|(_, name)| known.get(name).is_none_or(|part| part.is_anchored));
        check_anchored(&draft, is_anchored, report);
        if let Some(correlation) = linked(draft, &known, report) {
            known.is_linked(place, correlation.rule.behaviour, is_anchored);
            correlations.push((file, correlation));
        }
    }
    correlations
}

/// A correlation that acts must not act on whatever comes along.
fn check_anchored(draft: &CorrelationDraft, is_anchored: bool, report: &mut Report) {
    if draft.rule.response.is_some() && !is_anchored {
        let what = "a correlation with a response must not count rules that match whatever comes along";
        report.error_with(draft.at, what, "each of its rules needs a positive test that every match passes");
    }
}

/// The places of the drafts, each behind those that it names; those in a circle are left out.
fn ordered(drafts: &[(usize, CorrelationDraft)], known: &Known, reports: &mut [Report]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    loop {
        let is_ready = |place: &usize| {
            let parts = drafts.get(*place).into_iter().flat_map(|(_, draft)| &draft.section.rules);
            let mut before = parts.filter_map(|(_, name)| known.get(name)?.correlation);
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

fn linked(draft: CorrelationDraft, known: &Known, report: &mut Report) -> Option<Correlation> {
    let CorrelationDraft { mut rule, at, section, account_key, tests, .. } = draft;
    let named = named(&section, known, report)?;
    let parts: Option<Vec<Part>> = named.iter().map(|(at, rule)| part(&section, rule, known, *at, report)).collect();
    check_aliases(&section, &named, known, report);
    let counted = named.iter().map(|(_, rule)| &rule.behaviour);
    let behaviour: Vec<&[u8]> =
        [&rule.behaviour, &section.shape].into_iter().chain(counted).map(|digest| digest.0.as_slice()).collect();
    rule.behaviour = Digest::of_parts(&behaviour);
    Some(Correlation {
        rule,
        at,
        shape: section.shape,
        sort: section.sort,
        timespan: section.timespan,
        group_by: section.group_by.into_iter().map(|(key, _)| key).collect(),
        condition: section.condition,
        parts: parts?,
        account_key,
        generates: section.generates,
        tests,
    })
}

/// The rules that the section names, each once.
fn named<'k>(section: &Section, known: &'k Known, report: &mut Report) -> Option<Vec<(Place, &'k Named)>> {
    let mut found: Vec<(Place, &Named)> = Vec::new();
    for (at, name) in &section.rules {
        let Some(rule) = known.get(name) else {
            report.error_with(*at, format!("no rule is called `{name}`"), "write its id or its name");
            return None;
        };
        if found.iter().any(|(_, other)| other.id == rule.id) {
            let advice = "a rule counts once; a name and an id may mean the same rule";
            report.error_with(*at, format!("the rule `{name}` is named twice"), advice);
            return None;
        }
        found.push((*at, rule));
    }
    Some(found)
}

fn part(section: &Section, rule: &Named, known: &Known, at: Place, report: &mut Report) -> Option<Part> {
    let group = section.group_by.iter().map(|key| grouping(section, key, rule, known, at, report));
    Some(Part {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        group: group.collect::<Option<_>>()?,
        values: section.fields.clone(),
    })
}

/// The field that stands for a key of the group in events of one rule: its alias, or the key itself.
fn grouping(
    section: &Section,
    (key, field): &(String, Field),
    rule: &Named,
    known: &Known,
    at: Place,
    report: &mut Report,
) -> Option<Field> {
    let Some(alias) = section.aliases.iter().find(|alias| alias.name == *key) else { return Some(field.clone()) };
    let mut own = alias.fields.iter().filter(|(_, name, _)| known.get(name).is_some_and(|other| other.id == rule.id));
    match (own.next(), own.next()) {
        (Some((_, _, field)), None) => Some(field.clone()),
        (None, _) => {
            let advice = "add `<its name>: <field>` to the alias";
            report.error_with(at, format!("the alias `{key}` says no field for `{}`", rule.title), advice);
            None
        }
        (Some(_), Some((at, ..))) => {
            report.error(*at, format!("the alias `{key}` says a field of `{}` twice", rule.title));
            None
        }
    }
}

fn check_aliases(section: &Section, named: &[(Place, &Named)], known: &Known, report: &mut Report) {
    let is_named = |name: &str| known.get(name).is_some_and(|rule| named.iter().any(|(_, other)| other.id == rule.id));
    for Alias { name: alias, fields } in &section.aliases {
        for (at, rule, _) in fields.iter().filter(|(_, rule, _)| !is_named(rule)) {
            report.error(*at, format!("the alias `{alias}` is for `{rule}`, which `rules` does not name"));
        }
    }
}
