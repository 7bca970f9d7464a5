//! Keeps the search index up to the trail's end, behind everything else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinError;

use crate::trail::Trail;
use crate::trail::search::{Followed, Index, IndexError};

/// How often it is looked for new records. What is newer is read for each question.
const EVERY: Duration = Duration::from_secs(1);

/// What follows the trail.
pub(super) struct Indexing {
    trail: Arc<Trail>,
    index: Arc<Index>,
    /// Whether it was told that it cannot be done, so that it is told once.
    is_told: bool,
}

impl Indexing {
    pub(super) fn new(trail: Arc<Trail>, index: Arc<Index>) -> Self {
        Self { trail, index, is_told: false }
    }

    /// Follows until it is to stop. Batch by batch, so that a stop waits for one at most, and nobody waits for the
    /// index otherwise: what it cannot do is told and tried again.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_all = true;
        loop {
            if is_all {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = stopped.wait_for(|stopped| *stopped) => break,
                }
            } else if *stopped.borrow() {
                break;
            }
            is_all = self.note(self.aside(|index, trail| index.follow(trail.store())).await);
        }
        let synced = self.aside(|index, _| index.sync().map(|()| Followed { indexed_to: 0, is_all: true })).await;
        self.note(synced);
    }

    async fn aside(
        &self,
        work: impl FnOnce(&Index, &Trail) -> Result<Followed, IndexError> + Send + 'static,
    ) -> Result<Result<Followed, IndexError>, JoinError> {
        let (index, trail) = (Arc::clone(&self.index), Arc::clone(&self.trail));
        tokio::task::spawn_blocking(move || work(&index, &trail)).await
    }

    /// Whether there is nothing more to do for now.
    fn note(&mut self, followed: Result<Result<Followed, IndexError>, JoinError>) -> bool {
        let error = match followed {
            Ok(Ok(followed)) => {
                self.is_told = false;
                return followed.is_all;
            }
            Ok(Err(error)) => format!("{:#}", anyhow::Error::new(error)),
            Err(error) => error.to_string(),
        };
        if !std::mem::replace(&mut self.is_told, true) {
            tracing::warn!(error, "the search index cannot be kept up; what it lacks is read for each question");
        }
        true
    }
}
