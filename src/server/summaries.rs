//! Writes what was refused before admission to the trail, one record per source, reason and minute.

use std::time::Duration;

use actix_web::web::Data;

use crate::api::State;
use crate::incident::Timestamp;
use crate::trail::Draft;

/// How often the tally is looked at.
const EVERY: Duration = Duration::from_secs(15);

/// Runs until aborted.
pub(super) async fn run(state: Data<State>) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let now = state.clock.now();
        flush(&state, this_minute(now)).await;
        // Seen when it happens, also if nobody asks.
        state.has_clock_stepped();
    }
}

/// Records every summary of a minute before `minute`; at the end of the program, of every minute.
pub(super) async fn flush(state: &State, minute: Timestamp) {
    let now = state.clock.now();
    let summaries = state.tally.drain_before(minute);
    let drafts: Vec<Draft> = summaries.into_iter().map(|event| Draft::of(now, event)).collect();
    if drafts.is_empty() {
        return;
    }
    if let Err(error) = state.trail.append(None, drafts).await {
        tracing::error!(%error, "a summary of refused deliveries could not be recorded");
    }
}

fn this_minute(now: Timestamp) -> Timestamp {
    let seconds = now.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(60)).unwrap_or(now)
}
