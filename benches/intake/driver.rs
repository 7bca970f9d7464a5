//! Drives load over many connections: in a closed loop, as fast as answers come, or in an open one, at
//! fixed times whatever comes back.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::alerts::Pool;
use crate::client::Connection;

/// The longest latency that is told from a longer one, in nanoseconds.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

/// Requests, each to be sent once.
pub(crate) struct Deck {
    pool: Pool,
    next: AtomicUsize,
}

impl Deck {
    /// All of `pool`.
    pub(crate) fn new(pool: &Pool) -> Arc<Self> {
        Arc::new(Self { pool: Arc::clone(pool), next: AtomicUsize::new(0) })
    }

    fn draw(&self) -> Option<&[u8]> {
        self.pool.get(self.next.fetch_add(1, Ordering::Relaxed)).map(Vec::as_slice)
    }
}

/// What came back.
pub(crate) struct Outcome {
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
}

impl Outcome {
    /// How many requests were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.latencies.len()
    }

    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered() as f64 / self.elapsed.as_secs_f64()
    }

    /// A percentile of latency, in microseconds.
    pub(crate) fn percentile_us(&self, percentile: f64) -> f64 {
        self.latencies.value_at_percentile(percentile) as f64 / 1_000.0
    }
}

/// Sends as fast as answers come, for `time` or until the deck is used up.
pub(crate) async fn closed(address: SocketAddr, connections: usize, deck: &Arc<Deck>, time: Duration) -> Outcome {
    let connections = open_all(address, connections).await;
    let start = Instant::now();
    let mut workers = JoinSet::new();
    for mut connection in connections {
        let deck = Arc::clone(deck);
        workers.spawn(async move {
            let mut tally = Tally::new();
            while start.elapsed() < time {
                let Some(request) = deck.draw() else { break };
                let sent = Instant::now();
                tally.note(connection.exchange(request).await.expect("an answer"), sent);
            }
            tally
        });
    }
    outcome(workers, start).await
}

/// Sends `rate` requests a second for `time`, each at its time; latency counts from then on, also
/// while a request waits for a free connection.
pub(crate) async fn open(
    address: SocketAddr,
    connections: usize,
    deck: &Arc<Deck>,
    rate: f64,
    time: Duration,
) -> Outcome {
    let connections = open_all(address, connections).await;
    let schedule = Arc::new(Schedule {
        start: Instant::now(),
        interval: Duration::from_secs_f64(1.0 / rate),
        count: (rate * time.as_secs_f64()) as usize,
        due: Semaphore::new(0),
        taken: AtomicUsize::new(0),
    });
    let pacer = Arc::clone(&schedule);
    let workers_max = connections.len();
    let pacing = std::thread::spawn(move || pacer.pace(workers_max));
    let mut workers = JoinSet::new();
    for mut connection in connections {
        let (deck, schedule) = (Arc::clone(deck), Arc::clone(&schedule));
        workers.spawn(async move {
            let mut tally = Tally::new();
            while let Some(due) = schedule.next().await {
                let request = deck.draw().expect("the pool is large enough for the open loop");
                tally.note(connection.exchange(request).await.expect("an answer"), due);
            }
            tally
        });
    }
    let outcome = outcome(workers, schedule.start).await;
    pacing.join().expect("the pacer ends");
    outcome
}

/// When each request is due. The runtime's own timers are too coarse for this (a millisecond), so a
/// thread of its own lets requests go.
struct Schedule {
    start: Instant,
    interval: Duration,
    count: usize,
    due: Semaphore,
    taken: AtomicUsize,
}

impl Schedule {
    fn pace(&self, workers: usize) {
        let mut released = 0;
        while released < self.count {
            let due = (self.start.elapsed().as_secs_f64() / self.interval.as_secs_f64()) as usize + 1;
            let due = due.min(self.count);
            self.due.add_permits(due - released);
            released = due;
            std::thread::sleep((self.start + self.interval.mul_f64(due as f64)) - Instant::now());
        }
        // So that every worker learns that nothing is left.
        self.due.add_permits(workers);
    }

    /// Waits for the next request to be due and gives that time; `None` when all are taken.
    async fn next(&self) -> Option<Instant> {
        self.due.acquire().await.expect("never closed").forget();
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then(|| self.start + self.interval.mul_f64(number as f64))
    }
}

/// One connection's results.
struct Tally {
    latencies: Histogram<u64>,
    others: BTreeMap<u16, u64>,
}

impl Tally {
    fn new() -> Self {
        let latencies = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3).expect("the bounds are good");
        Self { latencies, others: BTreeMap::new() }
    }

    fn note(&mut self, status: u16, since: Instant) {
        let latency_ns = u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX);
        if status == 202 {
            self.latencies.saturating_record(latency_ns);
        } else {
            *self.others.entry(status).or_default() += 1;
        }
    }
}

async fn open_all(address: SocketAddr, connections: usize) -> Vec<Connection> {
    let mut opened = Vec::with_capacity(connections);
    for _ in 0..connections {
        opened.push(Connection::open(address).await.expect("the server takes connections"));
    }
    opened
}

async fn outcome(mut workers: JoinSet<Tally>, start: Instant) -> Outcome {
    let mut all = Tally::new();
    while let Some(tally) = workers.join_next().await {
        let tally = tally.expect("no worker panics");
        all.latencies.add(tally.latencies).expect("same bounds");
        tally.others.into_iter().for_each(|(status, count)| *all.others.entry(status).or_default() += count);
    }
    // Refusals are cheap; a figure that has them in it says nothing.
    assert!(all.others.is_empty(), "answers other than 202, by status: {:?}", all.others);
    Outcome { latencies: all.latencies, elapsed: start.elapsed() }
}
