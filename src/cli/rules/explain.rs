//! `portcullis rules explain`: one rule, one event, every test.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use crate::cli::output;
use crate::cli::refused::refused;
use crate::rules::{self, Explained, Mode, Rule, RuleSet};

/// What `rules explain` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule: its id, its file, or a part of its title.
    rule: String,
    /// A file with the event as rules see it, JSON; `-` reads standard input. Of an Okta event hook
    /// that is one element of `data.events`.
    event: PathBuf,
    /// The rules folder.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let set = rules::load(&arguments.folder).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let rule = find(&set, &arguments.rule).map_err(refused)?;
    let event = read(&arguments.event).map_err(refused)?;
    let explained = rule.explain(&event);
    if arguments.json {
        return output::line(serde_json::to_string_pretty(&explained)?);
    }
    output::line(format_args!("{} ({})", rule.reference.title, rule.file))?;
    show(&explained, 1)?;
    output::line(outcome(rule, &event, explained.passes))
}

/// The one rule that is meant.
fn find<'s>(set: &'s RuleSet, wanted: &str) -> anyhow::Result<&'s Rule> {
    let rules = set.rules();
    let exact = rules.iter().find(|rule| rule.reference.id.as_str() == wanted || rule.file == wanted);
    if let Some(rule) = exact {
        return Ok(rule);
    }
    let lower = wanted.to_lowercase();
    let found: Vec<&Rule> = rules.iter().filter(|rule| rule.reference.title.to_lowercase().contains(&lower)).collect();
    match found.as_slice() {
        [rule] => Ok(rule),
        [] => anyhow::bail!("no rule has `{wanted}` as its id or file, or in its title"),
        several => {
            let titles: Vec<&str> = several.iter().map(|rule| rule.reference.title.as_str()).collect();
            anyhow::bail!("`{wanted}` is in several titles: {}", titles.join("; "))
        }
    }
}

/// The JSON of a file, or of standard input if the path is `-`.
pub(super) fn read(path: &Path) -> anyhow::Result<Value> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

fn show(part: &Explained, depth: usize) -> anyhow::Result<()> {
    let mark = if part.passes { "✓" } else { "✗" };
    let saw = part.saw.as_ref().map_or(String::new(), |saw| format!("   saw {saw}"));
    output::line(format_args!("{}{mark} {}{saw}", "  ".repeat(depth), part.what))?;
    part.parts.iter().try_for_each(|part| show(part, depth + 1))
}

/// What the rule would then do, as far as that can be said without a server.
fn outcome(rule: &Rule, event: &Value, matches: bool) -> String {
    let Some(response) = rule.response.as_ref().filter(|_| matches) else {
        return if matches { "It matches; the rule only records that." } else { "It does not match." }.to_owned();
    };
    let steps: Vec<&str> = response.steps.iter().map(|step| step.kind().as_str()).collect();
    let account = match response.account_in_event(event) {
        rules::Named::One(account) => format!("the account {}", account.value()),
        rules::Named::None if response.account.is_none() => "the person that the source's kind finds".to_owned(),
        rules::Named::None => "nobody: the path reaches nothing, so it would be held".to_owned(),
        rules::Named::Several => "more than one account, so it would be held".to_owned(),
        rules::Named::Invalid => "something that is no such name, so it would be held".to_owned(),
    };
    let mode = match response.mode {
        Mode::Shadow => "shadow: it would only be recorded",
        Mode::Enforce => "enforce",
    };
    format!("It matches: {} on {account} ({mode}).", steps.join(", "))
}
