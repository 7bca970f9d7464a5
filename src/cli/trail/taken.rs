//! Where records are taken from, and that it stands on the trail who takes them, as far as that can be.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::cli::client::{Server, Trust};
use crate::cli::output;
use crate::incident::{Clock as _, Event, SystemClock};
use crate::trail::{self, Settings, SledStore, Store as _, tlog};

/// What lies in the folder of a store that was ever opened.
const LOCK: &str = "lock";
/// Where the records are.
#[derive(Debug, Args)]
pub(in crate::cli) struct Place {
    /// The configuration file that names the trail's folder.
    #[arg(long, env = "PORTCULLIS_CONFIG", value_name = "FILE", conflicts_with_all = ["folder", "log", "server"],
        required_unless_present_any = ["folder", "log", "server"])]
    config: Option<PathBuf>,
    /// The trail's folder, with the log inside.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["log", "server"])]
    folder: Option<PathBuf>,
    /// The log's folder itself, such as a copy of it.
    #[arg(long, value_name = "FOLDER", conflicts_with = "server")]
    log: Option<PathBuf>,
    /// A server that runs.
    #[arg(long, value_name = "URL", requires = "token_file")]
    server: Option<String>,
    /// A file with a token for it.
    #[arg(long, value_name = "FILE", requires = "server")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
}

/// Where they were found.
pub(in crate::cli) enum Found {
    /// At a server.
    Server(Server),
    /// In a log's folder, and in that of a trail if one was named.
    Log {
        /// The log's.
        log: PathBuf,
        /// The trail's.
        settings: Option<Box<Settings>>,
    },
}

impl Place {
    pub(in crate::cli) fn find(self) -> anyhow::Result<Found> {
        let Self { config, folder, log, server, token_file, trust } = self;
        if let (Some(server), Some(token_file)) = (server, token_file) {
            return Ok(Found::Server(Server { server, token_file, trust }));
        }
        let (log, settings) = match log {
            Some(log) => (log, None),
            None => {
                let settings = super::settings(config.as_deref(), folder.as_deref())?;
                (tlog::folder(&settings.path), Some(Box::new(settings)))
            }
        };
        anyhow::ensure!(log.is_dir(), "there is no log in {}", log.display());
        Ok(Found::Log { log, settings })
    }
}

/// Puts it on the trail that records are taken, and says whether it is there.
pub(in crate::cli) fn note(settings: Option<&Settings>, event: &Event) {
    match record(settings, event) {
        Ok(seq) => output::note(format_args!("record {seq} of the trail says that this was exported")),
        Err(why) => output::note(format_args!("this export is not on the trail: {why:#}")),
    }
}

/// Puts it on the trail that records are taken, if no server has it open.
fn record(settings: Option<&Settings>, event: &Event) -> anyhow::Result<u64> {
    let settings = settings.context("the log's folder alone was named")?;
    anyhow::ensure!(settings.path.join(LOCK).is_file(), "there is no store in {}", settings.path.display());
    let store = SledStore::open(settings).context("its store cannot be opened; ask the server that has it")?;
    let seq = store.head().size;
    let pending = trail::note(&store, SystemClock.now(), event.clone())?;
    tokio::runtime::Builder::new_current_thread().build()?.block_on(pending)?;
    Ok(seq)
}
