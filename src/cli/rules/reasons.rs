//! `portcullis rules reasons`: what an employee would read, in every language, and how long that is.

use std::path::PathBuf;

use clap::Args;

use super::statuses::StatusArguments;
use crate::cli::output;
use crate::cli::refused::refused;
use crate::incident::{Clock as _, ReasonCode, SystemClock, Timestamp};
use crate::rules::{self, EmployeeValues, LOCALES, RuleSet, SAMPLE_INCIDENT};

/// What `rules reasons` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show this reason only, a key of the files in `reasons/`.
    reason: Option<String>,
    /// The rules folder.
    #[arg(long, default_value = "rules", value_name = "FOLDER")]
    folder: PathBuf,
    /// Show this locale only.
    #[arg(long, value_parser = LOCALES)]
    locale: Option<String>,
    /// When the incident would be opened: `2026-11-01T08:00:00Z`; now if left out.
    #[arg(long)]
    time: Option<Timestamp>,
    /// Whom to contact, instead of what guardrails.yml says.
    #[arg(long, value_parser = rules::contact)]
    contact: Option<String>,
    #[command(flatten)]
    statuses: StatusArguments,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let set = rules::load_with(&arguments.folder, arguments.statuses.statuses())
        .map_err(|errors| refused(anyhow::anyhow!("{errors}")))?;
    let contact = arguments.contact.as_deref().unwrap_or_else(|| set.guardrails().contact());
    let at = arguments.time.unwrap_or_else(|| SystemClock.now());
    let values = EmployeeValues { incident_id: SAMPLE_INCIDENT, contact, at };
    for code in chosen(&set, arguments.reason.as_deref())? {
        output::line(format_args!("{}  wording {}", code.as_str(), set.reasons().wording_digest(code, contact)))?;
        let is_shown = |locale: &&str| arguments.locale.as_deref().is_none_or(|only| only == *locale);
        for locale in LOCALES.into_iter().filter(|locale| is_shown(locale)) {
            show(&set, code, locale, &values)?;
        }
    }
    Ok(())
}

fn chosen<'s>(set: &'s RuleSet, reason: Option<&str>) -> anyhow::Result<Vec<&'s ReasonCode>> {
    let codes: Vec<&ReasonCode> = set.reasons().codes().collect();
    let Some(reason) = reason else { return Ok(codes) };
    let known: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let found: Vec<&ReasonCode> = codes.iter().copied().filter(|code| code.as_str() == reason).collect();
    if found.is_empty() {
        let reason = output::visible(reason);
        return Err(refused(anyhow::anyhow!("there is no reason `{reason}`; known are {}", known.join(", "))));
    }
    Ok(found)
}

fn show(set: &RuleSet, code: &ReasonCode, locale: &str, values: &EmployeeValues<'_>) -> anyhow::Result<()> {
    let text = set.reasons().render(code, locale, values).unwrap_or_default();
    let chars = text.chars().count();
    let zone = set.reasons().time_zone(code, locale).map_or(String::new(), |zone| format!(" [{zone}]"));
    output::line(format_args!("  {locale} {chars:>4}  {}{zone}", output::visible(&text)))
}
