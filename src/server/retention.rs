//! Has records dropped whose time is over, and drops what was recorded to go, once that is sealed.

use std::sync::Arc;
use std::time::Duration;

use super::doubt::is_believed;
use crate::incident::Clock;
use crate::trail::tlog::Log;
use crate::trail::{Droppable, KeepDays, StoreError, Trail};

/// How often it is looked whether something that was recorded to go can go.
const EVERY: Duration = Duration::from_secs(1);
/// How many of these looks lie between two in which the time of records is asked for.
const LOOKS: u32 = 3_600;

/// Runs until aborted.
pub(super) async fn run(trail: Arc<Trail>, log: Log, keep: Option<KeepDays>, clock: Arc<dyn Clock>) {
    let mut ticks = tokio::time::interval(EVERY);
    for look in (0..LOOKS).cycle() {
        ticks.tick().await;
        if let Some(keep) = keep.filter(|_| look == 0 && is_believed(&log, clock.as_ref())) {
            tell(trail.record_drop(keep.before(clock.now()), clock.now(), None).await);
        }
        let sealed = log.sealed.borrow().checkpoint().map_or(0, |checkpoint| checkpoint.size);
        if let Err(error) = trail.aside(move |trail| trail.drop_recorded(sealed)).await {
            tracing::error!(%error, "records whose time is over could not be dropped");
        }
    }
}

fn tell(recorded: Result<Droppable, StoreError>) {
    match recorded {
        Ok(Droppable::NothingOldEnough | Droppable::Below(_)) => {}
        Ok(Droppable::Needed { incident, record }) => {
            tracing::warn!(incident.id = %incident, record.opened_by = record,
                "records whose time is over are kept, as this incident is not over");
        }
        Err(error) => tracing::error!(%error, "records whose time is over could not be recorded to go"),
    }
}
