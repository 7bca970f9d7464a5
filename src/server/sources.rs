//! Reads the sources and their secrets anew in a running server, all or nothing: with one fault, those in force stay.

use std::sync::Arc;

use actix_web::web::Data;
use anyhow::Context as _;

use super::app::intake;
use crate::api::State;
use crate::config::Config;
use crate::intake::Intake;

/// Reads the configuration as it was read for the start.
pub type Reread = Arc<dyn Fn() -> anyhow::Result<Config> + Send + Sync>;

/// Whoever reads the sources.
pub(super) struct Sources {
    state: Data<State>,
    /// As it was at the start. How we listen only a start changes, and what sources may ask for goes by it.
    start: Config,
    reread: Reread,
}

impl Sources {
    /// As `config` had them at the start.
    pub(super) fn new(state: &Data<State>, config: &Config, reread: Reread) -> Arc<Self> {
        Arc::new(Self { state: state.clone(), start: config.clone(), reread })
    }

    /// Reads them. Of the configuration nothing else is taken; what else is different there, the log says.
    pub(super) async fn renew(&self) {
        let (reread, start) = (Arc::clone(&self.reread), self.start.clone());
        let read = tokio::task::spawn_blocking(move || read(&*reread, &start));
        match read.await {
            Ok(Ok((config, intake))) => {
                tracing::info!(sources.count = intake.sources().count(), "the sources are read anew");
                self.state.sources.replace(intake);
                self.state.reloader.hear(config.intake.log_sources());
            }
            Ok(Err(error)) => {
                tracing::error!(error = format!("{error:#}"), "the sources are refused; those in force stay");
                self.state.sources.refuse();
            }
            // Only a panic or the end of the program leads here; the sources in force are not touched.
            Err(_) => {}
        }
    }
}

/// Judges them as a start would and as this run can take them: neither is to refuse what the other takes.
fn read(reread: &dyn Fn() -> anyhow::Result<Config>, start: &Config) -> anyhow::Result<(Config, Intake)> {
    let mut config = reread()?;
    intake(&config).context("a start would refuse them")?;
    let others = config.differing(start);
    if !others.is_empty() {
        tracing::warn!(
            settings = others.join(", "),
            "settings that are not the sources' have changed: that takes a restart"
        );
    }
    config.http = start.http.clone();
    let intake = intake(&config)?;
    Ok((config, intake))
}
