//! `portcullis trail`: shows and verifies a trail on disk.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output::{self, Reader};
use super::refused::refused;
use crate::config;
use crate::trail::{Settings, SledStore, Store as _, verify};

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
    /// Print records, one JSON object a line, exactly as they were hashed.
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
    /// Check that every record is there, in order and unchanged, and recompute the Merkle root.
    Verify {
        #[command(flatten)]
        place: Place,
    },
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

pub(super) fn run(arguments: Arguments) -> anyhow::Result<()> {
    match arguments.command {
        Command::Show { place, from, limit } => show(&open(&place)?, from, limit.unwrap_or(u64::MAX)),
        Command::Verify { place } => check(&open(&place)?),
    }
}

fn open(place: &Place) -> anyhow::Result<SledStore> {
    open_at(place.config.as_deref(), place.folder.as_deref())
}

/// Opens the trail in `folder`, or else the one that the configuration file `config` names.
pub(super) fn open_at(config: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<SledStore> {
    let settings = match (config, folder) {
        (Some(file), None) => {
            let config = config::load(file, &[]).map_err(refused)?;
            Settings { path: config.resolve(&config.trail.path), ..config.trail }
        }
        (_, folder) => Settings { path: folder.map(Path::to_owned).unwrap_or_default(), ..Settings::default() },
    };
    anyhow::ensure!(settings.path.is_dir(), "there is no trail in {}", settings.path.display());
    Ok(SledStore::open(&settings)?)
}

fn show(store: &SledStore, from: u64, limit: u64) -> anyhow::Result<()> {
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

fn check(store: &SledStore) -> anyhow::Result<()> {
    let report = verify(store, |_| {})?;
    output::line(format_args!("The trail verifies: {} records, root {}", report.size, report.root))
}
