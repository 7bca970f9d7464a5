//! `portcullis trail prove`: records with the proofs that they are in the log, for whoever is to check that elsewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use super::super::output;
use super::super::refused::refused;
use super::verify::Place;
use crate::incident::IncidentId;
use crate::trail::tlog::{self, Proof};

/// What `trail prove` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// The records, by their sequence numbers.
    #[arg(value_name = "SEQ", required_unless_present = "incident")]
    records: Vec<u64>,
    /// All records of an incident.
    #[arg(long, value_name = "ID", conflicts_with = "records")]
    incident: Option<String>,
    /// Where to put them: SEQ.json and SEQ.tlog-proof for each.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let log = arguments.place.log()?;
    let records = match &arguments.incident {
        Some(id) => of_incident(&log, id)?,
        None => arguments.records.clone(),
    };
    fs::create_dir_all(&arguments.out).with_context(|| format!("{} cannot be made", arguments.out.display()))?;
    for seq in &records {
        let Proof { record, text } = Proof::of(&log, *seq)?;
        write(&arguments.out.join(format!("{seq}.json")), &record)?;
        write(&arguments.out.join(format!("{seq}.tlog-proof")), text.as_bytes())?;
        output::line(format_args!("{seq}.json, {seq}.tlog-proof"))?;
    }
    output::line(format_args!(
        "Each is checked anywhere with: portcullis trail check-proof SEQ.json SEQ.tlog-proof --key KEY"
    ))
}

fn of_incident(log: &Path, id: &str) -> anyhow::Result<Vec<u64>> {
    let id = IncidentId::parse(id).map_err(|error| refused(anyhow::Error::new(error)))?;
    let records = tlog::records_of(log, &id)?;
    anyhow::ensure!(!records.is_empty(), "no sealed record is about {id}");
    Ok(records)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}
