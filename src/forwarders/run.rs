//! Sends records to one receiver, in order, from where it was left.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::Instant;

use super::begins;
use super::connect::{Line, Receiver};
use crate::incident::Clock;
use crate::trail::export::frame;
use crate::trail::{ForwardState, Position, Trail};

/// Records in one write.
const PAGE: usize = 256;
/// How often it is looked for new records.
const EVERY: Duration = Duration::from_millis(200);
/// For so long the connection has to have stood after a record was written, until it counts as sent.
const SETTLED: Duration = Duration::from_secs(1);
/// How long a receiver may leave unread what it is sent.
const WRITE: Duration = Duration::from_secs(30);
/// How long is waited before the second try, and at most before any.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// One receiver with what it needs.
pub(super) struct Hand {
    pub(super) receiver: Receiver,
    pub(super) position: Position,
    /// The first record that does not count as sent.
    pub(super) next: u64,
    pub(super) index: usize,
    pub(super) trail: Arc<Trail>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) told: Arc<watch::Sender<Vec<ForwardState>>>,
}

impl Hand {
    /// Sends until aborted.
    pub(super) async fn run(mut self) {
        let (first, most) = RETRY;
        let mut wait = first;
        loop {
            let before = self.next;
            let failure = match self.receiver.connect().await {
                Ok(line) => self.send(line).await,
                Err(error) => error,
            };
            tracing::warn!(forward = %self.receiver.name, error = %failure, "records are not forwarded for now");
            self.tell(|state| state.failure = Some(failure.to_string()));
            // Whoever took something is asked again at once.
            wait = if self.next > before { first } else { wait.saturating_mul(2).min(most) };
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends over one connection until it breaks off; gives why.
    async fn send(&mut self, line: Box<dyn Line>) -> io::Error {
        let (mut reading, mut writing) = tokio::io::split(line);
        let mut next = self.next;
        // What was written up to when, and does not count as sent yet.
        let mut written: Option<(u64, Instant)> = None;
        loop {
            if let Some((up_to, at)) = written
                && at.elapsed() >= SETTLED
            {
                // What was written since counts from now.
                written = (next > up_to).then(|| (next, Instant::now()));
                if let Err(error) = self.settle(up_to).await {
                    return error;
                }
            }
            next = match self.not_pruned(next).await {
                Ok(next) => next,
                Err(error) => return error,
            };
            let is_behind = next < self.trail.head().size;
            let sending = async {
                if is_behind {
                    self.page(next).await
                } else {
                    tokio::time::sleep(EVERY).await;
                    Ok((Vec::new(), next))
                }
            };
            let mut room = [0; 256];
            let (bytes, up_to) = tokio::select! {
                biased;
                read = reading.read(&mut room) => match read {
                    // Receivers say nothing; what one says all the same is not for us.
                    Ok(1..) => continue,
                    Ok(0) => return io::ErrorKind::ConnectionAborted.into(),
                    Err(error) => return error,
                },
                page = sending => match page { Ok(page) => page, Err(error) => return error },
            };
            if bytes.is_empty() {
                if written.is_none() {
                    let now = self.clock.now();
                    self.tell(|state| (state.since, state.failure) = (now, None));
                }
                continue;
            }
            let write = async {
                writing.write_all(&bytes).await?;
                writing.flush().await
            };
            match tokio::time::timeout(WRITE, write).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => return error,
                Err(_) => return io::ErrorKind::TimedOut.into(),
            }
            next = up_to;
            written = written.or(Some((next, Instant::now())));
        }
    }

    /// Where to go on: what was dropped before it was sent is lost to the receiver, and the trail says from where on it has
    /// the rest.
    async fn not_pruned(&mut self, next: u64) -> io::Result<u64> {
        let first = self.trail.store().first();
        if next >= first {
            return Ok(next);
        }
        tracing::error!(forward = %self.receiver.name, record.from = next, record.to = first,
            "records were dropped before they were forwarded");
        let begun = vec![begins(&self.receiver.name, first)];
        self.trail.record(self.clock.now(), begun).await.map_err(io::Error::other)?;
        self.settle(first).await.map(|()| first)
    }

    /// The next records as frames, and the one behind them.
    async fn page(&self, next: u64) -> io::Result<(Vec<u8>, u64)> {
        let page = self.trail.aside(move |trail| trail.store().read(next, PAGE)).await.map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        for stored in &page {
            frame(self.receiver.message, &self.receiver.host, &stored.record, &mut bytes).map_err(io::Error::other)?;
        }
        match page.first().map(|first| first.seq) {
            Some(first) if first == next => Ok((bytes, next + page.len() as u64)),
            _ => Err(io::Error::other(format!("record {next} is not in the store"))),
        }
    }

    /// Remembers durably that everything before `up_to` was sent.
    async fn settle(&mut self, up_to: u64) -> io::Result<()> {
        let position = self.position.clone();
        let kept = tokio::task::spawn_blocking(move || position.write(up_to)).await;
        kept.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into()))?;
        self.next = up_to;
        let (now, size) = (self.clock.now(), self.trail.head().size);
        self.tell(|state| {
            state.failure = None;
            state.next = up_to;
            if up_to >= size {
                state.since = now;
            }
        });
        Ok(())
    }

    fn tell(&self, change: impl FnOnce(&mut ForwardState)) {
        self.told.send_modify(|states| {
            if let Some(state) = states.get_mut(self.index) {
                change(state);
            }
        });
    }
}
