//! Lints: what the loader allows and an author probably did not mean. Each has an entry in the
//! catalogue; `lint: { allow: ... }` in a document keeps one back, with a reason.
//!
//! Some are found while loading, where the loader sees them; those of this folder look at whole rules,
//! and run for `portcullis rules check` only.

pub(super) mod allow;
mod catalogue;
mod consequence;
mod contradiction;
mod counting;
mod implication;
mod mend;
mod old;
mod overlap;
mod proof;
mod reach;
mod routed;
mod subject;
#[cfg(test)]
mod tests;
mod unanchored;

pub use catalogue::{Lint, LintLevel};
pub use mend::{Mended, Mends, Unmended, WhyUnmended, mended};
pub(super) use old::date as today;
pub(super) use reach::{is_chosen_by_strangers, is_common_value};

use std::collections::HashMap;
use std::path::Path;

use self::counting::Reaches;
use self::subject::Subject;
use super::detector::Detector;
use super::drafts::Drafts;
use super::excerpt;
use super::load::{self, Opened};
use super::problem::{LoadErrors, Place, Problem, Report};
use super::rule::{Rule, Statuses};
use super::rule_set::RuleSet;
use super::source::{self, SourceFile};
use super::yaml::{self, Node};

/// A folder that loads, and everything that is doubtful in it.
#[derive(Debug)]
pub struct Linted {
    /// Its rules.
    pub set: RuleSet,
    /// What was found, sorted by file and line.
    pub findings: Vec<Problem>,
    /// How much more was found that the files allow.
    pub allowed: usize,
}

/// Loads a folder as the server does, and looks for everything in the catalogue.
///
/// # Errors
/// Every problem of every file, if it does not load.
pub fn lint(folder: &Path, statuses: Statuses) -> Result<Linted, LoadErrors> {
    let (files, reports) = load::read(folder)?;
    lint_files(&load::shown(folder), &files, reports, statuses)
}

/// As [`lint`], with one more file, which is not there yet, or with another text of one that is.
///
/// # Errors
/// Every problem of every file, if it does not load.
pub fn lint_with(folder: &Path, file: SourceFile, statuses: Statuses) -> Result<Linted, LoadErrors> {
    let (mut files, reports) = load::read(folder)?;
    files.retain(|other| other.name != file.name);
    files.push(file);
    files.sort_by(|left, right| left.name.cmp(&right.name));
    lint_files(&load::shown(folder), &files, reports, statuses)
}

fn lint_files(
    folder: &str,
    files: &[SourceFile],
    reports: Vec<Report>,
    statuses: Statuses,
) -> Result<Linted, LoadErrors> {
    let mut opened = load::open(folder, files, reports, statuses);
    if opened.reports.iter().any(|report| report.errors() > 0) {
        return opened.finish(files).map(|set| Linted { set, findings: Vec::new(), allowed: 0 });
    }
    let mut reports = std::mem::take(&mut opened.reports);
    let trees = trees(files);
    look(&opened, &trees, &mut reports);
    let (mut findings, mut allowed) = (Vec::new(), 0);
    for report in reports {
        let unused = unused(&report);
        let mut told = report.told();
        allowed += told.allowed.len();
        findings.append(&mut told.warnings);
        findings.extend(told.unused.into_iter().map(unused));
    }
    findings.sort();
    excerpt::add(&mut findings, folder, files);
    Ok(Linted { set: opened.finish(files)?, findings, allowed })
}

/// Puts every lint to every rule and correlation, and then to all of them together.
fn look(opened: &Opened, trees: &Trees<'_>, reports: &mut [Report]) {
    let Opened { drafts: Drafts { rules: drafts, correlations }, .. } = opened;
    let root = |rule: &Rule, at: Place| trees.get(rule.file.as_str())?.iter().find(|root| root.at == at);
    let both: [fn(&Subject<'_>, &mut Report); 3] = [consequence::check, old::check, proof::check];
    let (common, mut reaches) = (reach::common_values(), Reaches::new());
    for (index, draft) in drafts {
        let Detector { rule, detection, .. } = &draft.detector;
        let reach = reach::of(detection, &common);
        reaches.insert(&rule.reference.id, reach);
        if let (Some(root), Some(report)) = (root(rule, draft.at), reports.get_mut(*index)) {
            let tests = draft.tests.iter().map(|test| detection.matches(&test.event)).collect();
            let subject = Subject { rule, root, tests };
            both.iter().for_each(|check| check(&subject, report));
            reach::tell(reach, &subject, "detection", report);
            unanchored::check(&subject, report);
            routed::check(&subject, report);
            contradiction::check(&draft.detector, &subject, report);
        }
    }
    for (index, correlation) in correlations {
        let rule = &correlation.rule;
        let reach = counting::reach(correlation, &reaches);
        reaches.insert(&rule.reference.id, reach);
        if let (Some(root), Some(report)) = (root(rule, correlation.at), reports.get_mut(*index)) {
            let subject = Subject { rule, root, tests: correlation.tests().collect() };
            both.iter().for_each(|check| check(&subject, report));
            reach::tell(reach, &subject, "correlation", report);
        }
    }
    overlap::check(drafts, reports);
    counting::overlap(correlations, reports);
}

/// The documents of each file, by its name.
type Trees<'f> = HashMap<&'f str, Vec<Node>>;

fn trees(files: &[SourceFile]) -> Trees<'_> {
    // What is wrong with a file was said when it was loaded.
    let mut silent = Report::about("");
    let mut tree = |file: &SourceFile| Some(yaml::documents(source::decode(&file.bytes, &mut silent)?, &mut silent));
    files.iter().filter_map(|file| Some((file.name.as_str(), tree(file)?))).collect()
}

/// The finding that something is allowed without need.
fn unused(report: &Report) -> impl Fn((Place, Lint)) -> Problem + use<> {
    let file = report.file().to_owned();
    move |(at, lint)| Problem {
        file: file.clone(),
        at: Some(at),
        what: format!("`{}` is allowed here, but nothing is found", lint.id()),
        advice: Some("take it out of `allow`".to_owned()),
        lint: Some(Lint::UnusedAllowance),
        level: Lint::UnusedAllowance.level(),
        excerpt: None,
    }
}
