//! Lets go of what the trail has no more time for: the keys of what is about nobody known, and old records.

use std::sync::Arc;
use std::time::Duration;

use super::doubt::is_believed;
use super::retention;
use crate::data_subjects;
use crate::incident::Clock;
use crate::trail::tlog::Log;
use crate::trail::{Settings, Trail};

/// How often it is looked whether a day's time is over.
const EVERY: Duration = Duration::from_secs(3_600);

/// Runs until aborted.
pub(super) async fn run(trail: Arc<Trail>, log: Log, settings: Settings, clock: Arc<dyn Clock>) {
    let keys = of_nobody_known(trail.clone(), log.clone(), settings.unattributed_days, clock.clone());
    tokio::join!(keys, retention::run(trail, log, settings.keep_days, clock));
}

async fn of_nobody_known(trail: Arc<Trail>, log: Log, days_max: u32, clock: Arc<dyn Clock>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if !is_believed(&log, clock.as_ref()) {
            continue;
        }
        match data_subjects::expire(&trail, days_max, clock.now()).await {
            Ok(0) => {}
            Ok(days) => tracing::info!(days.count = days, "what was about nobody known has expired"),
            Err(error) => tracing::error!(%error, "what was about nobody known could not be destroyed"),
        }
    }
}
