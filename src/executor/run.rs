//! The executor's loop: finds due incidents on the board, runs one at a time for each account, and
//! stops in order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use super::Hand;
use super::hand::Progress;
use super::offer::Offers;
use crate::incident::{Event, HoldReason, IncidentId, Timestamp};
use crate::trail::{Board, Live, RecordError};

/// How long the loop sleeps at most; a wake-up that was lost costs no more than this.
const LONGEST_SLEEP_MS: u64 = 1_000;
/// The first wait after the trail refused to be written.
const TRAIL_FAILURE_WAIT_MS: i64 = 1_000;
/// Runs of an incident that may panic in a row before it is parked, and the wait after the first of them.
const PANICS_MAX: u32 = 3;
const PANIC_WAIT_MS: i64 = 1_000;

/// Limits of the executor.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Incidents worked on at the same time.
    pub concurrent_max: usize,
    /// How long calls under way may take when the program stops.
    pub stop_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { concurrent_max: 32, stop_ms: 10_000 }
    }
}

/// The loop's state.
pub struct Executor {
    hand: Arc<Hand>,
    settings: Settings,
    /// Lanes in use: the account, or its pseudonym before it is resolved.
    lanes: HashSet<String>,
    /// Incidents that are to be looked at again although nothing on the trail says so.
    waiting: HashMap<IncidentId, Waiting>,
    running: JoinSet<Result<Progress, RecordError>>,
    /// Which task runs which incident, in which lane; known also when the task panics.
    tasks: HashMap<Id, (IncidentId, String)>,
    offers: Offers,
}

/// When and why an incident is looked at again.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    since: Timestamp,
    until: Timestamp,
    /// How often in a row its reads failed.
    failed_reads: u32,
    /// How often in a row its own code failed.
    panics: u32,
    /// Whether it waits for DingTalk, which may be back before.
    for_dingtalk: bool,
}

impl Executor {
    /// An executor that acts through `hand`.
    #[must_use]
    pub fn new(hand: Hand, settings: Settings) -> Self {
        Self {
            hand: Arc::new(hand),
            settings,
            lanes: HashSet::new(),
            waiting: HashMap::new(),
            running: JoinSet::new(),
            tasks: HashMap::new(),
            offers: Offers::default(),
        }
    }

