//! Loads a rules folder, all or nothing: reads every file, checks each and all together, runs the
//! rules' own tests, and gives either a rule set or every problem there is.

use std::collections::HashSet;
use std::path::Path;

use crate::incident::Digest;

use super::correlation::own_tests;
use super::drafts::Drafts;
use super::guardrails::{self, Guardrails};
use super::identities::{self, Identities};
use super::lint::{Lint, LintLevel};
use super::lists::Lists;
use super::own_tests::OwnTest;
use super::problem::{LoadErrors, Place, Problem, Report};
use super::reasons::Reasons;
use super::rule::{Rule, Statuses};
use super::rule_set::RuleSet;
use super::sorted::Sorted;
use super::source::{self, SourceFile};

/// Loads the rules folder `folder`. Reads the disk; everything else of this module is pure.
///
/// # Errors
/// Every problem of every file; nothing is loaded then.
pub fn load(folder: &Path) -> Result<RuleSet, LoadErrors> {
    load_with(folder, Statuses::default())
}

/// As [`load`], with rules of these statuses, too.
///
/// # Errors
/// Every problem of every file; nothing is loaded then.
pub fn load_with(folder: &Path, statuses: Statuses) -> Result<RuleSet, LoadErrors> {
    let (files, reports) = read(folder)?;
    open(&shown(folder), &files, reports, statuses).finish(&files)
}

/// The files of a folder, as they are.
///
/// # Errors
/// One of them cannot be read.
pub(super) fn files(folder: &Path) -> Result<Vec<SourceFile>, LoadErrors> {
    let (files, reports) = read(folder)?;
    let mut errors = Vec::new();
    reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut Vec::new()));
    if errors.is_empty() { Ok(files) } else { Err(LoadErrors::new(None, errors)) }
}

/// Makes a rule set of files that are in memory already.
///
/// # Errors
/// Every problem of every file.
pub fn compile(files: &[SourceFile]) -> Result<RuleSet, LoadErrors> {
    compile_with(files, Statuses::default())
}

/// As [`compile`], with rules of these statuses, too.
///
/// # Errors
/// Every problem of every file.
pub fn compile_with(files: &[SourceFile], statuses: Statuses) -> Result<RuleSet, LoadErrors> {
    open("", files, Vec::new(), statuses).finish(files)
}

/// A folder's rules, with their own tests, which are not run.
///
/// # Errors
/// Every problem of every file.
pub(super) fn untested(folder: &Path, statuses: Statuses) -> Result<Untested, LoadErrors> {
    let (files, reports) = read(folder)?;
    let (errors, untested) = open(&shown(folder), &files, reports, statuses).assembled();
    if errors.is_empty() { Ok(untested) } else { Err(untested.refused(errors, &files)) }
}

/// The files of a folder and what is wrong with their being there. When nothing was read, or nothing
/// was kept of too much, that is all there is to say.
pub(super) fn read(folder: &Path) -> Result<(Vec<SourceFile>, Vec<Report>), LoadErrors> {
    let mut reports = Vec::new();
    let files = source::read(folder, &mut reports);
    if !files.is_empty() || reports.is_empty() {
        return Ok((files, reports));
    }
    let mut errors = Vec::new();
    reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut Vec::new()));
    Err(LoadErrors::new(None, errors))
}

/// A folder with all its parts, each with the report of its file.
pub(super) struct Opened {
    pub(super) drafts: Drafts,
    pub(super) reports: Vec<Report>,
    reasons: Reasons,
    guardrails: Guardrails,
    identities: Identities,
    digest: Digest,
    is_whole: bool,
    folder: String,
}

/// A rule set whose own tests are still to be run.
pub(super) struct Untested {
    pub(super) set: RuleSet,
    /// For each rule of the set, in the same order, its tests.
    pub(super) tests: Vec<Vec<OwnTest>>,
    folder: String,
    is_whole: bool,
}

/// Reads everything of a folder and checks each rule.
pub(super) fn open(folder: &str, files: &[SourceFile], mut reports: Vec<Report>, statuses: Statuses) -> Opened {
    let is_whole = reports.is_empty();
    let sorted = Sorted::of(files, folder, &mut reports);
    let guardrails = read_guardrails(sorted.guardrails, folder, &mut reports).unwrap_or_default();
    let identities = read_identities(sorted.identities, folder, &mut reports).unwrap_or_default();
    let reasons = Reasons::read(&sorted.reasons, folder, &guardrails, &mut reports);
    let lists = Lists::read(&sorted.lists, folder, &mut reports);
    let drafts = Drafts::read(&sorted.rules, folder, (&lists, &reasons, statuses), &mut reports);
    if sorted.rules.is_empty() {
        reports.push(without_rules(folder));
    }
    if reports.iter().all(|report| report.errors() == 0) {
        reports.push(check_guardrails(&guardrails, &identities, &drafts, folder));
    }
    Opened {
        drafts,
        reports,
        reasons,
        guardrails,
        identities,
        digest: digest(files),
        is_whole,
        folder: folder.to_owned(),
    }
}

impl Opened {
    /// The rule set, if nothing is wrong with these files, of which it was opened, and its own tests
    /// come out.
    pub(super) fn finish(self, files: &[SourceFile]) -> Result<RuleSet, LoadErrors> {
        let (errors, untested) = self.assembled();
        untested.tested(errors, files)
    }

