//! `portcullis rules test`: every test of every rule, for people and for a pipeline.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::junit;
use super::statuses::StatusArguments;
use crate::cli::output::{self, counted};
use crate::cli::refused::refused;
use crate::rules::{self, Coverage, Gap, TestOutcome, TestedRule};

/// What `rules test` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rules folder.
    #[arg(default_value = "rules")]
    folder: PathBuf,
    /// Also write the outcome here in JUnit's XML, which every pipeline reads.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Fail when tests leave something of a rule open.
    #[arg(long)]
    no_gaps: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    statuses: StatusArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let tested = rules::test(&arguments.folder, arguments.statuses.statuses())
        .map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    if let Some(path) = &arguments.junit {
        let xml = junit::report(&tested);
        std::fs::write(path, xml).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let outcome = Outcome::of(&tested);
    if arguments.json {
        output::line(serde_json::to_string_pretty(&outcome)?)?;
    } else {
        tested.iter().try_for_each(show)?;
        let Outcome { tests, failed, left_open, percent, .. } = outcome;
        let (rules, tests) = (counted(tested.len(), "rule"), counted(tests, "test"));
        output::line(format_args!("{rules}, {tests}: {failed} failed, {left_open} left open, {percent} % held"))?;
    }
    let Outcome { failed, left_open, .. } = outcome;
    if failed > 0 || (arguments.no_gaps && left_open > 0) {
        return Err(refused(anyhow::anyhow!(
            "the rules in {} are not what their tests say",
            arguments.folder.display()
        )));
    }
    Ok(())
}

/// Everything, for machines.
#[derive(Debug, Serialize)]
struct Outcome<'t> {
    tests: usize,
    failed: usize,
    left_open: usize,
    percent: usize,
    rules: Vec<RuleOutcome<'t>>,
}

#[derive(Debug, Serialize)]
struct RuleOutcome<'t> {
    id: &'t str,
    title: &'t str,
    file: &'t str,
    percent: usize,
    tests: Vec<OneOutcome<'t>>,
    left_open: Vec<String>,
}

#[derive(Debug, Serialize)]
struct OneOutcome<'t> {
    name: &'t str,
    line: usize,
    passed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<&'t str>,
}

impl<'t> Outcome<'t> {
    fn of(tested: &'t [TestedRule]) -> Self {
        let count = |of: fn(&TestedRule) -> usize| tested.iter().map(of).sum::<usize>();
        Self {
            tests: count(|rule| rule.tests.len()),
            failed: count(|rule| rule.tests.iter().filter(|test| test.difference.is_some()).count()),
            left_open: count(|rule| rule.gaps.len()),
            percent: tested.iter().fold(Coverage::default(), |all, rule| all.and(rule.coverage)).percent(),
            rules: tested.iter().map(RuleOutcome::of).collect(),
        }
    }
}

impl<'t> RuleOutcome<'t> {
    fn of(rule: &'t TestedRule) -> Self {
        let one = |test: &'t TestOutcome| OneOutcome {
            name: &test.name,
            line: test.line,
            passed: test.difference.is_none(),
            difference: test.difference.as_deref(),
        };
        Self {
            id: rule.rule.id.as_str(),
            title: &rule.rule.title,
            file: &rule.file,
            percent: rule.coverage.percent(),
            tests: rule.tests.iter().map(one).collect(),
            left_open: rule.gaps.iter().map(Gap::text).collect(),
        }
    }
}

fn show(rule: &TestedRule) -> anyhow::Result<()> {
    output::line(format_args!("{} ({}): {} % held", rule.rule.title, rule.file, rule.coverage.percent()))?;
    for test in &rule.tests {
        match &test.difference {
            None => output::line(format_args!("  ✓ {}", test.name))?,
            Some(difference) => output::line(format_args!("  ✗ {} (line {}): {difference}", test.name, test.line))?,
        }
    }
    for gap in &rule.gaps {
        output::line(format_args!("  ? {}", gap.text()))?;
    }
    Ok(())
}
