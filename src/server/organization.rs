//! Opens the index of the organization, reads it when it is due, and goes on after whatever cut a run off.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::directory::Directory;
use crate::incident::{Clock, Timestamp};
use crate::roster::{Roster, RosterError, forget, wait_after};
use crate::trail::Trail;

/// How often it is looked whether a run is due.
const EVERY: Duration = Duration::from_secs(1);
/// When a run that waiting does not mend is tried again all the same: somebody may have mended it.
const MENDED_AFTER: Duration = Duration::from_secs(3_600);

/// What is kept of the organization, where an index of it is wanted; where none is, what was kept is erased.
///
/// # Errors
/// The store cannot be read or written.
pub(super) async fn open(
    config: &Config,
    trail: &Arc<Trail>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Option<Arc<Roster>>> {
    if let Some(settings) = config.directory.index {
        return Ok(Some(Roster::open(Arc::clone(trail), Arc::clone(clock), settings).await?));
    }
    if forget(trail).await? {
        tracing::info!("no directory index is wanted any more; what was kept of one is erased");
    }
    Ok(None)
}

/// Runs until aborted.
pub(super) async fn run(roster: Arc<Roster>, directory: Arc<dyn Directory>, clock: Arc<dyn Clock>) {
    let mut ticks = tokio::time::interval(EVERY);
    let (mut failures, mut not_before) = (0_u32, Timestamp::MIN);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            // Somebody asks for it now, whatever failed before.
            () = roster.asked() => not_before = Timestamp::MIN,
        }
        let now = clock.now();
        if now < not_before {
            continue;
        }
        let read = match roster.read_noticed(&*directory).await {
            Ok(()) if roster.is_due() => roster.sync(&*directory).await.map(drop),
            read => read,
        };
        match read {
            Ok(()) => (failures, not_before) = (0, Timestamp::MIN),
            Err(RosterError::UnderWay) => {}
            Err(error) => {
                failures = failures.saturating_add(1);
                let wait = wait_after(&error, failures).unwrap_or(MENDED_AFTER);
                tracing::warn!(%error, wait_s = wait.as_secs(), "the organization could not be read; it goes on later");
                not_before = clock.now().checked_add(wait).unwrap_or(Timestamp::MAX);
            }
        }
    }
}
