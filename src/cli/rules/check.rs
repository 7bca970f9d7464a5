//! `portcullis check` and `portcullis rules check`: loads a rules folder as the server would, and looks
//! for what is allowed but probably not meant.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::statuses::StatusArguments;
use crate::cli::output::{self, counted};
use crate::cli::refused::refused;
use crate::rules::{self, Lint, LintLevel, Linted, LoadErrors, Mends, Problem, Rule, Unmended};

/// What `rules check` takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(in crate::cli) struct Arguments {
    /// The folder.
    #[arg(default_value = "rules")]
    folder: PathBuf,
    /// Show findings of this level and above.
    #[arg(long, value_enum, default_value = "info", value_name = "LEVEL")]
    lint_level: Level,
    /// Fail when there are findings of this level or above.
    #[arg(long, value_enum, default_value = "error", value_name = "LEVEL")]
    deny: Level,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Mend what can be mended without changing what a rule means.
    #[arg(long)]
    fix: bool,
    /// With `--fix`: show what would be changed, and change nothing.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Print the catalogue of lints.
    #[arg(long, exclusive = true)]
    list_lints: bool,
    #[command(flatten)]
    statuses: StatusArguments,
}

/// A level, singular or plural, as people write it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    #[value(alias = "infos")]
    Info,
    #[value(alias = "warnings")]
    Warning,
    #[value(alias = "errors")]
    Error,
}

impl Level {
    fn lint_level(self) -> LintLevel {
        match self {
            Self::Info => LintLevel::Info,
            Self::Warning => LintLevel::Warning,
            Self::Error => LintLevel::Error,
        }
    }
}

pub(in crate::cli) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.list_lints {
        return Lint::ALL.iter().copied().try_for_each(list);
    }
    if arguments.fix {
        mend(arguments)?;
    }
    match rules::lint(&arguments.folder, arguments.statuses.statuses()) {
        Ok(linted) => show(arguments, &linted),
        Err(errors) => show_errors(arguments, &errors),
    }
}

fn list(lint: Lint) -> anyhow::Result<()> {
    let mended = if lint.is_mended() { " (--fix)" } else { "" };
    output::line(format_args!("{:<26}{:<9}{}{mended}", lint.id(), lint.level().as_str(), lint.means()))
}

/// Mends the files, or shows line by line what would become of them; what is left is named with the reason.
fn mend(arguments: &Arguments) -> anyhow::Result<()> {
    let Mends { files, left } = rules::mended(&arguments.folder, arguments.statuses.statuses())
        .map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    for file in &files {
        let path = arguments.folder.join(&file.name);
        let lines = (1..).zip(file.before.split('\n').zip(file.after.split('\n')));
        for (number, (before, after)) in lines.filter(|(_, (before, after))| before != after) {
            output::note(format_args!("{}:{number}\n- {before}\n+ {after}", path.display()));
        }
        if !arguments.dry_run {
            rules::write(&arguments.folder, &file.name, &file.after)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    let done = if arguments.dry_run { "would be mended" } else { "mended" };
    for Unmended { found, why } in &left {
        let at = found.at.map_or(String::new(), |at| format!("{}:{}:", at.line, at.column));
        let (path, lint) = (arguments.folder.join(&found.file), found.lint.map_or("", Lint::id));
        output::note(format_args!("{}:{at} [{lint}] is left as it is: {why}", path.display()));
    }
    let left = if left.is_empty() { String::new() } else { format!(", {} left", counted(left.len(), "finding")) };
    output::note(format_args!("{} {done}{left}", counted(files.len(), "file")));
    Ok(())
}

fn show(arguments: &Arguments, linted: &Linted) -> anyhow::Result<()> {
    let is_shown = |found: &&Problem| found.level >= arguments.lint_level.lint_level();
    let shown: Vec<&Problem> = linted.findings.iter().filter(is_shown).collect();
    let set = &linted.set;
    if arguments.json {
        let findings: Vec<Value> = shown.iter().map(|found| as_json(found)).collect();
        let report = json!({
            "loads": true,
            "rules": set.all_rules().count(),
            "digest": set.digest().to_string(),
            "wordings": set.wordings(),
            "allowed": linted.allowed,
            "findings": findings,
        });
        output::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        let title = |rule: &Rule| output::line(format_args!("{}  {}", rule.reference.id, rule.reference.title));
        set.all_rules().try_for_each(title)?;
        shown.iter().try_for_each(|found| output::line(line(found)).and_then(|()| underline(found)))?;
        let count = set.all_rules().count();
        let are = if count == 1 { "is" } else { "are" };
        let rules = counted(count, "rule");
        output::line(format_args!("{rules} {are} good{}; rule set {}", counts(linted), set.digest()))?;
    }
    let denied = linted.findings.iter().filter(|found| found.level >= arguments.deny.lint_level()).count();
    if denied == 0 {
        return Ok(());
    }
    let level = arguments.deny.lint_level().as_str();
    let (findings, weigh) = (counted(denied, "finding"), if denied == 1 { "weighs" } else { "weigh" });
    Err(refused(anyhow::anyhow!("{findings} in {} {weigh} {level} or more", arguments.folder.display())))
}

fn show_errors(arguments: &Arguments, errors: &LoadErrors) -> anyhow::Result<()> {
    if arguments.json {
        let findings: Vec<Value> = errors.problems().iter().map(as_json).collect();
        let report = json!({ "loads": false, "errors": errors.count(), "findings": findings });
        output::line(serde_json::to_string_pretty(&report)?)?;
    } else {
        errors.problems().iter().try_for_each(|problem| output::line(problem).and_then(|()| underline(problem)))?;
        if let left_out @ 1.. = errors.count() - errors.problems().len() {
            output::line(format_args!("and {left_out} more"))?;
        }
    }
    Err(refused(anyhow::anyhow!("the rules in {} are refused", arguments.folder.display())))
}

fn line(found: &Problem) -> String {
    let id = found.lint.map_or(String::new(), |lint| format!("[{}]", lint.id()));
    format!("{}{id}: {found}", found.level.as_str())
}

/// The line it is about, with a mark under what is meant.
fn underline(found: &Problem) -> anyhow::Result<()> {
    found.excerpt.as_ref().map_or(Ok(()), output::line)
}

/// `, 2 warnings, 1 allowed`: what there is, whether it was shown or not.
fn counts(linted: &Linted) -> String {
    let of = |level: LintLevel| linted.findings.iter().filter(|found| found.level == level).count();
    let (warnings, infos) = (of(LintLevel::Warning), of(LintLevel::Info));
    let counts = [
        (warnings, counted(warnings, "warning")),
        (infos, counted(infos, "info")),
        (linted.allowed, format!("{} allowed", linted.allowed)),
    ];
    counts.iter().filter(|(count, _)| *count > 0).map(|(_, what)| format!(", {what}")).collect()
}

fn as_json(found: &Problem) -> Value {
    json!({
        "level": found.level.as_str(),
        "lint": found.lint.map(Lint::id),
        "file": found.file,
        "line": found.at.map(|at| at.line),
        "column": found.at.map(|at| at.column),
        "end_line": found.excerpt.as_ref().map(|excerpt| excerpt.end.line),
        "end_column": found.excerpt.as_ref().map(|excerpt| excerpt.end.column),
        "what": found.what,
        "advice": found.advice,
        "fixable": found.lint.is_some_and(Lint::is_mended),
    })
}
