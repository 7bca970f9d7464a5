//! `portcullis rules test`: every test of every rule, for people and for a pipeline.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::junit;
use crate::cli::refused::refused;
use crate::rules::{self, TestedRule};

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
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let tested = rules::test(&arguments.folder).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    for rule in &tested {
        show(rule);
    }
    if let Some(path) = &arguments.junit {
        let xml = junit::report(&tested);
        std::fs::write(path, xml).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let count = |of: fn(&TestedRule) -> usize| tested.iter().map(of).sum::<usize>();
    let failed = count(|rule| rule.tests.iter().filter(|test| test.difference.is_some()).count());
    let (tests, gaps) = (count(|rule| rule.tests.len()), count(|rule| rule.gaps.len()));
    println!("{} rules, {tests} tests: {failed} failed, {gaps} left open", tested.len());
    if failed > 0 || (arguments.no_gaps && gaps > 0) {
        return Err(refused(anyhow::anyhow!(
            "the rules in {} are not what their tests say",
            arguments.folder.display()
        )));
    }
    Ok(())
}

fn show(rule: &TestedRule) {
    println!("{} ({})", rule.rule.title, rule.file);
    for test in &rule.tests {
        match &test.difference {
            None => println!("  ✓ {}", test.name),
            Some(difference) => println!("  ✗ {} (line {}): {difference}", test.name, test.line),
        }
    }
    for gap in &rule.gaps {
        println!("  ? {}", gap.text());
    }
}
