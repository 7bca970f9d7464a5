//! Keeps documents that were fetched, and decides when they are fetched again: however many strangers ask,
//! rarely, once for all who wait, and never at the price of what is kept.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::fetch::Unavailable;
use super::limit::Neighbourhood;
use crate::incident::Timestamp;

/// The bounds of one shelf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How long an address is left alone after it was asked, in seconds.
    pub interval_s: i64,
    /// How many addresses are asked within that time that no document is kept of, all together.
    pub fetches_max: usize,
    /// How many of them for one neighbourhood of senders.
    pub fetches_max_each: usize,
    /// How long a document is used without asking again, in seconds.
    pub fresh_s: i64,
    /// How long it is used when asking again brings none, in seconds.
    pub usable_s: i64,
    /// The most documents that are kept.
    pub kept_max: usize,
}

/// Why a document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Why {
    /// There is none, or it has been used for long enough.
    NoneFresh,
    /// There is one, but another delivery than those it fits has arrived: a new one may fit.
    NotFitting,
}

/// Documents by their address.
pub(super) struct Shelf<T> {
    bounds: Bounds,
    kept: ArcSwap<BTreeMap<String, Arc<Kept<T>>>>,
    /// Held while fetching, so that who waits finds what the other brought.
    attempts: Mutex<Vec<Attempt>>,
}

/// A document, and when it was asked for.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub document: T,
    asked_at: Timestamp,
}

impl<T> Kept<T> {
    /// One that was not fetched and never will be.
    pub(super) fn fixed(document: T) -> Self {
        Self { document, asked_at: Timestamp::UNIX_EPOCH }
    }
}

struct Attempt {
    address: String,
    /// Who named an address that no document is kept of.
    stranger: Option<Neighbourhood>,
    at: Timestamp,
}

impl<T> Shelf<T> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, kept: ArcSwap::default(), attempts: Mutex::default() }
    }

    /// The document of that address, unless it has been used for long enough.
    pub(super) fn fresh(&self, address: &str, now: Timestamp) -> Option<Arc<Kept<T>>> {
        self.kept(address).filter(|kept| is_within(kept.asked_at, now, self.bounds.fresh_s))
    }

    /// A document that is not the one that was `used`: one that somebody else has brought meanwhile, or a new
    /// one by `fetch`. `asker` is who names the
    /// address, where it is not ours.
    ///
    /// Without one that fits, a delivery cannot be judged, and a failure says so. Without a fresh one, the old
    /// one serves for a while: if a sender's keys cannot be had for a day, its alerts are still better believed
    /// than lost. Not for ever, since keys are also withdrawn because they were stolen.
    ///
    /// # Errors
    /// It was asked for too short a time ago, or it cannot be had.
    pub(super) async fn renewed<F>(
        &self,
        address: &str,
        asker: Option<Neighbourhood>,
        used: Option<&Arc<Kept<T>>>,
        why: Why,
        now: Timestamp,
        fetch: impl FnOnce() -> F + Send,
    ) -> Result<Arc<Kept<T>>, Unavailable>
    where
        F: Future<Output = Result<T, Unavailable>> + Send,
    {
        let mut attempts = self.attempts.lock().await;
        if let Some(kept) = self.fresh(address, now).filter(|kept| used.is_none_or(|used| !Arc::ptr_eq(used, kept))) {
            return Ok(kept);
        }
        let fetched = match self.admit(&mut attempts, address, asker, now) {
            Ok(()) => fetch().await,
            Err(too_soon) => Err(too_soon),
        };
        match (fetched, why) {
            (Ok(document), _) => Ok(self.keep(address, document, now)),
            (Err(reason), Why::NotFitting) => Err(reason),
            (Err(reason), Why::NoneFresh) => {
                let usable = |kept: &Arc<Kept<T>>| is_within(kept.asked_at, now, self.bounds.usable_s);
                self.kept(address).filter(usable).ok_or(reason)
            }
        }
    }

    /// Notes that `address` is asked now, before it is: also who is cut off in the middle has asked.
    ///
    /// What is kept is asked anew whatever others name: whoever invents addresses uses up only what is there for
    /// new ones, and of that no more than a neighbour's share.
    fn admit(
        &self,
        attempts: &mut Vec<Attempt>,
        address: &str,
        asker: Option<Neighbourhood>,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        attempts.retain(|attempt| is_within(attempt.at, now, self.bounds.interval_s));
        let stranger = asker.filter(|_| self.kept(address).is_none());
        let same = attempts.iter().find(|attempt| attempt.address == address);
        let in_the_way = same.or_else(|| {
            let stranger = stranger?;
            let own = full(attempts, self.bounds.fetches_max_each, |attempt| attempt.stranger == Some(stranger));
            own.or_else(|| full(attempts, self.bounds.fetches_max, |attempt| attempt.stranger.is_some()))
        });
        if let Some(attempt) = in_the_way {
            let waited_s = now.as_second().abs_diff(attempt.at.as_second());
            let retry_after_s = self.bounds.interval_s.unsigned_abs().saturating_sub(waited_s).max(1);
            return Err(Unavailable::TooSoon { retry_after_s });
        }
        attempts.push(Attempt { address: address.to_owned(), stranger, at: now });
        Ok(())
    }

    /// Only under the lock of the attempts.
    fn keep(&self, address: &str, document: T, now: Timestamp) -> Arc<Kept<T>> {
        let new = Arc::new(Kept { document, asked_at: now });
        let mut all = BTreeMap::clone(&self.kept.load());
        all.insert(address.to_owned(), Arc::clone(&new));
        while all.len() > self.bounds.kept_max.max(1) {
            let others = all.iter().filter(|(other, _)| *other != address);
            let oldest = others.min_by_key(|(_, kept)| kept.asked_at).map(|(other, _)| other.clone());
            let Some(oldest) = oldest else { break };
            all.remove(&oldest);
        }
        self.kept.store(Arc::new(all));
        new
    }

    fn kept(&self, address: &str) -> Option<Arc<Kept<T>>> {
        self.kept.load().get(address).cloned()
    }
}

/// The oldest of those that count, if there are as many as there may be.
fn full(attempts: &[Attempt], max: usize, counts: impl Fn(&Attempt) -> bool) -> Option<&Attempt> {
    let mut counted = attempts.iter().filter(|attempt| counts(attempt));
    let oldest = counted.next()?;
    (counted.count() + 1 >= max).then_some(oldest)
}

/// Whether less than so many seconds lie between the two. In both directions: a clock that was wrong for an hour
/// must not make a document fresh, or an address untouchable, until that hour comes again.
fn is_within(then: Timestamp, now: Timestamp, seconds: i64) -> bool {
    now.duration_since(then).abs() < SignedDuration::from_secs(seconds)
}
