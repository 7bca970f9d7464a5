//! Runs the rules' own tests for their author: each with its outcome, and what no test reaches.

use std::path::Path;

use super::load;
use super::own_tests::OwnTest;
use super::problem::LoadErrors;
use super::rule::{Draft, Rule};
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
    /// This search passes in no test.
    NeverPasses(String),
    /// This search fails in no test, so a rule without it would pass them all as well.
    NeverFails(String),
}

impl Gap {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::NoMatch => "no test has an event that matches".to_owned(),
            Self::NoMiss => "no test has an event that nearly matches".to_owned(),
            Self::NeverPasses(search) => format!("`{search}` passes in no test"),
            Self::NeverFails(search) => format!("`{search}` fails in no test"),
        }
    }
}

/// Loads the folder and runs the tests of its rules. Tests that fail are outcomes here, and no
/// problems.
///
/// # Errors
/// Every other problem of every file.
pub fn test(folder: &Path) -> Result<Vec<TestedRule>, LoadErrors> {
    Ok(load::drafts(folder)?.iter().map(tested).collect())
}

fn tested(draft: &Draft) -> TestedRule {
    let rule = &draft.rule;
    let tests = draft.tests.iter().map(|test| TestOutcome {
        name: test.name.clone(),
        line: test.at.line,
        difference: test.check(rule).err(),
    });
    TestedRule {
        rule: rule.reference.clone(),
        file: rule.file.clone(),
        tests: tests.collect(),
        gaps: gaps(rule, &draft.tests),
    }
}

fn gaps(rule: &Rule, tests: &[OwnTest]) -> Vec<Gap> {
    let matches = |test: &&OwnTest| rule.matches(&test.event);
    let mut gaps = Vec::new();
    gaps.extend((!tests.iter().any(|test| matches(&test))).then_some(Gap::NoMatch));
    gaps.extend(tests.iter().all(|test| matches(&test)).then_some(Gap::NoMiss));
    for (name, search) in rule.searches() {
        let mut passing = tests.iter().map(|test| search.matches(&test.event));
        if passing.clone().all(|passes| !passes) {
            gaps.push(Gap::NeverPasses(name.to_owned()));
        } else if passing.all(|passes| passes) {
            gaps.push(Gap::NeverFails(name.to_owned()));
        }
    }
    gaps
}
