//! Spreads pieces of work over threads, and still says what was wrong with the first of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::fault::Fault;

/// More threads than a disk feeds.
const THREADS_MAX: usize = 16;

/// What came of the pieces.
pub(super) struct Spread<T> {
    /// What is done, in order; every piece up to the first that failed, and perhaps some behind it.
    pub(super) done: Vec<(u64, T)>,
    /// The first that failed, and why.
    pub(super) failed: Option<(u64, Fault)>,
}

/// Does the pieces 0 to `count`. They are begun in order, and none behind one that is known to have failed.
pub(super) fn spread<T: Send>(count: u64, work: impl Fn(u64) -> Result<T, Fault> + Sync) -> Spread<T> {
    let (next, end) = (AtomicU64::new(0), AtomicU64::new(count));
    let run = || {
        let mut own = Spread { done: Vec::new(), failed: None };
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= end.load(Ordering::Relaxed) {
                return own;
            }
            match work(index) {
                Ok(done) => own.done.push((index, done)),
                Err(fault) => {
                    end.fetch_min(index, Ordering::Relaxed);
                    own.failed = Some((index, fault));
                    return own;
                }
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX) as u64;
    let parts = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.min(count)).map(|_| scope.spawn(run)).collect();
        let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
        ended.map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Vec<_>>()
    });
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for part in parts {
        done.extend(part.done);
        failed.extend(part.failed);
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    Spread { done, failed: failed.into_iter().min_by_key(|(index, _)| *index) }
}
