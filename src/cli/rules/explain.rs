//! `portcullis rules explain`: one rule, one event, every test; of a correlation what the event adds.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::event_file;
use super::statuses::StatusArguments;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::{Amount, WindowState};
use crate::rules::{self, Correlation, Detector, Explained, Mode, Response, Row, Rule, RuleSet, StepTemplate, Told};

/// What `rules explain` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule or correlation: its id, its name, its file, or a part of its title.
    rule: String,
    /// A file with the event as rules see it, JSON; `-` reads standard input. Of an Okta event hook
    /// that is one element of `data.events`. Several events, one a line, are taken one after the other,
    /// as if all came at one moment.
    event: PathBuf,
    /// The rules folder.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    statuses: StatusArguments,
}

/// What is made of one event.
#[derive(Debug, Serialize)]
struct OfEvent {
    #[serde(flatten)]
    explained: Explained,
    /// Of a correlation: the windows that the event counts in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    windows: Vec<Standing>,
    #[serde(skip)]
    outcome: String,
}

/// How a window stands with the event.
#[derive(Debug, Serialize)]
struct Standing {
    group: Vec<String>,
    state: WindowState,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Amount>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let set = rules::load_with(&arguments.folder, arguments.statuses.statuses())
        .map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let rule = find(&set, &arguments.rule).map_err(refused)?;
    let events = event_file::read_all(&arguments.event).map_err(refused)?;
    let is_it = |other: &Rule| other.reference.id == rule.reference.id;
    let correlation = set.correlations().iter().find(|correlation| is_it(&correlation.rule));
    let detector = set.detectors().iter().find(|detector| is_it(&detector.rule));
    let mut row = Row::of(&set);
    let told: Vec<OfEvent> = events
        .iter()
        .filter_map(|event| match correlation {
            Some(correlation) => Some(of_correlation(correlation, &set, &mut row, event)),
            None => detector.map(|detector| of_rule(detector, event)),
        })
        .collect();
    if arguments.json {
        let text = match told.as_slice() {
            [one] => serde_json::to_string_pretty(one),
            several => serde_json::to_string_pretty(several),
        };
        return output::line(text?);
    }
    output::line(format_args!("{} ({})", rule.reference.title, rule.file))?;
    for (number, one) in (1..).zip(&told) {
        if told.len() > 1 {
            output::line(format_args!("Event {number}"))?;
        }
        show(&one.explained, 1)?;
        one.outcome.lines().try_for_each(|line| output::line(output::visible(line)))?;
    }
    Ok(())
}

fn of_rule(detector: &Detector, event: &Value) -> OfEvent {
    let explained = detector.explain(event);
    let outcome = outcome(&detector.rule, event, explained.passes);
    OfEvent { explained, windows: Vec::new(), outcome }
}

fn of_correlation(correlation: &Correlation, set: &RuleSet, row: &mut Row<'_>, event: &Value) -> OfEvent {
    let explained = correlation.explain(set, event);
    let id = &correlation.rule.reference.id;
    let told: Vec<Told<'_>> =
        row.put(event).into_iter().filter(|told| told.correlation.rule.reference.id == *id).collect();
    let outcome = match told.is_empty() {
        true => "It adds nothing.".to_owned(),
        false => told.iter().map(counted).collect::<Vec<_>>().join("\n"),
    };
    let standing = |told: Told<'_>| Standing { group: told.group, state: told.state, found: told.found };
    OfEvent { explained, windows: told.into_iter().map(standing).collect(), outcome }
}

/// How a window stands, in words.
fn counted(told: &Told<'_>) -> String {
    let keys = told.correlation.group_by().iter().zip(&told.group);
    let group: Vec<String> = keys.map(|(key, value)| format!("{key} = {value}")).collect();
    let group = if group.is_empty() { "all".to_owned() } else { group.join(", ") };
    let found = told.found.map_or(String::new(), |found| format!(", which comes to {found}"));
    let state = match told.state {
        WindowState::Counting => "it does not match yet".to_owned(),
        WindowState::Late => "it is too late to be counted".to_owned(),
        WindowState::Quiet => "it still holds, and has matched before".to_owned(),
        WindowState::Fired => match &told.correlation.rule.response {
            None => "it matches; the correlation only records that".to_owned(),
            Some(response) => {
                format!("it matches: {}", would_do(response, &format!("the account {}", told.account().unwrap_or("?"))))
            }
        },
    };
    format!("Counted for {group}{found}; {state}.")
}

/// The one rule or correlation that is meant.
fn find<'s>(set: &'s RuleSet, wanted: &str) -> anyhow::Result<&'s Rule> {
    anyhow::ensure!(
        !wanted.trim().is_empty(),
        "no rule is named; give its id, its name, its file or a part of its title"
    );
    let is_called = |rule: &&Rule| rule.reference.id.as_str() == wanted || rule.name.as_deref() == Some(wanted);
    if let Some(rule) = set.all_rules().find(is_called) {
        return Ok(rule);
    }
    let lower = wanted.to_lowercase();
    let of_file: Vec<&Rule> = set.all_rules().filter(|rule| rule.file == wanted).collect();
    let of_title = || set.all_rules().filter(|rule| rule.reference.title.to_lowercase().contains(&lower)).collect();
    let found: Vec<&Rule> = if of_file.is_empty() { of_title() } else { of_file };
    match found.as_slice() {
        [rule] => Ok(rule),
        [] => anyhow::bail!("no rule has `{wanted}` as its id, name or file, or in its title"),
        several => {
            let titles: Vec<&str> = several.iter().map(|rule| rule.reference.title.as_str()).collect();
            anyhow::bail!("`{wanted}` is several rules: {}", titles.join("; "))
        }
    }
}

fn show(part: &Explained, depth: usize) -> anyhow::Result<()> {
    let mark = if part.passes { "✓" } else { "✗" };
    let saw = part.saw.as_ref().map_or(String::new(), |saw| format!("   saw {saw}"));
    output::line(output::visible(&format!("{}{mark} {}{saw}", "  ".repeat(depth), part.what)))?;
    part.parts.iter().try_for_each(|part| show(part, depth + 1))
}

/// What the rule would then do, as far as that can be said without a server.
fn outcome(rule: &Rule, event: &Value, matches: bool) -> String {
    let Some(response) = rule.response.as_ref().filter(|_| matches) else {
        return if matches { "It matches; the rule only records that." } else { "It does not match." }.to_owned();
    };
    let account = match response.account_in_event(event) {
        rules::Named::One(account) => format!("the account {}", account.value()),
        rules::Named::None if response.account.is_none() => "the person that the source's kind finds".to_owned(),
        rules::Named::None => "nobody: the path reaches nothing, so it would be held".to_owned(),
        rules::Named::Several => "more than one account, so it would be held".to_owned(),
        rules::Named::Invalid => "something that is no such name, so it would be held".to_owned(),
    };
    format!("It matches: {}.", would_do(response, &account))
}

fn would_do(response: &Response, account: &str) -> String {
    let step = |step: &StepTemplate| match step {
        StepTemplate::Disable { expires_in: Some(first), repeated: Some(repeated), .. } => {
            format!("disable for {}", repeated.describe(*first))
        }
        other => other.kind().as_str().to_owned(),
    };
    let steps: Vec<String> = response.steps.iter().map(step).collect();
    let mode = match response.mode {
        Mode::Shadow => "shadow: it would only be recorded",
        Mode::Enforce => "enforce",
    };
    format!("{} on {account} ({mode})", steps.join(", "))
}
