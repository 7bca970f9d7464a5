//! Lints on rules that say again what another rule has said.

use std::collections::BTreeMap;

use super::super::detection::{Detection, Search};
use super::super::detector::{Detector, Draft};
use super::super::drafts::Reported;
use super::super::problem::Report;
use super::super::response::{Mode, Response};
use super::super::step::StepTemplate;
use super::catalogue::Lint;
use super::implication::implies;

/// The most rules with a response that are compared, each with each.
const COMPARED_MAX: usize = 1_500;

pub(super) fn check(drafts: &[Reported<Draft>], reports: &mut [Report]) {
    let copies = copies(drafts);
    for (copy, first) in &copies {
        let advice = "remove one of them, or say in both what tells them apart";
        let what = |first: &Draft| format!("the rule finds and asks the same as {}", named(first));
        tell(Lint::DuplicateRule, drafts, *copy, *first, what, advice, reports);
    }
    for (narrow, wide) in shadowed(drafts, &copies) {
        let advice = "remove it, or let the other one leave these events out";
        let what = |wide: &Draft| format!("{} finds all of these events and does at least as much", named(wide));
        tell(Lint::ShadowedRule, drafts, narrow, wide, what, advice, reports);
    }
}

fn tell(
    lint: Lint,
    drafts: &[Reported<Draft>],
    about: usize,
    other: usize,
    what: impl Fn(&Draft) -> String,
    advice: &str,
    reports: &mut [Report],
) {
    let (Some((index, draft)), Some((_, other))) = (drafts.get(about), drafts.get(other)) else { return };
    if let Some(report) = reports.get_mut(*index) {
        report.warn(lint, draft.at, what(other), advice);
    }
}

fn named(draft: &Draft) -> String {
    let rule = &draft.detector.rule;
    format!("`{}` ({})", rule.reference.title, rule.file)
}

/// Rules that find the same events and ask the same, each with the first of its kind.
fn copies(drafts: &[Reported<Draft>]) -> Vec<(usize, usize)> {
    let mut alike: BTreeMap<Vec<String>, Vec<(usize, &Detector)>> = BTreeMap::new();
    for (index, (_, draft)) in drafts.iter().enumerate() {
        alike.entry(ingredients(&draft.detector.detection)).or_default().push((index, &draft.detector));
    }
    let is_copy = |one: &Detector, first: &Detector| {
        one.log_source == first.log_source
            && one.rule.response == first.rule.response
            && implies(&one.detection, &first.detection)
            && implies(&first.detection, &one.detection)
    };
    let mut copies = Vec::new();
    for group in alike.values() {
        for (later, (index, one)) in group.iter().enumerate() {
            let first = group.iter().take(later).find(|(_, first)| is_copy(one, first));
            copies.extend(first.map(|(first, _)| (*index, *first)));
        }
    }
    copies.sort_unstable();
    copies
}

/// The tests of a detection whatever their order: only rules with the same can be copies.
fn ingredients(detection: &Detection) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Search> = detection.searches.iter().map(|named| &*named.search).collect();
    while let Some(search) = waiting.pop() {
        match search {
            Search::All(parts) | Search::Any(parts) => waiting.extend(parts),
            Search::Item(item) => {
                let mut tests: Vec<String> = item.tests.iter().map(ToString::to_string).collect();
                tests.sort_unstable();
                found.push(format!("{}|{:?}: {tests:?}", item.field.name(), item.modifiers));
            }
            Search::Elements(elements) => found.push(elements.field.name()),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Rules that act, each with one that does so already whenever it would.
fn shadowed(drafts: &[Reported<Draft>], copies: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let acting = drafts.iter().enumerate().filter_map(|(index, (_, draft))| {
        let detector = &draft.detector;
        Some((index, detector, detector.rule.response.as_ref()?))
            .filter(|_| copies.iter().all(|(copy, _)| *copy != index))
    });
    let acting: Vec<(usize, &Detector, &Response)> = acting.take(COMPARED_MAX).collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (narrow, own, response) in &acting {
        let wide = acting.iter().find(|(wide, other, does)| {
            // Of two that shadow each other only one is told.
            wide != narrow
                && !found.contains(&(*wide, *narrow))
                && other.log_source.has(&own.log_source)
                && does_as_much(does, response)
                && implies(&own.detection, &other.detection)
        });
        found.extend(wide.map(|(wide, _, _)| (*narrow, *wide)));
    }
    found
}

/// Whether `much` is done whenever `little` would be, to the same account, as soon again and for as long.
pub(super) fn does_as_much(much: &Response, little: &Response) -> bool {
    let is_live = much.mode == Mode::Enforce || little.mode == Mode::Shadow;
    let covers = |step: &StepTemplate| much.steps.iter().any(|other| is_as_hard(other, step));
    is_live
        && much.account == little.account
        && little.assurance.meets(much.assurance)
        && much.cooldown <= little.cooldown
        && little.steps.iter().all(covers)
}

fn is_as_hard(step: &StepTemplate, other: &StepTemplate) -> bool {
    match (step, other) {
        (StepTemplate::Disable { expires_in: None, .. }, StepTemplate::Disable { .. }) => true,
        (
            StepTemplate::Disable { expires_in: Some(long), repeated, .. },
            StepTemplate::Disable { expires_in: Some(other), repeated: of_other, .. },
        ) => long >= other && (of_other.is_none() || repeated == of_other),
        (StepTemplate::Disable { .. }, StepTemplate::Disable { expires_in: None, .. }) => false,
        (StepTemplate::Notify { channel: one, .. }, StepTemplate::Notify { channel: other, .. }) => one == other,
        (StepTemplate::SignOutAgain {}, _) | (_, StepTemplate::SignOutAgain {}) => step == other,
        _ => step.kind() == other.kind(),
    }
}
