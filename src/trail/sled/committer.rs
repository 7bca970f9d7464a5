//! The one thread that writes: takes what waits in the queue, makes it durable with one sync, then
//! answers everybody.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use ::sled::{Batch, Db};
use tokio::sync::oneshot;

use super::epoch;
use super::group::{Group, Writes};
use super::shared::Shared;
use super::store_error;
use super::sync::SyncFile;
use super::tiers::Tiers;
use crate::trail::area::{Area, Change};
use crate::trail::merkle::Frontier;
use crate::trail::store::{Append, Appended, Head, Pending, StoreError};

/// The most appends that wait.
pub(super) const QUEUE_APPENDS_MAX: usize = 4_096;
/// The most bytes that wait or are being written; larger than the largest append.
pub(super) const QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// A commit takes no more appends once it has so many entries.
const GROUP_ENTRIES: usize = 512;
/// Room for most commits, in appends.
const GROUP_JOBS_USUAL: usize = 64;
/// A commit takes no more appends once it has so many bytes.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// The committer as its store sees it: a queue, and a thread to wait for.
pub(super) struct Committer {
    queue: Option<SyncSender<Job>>,
    queued_bytes: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// Where the committer goes on.
pub(super) struct Start {
    /// The trail's folder.
    pub(super) trail: PathBuf,
    /// Memory for the pages of an epoch.
    pub(super) cache_bytes: u64,
    /// Of all records.
    pub(super) frontier: Frontier,
    /// How many facts the epoch has that takes records.
    pub(super) facts: u64,
    /// Makes that epoch's file durable.
    pub(super) sync: SyncFile,
    /// The same for the areas.
    pub(super) sync_areas: SyncFile,
}

/// Asks the committer for another epoch.
pub(super) struct Roller(SyncSender<Job>);

struct Job {
    work: Work,
    bytes: usize,
}

/// What is to be written, and whom to tell.
enum Work {
    Append(Append, oneshot::Sender<Result<Appended, StoreError>>),
    Keep(Area, Vec<Change>, oneshot::Sender<Result<(), StoreError>>),
    /// Another epoch is to take what comes after.
    Roll(SyncSender<Result<(), StoreError>>),
}

/// What becomes of a job once the commit is durable.
enum Done {
    Appended(Appended),
    Kept,
    /// It is done once the commit is.
    Rolled,
}

impl Work {
    /// How much it adds to a commit; nothing is for nothing.
    fn entries(&self) -> usize {
        match self {
            Self::Append(append, _) => append.entries.len().max(1),
            Self::Keep(_, changes, _) => changes.len().max(1),
            // Nothing is added to what it ends.
            Self::Roll(_) => GROUP_ENTRIES,
        }
    }

    fn add_to(&self, group: &mut Group<'_>) -> Result<Done, StoreError> {
        match self {
            Self::Append(append, _) => group.add(append).map(Done::Appended),
            Self::Keep(area, changes, _) => {
                group.change(*area, changes);
                Ok(Done::Kept)
            }
            Self::Roll(_) => Ok(Done::Rolled),
        }
    }

