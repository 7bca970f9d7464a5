//! Reads the sources and their secrets anew in a running server, all or nothing: with one fault, those in force stay.

use std::sync::Arc;

use actix_web::web::Data;

use super::app::intake;
use crate::api::{self, State};
use crate::config::Config;
use crate::intake::Intake;

/// Reads the configuration as it was read for the start.
pub type Reread = Arc<dyn Fn() -> anyhow::Result<Config> + Send + Sync>;

/// Whoever reads the sources.
pub(super) struct Sources {
    state: Data<State>,
    /// How we listen, which only a start changes; what sources may ask for goes by it.
    http: api::Settings,
    reread: Reread,
}

impl Sources {
    /// As `config` had them at the start.
    pub(super) fn new(state: &Data<State>, config: &Config, reread: Reread) -> Arc<Self> {
        Arc::new(Self { state: state.clone(), http: config.http.clone(), reread })
    }

    /// Reads them. Of the configuration nothing else is taken.
    pub(super) async fn renew(&self) {
        let (reread, http) = (Arc::clone(&self.reread), self.http.clone());
        let read = tokio::task::spawn_blocking(move || -> anyhow::Result<(Config, Intake)> {
            let mut config = reread()?;
            config.http = http;
            let intake = intake(&config)?;
            Ok((config, intake))
        });
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
