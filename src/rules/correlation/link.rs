//! Finds the rules that correlations name, and puts the correlations into an order in which each comes
//! behind those that it builds on.

use std::collections::BTreeSet;

use crate::incident::{Digest, RuleId};

use super::super::detector::Draft;
use super::super::field::Field;
use super::super::lint::Lint;
use super::super::problem::{Place, Report};
use super::super::response::Mode;
use super::Correlation;
use super::known::{Ground, Known, Named};
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
        let parts = draft.section.rules.iter().filter_map(|(_, name)| Some(known.get(name)?.ground));
        let below = parts.reduce(Ground::and).unwrap_or(Ground { is_anchored: true, is_earned: true });
        check_ground(&draft, below, report);
        let own = Ground { is_anchored: true, is_earned: draft.section.condition.is_earned() };
        if let Some(correlation) = linked(draft, &known, report) {
            known.is_linked(place, correlation.rule.behaviour, below.and(own));
            correlations.push((file, correlation));
        }
    }
    correlations
}

/// A correlation that acts must not act on whatever comes along, nor because something has not come yet; and
/// not by way of another either.
fn check_ground(draft: &CorrelationDraft, below: Ground, report: &mut Report) {
    if draft.rule.response.is_none() {
        return;
    }
    if !below.is_anchored {
        let what = "a correlation with a response must not count rules that match whatever comes along";
        report.error_with(draft.at, what, "each of its rules needs a positive test that every match passes");
    }
    if !below.is_earned {
        let what = "a correlation with a response must not build on one that matches by what is not there yet";
        report.error_with(
            draft.at,
            what,
            "let what it builds on ask for at least a number, or for words without `not`",
        );
        report.last_error_is(Lint::HoldsByAbsence);
    }
}

/// The places of the drafts, each behind those that it names; those in a circle are left out. What acts
/// comes with what it builds on before the others: of what an alert counts in, that is the last to be left out.
fn ordered(drafts: &[(usize, CorrelationDraft)], known: &Known, reports: &mut [Report]) -> Vec<usize> {
    let serving = serving(drafts, known);
    let mut order: Vec<usize> = Vec::new();
    loop {
        let is_ready = |place: &usize| {
            let parts = drafts.get(*place).into_iter().flat_map(|(_, draft)| &draft.section.rules);
            let mut before = parts.filter_map(|(_, name)| known.get(name)?.correlation);
            !order.contains(place) && before.all(|before| order.contains(&before))
        };
        let ready: Vec<usize> = (0..drafts.len()).filter(is_ready).collect();
        let first: Vec<usize> = ready.iter().copied().filter(|place| serving.contains(place)).collect();
        match (first.is_empty(), ready.is_empty()) {
            (false, _) => order.extend(first),
            (true, false) => order.extend(ready),
            (true, true) => break,
        }
    }
    for (_, (file, draft)) in drafts.iter().enumerate().filter(|(place, _)| !order.contains(place)) {
        if let Some(report) = reports.get_mut(*file) {
            let advice = "a correlation cannot build on itself";
            report.error_with(draft.at, "the correlation names rules that lead back to it", advice);
        }
    }
    order
}

/// The places of those that act, and of all that these build on.
fn serving(drafts: &[(usize, CorrelationDraft)], known: &Known) -> BTreeSet<usize> {
    let acts =
        |draft: &CorrelationDraft| draft.rule.response.as_ref().is_some_and(|response| response.mode == Mode::Enforce);
    let mut waiting: Vec<usize> = (0..).zip(drafts).filter(|(_, (_, draft))| acts(draft)).map(|(at, _)| at).collect();
    let mut serving = BTreeSet::new();
    while let Some(place) = waiting.pop() {
        if serving.insert(place) {
            let parts = drafts.get(place).into_iter().flat_map(|(_, draft)| &draft.section.rules);
            waiting.extend(parts.filter_map(|(_, name)| known.get(name)?.correlation));
        }
    }
    serving
}

fn linked(draft: CorrelationDraft, known: &Known, report: &mut Report) -> Option<Correlation> {
    let CorrelationDraft { mut rule, at, section, account_key, tests, .. } = draft;
    let named = named(&section, known, report)?;
    let parts: Option<Vec<Part>> = named.iter().map(|(at, rule)| part(&section, rule, known, *at, report)).collect();
    check_aliases(&section, &named, known, report);
    let counted = named.iter().map(|(_, rule)| &rule.behaviour);
    // What was counted by another search is not what is counted now, so it belongs to other windows.
    let shape = [&section.shape].into_iter().chain(counted).map(|digest| digest.0.as_slice());
    let shape = Digest::of_parts(&shape.collect::<Vec<_>>());
    rule.behaviour = Digest::of_parts(&[&rule.behaviour.0, &shape.0]);
    Some(Correlation {
        rule,
        at,
        shape,
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