    /// What is wrong, and the rules that could be read.
    fn assembled(self) -> (Vec<Problem>, Untested) {
        let (mut errors, mut warnings): (Vec<Problem>, Vec<Problem>) = (Vec::new(), Vec::new());
        self.reports.into_iter().for_each(|report| report.hand_over(&mut errors, &mut warnings));
        warnings.sort();
        let (detectors, tests) = self.drafts.rules.into_iter().map(|(_, draft)| (draft.detector, draft.tests)).unzip();
        let (reasons, guardrails, identities) = (self.reasons, self.guardrails, self.identities);
        let correlations = self.drafts.correlations.into_iter().map(|(_, correlation)| correlation).collect();
        let set = RuleSet::new(detectors, correlations, self.digest, reasons, guardrails, identities, warnings);
        (errors, Untested { set, tests, folder: self.folder, is_whole: self.is_whole })
    }
}

impl Untested {
    /// The rule set, if nothing was wrong and its own tests come out. A test that fails because of
    /// something else that is wrong would be told before its cause, so then none is run; nor are those of
    /// correlations, which count what other documents match, unless those of the rules come out.
    fn tested(self, mut errors: Vec<Problem>, files: &[SourceFile]) -> Result<RuleSet, LoadErrors> {
        if errors.is_empty() {
            for (detector, tests) in self.set.detectors().iter().zip(&self.tests) {
                let failed = tests.iter().filter_map(|test| Some((test, test.check(detector, &self.set).err()?)));
                errors.extend(failed.map(|(test, why)| self.failure(&detector.rule, &test.name, test.at, &why)));
            }
        }
        let alerts = own_tests::alerts(self.set.correlations());
        if alerts > own_tests::ALL_ALERTS_MAX {
            errors.push(self.too_many_alerts());
        }
        if errors.is_empty() {
            let outcomes = own_tests::run(&self.set).into_iter();
            errors.extend(outcomes.filter_map(|own_tests::Outcome { rule, name, at, difference, .. }| {
                Some(self.failure(rule, name, at, difference?))
            }));
        }
        if errors.is_empty() { Ok(self.set) } else { Err(self.refused(errors, files)) }
    }

    fn refused(&self, errors: Vec<Problem>, files: &[SourceFile]) -> LoadErrors {
        // Only of what was read as a whole there is a digest.
        let digest = self.is_whole.then_some(self.set.digest());
        LoadErrors::new(digest, errors).with_excerpts(&self.folder, files)
    }

    fn too_many_alerts(&self) -> Problem {
        let what = format!("the tests of correlations have more than {} alerts in all", own_tests::ALL_ALERTS_MAX);
        let file = self.folder.strip_suffix('/').unwrap_or(&self.folder).to_owned();
        let advice = Some("remove some".to_owned());
        Problem { file, at: None, what, advice, lint: None, level: LintLevel::Error, excerpt: None }
    }

    fn failure(&self, rule: &Rule, test: &str, at: Place, why: &str) -> Problem {
        let what = format!("the test `{test}` fails: {why}");
        let file = format!("{}{}", self.folder, rule.file);
        Problem { file, at: Some(at), what, advice: None, lint: None, level: LintLevel::Error, excerpt: None }
    }
}

/// Loads, and does nothing: most likely the wrong folder, or names that are passed over.
fn without_rules(folder: &str) -> Report {
    let mut report = Report::about(folder.strip_suffix('/').unwrap_or(folder));
    let advice = "check that it is the right folder; the names of rules end in .yml or .yaml";
    report.file_warning(Lint::NoRules, "there is no rule in this folder", advice);
    report
}

/// How files of the folder begin in messages.
pub(super) fn shown(folder: &Path) -> String {
    format!("{}/", folder.display())
}

/// Over names and contents of all files, in the order of their names.
pub(super) fn digest(files: &[SourceFile]) -> Digest {
    let mut files: Vec<_> = files.iter().collect();
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Digest::of_parts(&files.iter().flat_map(|file| [file.name.as_bytes(), file.bytes.as_slice()]).collect::<Vec<_>>())
}

fn read_guardrails(file: Option<&SourceFile>, folder: &str, reports: &mut Vec<Report>) -> Option<Guardrails> {
    let mut report = Report::about(format!("{folder}{}", guardrails::FILE));
    let guardrails = Guardrails::read(file, &mut report);
    reports.push(report);
    guardrails
}

/// Only where every rule could be read: one that could not is not missing.
fn check_guardrails(guardrails: &Guardrails, identities: &Identities, drafts: &Drafts, folder: &str) -> Report {
    let mut report = Report::about(format!("{folder}{}", guardrails::FILE));
    let single = drafts.rules.iter().map(|(_, draft)| &draft.detector.rule.reference.id);
    let known: HashSet<_> = single.chain(drafts.correlations.iter().map(|(_, one)| &one.rule.reference.id)).collect();
    guardrails.budgets().check_rules(|rule| known.contains(rule), &mut report);
    guardrails.warn_of_unknown(identities, &mut report);
    report
}

/// Without the file nobody is known by mail address; such alerts are then held, not guessed.
fn read_identities(file: Option<&SourceFile>, folder: &str, reports: &mut Vec<Report>) -> Option<Identities> {
    let mut report = Report::about(format!("{folder}{}", identities::FILE));
    let identities = file.and_then(|file| Identities::read(file, &mut report));
    reports.push(report);
    identities
}
