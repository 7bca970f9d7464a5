//! Keeps a snapshot of the board beside the trail, so that the next start reads only what came after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinError;

use crate::config::Config;
use crate::trail::{Snapshots, Store, Subjects, Trail, tell_of_snapshot};

/// How often it is looked whether there are enough new records for another one.
const EVERY: Duration = Duration::from_secs(10);

/// What takes snapshots of one trail. Of one in memory there is none.
pub(super) struct Snapshotting {
    trail: Arc<Trail>,
    snapshots: Option<Snapshots>,
}

impl Snapshotting {
    /// Takes up the trail from its last snapshot, and gives both.
    ///
    /// # Errors
    /// The trail cannot be replayed.
    pub(super) async fn open(
        config: &Config,
        store: Arc<dyn Store>,
        subjects: Arc<Subjects>,
    ) -> anyhow::Result<(Self, Arc<Trail>)> {
        let mut snapshots = store.may_block().then(|| Snapshots::of(&config.resolve(&config.trail.path)));
        let work = move || Trail::resume(store, subjects, snapshots.as_mut()).map(|trail| (trail, snapshots));
        let (trail, snapshots) = tokio::task::spawn_blocking(work).await??;
        Ok((Self { trail: Arc::clone(&trail), snapshots }, trail))
    }

    /// Takes one after so many records each, until it is to stop.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<Self, JoinError> {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(self),
            }
            if self.snapshots.as_ref().is_some_and(|snapshots| snapshots.is_due(self.trail.head().size)) {
                self = self.once().await?;
            }
        }
    }

    /// Takes one now, on a thread that may wait for a disk. Nobody waits for it but an ordered stop.
    pub(super) async fn once(mut self) -> Result<Self, JoinError> {
        let work = move || {
            if let Some(snapshots) = &mut self.snapshots
                && let Err(error) = snapshots.write(self.trail.store())
            {
                tell_of_snapshot(&error);
            }
            self
        };
        tokio::task::spawn_blocking(work).await
    }
}
