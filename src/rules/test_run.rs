//! Runs the rules' own tests for their author: each with its outcome, and what no test reaches.

use std::path::Path;

use super::correlation::own_tests;
use super::coverage::{self, By, Coverage, Shown};
use super::detector::Detector;
use super::load::{self, Untested};
use super::own_tests::OwnTest;
use super::problem::LoadErrors;
use super::rule::{Rule, Statuses};
use super::rule_set::RuleSet;
use crate::incident::RuleRef;

/// A rule with the outcome of its tests.
#[derive(Debug)]
pub struct TestedRule {
    /// Which rule.
    pub rule: RuleRef,
    /// Its file below the rules folder.
    pub file: String,
    /// Its tests, in order.
    pub tests: Vec<TestOutcome>,
    /// What no test reaches.
    pub gaps: Vec<Gap>,
    /// How much of the rule the tests hold.
    pub coverage: Coverage,
}

/// One test and what came of it.
#[derive(Debug)]
pub struct TestOutcome {
    /// Its name.
    pub name: String,
    /// The line it begins in.
    pub line: usize,
    /// What differs from what it expects; `None` when nothing does.
    pub difference: Option<String>,
}

/// Something in a rule that its tests leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gap {
    /// No test has an event that matches.
    NoMatch,
    /// No test has an event that does not match.
    NoMiss,
    /// This part passes in no test.
    NeverPasses(String),
    /// This part fails in no test, so a rule without it would pass them all as well.
    NeverFails(String),
    /// This part passes and fails, but every test would come out the same without it.
    NeverDecides(String, By),
}

impl Gap {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::NoMatch => "no test has an event that matches".to_owned(),
            Self::NoMiss => "no test has an event that nearly matches".to_owned(),
            Self::NeverPasses(part) => format!("`{part}` passes in no test"),
            Self::NeverFails(part) => format!("`{part}` fails in no test"),
            Self::NeverDecides(part, By::Passing) => {
                format!("`{part}` is never what decides: no test has an event for which it alone passes")
            }
            Self::NeverDecides(part, By::Failing) => {
                format!("`{part}` is never what decides: no test has an event for which it alone fails")
            }
        }
    }
}

/// Loads the folder and runs the tests of its rules. Tests that fail are outcomes here, and no
/// problems.
///
/// # Errors
/// Every other problem of every file.
pub fn test(folder: &Path, statuses: Statuses) -> Result<Vec<TestedRule>, LoadErrors> {
    let Untested { set, tests, .. } = load::untested(folder, statuses)?;
    let detectors = set.detectors().iter().zip(&tests);
    let mut tested: Vec<TestedRule> = detectors.map(|(detector, tests)| self::tested(detector, tests, &set)).collect();
    let outcomes = own_tests::run(&set);
    tested.extend(set.correlations().iter().map(|correlation| tested_correlation(&correlation.rule, &outcomes)));
    Ok(tested)
}

fn tested_correlation(rule: &Rule, outcomes: &[own_tests::Outcome<'_>]) -> TestedRule {
    let own = || outcomes.iter().filter(|outcome| outcome.rule.reference.id == rule.reference.id);
    let tests = own().map(|outcome| TestOutcome {
        name: outcome.name.to_owned(),
        line: outcome.at.line,
        difference: outcome.difference.map(str::to_owned),
    });
    let has = |matches: bool| own().any(|outcome| outcome.matches == matches);
    let gaps: Vec<Gap> = [(true, Gap::NoMatch), (false, Gap::NoMiss)]
        .into_iter()
        .filter(|(of, _)| !has(*of))
        .map(|(_, gap)| gap)
        .collect();
    let coverage = Coverage { reached: 2 - gaps.len(), wanted: 2 };
    TestedRule { rule: rule.reference.clone(), file: rule.file.clone(), tests: tests.collect(), gaps, coverage }
}

fn tested(detector: &Detector, own: &[OwnTest], set: &RuleSet) -> TestedRule {
    let rule = &detector.rule;
    let tests = own.iter().map(|test| TestOutcome {
        name: test.name.clone(),
        line: test.at.line,
        difference: test.check(detector, set).err(),
    });
    let (gaps, coverage) = gaps(detector, own);
    TestedRule { rule: rule.reference.clone(), file: rule.file.clone(), tests: tests.collect(), gaps, coverage }
}

/// What the tests leave open, and how much they do not.
fn gaps(detector: &Detector, tests: &[OwnTest]) -> (Vec<Gap>, Coverage) {
    let matches: Vec<bool> = tests.iter().map(|test| detector.matches(&test.event)).collect();
    let (has_match, has_miss) = (matches.contains(&true), matches.contains(&false));
    let mut gaps = Vec::new();
    gaps.extend((!has_match).then_some(Gap::NoMatch));
    gaps.extend((!has_miss).then_some(Gap::NoMiss));
    let shown = coverage::of(detector, tests.iter().map(|test| &test.event));
    let wanted = shown.len() + 2;
    let open: Vec<Gap> = shown.into_iter().filter_map(gap).collect();
    let reached = wanted - gaps.len() - open.len();
    // Without any test, everything is open; that has been said in two lines.
    gaps.extend(open.into_iter().filter(|_| !tests.is_empty()));
    (gaps, Coverage { reached, wanted })
}

fn gap(Shown { part, wanted, decides, passes, fails }: Shown) -> Option<Gap> {
    match (passes, fails, decides) {
        (false, _, _) => Some(Gap::NeverPasses(part)),
        (true, false, _) => Some(Gap::NeverFails(part)),
        (true, true, false) => Some(Gap::NeverDecides(part, wanted)),
        (true, true, true) => None,
    }
}
