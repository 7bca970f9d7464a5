//! Watches how much room the trail's disk has, and does what is due: it says so, has senders told to come again, and gives
//! back what is kept in reserve.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::incident::{Clock, DiskRoom, Event, UpkeepEvent};
use crate::trail::{self, Ballast, DiskSeen, DiskSettings, Trail};

/// How often it is looked. What the trail can write meanwhile is far less than what is left when it is short.
const EVERY: Duration = Duration::from_secs(2);

/// How much room the trail's disk has, as whoever starts the app has it measured.
pub struct Gauge {
    /// How many bytes are free for us. May block.
    pub free_bytes: Box<dyn Fn() -> io::Result<u64> + Send + Sync>,
    /// What was found of it and recorded before the start.
    pub at_start: DiskRoom,
}

impl Gauge {
    /// Of the disk that has this folder.
    #[must_use]
    pub fn of(folder: &Path, at_start: DiskRoom) -> Self {
        let folder = folder.to_owned();
        Self { free_bytes: Box::new(move || trail::free_bytes(&folder)), at_start }
    }
}

/// The watch over one disk. Ends with this.
pub(super) struct Disk {
    watch: Arc<Watch>,
    watching: JoinHandle<()>,
}

struct Watch {
    trail: Arc<Trail>,
    clock: Arc<dyn Clock>,
    settings: DiskSettings,
    ballast: Ballast,
    gauge: Gauge,
    /// Held while it is looked; whether taking the ballast has failed since the room last changed.
    has_failed: Mutex<bool>,
}

/// What one look has found and done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    seen: DiskSeen,
    /// What was free before anything was done, in bytes.
    free_bytes: u64,
    /// What was given back, in bytes.
    released_bytes: u64,
    /// Whether the ballast could not be taken or given back.
    has_failed: bool,
}

impl Disk {
    /// Looks from now on, again and again.
    pub(super) fn start(config: &Config, trail: &Arc<Trail>, clock: &Arc<dyn Clock>, gauge: Gauge) -> Self {
        let folder = config.resolve(&config.trail.path);
        trail.see_disk(DiskSeen { room: gauge.at_start, ..DiskSeen::default() });
        let watch = Arc::new(Watch {
            trail: Arc::clone(trail),
            clock: Arc::clone(clock),
            settings: config.trail.disk,
            ballast: Ballast::within(&folder, config.trail.ballast_bytes),
            gauge,
            has_failed: Mutex::default(),
        });
        let watching = tokio::spawn(Arc::clone(&watch).run());
        Self { watch, watching }
    }

    /// Looks now.
    pub(super) async fn look(&self) {
        self.watch.look().await;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Watch {
    async fn run(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    async fn look(self: &Arc<Self>) {
        let mut has_failed = self.has_failed.lock().await;
        let (watch, was, may_take) = (Arc::clone(self), self.trail.disk().room, !*has_failed);
        let looked = tokio::task::spawn_blocking(move || watch.measure(was, may_take)).await;
        let look = match looked {
            Ok(Ok(look)) => look,
            // It stays as it was: nobody is turned away because the system does not say.
            Ok(Err(error)) => return tracing::warn!(%error, "it cannot be seen how much room the trail's disk has"),
            Err(_) => return,
        };
        let has_changed = look.seen.room != was;
        *has_failed = look.has_failed || (*has_failed && !has_changed);
        self.trail.see_disk(look.seen);
        if has_changed || look.released_bytes > 0 {
            tell(was, look);
            self.record(was, look).await;
        }
    }

    /// Blocks.
    fn measure(&self, was: DiskRoom, may_take: bool) -> io::Result<Look> {
        let free_bytes = (self.gauge.free_bytes)()?;
        let room = self.settings.room(was, free_bytes);
        let mut look = Look { seen: DiskSeen::default(), free_bytes, released_bytes: 0, has_failed: false };
        let missing = self.ballast.missing_bytes()?;
        if room == DiskRoom::Full {
            match self.ballast.release() {
                Ok(released) => look.released_bytes = released,
                Err(error) => {
                    look.has_failed = true;
                    tracing::error!(%error, "the trail's ballast cannot be released");
                }
            }
        } else if missing > 0 && may_take && room.takes_alerts() && self.settings.can_spare(free_bytes, missing) {
            match self.ballast.take() {
                Ok(()) => tracing::info!(taken_bytes = missing, "the trail's ballast is taken"),
                Err(error) => {
                    look.has_failed = true;
                    tracing::warn!(%error, "the trail's ballast cannot be taken: a full disk would leave nothing to release");
                }
            }
        }
        look.seen = DiskSeen { room, free_bytes: Some(free_bytes), ballast_bytes: self.ballast.held_bytes()? };
        Ok(look)
    }

    /// Of what is not recorded there is still the log; that the trail cannot be written is told elsewhere.
    async fn record(&self, was: DiskRoom, look: Look) {
        let Look { seen, free_bytes, released_bytes, .. } = look;
        let event = UpkeepEvent::DiskRoom { was, room: seen.room, free_bytes, released_bytes };
        if let Err(error) = self.trail.record(self.clock.now(), vec![Event::Upkeep(event)]).await {
            tracing::error!(%error, "how much room the trail's disk has could not be recorded");
        }
    }
}

fn tell(was: DiskRoom, look: Look) {
    let Look { seen, free_bytes, released_bytes, .. } = look;
    match seen.room {
        DiskRoom::Full => {
            tracing::error!(%was, free_bytes, released_bytes, "the trail's disk is full: no alert is taken, what is under way is recorded in what was kept in reserve");
        }
        DiskRoom::Short => {
            tracing::error!(%was, free_bytes, "the trail's disk is short of room: no alert is taken, what is under way goes on");
        }
        DiskRoom::Low => tracing::warn!(%was, free_bytes, "the trail's disk is low on room"),
        DiskRoom::Ample => tracing::info!(%was, free_bytes, "the trail's disk has room again"),
    }
}
