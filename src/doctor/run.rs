//! One run through everything, never two at once, recorded as one record; when the next is due tells the trail.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::disk::of_disk;
use super::examined::Examined;
use super::heard::of_sources;
use super::kept::verified;
use super::needs::Needs;
use super::probe::{Probe, Prober};
use super::sealed::of_log;
use super::settings::Settings;
use crate::admission::Admission;
use crate::directory::{Ancestry, BoxFuture, Directory};
use crate::incident::{Check, Clock, Diagnosis, Event, ParcelState, Timestamp};
use crate::intake::Intake;
use crate::rules::InForce;
use crate::trail::tlog::{Anchored, Log};
use crate::trail::{RecordError, Trail};

/// Notices that were given up longer ago have been told of before.
const LATELY: Duration = Duration::from_secs(24 * 3_600);

/// What the doctor looks at and by what.
pub struct Parts {
    /// The trail, read and written.
    pub trail: Arc<Trail>,
    /// DingTalk, as the executor has it.
    pub directory: Arc<dyn Directory>,
    /// Opens the canary's incident.
    pub admission: Arc<Admission>,
    /// The rules, whose needs are looked at.
    pub rules: Arc<InForce>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// When to look, and at whom.
    pub settings: Settings,
    /// The organization that is configured.
    pub own_corp_id: String,
    /// Whether the organization is read into an index.
    pub has_index: bool,
    /// Whether a channel writes to people through the app's robot.
    pub writes_one_to_one: bool,
    /// How far the trail is sealed.
    pub log: Log,
    /// Where else its checkpoints are kept.
    pub anchored: Anchored,
    /// The sources in force.
    pub sources: Box<dyn Fn() -> Arc<Intake> + Send + Sync>,
    /// Looks at what a start would read. Blocks.
    pub files: Arc<dyn Fn() -> Vec<Examined> + Send + Sync>,
    /// Looks at the channels, and sends each a trial where that is asked for.
    pub channels: Box<dyn Fn(bool) -> BoxFuture<'static, Examined> + Send + Sync>,
}

/// Looks whether all is well.
pub struct Doctor {
    parts: Parts,
    pub(super) ancestry: Ancestry,
    running: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    wanted: Notify,
}

#[derive(Debug, Default)]
struct State {
    wanted: Option<Asked>,
    is_running: bool,
    /// When a run was last begun in this run of the program, whether or not it could be recorded.
    begun_at: Option<Timestamp>,
    last: Option<Told>,
}

/// Who asks for a run, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    actor: String,
    send: bool,
}

/// What a run has found, with all that is not on the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub examined: Vec<Examined>,
}

impl std::ops::Deref for Doctor {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Doctor {
    /// Looks at nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let (state, ancestry) = (Mutex::default(), Ancestry::default());
        Arc::new(Self { parts, ancestry, running: tokio::sync::Mutex::default(), state, wanted: Notify::new() })
    }

    /// Has it look now, beside a run that is under way once more.
    pub fn ask(&self, actor: &str, send: bool) {
        let asked = Asked { actor: actor.to_owned(), send };
        self.with(|state| state.wanted = Some(asked));
        self.wanted.notify_one();
    }

    /// Ends when somebody has asked.
    pub async fn asked(&self) {
        self.wanted.notified().await;
    }

    /// Whether a run is to begin: somebody has asked, or the time since the last one is over. One that could not be
    /// recorded counts as long as the program runs, or the store's trouble would become DingTalk's.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        let (is_wanted, begun_at) = self.with(|state| (state.wanted.is_some(), state.begun_at));
        let Some(every) = self.settings.every else { return is_wanted };
        let recorded_at = self.trail.board(|board| board.checkup().map(|checkup| checkup.at));
        let is_over = |last: Timestamp| last.checked_add(every).is_ok_and(|next| next <= now);
        is_wanted || begun_at.max(recorded_at).is_none_or(is_over)
    }

    /// Whether a run is under way, or was asked for.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.with(|state| state.is_running || state.wanted.is_some())
    }

    /// What the last run of this program has found.
    #[must_use]
    pub fn last(&self) -> Option<Told> {
        self.with(|state| state.last.clone())
    }

    /// Looks at everything and records what was found.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn examine(&self) -> Result<(), RecordError> {
        let _running = self.running.lock().await;
        let now = self.clock.now();
        let asked = self.with(|state| {
            (state.is_running, state.begun_at) = (true, Some(now));
            state.wanted.take()
        });
        // Also where the run is cut off: nobody waits for one that is gone.
        let _ended = Ended(self);
        let examined = self.look(asked.as_ref().is_some_and(|asked| asked.send)).await;
        for one in examined.iter().filter(|one| one.checked().has_failed()) {
            let (check, found) = (one.check.as_str(), one.found.as_str());
            tracing::warn!(doctor.check = check, doctor.found = found, "{}", one.found.text());
        }
        let checks = examined.iter().map(Examined::checked).collect();
        let at = self.clock.now();
        self.with(|state| state.last = Some(Told { at, examined }));
        let event = Event::DoctorChecked { actor: asked.map(|asked| asked.actor), checks };
        self.trail.record(at, vec![event]).await
    }

    async fn look(&self, send: bool) -> Vec<Examined> {
        let (files, trail) = (self.files.clone(), self.trail.clone());
        let read = tokio::task::spawn_blocking(move || [files(), vec![verified(trail.store())]].concat());
        let mut examined = read.await.unwrap_or_default();
        let needs = Needs::of(&self.rules.now().set, self.has_index, self.writes_one_to_one);
        let (directory, canary) = (self.directory.as_ref(), self.settings.canary.as_ref());
        let prober = Prober { directory, needs: &needs, own_corp_id: &self.own_corp_id, canary };
        let Probe { examined: shown, canary: account, is_read } = prober.run().await;
        examined.extend(shown);
        examined.push(self.given_up().unwrap_or((self.channels)(send).await));
        examined.push(of_log(&self.log, &self.anchored, self.clock.now()));
        let disk = self.trail.disk();
        examined.push(of_disk(disk.room, disk.free_bytes));
        examined.push(of_sources(&(self.sources)(), &self.trail.figures(), self.clock.now()));
        examined.push(match (canary, is_read) {
            // Without having been read it may be anybody.
            (Some(_), false) => Examined::of(Check::Canary, Diagnosis::Unreached),
            _ => self.canary(account.as_ref()).await,
        });
        examined.sort_by_key(|one| one.check);
        examined
    }

    /// Whether people were lately not told what they should have been.
    fn given_up(&self) -> Option<Examined> {
        let now = self.clock.now();
        let is_lately = |state: &ParcelState| match state {
            ParcelState::Dead { at, .. } => now.duration_since(*at).unsigned_abs() < LATELY,
            _ => false,
        };
        let channels: Vec<String> = self.trail.board(|board| {
            let lanes = board.notices().lanes().filter(|(_, lane)| lane.dead().any(|one| is_lately(&one.state)));
            lanes.map(|(channel, _)| channel.to_string()).collect()
        });
        (!channels.is_empty()).then(|| Examined::with(Check::Channels, Diagnosis::NoticesGivenUp, channels.join(", ")))
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Ended<'a>(&'a Doctor);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.with(|state| state.is_running = false);
    }
}
