//! Lints on a rule that acts and that no event can match, so that nobody is ever contained by it.

use super::super::detector::Detector;
use super::super::problem::Report;
use super::catalogue::Lint;
use super::implication::excludes_itself;
use super::subject::Subject;

pub(super) fn check(detector: &Detector, subject: &Subject<'_>, report: &mut Report) {
    if subject.rule.response.is_none() || !excludes_itself(&detector.detection) {
        return;
    }
    let (by, advice) = match detector.filters {
        0 => ("itself", "take it out of what `not` excludes, or remove the rule"),
        _ => ("itself or a filter", "let the filters that narrow it exclude less, or remove the rule"),
    };
    let what = format!("no event can match this rule: what it requires is excluded again by {by}");
    report.warn(Lint::NeverMatches, subject.at("detection"), what, advice);
}
