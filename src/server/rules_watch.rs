//! Has the rules folder loaded again when a file in it changes, and on SIGHUP; then the sources are read anew, too.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::folder_watch::FolderWatch;
use super::sources::Sources;
use crate::admission::Reloader;
use crate::incident::LoadCause;

/// A change counts once nothing has changed for so long: editors and `git pull` write in bursts.
const QUIET: Duration = Duration::from_millis(300);
/// The most changes in a burst that are waited for.
const BURST_MAX: u32 = 100;
/// The folder is looked at so often in any case, should the system forget to tell of a change.
const EVERY: Duration = Duration::from_secs(60);

/// SIGHUPs, which from the making of this on no longer end the process; one that comes before anybody
/// waits is kept.
pub struct Hangups(Signal);

impl Hangups {
    /// Begins to listen. Has to be the first thing a server does: until then a SIGHUP ends it.
    ///
    /// # Errors
    /// The process cannot listen for signals.
    pub fn listen() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    pub(super) async fn next(&mut self) {
        // There is always a next one.
        self.0.recv().await;
    }
}

/// Runs until aborted.
pub(super) async fn run(reloader: Arc<Reloader>, sources: Arc<Sources>, mut hangups: Hangups) {
    let (told, mut changes) = mpsc::channel(1);
    let mut watch = FolderWatch::new(reloader.folder(), told);
    let mut is_watched = renew(&mut watch, true);
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    loop {
        let by = tokio::select! {
            Some(()) = changes.recv() => settle(&mut changes, &mut hangups).await,
            () = hangups.next() => LoadCause::Signal,
            _ = ticks.tick() => LoadCause::FileChange,
        };
        // Before the load: what changes from then on is told of.
        is_watched = renew(&mut watch, is_watched);
        if by == LoadCause::Signal {
            // First, as it is told of rules whether any source sends what they are for.
            sources.renew().await;
        }
        if let Err(error) = reloader.reload(by, None).await {
            tracing::error!(%error, "the trail refused; the rules in force stay");
        }
    }
}

/// Watches what lies at the folder's path now; says so when that stops working, and not again each
/// minute.
fn renew(watch: &mut FolderWatch, was_watched: bool) -> bool {
    let renewed = watch.renew();
    if let (Err(error), true) = (&renewed, was_watched) {
        tracing::warn!(%error, "changes of the rules are not told by the system; they are looked for once a minute");
    }
    renewed.is_ok()
}

/// Waits until a burst of changes is over, or until somebody says that it is.
async fn settle(changes: &mut mpsc::Receiver<()>, hangups: &mut Hangups) -> LoadCause {
    for _ in 0..BURST_MAX {
        tokio::select! {
            Some(()) = changes.recv() => {}
            () = hangups.next() => return LoadCause::Signal,
            () = tokio::time::sleep(QUIET) => break,
        }
    }
    LoadCause::FileChange
}
