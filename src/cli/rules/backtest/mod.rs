//! `portcullis rules backtest`: past alerts through the proposed rules, compared with what was decided
//! then or with the rules of a commit.

mod events;
mod progress;
mod screen;
mod trail;
mod window;

use std::path::PathBuf;

use clap::Args;

use self::window::{Moment, window};
use super::statuses::StatusArguments;
use crate::backtest::{Against, Backtested, Stage};
use crate::cli::output;
use crate::cli::refused::refused;
use crate::config;
use crate::incident::{Clock as _, SystemClock};
use crate::rules::{self, RuleSet, Statuses};

/// What `rules backtest` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The proposed rules.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// From when on: `30d` or `12h` ago, a day or a time in UTC. Without it 30 days of a trail, or all
    /// of a file.
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Until when.
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// Compare with the rules as this commit has them, instead of with what was decided then.
    #[arg(long, value_name = "GITREF")]
    against: Option<String>,
    /// Fail when more accounts than this would newly be contained, those counted that only a budget holds.
    #[arg(long, value_name = "N")]
    fail_over: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    statuses: StatusArguments,
    #[command(flatten)]
    alerts: Alerts,
}

/// Where the alerts come from.
#[derive(Debug, Args)]
struct Alerts {
    /// The configuration file: names the trail and what kind of sender each source is.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// A copy of the trail's folder, because a running server keeps its own to itself.
    #[arg(long, value_name = "FOLDER", conflicts_with = "events")]
    trail: Option<PathBuf>,
    /// Take events from this file instead, one JSON object a line, as rules see them.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// The configured source that the events are from.
    #[arg(long, value_name = "NAME", requires = "events", conflicts_with = "kind")]
    source: Option<String>,
    /// The kind of source that the events are from, as in the configuration: `okta-event-hook`, …
    #[arg(long, value_name = "KIND", requires = "events")]
    kind: Option<String>,
    /// For a kind that has none of its own, the log source: `product=siem,service=x`.
    #[arg(long, value_name = "NAME=VALUE,…", requires = "kind")]
    log_source: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let window = window(arguments.since, arguments.until, now).map_err(refused)?;
    let (statuses, has_index) = served(arguments)?;
    let proposed =
        rules::load_with(&arguments.folder, statuses).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let earlier = arguments.against.as_ref().map(|name| earlier(arguments, name, statuses)).transpose()?;
    let against = match (&earlier, &arguments.alerts.events) {
        (Some((commit, rules)), _) => Against::Commit { commit, rules },
        (None, None) => Against::Recorded,
        (None, Some(_)) => Against::Nothing,
    };
    let stage = Stage::new(&proposed, against, has_index);
    let outcome = match &arguments.alerts.events {
        Some(file) => events::play(&arguments.alerts, file, &window, now, stage)?,
        None => trail::play(&arguments.alerts, &window.or_last(trail::LOOKED_BACK, now), stage)?,
    };
    if arguments.json {
        output::line(serde_json::to_string_pretty(&outcome)?)?;
    } else {
        output::line(screen::text(&outcome).trim_end_matches('\n'))?;
    }
    gate(&outcome, arguments.fail_over)
}

/// Those that the command line asks for, and those that the server would load; and whether it keeps a directory index.
fn served(arguments: &Arguments) -> anyhow::Result<(Statuses, bool)> {
    let asked = arguments.statuses.statuses();
    let Some(file) = &arguments.alerts.config else { return Ok((asked, false)) };
    let config = config::load(file, &[]).map_err(refused)?;
    let served = config.rules.statuses();
    let statuses = Statuses {
        deprecated: asked.deprecated || served.deprecated,
        unsupported: asked.unsupported || served.unsupported,
    };
    Ok((statuses, config.directory.index.is_some()))
}

/// The rules of a commit. They have to load as today's do: what is refused today decided nothing.
fn earlier(arguments: &Arguments, name: &str, statuses: Statuses) -> anyhow::Result<(String, RuleSet)> {
    let committed = rules::committed(&arguments.folder, name).map_err(refused)?;
    let set = rules::compile_with(&committed.files, statuses);
    let set = set.map_err(|errors| refused(anyhow::anyhow!("the rules of {name} are refused:\n{errors}")))?;
    Ok((committed.commit, set))
}

fn gate(outcome: &Backtested<'_>, fail_over: Option<usize>) -> anyhow::Result<()> {
    let (newly, by_budget) = (outcome.report.newly.len(), outcome.report.newly_held_by_budget());
    match fail_over {
        Some(most) if newly + by_budget > most => {
            let accounts = output::counted(newly, "account");
            let more = if by_budget == 0 { String::new() } else { format!(", and {by_budget} more but for a budget") };
            Err(refused(anyhow::anyhow!("{accounts} would newly be contained{more}; allowed are at most {most}")))
        }
        _ => Ok(()),
    }
}
