//! A store whose disk is slow: what is appended is durable only when the run says so, and lost if the program dies
//! before.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use portcullis::incident::IncidentId;
use portcullis::trail::{
    Append, Appended, Area, Change, Head, MemoryStore, Pending, Row, Store, StoreError, Stored, UniqueKey,
};
use tokio::sync::{oneshot, watch};

type Waiting = (Append, oneshot::Sender<Result<Appended, StoreError>>);

/// Of one life of the program; what it has kept outlives it.
pub(super) struct SlowStore {
    kept: Arc<MemoryStore>,
    queue: Mutex<VecDeque<Waiting>>,
    is_busy: AtomicBool,
}

impl SlowStore {
    pub(super) fn on(kept: Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self { kept, queue: Mutex::default(), is_busy: AtomicBool::new(false) })
    }

    /// Makes as many of what waits durable, in order, and says so to those who wait; gives how many there were.
    pub(super) fn commit(&self, most: usize) -> usize {
        let mut done = 0;
        while done < most {
            let Some((append, waiting)) = self.queue.lock().unwrap().pop_front() else { break };
            // Nobody may be there any more to hear it.
            let _ = waiting.send(at_once(self.kept.append(append)));
            done += 1;
        }
        done
    }

    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().unwrap().len()
    }

    /// Whether a record of this kind waits.
    pub(super) fn holds_back(&self, kind: &str) -> bool {
        let kind = format!("\"kind\":\"{kind}\"");
        let is_it = |event: &[u8]| String::from_utf8_lossy(event).contains(&kind);
        self.queue.lock().unwrap().iter().any(|(append, _)| append.entries.iter().any(|entry| is_it(&entry.event)))
    }

    /// From now on it has no room for more, or has again.
    pub(super) fn be_busy(&self, is_busy: bool) {
        self.is_busy.store(is_busy, Ordering::SeqCst);
    }
}

/// What the store in memory answers, which it never puts off.
fn at_once(mut pending: Pending) -> Result<Appended, StoreError> {
    match Pin::new(&mut pending).poll_now() {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("the store in memory puts something off"),
    }
}

trait PollNow: Future {
    fn poll_now(self: Pin<&mut Self>) -> Poll<Self::Output> {
        self.poll(&mut Context::from_waker(Waker::noop()))
    }
}

impl PollNow for Pending {}

impl Store for SlowStore {
    fn append(&self, append: Append) -> Pending {
        if self.is_busy.load(Ordering::SeqCst) {
            return Pending::ready(Err(StoreError::Busy));
        }
        let (waiting, pending) = Pending::new();
        self.queue.lock().unwrap().push_back((append, waiting));
        pending
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.kept.read(from, limit)
    }

    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.kept.private(seq)
    }

    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        self.kept.of_incident(incident, limit)
    }

    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        self.kept.find(key)
    }

    fn keep(&self, area: Area, changes: Vec<Change>) -> Pending<()> {
        self.kept.keep(area, changes)
    }

    fn kept(&self, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.kept.kept(area, after, limit)
    }

    fn head(&self) -> Head {
        self.kept.head()
    }

    fn may_block(&self) -> bool {
        false
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.kept.failure()
    }
}