    /// Runs until `stop` turns true; then begins nothing new, lets calls under way end for a while
    /// and says how many had to be left for the next start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) -> u32 {
        let mut changes = self.hand.trail.changes();
        loop {
            // Marked as seen before looking, or a change between the two would be slept over.
            changes.mark_unchanged();
            self.begin_due();
            self.offers.begin(&self.hand);
            let sleep = tokio::time::sleep(self.sleep_for());
            // In order, so that the same happenings take the same course; none of the first three comes without end.
            tokio::select! {
                biased;
                () = asked(&mut stop) => return self.stop().await,
                Some(ended) = self.running.join_next_with_id() => self.ended(ended).await,
                () = self.offers.ended(&self.hand) => {}
                _ = changes.changed() => {}
                () = sleep => {}
            }
        }
    }

    fn begin_due(&mut self) {
        let now = self.hand.clock.now();
        let free = self.settings.concurrent_max.saturating_sub(self.running.len());
        let due = self.hand.trail.board(|board| self.choose(board, now, free));
        for (incident, lane) in due {
            self.lanes.insert(lane.clone());
            let failed_reads = self.waiting.get(&incident).map_or(0, |waiting| waiting.failed_reads);
            let (hand, id) = (Arc::clone(&self.hand), incident.clone());
            let task = self.running.spawn(async move { hand.run(&id, failed_reads).await });
            self.tasks.insert(task.id(), (incident, lane));
        }
    }

    /// The next incidents that are due, whose lane is free, at most `free` and one for each lane.
    fn choose(&self, board: &Board, now: Timestamp, free: usize) -> Vec<(IncidentId, String)> {
        let mut taken = HashSet::new();
        let is_back = self.hand.directory.outages().is_none();
        // Where the clock was set back, nobody waits until it is as late again.
        let is_past = |waiting: &Waiting| waiting.until <= now || now < waiting.since;
        let is_over = |waiting: &Waiting| is_past(waiting) || (waiting.for_dingtalk && is_back);
        let ready = |live: &&Live| self.waiting.get(live.incident.id()).is_none_or(is_over);
        board
            .due(now)
            .filter(ready)
            .filter(|live| !self.hand.must_wait(board, &live.incident))
            .filter_map(|live| {
                let lane = lane_of(live);
                let is_free = !self.lanes.contains(&lane) && taken.insert(lane.clone());
                is_free.then(|| (live.incident.id().clone(), lane))
            })
            .take(free)
            .collect()
    }

    async fn ended(&mut self, ended: Result<(Id, Result<Progress, RecordError>), JoinError>) {
        let task = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some((incident, lane)) = self.tasks.remove(&task) else { return };
        self.lanes.remove(&lane);
        match ended {
            Ok((_, Ok(Progress::Rests))) => {
                self.waiting.remove(&incident);
            }
            Ok((_, Ok(Progress::LookAgainAt(at)))) => self.wait(incident, at, |waiting| waiting.failed_reads += 1),
            Ok((_, Ok(Progress::AwaitsDingTalk(at)))) => self.wait(incident, at, |waiting| waiting.for_dingtalk = true),
            // Somebody has said something else of it since it was looked at.
            Ok((_, Err(RecordError::Illegal(illegal)))) => {
                tracing::warn!(incident.id = %incident, %illegal, "what it came to does not fit any more");
                self.wait(incident, self.after(TRAIL_FAILURE_WAIT_MS), |_| {});
            }
            Ok((_, Err(error))) => {
                tracing::error!(incident.id = %incident, %error, "the trail refused; nothing is done");
                self.wait(incident, self.after(TRAIL_FAILURE_WAIT_MS), |waiting| waiting.failed_reads += 1);
            }
            Err(_) => self.panicked(incident).await,
        }
    }

    fn wait(&mut self, incident: IncidentId, until: Timestamp, note: impl FnOnce(&mut Waiting)) {
        let since = self.hand.clock.now();
        let new = Waiting { since, until, failed_reads: 0, panics: 0, for_dingtalk: false };
        let waiting = self.waiting.entry(incident).or_insert(new);
        (waiting.since, waiting.until, waiting.for_dingtalk) = (since, until, false);
        note(waiting);
    }

    fn after(&self, wait_ms: i64) -> Timestamp {
        self.hand.clock.now().checked_add(jiff::SignedDuration::from_millis(wait_ms)).unwrap_or(Timestamp::MAX)
    }

    /// What fails by our own fault is tried a few times, in case the cause was the moment's; then it is parked so that
    /// an operator looks. The others go on meanwhile.
    async fn panicked(&mut self, incident: IncidentId) {
        let panics = self.waiting.get(&incident).map_or(0, |waiting| waiting.panics).saturating_add(1);
        if panics < PANICS_MAX {
            tracing::error!(incident.id = %incident, panics, "the step's own code failed; it is tried again");
            let until = self.after(PANIC_WAIT_MS.saturating_mul(panics.into()));
            self.wait(incident, until, |waiting| waiting.panics = panics);
            return;
        }
        self.waiting.remove(&incident);
        tracing::error!(incident.id = %incident, panics, "the step's own code failed again and again; it is parked");
        let held =
            Event::IncidentHeld { incident: incident.clone(), reason: HoldReason::Parked, failure: None, beyond: None };
        if let Err(error) = self.hand.trail.record(self.hand.clock.now(), vec![held]).await {
            tracing::error!(%error, "the parked incident could not be recorded");
            self.wait(incident, self.after(TRAIL_FAILURE_WAIT_MS), |waiting| waiting.panics = panics);
        }
    }

    fn sleep_for(&self) -> Duration {
        let now = self.hand.clock.now();
        let on_board = self.hand.trail.board(|board| board.next_due_after(now));
        let reads = self.waiting.values().map(|waiting| waiting.until).filter(|at| *at > now).min();
        let next_ms = [on_board, reads]
            .into_iter()
            .flatten()
            .min()
            .map_or(LONGEST_SLEEP_MS, |at| u64::try_from(at.as_millisecond() - now.as_millisecond()).unwrap_or(0));
        Duration::from_millis(next_ms.min(LONGEST_SLEEP_MS))
    }

    async fn stop(mut self) -> u32 {
        let all_ended = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_millis(self.settings.stop_ms), all_ended).await;
        let parked = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        self.running.abort_all();
        parked
    }
}

/// Ends when a stop is asked for, or nobody is left to ask.
async fn asked(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn lane_of(live: &Live) -> String {
    let incident = &live.incident;
    incident.user_id.as_ref().map_or_else(|| format!("reference {}", incident.plan.account), ToString::to_string)
}
