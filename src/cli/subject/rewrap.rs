//! `portcullis subject rewrap`: the keys of all people, wrapped by another master key.

use std::path::PathBuf;

use clap::Args;

use super::here::Here;
use crate::cli::refused::refused;
use crate::cli::{local_actor, output};
use crate::config;
use crate::incident::{Event, SubjectEvent};
use crate::server;
use crate::trail::Subjects;

/// What `subject rewrap` takes.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration file.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE")]
    config: PathBuf,
    /// The file of the new master key, 32 bytes; made if it is missing.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

pub(super) async fn run(Arguments { config: file, to }: Arguments) -> anyhow::Result<()> {
    let config = config::load(&file, &[]).map_err(refused)?;
    let files = server::key_files(&config);
    Subjects::can_rewrap(&files, &to).map_err(|error| refused(anyhow::Error::new(error)))?;
    // Recorded first: the trail cannot be opened by the old key afterwards. Keys that were rewrapped again would do no
    // harm, so what is cut short here can be done once more.
    let here = Here::open(&file).await?;
    let lines = here.trail.subjects().count() as u64;
    let event = Event::Subject(SubjectEvent::Rewrapped { actor: local_actor::name(), lines });
    here.trail.record(here.clock.now(), vec![event]).await?;
    let held = std::sync::Arc::downgrade(here.trail.subjects());
    drop(here);
    anyhow::ensure!(held.strong_count() == 0, "the keys are still open");
    let path = to.clone();
    let count = tokio::task::spawn_blocking(move || Subjects::rewrap(&files, &path)).await??;
    output::line(format_args!(
        "{count} keys are wrapped by {}; let `master_key_file` under [trail] name it before the next start, and destroy \
         the old one",
        to.display()
    ))
}
