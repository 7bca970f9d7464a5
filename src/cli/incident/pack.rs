//! `portcullis incident pack`: all of one incident as evidence, from a server or from a log's folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::cli::refused::refused;
use crate::cli::trail::{Found, Taken, note};
use crate::cli::{local_actor, output};
use crate::incident::{Event, ExportForm, IncidentId, TrailExported};
use crate::trail::{PACK_RECORDS_MAX, Settings, pack, tlog};

/// What `incident pack` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The incident.
    #[arg(value_name = "ID")]
    incident: String,
    #[command(flatten)]
    place: Taken,
    /// Where to put it; ID.zip, unless said.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let id = IncidentId::parse(&arguments.incident).map_err(|error| refused(anyhow::Error::new(error)))?;
    let out = arguments.out.unwrap_or_else(|| PathBuf::from(format!("{id}.zip")));
    let bytes = match arguments.place.find()? {
        Found::Server(server) => {
            let answer = server.fetch(&format!("/v1/incidents/{id}/pack")).await?;
            answer.bytes().await.context("the server broke off")?.to_vec()
        }
        Found::Log { log, settings } => {
            tokio::task::spawn_blocking(move || offline(&log, settings.as_deref(), id)).await??
        }
    };
    fs::write(&out, bytes).with_context(|| format!("{} cannot be written", out.display()))?;
    output::line(format_args!("{}; README.txt in it says how to check it", out.display()))
}

fn offline(log: &Path, settings: Option<&Settings>, incident: IncidentId) -> anyhow::Result<Vec<u8>> {
    let mut records = tlog::records_of(log, &incident)?;
    records.truncate(PACK_RECORDS_MAX);
    let made = pack(log, &incident, &records)?;
    let (from, to) = (records.first().copied().unwrap_or(0), records.last().map(|last| last.saturating_add(1)));
    let (actor, form) = (local_actor::name(), ExportForm::Pack);
    let taken = TrailExported { actor, form, from, to, since: None, until: None, incident: Some(incident) };
    note(settings, &Event::TrailExported(taken));
    Ok(made)
}
