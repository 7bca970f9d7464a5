//! `portcullis trail backup` and `restore`: a copy of the trail, and a trail made of one.

use std::path::PathBuf;

use clap::Args;

use super::super::output::{self, counted};
use super::super::refused::refused;
use super::verify::bar;
use crate::config;
use crate::incident::{Clock as _, SystemClock};
use crate::trail::{self, Settings};

/// What `trail backup` takes.
#[derive(Debug, Args)]
pub(super) struct Backup {
    #[command(flatten)]
    place: super::Place,
    /// Where the copy is put: an empty folder, or one with an earlier copy of the same trail, of which only what is new is
    /// copied.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
}

/// What `trail restore` takes.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The copy.
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// The configuration file that names the trail's folder, in which there is no trail yet.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// Who does it, for the record.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Also of a copy that lacks some of what lies beside the records.
    #[arg(long)]
    accept_loss: bool,
}

pub(super) async fn backup(Backup { place, to }: Backup) -> anyhow::Result<()> {
    let settings = super::settings(place.config.as_deref(), place.folder.as_deref())?;
    anyhow::ensure!(trail::is_there(&settings.path), "there is no trail in {}", settings.path.display());
    let place = to.display().to_string();
    let copied = tokio::task::spawn_blocking(move || {
        let bar = bar();
        let copied = trail::backup(&settings, &to, SystemClock.now(), |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        copied
    });
    let copied = copied.await??;
    output::line(format_args!(
        "{} of {} are in {place}, and verify: root {}.",
        counted(copied.size, "record"),
        copied.origin,
        copied.root
    ))?;
    output::line(
        "The data keys (subjects.keys and what wraps them) and the key that signs are not in it: keep one copy of the \
         data keys apart, and none from before an erasure.",
    )?;
    output::flush()?;
    let lacking: Vec<String> = copied.lacking.iter().map(u64::to_string).collect();
    anyhow::ensure!(
        lacking.is_empty(),
        "what lies beside the records is damaged in the epochs of record {}: the copy lacks it, see `portcullis trail rebuild`",
        lacking.join(", ")
    );
    Ok(())
}

pub(super) async fn restore(Restore { from, config, by, reason, accept_loss }: Restore) -> anyhow::Result<()> {
    let config = config::load(&config, &[]).map_err(refused)?;
    let folder = config.resolve(&config.trail.path);
    let key = config.trail.signing_key(&folder, |key| config.resolve(key));
    let settings = Settings { path: folder, ..config.trail.clone() };
    let restored = tokio::task::spawn_blocking(move || {
        trail::restore(&settings, &from, &key, (&by, &reason), accept_loss, SystemClock.now())
    });
    let trail::Restored { copied, verifier_key } = restored.await??;
    output::line(format_args!(
        "The trail goes on from {} of {}, as they were at {:.0}.",
        counted(copied.size, "record"),
        copied.origin,
        copied.at
    ))?;
    output::line(format_args!("Its log has a name and a key of its own; give auditors this one: {verifier_key}"))?;
    output::line(
        "All actions are paused. What was done since the copy was made is not on it: compare with DingTalk who is \
         disabled, put the data keys back (subjects.keys and what wraps them), start the server, and resume.",
    )?;
    output::flush()
}
