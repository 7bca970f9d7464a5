//! `portcullis trail`: shows the records of a trail on disk, verifies its log or its store, and checks proofs.

mod backup;
mod export;
mod offline;
mod proof;
mod prove;
mod prune;
mod rebuild;
mod report;
mod rotate;
mod search;
mod taken;
mod told;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::block_on;
use super::output::{self, Reader};
use super::refused::refused;
use crate::trail::{Settings, SledStore, Store as _, Subjects};
use crate::{config, server, trail};

/// Records read at a time.
const PAGE: usize = 512;

/// What `trail` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print records, one JSON object a line, exactly as they were hashed. No running program may have the trail open.
    Show {
        #[command(flatten)]
        place: Place,
        /// The first sequence number.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many records at most.
        #[arg(long)]
        limit: Option<u64>,
    },
    /// Find records by time, account, source, rule, incident, verdict, outcome, actor or words, newest first.
    Search(search::Arguments),
    /// Make a report for auditors: containments without approval, the longest, what was held and why, rules in force, who
    /// changed what, times to containment.
    Report(report::Arguments),
    /// Write sealed records for other programs, with the checkpoint that they are under. From a log's folder this takes
    /// no lock. Who exports is on the trail before anything is written, and where that cannot be, it is said.
    Export(export::Arguments),
    /// Check the trail's log from its folder and a public key alone: that every record is there, in order and unchanged,
    /// that the records are those that were signed, and that they go on from older checkpoints.
    ///
    /// Takes no lock: a server may run. Without --since, a log that was rewritten and signed anew by whoever has its key
    /// passes; a checkpoint that was kept elsewhere gives it away.
    Verify(verify::Arguments),
    /// Make a damaged store anew from the log and what lies beside its records. No running program may have the trail
    /// open. Nothing is changed where something would be lost, unless --accept-loss says so.
    Rebuild(rebuild::Arguments),
    /// Copy the trail to another folder, also while a server has it open, and verify the copy. The data keys and the key
    /// that signs are not in it. A server does not start on a copy: see restore.
    Backup(backup::Backup),
    /// Make a trail of a copy, where there is none. Its log gets a name and a key of its own and goes on from the same
    /// records; the first new one says so, and all actions are paused until somebody has looked.
    Restore(backup::Restore),
    /// Drop old records, epoch by epoch, before their time is over by `trail.keep_days`. Their hashes stay, so that every
    /// proof of what is kept stays valid; what goes and why is on the trail.
    Prune(prune::Arguments),
    /// Give the log another key to sign by. No running program may have the trail open. The last checkpoint by the key of
    /// before has the record that names the new one, and one is signed by both.
    RotateKey(rotate::Arguments),
    /// Write records with the proofs that they are in the log, each in files of its own. Takes no lock.
    Prove(prove::Arguments),
    /// Check a proof that a record is in the log (c2sp.org/tlog-proof@v1).
    CheckProof(proof::Arguments),
}

/// Where the trail is.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The configuration file that names the trail's folder.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The trail's folder itself.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) use taken::{Found, Place as Taken, note};

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Show { place, from, limit } => {
            show(&open_at(place.config.as_deref(), place.folder.as_deref())?, from, limit.unwrap_or(u64::MAX))
        }
        Command::Search(arguments) => block_on(search::run(arguments)),
        Command::Report(arguments) => block_on(report::run(arguments)),
        Command::Export(arguments) => export::run(arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Rebuild(arguments) => block_on(rebuild::run(arguments)),
        Command::Backup(arguments) => block_on(backup::backup(arguments)),
        Command::Restore(arguments) => block_on(backup::restore(arguments)),
        Command::Prune(arguments) => block_on(prune::run(arguments)),
        Command::RotateKey(arguments) => block_on(rotate::run(arguments)),
        Command::Prove(arguments) => prove::run(&arguments),
        Command::CheckProof(arguments) => proof::run(&arguments),
    }
}

/// Opens the trail in `folder`, or else the one that the configuration file `config` names.
pub(super) fn open_at(config: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<SledStore> {
    let settings = settings(config, folder)?;
    anyhow::ensure!(trail::is_there(&settings.path), "there is no trail in {}", settings.path.display());
    Ok(SledStore::open(&settings)?)
}

/// The data keys of that trail, only to be read.
pub(super) fn keys_at(config: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<Arc<Subjects>> {
    let config = config.map(|file| config::load(file, &[])).transpose().map_err(refused)?;
    let files = match (&config, folder) {
        (Some(config), None) => server::key_files(config),
        (Some(config), Some(folder)) => config.trail.key_files(folder, |path| config.resolve(path)),
        (None, folder) => Settings::default().key_files(folder.unwrap_or(Path::new("")), Path::to_owned),
    };
    Ok(Subjects::look(&files)?)
}

/// The trail in `folder`, or else the one that the configuration file `config` names.
fn settings(config: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(match (config, folder) {
        (Some(file), None) => {
            let config = config::load(file, &[]).map_err(refused)?;
            Settings { path: config.resolve(&config.trail.path), ..config.trail }
        }
        (_, folder) => Settings { path: folder.map(Path::to_owned).unwrap_or_default(), ..Settings::default() },
    })
}

fn show(store: &SledStore, from: u64, limit: u64) -> anyhow::Result<()> {
    let from = from.max(store.first());
    let (mut next, end) = (from, from.saturating_add(limit).min(store.head().size));
    while next < end {
        let count = usize::try_from(end - next).unwrap_or(PAGE).min(PAGE);
        let page = store.read(next, count)?;
        let Some(last) = page.last() else { break };
        next = last.seq + 1;
        let lines: Vec<u8> = page.iter().flat_map(|stored| stored.record.iter().chain(b"\n")).copied().collect();
        if output::bytes(&lines)? == Reader::IsGone {
            return Ok(());
        }
    }
    output::flush()
}