    /// Who no longer waits has dropped the other end; what was written stands all the same.
    fn answer(self, result: Result<Done, StoreError>) {
        match (self, result) {
            (Self::Append(_, waiting), Ok(Done::Appended(appended))) => drop(waiting.send(Ok(appended))),
            (Self::Keep(_, _, waiting), Ok(Done::Kept)) => drop(waiting.send(Ok(()))),
            (Self::Append(_, waiting), Err(error)) => drop(waiting.send(Err(error))),
            (Self::Keep(_, _, waiting), Err(error)) => drop(waiting.send(Err(error))),
            (Self::Roll(waiting), result) => drop(waiting.send(result.map(drop))),
            // Each is answered in its own kind; dropped unanswered, it would be taken for a failure.
            (Self::Append(..) | Self::Keep(..), Ok(_)) => {}
        }
    }
}

impl Committer {
    /// Starts the thread, which goes on from `start`.
    ///
    /// # Errors
    /// No thread could be made.
    pub(super) fn start(shared: Arc<Shared>, start: Start) -> io::Result<Self> {
        let (sender, queue) = sync_channel(QUEUE_APPENDS_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let mut writer = Writer { shared, at: start, queued_bytes: Arc::clone(&queued_bytes) };
        let builder = std::thread::Builder::new().name("trail-committer".to_owned());
        let thread = builder.spawn(move || writer.run(&queue))?;
        Ok(Self { queue: Some(sender), queued_bytes, thread: Some(thread) })
    }

    /// Queues an append of so many bytes.
    ///
    /// # Errors
    /// The queue is full, or the committer has ended.
    pub(super) fn append(&self, append: Append, bytes: usize) -> Result<Pending, StoreError> {
        let (answer, pending) = Pending::new();
        self.enqueue(Work::Append(append, answer), bytes).map(|()| pending)
    }

    /// Queues changes of so many bytes.
    ///
    /// # Errors
    /// The queue is full, or the committer has ended.
    pub(super) fn keep(&self, area: Area, changes: Vec<Change>, bytes: usize) -> Result<Pending<()>, StoreError> {
        let (answer, pending) = Pending::new();
        self.enqueue(Work::Keep(area, changes, answer), bytes).map(|()| pending)
    }

    /// What asks for another epoch. The committer ends only once it is dropped, too.
    pub(super) fn roller(&self) -> Option<Roller> {
        self.queue.clone().map(Roller)
    }

    fn enqueue(&self, work: Work, bytes: usize) -> Result<(), StoreError> {
        let gone = || StoreError::Failed("the committer has ended".to_owned());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        let waiting = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let sent = if waiting + bytes > QUEUE_BYTES_MAX {
            Err(StoreError::Busy)
        } else {
            queue.try_send(Job { work, bytes }).map_err(|refused| match refused {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => gone(),
            })
        };
        sent.inspect_err(|_| {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        })
    }
}

impl Roller {
    /// Has what comes from now on recorded in another epoch, and waits until it is. Blocks.
    ///
    /// # Errors
    /// The queue is full, or there is no other epoch: it goes on in this one.
    pub(super) fn roll(&self) -> Result<(), StoreError> {
        let (answer, answered) = sync_channel(1);
        self.0.try_send(Job { work: Work::Roll(answer), bytes: 0 }).map_err(|_| StoreError::Busy)?;
        answered.recv().unwrap_or_else(|_| Err(StoreError::Failed("the committer is gone".to_owned())))
    }
}

/// Finishes what waits, then ends the thread.
impl Drop for Committer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was answered as a failure before; there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// The thread's own state.
struct Writer {
    shared: Arc<Shared>,
    at: Start,
    queued_bytes: Arc<AtomicUsize>,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Job>) {
        while let Some(jobs) = gather(queue) {
            let shared = Arc::clone(&self.shared);
            let result = shared.run(|tiers| self.commit(tiers, &jobs));
            let bytes = jobs.iter().map(|job| job.bytes).sum();
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.answer(jobs, result);
        }
    }

    /// Makes the jobs durable together. Damage found on the way is a failure here: nothing may be
    /// appended to what does not fit together.
    fn commit(&mut self, tiers: &Tiers, jobs: &[Job]) -> Result<Vec<Done>, StoreError> {
        let mut group = Group::new(tiers, self.at.frontier.clone(), self.at.facts);
        let added = jobs.iter().map(|job| job.work.add_to(&mut group)).collect::<Result<_, _>>();
        let done = added.map_err(|error| StoreError::Failed(error.to_string()))?;
        let Writes { epoch, areas } = group.finish();
        if let Some(areas) = areas {
            write(self.shared.areas(), areas, &mut self.at.sync_areas)?;
        }
        if let Some((batch, frontier, facts)) = epoch {
            write(&tiers.live.db, batch, &mut self.at.sync)?;
            self.shared.publish(Head { size: frontier.size(), root: frontier.root() });
            (self.at.frontier, self.at.facts) = (frontier, facts);
        }
        Ok(done)
    }

    fn answer(&mut self, jobs: Vec<Job>, result: Result<Vec<Done>, StoreError>) {
        match result {
            Ok(done) => {
                for (job, done) in jobs.into_iter().zip(done) {
                    let result = if matches!(done, Done::Rolled) { self.roll().map(|()| done) } else { Ok(done) };
                    job.work.answer(result);
                }
            }
            Err(error) => jobs.into_iter().for_each(|job| job.work.answer(Err(error.clone()))),
        }
    }

    /// Begins another epoch. Where that cannot be, all goes on in this one.
    fn roll(&mut self) -> Result<(), StoreError> {
        let begun = epoch::begin(&self.at.trail, &self.at.frontier, self.at.cache_bytes);
        let (epoch, sync) = begun.map_err(|error| StoreError::Failed(error.to_string()))?;
        (self.at.sync, self.at.facts) = (sync, 0);
        self.shared.change_tiers(|tiers| tiers.rolled(Arc::new(epoch)));
        Ok(())
    }
}

/// Makes a batch durable.
fn write(db: &Db, batch: Batch, sync: &mut SyncFile) -> Result<(), StoreError> {
    db.apply_batch(batch).map_err(store_error)?;
    db.flush().map_err(store_error)?;
    sync().map_err(|error| StoreError::Failed(format!("sync: {error}")))
}

/// Waits for an append and takes what is there with it; `None` when the store is being dropped and
/// nothing waits.
fn gather(queue: &Receiver<Job>) -> Option<Vec<Job>> {
    let first = queue.recv().ok()?;
    let mut jobs = Vec::with_capacity(GROUP_JOBS_USUAL);
    jobs.push(first);
    let (mut entries, mut bytes) = (0, 0);
    while let Some(job) = jobs.last() {
        entries += job.work.entries();
        bytes += job.bytes;
        if entries >= GROUP_ENTRIES || bytes >= GROUP_BYTES {
            break;
        }
        let Ok(next) = queue.try_recv() else { break };
        jobs.push(next);
    }
    Some(jobs)
}
