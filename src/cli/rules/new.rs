//! `portcullis rules new`: begins a rule from an event.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::event_file::read;
use super::recorded::{self, Recorded, Wanted};
use super::statuses::StatusArguments;
use crate::cli::refused::refused;
use crate::cli::{output, random};
use crate::incident::{LogSource, Timestamp};
use crate::rules::{self, Sketch, SourceFile, Statuses};

/// The reason that a rule begins with, if the folder has it.
const EMPLOYEE_REASON: &str = "suspicious-activity";
/// What the rule is called for the trial, when it goes to standard output.
const UNNAMED: &str = "new-rule.yml";

/// What `rules new` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    from: From,
    /// With `--incident` or `--alert`: the configuration file, which names the trail and its sources.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// With `--incident` or `--alert`: the trail's folder.
    #[arg(long, value_name = "FOLDER")]
    trail: Option<PathBuf>,
    /// The rules folder, for the employees' reasons, and to try the rule in.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// Where to write the rule, a file that is not there yet; standard output if left out.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The log source's product, instead of the one of the source or a guess.
    #[arg(long)]
    product: Option<String>,
    /// The log source's service.
    #[arg(long)]
    service: Option<String>,
    /// The rule's title.
    #[arg(long)]
    title: Option<String>,
    /// Whom to ask about the rule.
    #[arg(long, default_value = "change-me")]
    owner: String,
    /// Keep the people of the event; a rule file is read by many.
    #[arg(long)]
    keep_people: bool,
    #[command(flatten)]
    statuses: StatusArguments,
}

/// Where the event is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// A file with the event as rules see it, JSON; `-` reads standard input. Of a whole delivery of an
    /// Okta event hook the first event is taken.
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// The incident that the event opened.
    #[arg(long, value_name = "ID")]
    incident: Option<String>,
    /// The alert.
    #[arg(long, value_name = "ID")]
    alert: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(output) = arguments.output.as_ref().filter(|output| output.exists()) {
        return Err(refused(anyhow::anyhow!("{} is there already", output.display())));
    }
    let statuses = arguments.statuses.statuses();
    let Recorded { event, log_source } = event(arguments)?;
    let event = rules::first_event(&event);
    let log_source = match (&arguments.product, &arguments.service) {
        (None, None) => log_source.unwrap_or_else(|| rules::guessed_log_source(event)),
        (product, service) => LogSource { category: None, product: product.clone(), service: service.clone() },
    };
    let place = arguments.output.as_deref().and_then(|output| name_below(&arguments.folder, output));
    let schema = place.as_ref().filter(|_| arguments.folder.join("schema.json").exists());
    let schema = schema.map(|name| format!("{}schema.json", "../".repeat(name.matches('/').count())));
    let text = rules::skeleton(&Sketch {
        event,
        log_source: &log_source,
        id: &random::uuid()?,
        title: arguments.title.as_deref(),
        owner: &arguments.owner,
        date: &Timestamp::now().strftime("%Y-%m-%d").to_string(),
        employee_reason: &employee_reason(&arguments.folder, statuses)?,
        schema: schema.as_deref(),
        keeps_people: arguments.keep_people,
    });
    let text = text.map_err(refused)?;
    try_out(&arguments.folder, place.unwrap_or_else(|| UNNAMED.to_owned()), &text, statuses)?;
    let Some(path) = &arguments.output else {
        return output::bytes(text.as_bytes()).map(drop);
    };
    // Never over a file that has come meanwhile.
    let file = std::fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    file.with_context(|| format!("{} cannot be written", path.display()))?;
    output::line(format_args!("{} is written; it only watches. Read what it says at its head.", path.display()))
}

fn event(arguments: &Arguments) -> anyhow::Result<Recorded> {
    let From { event, incident, alert } = &arguments.from;
    let wanted = match (event, incident, alert) {
        (Some(path), ..) => return Ok(Recorded { event: read(path).map_err(refused)?, log_source: None }),
        (_, Some(id), _) => Wanted::Incident(id),
        (.., alert) => Wanted::Alert(alert.as_deref().unwrap_or_default()),
    };
    recorded::find(&wanted, arguments.config.as_deref(), arguments.trail.as_deref())
}

/// A reason that the folder has for employees.
fn employee_reason(folder: &Path, statuses: Statuses) -> anyhow::Result<String> {
    let set = rules::load_with(folder, statuses).map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let codes: Vec<&str> = set.reasons().codes().map(crate::incident::ReasonCode::as_str).collect();
    let code = codes.iter().find(|code| **code == EMPLOYEE_REASON).or(codes.first());
    let code = code.with_context(|| format!("{} has no reasons for employees", folder.display())).map_err(refused)?;
    Ok((*code).to_owned())
}

/// Loads the rule among the others, with its tests, before anybody sees it.
fn try_out(folder: &Path, name: String, text: &str, statuses: Statuses) -> anyhow::Result<()> {
    let file = SourceFile { name: name.clone(), bytes: text.as_bytes().to_vec() };
    let linted = rules::lint_with(folder, file, statuses).map_err(|errors| {
        refused(anyhow::anyhow!("no rule can be made of this event that loads beside the others:\n{errors}"))
    })?;
    let own = linted.findings.iter().filter(|found| found.file.ends_with(&name));
    own.for_each(|found| output::note(format_args!("{}: {found}", found.level.as_str())));
    Ok(())
}

/// The output's name below the folder, if it is to be there.
fn name_below(folder: &Path, output: &Path) -> Option<String> {
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = parent.canonicalize().ok()?.join(output.file_name()?);
    let below = real.strip_prefix(folder.canonicalize().ok()?).ok()?.to_owned();
    let names = below.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    names.collect::<Option<Vec<_>>>().map(|names| names.join("/"))
}
