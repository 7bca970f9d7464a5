//! The directory index of a server that does not run. A trail is open in one program at a time, so a running server is
//! asked instead.

use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::client::{Place, Server, Whereabouts};
use crate::cli::refused::refused;
use crate::config::{self, Config};
use crate::incident::{Clock, SystemClock};
use crate::roster::Roster;
use crate::server::{self, Opened};
use crate::trail::{OpenError, Snapshots, Trail};

/// Who has it open.
pub(super) enum Holder {
    /// A server that runs.
    Server(Server),
    /// Nobody.
    Nobody(Box<Config>),
}

impl Holder {
    pub(super) fn of(whereabouts: Whereabouts) -> anyhow::Result<Self> {
        Ok(match whereabouts.place()? {
            Place::Server(server) => Self::Server(server),
            Place::Here(file) => Self::Nobody(Box::new(config::load(&file, &[]).map_err(refused)?)),
        })
    }
}

/// Opens it.
pub(super) async fn open(config: &Config) -> anyhow::Result<Arc<Roster>> {
    let settings = config.directory.index.context("there is no [directory.index] in the configuration");
    let settings = settings.map_err(refused)?;
    let opened = {
        let config = config.clone();
        tokio::task::spawn_blocking(move || server::open_store(&config)).await?
    };
    let Opened { store, subjects, .. } = opened.map_err(|error| match error.downcast_ref::<OpenError>() {
        Some(OpenError::InUse(_)) => refused(error.context("a server runs: ask it with --server and --token-file")),
        _ => error,
    })?;
    let mut snapshots = Snapshots::of(&config.resolve(&config.trail.path));
    let trail = tokio::task::spawn_blocking(move || Trail::resume(store, subjects, Some(&mut snapshots))).await??;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Roster::open(trail, clock, settings).await?)
}
