//! `portcullis trail rotate-key`: gives the log another key to sign by.

use std::path::PathBuf;

use clap::Args;

use super::super::output;
use super::super::refused::refused;
use crate::config;
use crate::incident::{Clock as _, SystemClock};
use crate::trail::{self, Settings};

/// What `trail rotate-key` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file that names the trail's folder and its key.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Who does it, for the record.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) async fn run(Arguments { config, by, reason }: Arguments) -> anyhow::Result<()> {
    let config = config::load(&config, &[]).map_err(refused)?;
    let folder = config.resolve(&config.trail.path);
    anyhow::ensure!(trail::is_there(&folder), "there is no trail in {}", folder.display());
    let key = config.trail.signing_key(&folder, |key| config.resolve(key));
    let anchored = config.trail.anchors.file.as_ref().map(|file| config.resolve(file));
    let settings = Settings { path: folder, ..config.trail.clone() };
    let rotated = tokio::task::spawn_blocking(move || {
        trail::rotate_key(&settings, &key, anchored.as_deref(), (&by, &reason), SystemClock.now())
    });
    let key = rotated.await??;
    output::line(format_args!("Checkpoints are signed by another key from now on; give auditors this one: {key}"))?;
    output::line(
        "The one before stays in the log's vkey file, for what it has signed. Put the new one where keys are kept, and \
         where witnesses know the log by its key.",
    )?;
    output::flush()
}
