//! Has the rules folder loaded again when a file in it changes, and on SIGHUP.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

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

    async fn next(&mut self) {
        // There is always a next one.
        self.0.recv().await;
    }
}

/// Runs until aborted.
pub(super) async fn run(reloader: Arc<Reloader>, mut hangups: Hangups) {
    let (told, mut changes) = mpsc::channel(1);
    let watcher = watch(reloader.folder(), told);
    if let Err(error) = &watcher {
        tracing::warn!(%error, "changes of the rules are not told by the system; they are looked for once a minute");
    }
    let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + EVERY, EVERY);
    loop {
        let by = tokio::select! {
            Some(()) = changes.recv() => settle(&mut changes, &mut hangups).await,
            () = hangups.next() => LoadCause::Signal,
            _ = ticks.tick() => LoadCause::FileChange,
        };
        if let Err(error) = reloader.reload(by, None).await {
            tracing::error!(%error, "the trail refused; the rules in force stay");
        }
    }
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

/// Tells of changes below `folder` for as long as what it gives lives.
fn watch(folder: &Path, told: mpsc::Sender<()>) -> notify::Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // A full channel has a change in it already, which is all there is to say.
        if event.map_or(true, |event| is_change(event.kind)) {
            let _ = told.try_send(());
        }
    })?;
    watcher.watch(folder, RecursiveMode::Recursive)?;
    Ok(watcher)
}

/// Reading is none, or a load would be told of itself.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, ModifyKind, RemoveKind};

    #[test]
    fn writing_is_a_change_and_reading_is_none() {
        let read = [AccessKind::Any, AccessKind::Open(AccessMode::Any), AccessKind::Close(AccessMode::Read)];
        assert!(read.into_iter().all(|kind| !is_change(EventKind::Access(kind))));
        let written = [
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Create(CreateKind::File),
            EventKind::Modify(ModifyKind::Any),
            EventKind::Remove(RemoveKind::File),
            EventKind::Any,
        ];
        assert!(written.into_iter().all(is_change));
    }
}
