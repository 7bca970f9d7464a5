//! The one backtest that runs on this server, or ran last: the rules of the folder, put to the alerts of the last days.
//! It runs beside everything else, and whoever looks is told how far it is.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Console;
use crate::admission::Reloader;
use crate::backtest::{self, Against, LeftOut, PlayError, Played, Recordings, Report, Stage, Window};
use crate::incident::{Clock, Digest, Event, ReadWay, SubjectEvent, Timestamp};
use crate::intake::SourcesInForce;
use crate::rules::{LoadErrors, Responders};
use crate::trail::Trail;

const DAY: Duration = Duration::from_secs(86_400);
/// The most problems of refused rules that are kept.
const PROBLEMS_MAX: usize = 10;

/// The last of them. When this goes, one that still runs is broken off.
#[derive(Default)]
pub struct Backtests {
    last: Arc<Mutex<Option<Run>>>,
    is_over: Arc<AtomicBool>,
}

/// One run.
#[derive(Clone)]
pub(super) struct Run {
    /// Who wanted it.
    pub(super) by: String,
    pub(super) begun: Timestamp,
    pub(super) days: u16,
    pub(super) stand: Stand,
}

/// Where it stands.
#[derive(Clone)]
pub(super) enum Stand {
    UnderWay(Arc<Progress>),
    Done(Arc<Ran>),
    /// The folder's rules cannot be loaded, for these reasons.
    Refused(Arc<[String]>),
    /// The trail could not be read, or nobody could be told that it was.
    Failed,
}

/// Records that are read, of how many.
#[derive(Default)]
pub(super) struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

/// What came of it. It names nobody but by the report, of which the page shows numbers only.
pub(super) struct Ran {
    pub(super) rules: Digest,
    pub(super) left_out: LeftOut,
    pub(super) report: Report,
}

/// What a run needs, so that it keeps nothing else alive.
struct Work {
    trail: Arc<Trail>,
    sources: Arc<SourcesInForce>,
    reloader: Arc<Reloader>,
    clock: Arc<dyn Clock>,
    responders: Arc<Responders>,
    has_index: bool,
    days: u16,
    is_over: Arc<AtomicBool>,
}

impl Progress {
    pub(super) fn percent(&self) -> u64 {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        done.saturating_mul(100).checked_div(total).unwrap_or_default()
    }
}

impl Backtests {
    pub(super) fn last(&self) -> Option<Run> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins one, unless one is under way; says whether it did.
    pub(super) fn begin(&self, console: &Console, by: String, days: u16) -> bool {
        let (begun, progress) = (console.clock.now(), Arc::<Progress>::default());
        let run = Run { by, begun, days, stand: Stand::UnderWay(Arc::clone(&progress)) };
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(&*last, Some(Run { stand: Stand::UnderWay(_), .. })) {
                return false;
            }
            *last = Some(run.clone());
        }
        let work = Work {
            trail: Arc::clone(&console.trail),
            sources: Arc::clone(&console.sources),
            reloader: Arc::clone(&console.reloader),
            clock: Arc::clone(&console.clock),
            responders: Arc::clone(console.access.responders()),
            has_index: console.roster.is_some(),
            days,
            is_over: Arc::clone(&self.is_over),
        };
        let last = Arc::clone(&self.last);
        tokio::spawn(async move {
            let stand = work.run(&run.by, progress).await;
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Run { stand, ..run });
        });
        true
    }
}

impl Drop for Backtests {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Why nothing comes of it.
enum Without {
    Rules(LoadErrors),
    Trail(PlayError),
}

impl Work {
    /// Who read what lies beside the records is on the trail before anybody sees what comes of it.
    async fn run(self, by: &str, progress: Arc<Progress>) -> Stand {
        let (trail, clock) = (Arc::clone(&self.trail), Arc::clone(&self.clock));
        let (ran, read) = match tokio::task::spawn_blocking(move || self.play(&progress)).await {
            Ok(Ok(played)) => played,
            Ok(Err(Without::Rules(errors))) => {
                return Stand::Refused(errors.problems().iter().take(PROBLEMS_MAX).map(ToString::to_string).collect());
            }
            Ok(Err(Without::Trail(error))) => {
                tracing::error!(%error, "a backtest came to nothing");
                return Stand::Failed;
            }
            Err(_) => return Stand::Failed,
        };
        let read = Event::Subject(SubjectEvent::read(by, ReadWay::Backtest, &read));
        match trail.record(clock.now(), vec![read]).await {
            Ok(()) => Stand::Done(Arc::new(ran)),
            Err(_) => Stand::Failed,
        }
    }

    fn play(&self, progress: &Progress) -> Result<(Ran, Vec<u64>), Without> {
        let mut proposed = self.reloader.read().map_err(Without::Rules)?;
        // Whom the rules in force would not touch, the proposed would not either.
        proposed.protect_responders(&self.responders);
        let sources = self.sources.now();
        let recall = |summary, event| sources.recalled(summary, event);
        let from = Recordings { store: self.trail.store(), subjects: self.trail.subjects(), recall: &recall };
        let window = Window { since: None, until: None }.or_last(DAY * self.days.into(), self.clock.now());
        let stage = Stage::new(&proposed, Against::Recorded, self.has_index);
        let goes_on = |done, total| {
            progress.done.store(done, Ordering::Relaxed);
            progress.total.store(total, Ordering::Relaxed);
            !self.is_over.load(Ordering::Relaxed)
        };
        let Played { backtested, read } = backtest::play(from, &window, stage, goes_on).map_err(Without::Trail)?;
        let (left_out, report) = (backtested.left_out, backtested.report);
        Ok((Ran { rules: proposed.digest(), left_out, report }, read))
    }
}
