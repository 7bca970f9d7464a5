//! What is wrong between rules and the correlations that count them: a response that is silenced, and a
//! correlation that no alert has room for.

use std::collections::BTreeSet;

use crate::incident::Verdict;

use super::correlation::{Correlation, Feeds};
use super::detector::Draft;
use super::drafts::Reported;
use super::lint::Lint;
use super::problem::Report;
use super::response::Mode;

/// Reports it, each where it stands.
pub(super) fn check(drafts: &[Reported<Draft>], correlations: &[Reported<Correlation>], reports: &mut [Report]) {
    let feeds = Feeds::of(correlations.iter().map(|(_, correlation)| correlation));
    check_silence(&feeds, drafts, correlations, reports);
    check_reach(&feeds, drafts, correlations, reports);
}

/// A response that never acts is probably not meant, and must not pass for a safeguard: who names a rule that
/// acts in a correlation would disarm it without a word.
fn check_silence(
    feeds: &Feeds,
    drafts: &[Reported<Draft>],
    correlations: &[Reported<Correlation>],
    reports: &mut [Report],
) {
    let rules = drafts.iter().map(|(index, draft)| (index, &draft.detector.rule, draft.at));
    let others = correlations.iter().map(|(index, correlation)| (index, &correlation.rule, correlation.at));
    for (index, rule, at) in rules.chain(others) {
        let Some(response) = rule.response.as_ref().filter(|_| feeds.is_silent(&rule.reference.id)) else { continue };
        let Some(report) = reports.get_mut(*index) else { continue };
        let what = "a correlation only counts it, so its response never acts";
        let advice = "write `generate: true` in the correlation, or take the response out";
        match response.mode {
            Mode::Shadow => report.warn(Lint::SilencedResponse, at, what, advice),
            Mode::Enforce => {
                report.error_with(at, what, advice);
                report.last_error_is(Lint::SilencedResponse);
            }
        }
    }
}

/// An alert counts in so many windows as its record holds. What lies behind them would never count.
fn check_reach(
    feeds: &Feeds,
    drafts: &[Reported<Draft>],
    correlations: &[Reported<Correlation>],
    reports: &mut [Report],
) {
    let at = |place: usize| correlations.get(place).map(|(_, correlation)| correlation);
    let mut told = BTreeSet::new();
    for (_, Draft { detector, .. }) in drafts {
        let reached = feeds.reached(&detector.rule.reference.id, at);
        let beyond = reached.get(Verdict::COUNTED_MAX..).unwrap_or_default().iter().copied();
        for (index, correlation) in
            beyond.filter(|place| told.insert(*place)).filter_map(|place| correlations.get(place))
        {
            let Some(report) = reports.get_mut(*index) else { continue };
            let (rule, most) = (&detector.rule.reference.title, Verdict::COUNTED_MAX);
            let what = format!(
                "an event that matches `{rule}` counts in {} windows, and a record holds {most}",
                reached.len()
            );
            let advice = "let fewer correlations count the rule, those that other correlations build on among them";
            report.error_with(correlation.at, what, advice);
        }
    }
}
