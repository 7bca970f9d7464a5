//! The one thread that writes: takes what waits in the queue, makes it durable with one sync, then
//! answers everybody.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::group::Group;
use super::shared::Shared;
use super::store_error;
use super::sync::SyncFile;
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

struct Job {
    append: Append,
    bytes: usize,
    answer: oneshot::Sender<Result<Appended, StoreError>>,
}

impl Committer {
    /// Starts the thread, on top of what `frontier` stands for.
    ///
    /// # Errors
    /// No thread could be made.
    pub(super) fn start(shared: Arc<Shared>, frontier: Frontier, sync: SyncFile) -> io::Result<Self> {
        let (sender, queue) = sync_channel(QUEUE_APPENDS_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let mut writer = Writer { shared, frontier, sync, queued_bytes: Arc::clone(&queued_bytes) };
        let builder = std::thread::Builder::new().name("trail-committer".to_owned());
        let thread = builder.spawn(move || writer.run(&queue))?;
        Ok(Self { queue: Some(sender), queued_bytes, thread: Some(thread) })
    }

    /// Queues an append of so many bytes.
    ///
    /// # Errors
    /// The queue is full, or the committer has ended.
    pub(super) fn enqueue(&self, append: Append, bytes: usize) -> Result<Pending, StoreError> {
        let gone = || StoreError::Failed("the committer has ended".to_owned());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        let (answer, pending) = Pending::new();
        let waiting = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let sent = if waiting + bytes > QUEUE_BYTES_MAX {
            Err(StoreError::Busy)
        } else {
            queue.try_send(Job { append, bytes, answer }).map_err(|refused| match refused {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => gone(),
            })
        };
        sent.map(|()| pending).inspect_err(|_| {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        })
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
    frontier: Frontier,
    sync: SyncFile,
    queued_bytes: Arc<AtomicUsize>,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Job>) {
        while let Some(jobs) = gather(queue) {
            let shared = Arc::clone(&self.shared);
            let result = shared.run(|db| self.commit(db, &jobs));
            let bytes = jobs.iter().map(|job| job.bytes).sum();
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            answer(jobs, result);
        }
    }

    /// Makes the jobs durable together. Damage found on the way is a failure here: nothing may be
    /// appended to what does not fit together.
    fn commit(&mut self, db: &::sled::Db, jobs: &[Job]) -> Result<Vec<Appended>, StoreError> {
        let mut group = Group::new(db, self.frontier.clone());
        let added = jobs.iter().map(|job| group.add(&job.append)).collect::<Result<_, _>>();
        let appended = added.map_err(|error| StoreError::Failed(error.to_string()))?;
        if let Some((batch, frontier)) = group.finish() {
            db.apply_batch(batch).map_err(store_error)?;
            db.flush().map_err(store_error)?;
            (self.sync)().map_err(|error| StoreError::Failed(format!("sync: {error}")))?;
            self.shared.publish(Head { size: frontier.size(), root: frontier.root() });
            self.frontier = frontier;
        }
        Ok(appended)
    }
}

/// Waits for an append and takes what is there with it; `None` when the store is being dropped and
/// nothing waits.
fn gather(queue: &Receiver<Job>) -> Option<Vec<Job>> {
    let first = queue.recv().ok()?;
    let mut jobs = Vec::with_capacity(GROUP_JOBS_USUAL);
    jobs.push(first);
    let (mut entries, mut bytes) = (0, 0);
    while let Some(job) = jobs.last() {
        entries += job.append.entries.len().max(1);
        bytes += job.bytes;
        if entries >= GROUP_ENTRIES || bytes >= GROUP_BYTES {
            break;
        }
        let Ok(next) = queue.try_recv() else { break };
        jobs.push(next);
    }
    Some(jobs)
}

fn answer(jobs: Vec<Job>, result: Result<Vec<Appended>, StoreError>) {
    // Who no longer waits has dropped the other end; the append stands all the same.
    match result {
        Ok(appended) => {
            for (job, appended) in jobs.into_iter().zip(appended) {
                let _ = job.answer.send(Ok(appended));
            }
        }
        Err(error) => {
            for job in jobs {
                let _ = job.answer.send(Err(error.clone()));
            }
        }
    }
}
