//! Keeps the trail's log sealed: twice a second what is new is signed, and once a minute that nothing is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinError;

use crate::config::Config;
use crate::incident::Clock;
use crate::trail::Trail;
use crate::trail::tlog::{self, Log, SealError, Sealer, Sealing as State};

/// How often it is looked for new records. A checkpoint is at most a second behind.
const EVERY: Duration = Duration::from_millis(500);

/// What seals, and what it takes to open it again.
pub(super) struct Sealing {
    trail: Arc<Trail>,
    clock: Arc<dyn Clock>,
    folder: PathBuf,
    key: PathBuf,
    deployment: String,
    anchored: Option<PathBuf>,
    /// None after it failed: what it had written then is only known to one that is opened anew.
    sealer: Option<Sealer>,
    told: watch::Sender<State>,
}

impl Sealing {
    /// Takes up the log of the trail and seals what is there. Blocks.
    ///
    /// # Errors
    /// The log cannot be used, or is not that of the trail.
    pub(super) fn open(config: &Config, trail: Arc<Trail>, clock: Arc<dyn Clock>) -> Result<Self, SealError> {
        let folder = config.resolve(&config.trail.path);
        let key = config.trail.signing_key(&folder, |key| config.resolve(key));
        let (deployment, told) = (config.trail.deployment.clone(), watch::Sender::default());
        let anchored = config.trail.anchors.file.as_ref().map(|file| config.resolve(file));
        let mut sealing = Self { trail, clock, folder, key, deployment, anchored, sealer: None, told };
        sealing.seal()?;
        Ok(sealing)
    }

    /// What is sealed, for those who ask.
    pub(super) fn log(&self) -> Log {
        Log { folder: tlog::folder(&self.folder), sealed: self.told.subscribe() }
    }

    /// Seals every now and then until it is to stop, or what was sealed is not what the trail has.
    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<Self, JoinError> {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return Ok(self),
            }
            self = self.once().await?;
        }
    }

    /// Seals once, on a thread that may wait for a disk, and tells how that went.
    pub(super) async fn once(mut self) -> Result<Self, JoinError> {
        let work = move || {
            if let Err(error) = self.seal() {
                self.sealer = None;
                let error = anyhow::Error::new(error);
                tracing::error!(error = format!("{error:#}"), "the trail could not be sealed");
            }
            self
        };
        tokio::task::spawn_blocking(work).await
    }

    fn seal(&mut self) -> Result<(), SealError> {
        let store = self.trail.store();
        let sealed = (|| {
            let sealer = match &mut self.sealer {
                Some(sealer) => sealer,
                none => {
                    let (folder, key, anchored) = (&self.folder, &self.key, self.anchored.as_deref());
                    none.insert(Sealer::open_behind(folder, key, &self.deployment, store, anchored)?)
                }
            };
            sealer.seal(store, self.clock.now())?;
            sealer.last().iter().for_each(|checkpoint| store.settle(checkpoint.size));
            Ok(sealer.last().cloned().map(Arc::new))
        })();
        let told = match &sealed {
            Ok(Some(checkpoint)) => State::Sealed(Arc::clone(checkpoint)),
            Ok(None) => State::Unsealed,
            Err(error) if can_pass(error) => return sealed.map(|_| ()),
            Err(error) => State::Broken(error.to_string()),
        };
        // What is sealed twice in a second is told twice; nobody waits for it.
        self.told.send_replace(told);
        sealed.map(|_| ())
    }
}

/// What a disk says that has lost what it was given (EIO).
const LOST: i32 = 5;

/// Whether it may be better at the next try: the disk is full, say, or there are too many open files. The trail itself
/// stands, and what is not sealed is told. After what a disk has lost nothing of it is believed any more.
fn can_pass(error: &SealError) -> bool {
    matches!(error, SealError::Folder { source, .. } if source.raw_os_error() != Some(LOST))
}
