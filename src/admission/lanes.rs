//! Who waits for whom: alerts about one account, or that count in one window, are decided one after the
//! other; and of deliveries for which windows give way there is one at a time.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use tokio::sync::{Mutex, MutexGuard};

use crate::incident::{Additions, Underway};

/// Accounts and windows share this many locks while alerts about them are decided.
const LANES: usize = 256;

/// The locks.
pub(super) struct Lanes {
    lanes: Vec<Mutex<()>>,
    crowd: Mutex<()>,
    underway: std::sync::Mutex<Underway>,
}

/// The room that a delivery has in windows until it is recorded.
pub(super) enum Place<'l> {
    /// There is enough.
    Found { _kept: Kept<'l> },
    /// Others give way for it, and for nobody else meanwhile.
    Made { _crowd: MutexGuard<'l, ()> },
}

/// Kept free for a delivery.
pub(super) struct Kept<'l> {
    lanes: &'l Lanes,
    additions: Additions,
}

impl Default for Lanes {
    fn default() -> Self {
        let lanes = std::iter::repeat_with(Mutex::default).take(LANES).collect();
        Self { lanes, crowd: Mutex::default(), underway: std::sync::Mutex::default() }
    }
}

impl Lanes {
    /// Finds room beside what is under way, or the turn to make some. It comes before any lane.
    pub(super) async fn place(&self, find: impl FnOnce(&Underway) -> Option<Additions>) -> Place<'_> {
        let found = self.with_underway(|underway| {
            let additions = find(underway)?;
            underway.begin(&additions);
            Some(additions)
        });
        match found {
            Some(additions) => Place::Found { _kept: Kept { lanes: self, additions } },
            None => Place::Made { _crowd: self.crowd.lock().await },
        }
    }

    /// Looks at what is under way.
    pub(super) fn with_underway<T>(&self, look: impl FnOnce(&mut Underway) -> T) -> T {
        look(&mut self.underway.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The locks of all accounts and windows concerned, in one order for everybody, so that nobody waits
    /// in a circle.
    pub(super) async fn of(
        &self,
        accounts: impl Iterator<Item = &[u8]>,
        windows: impl Iterator<Item = [u8; 16]>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let lanes: BTreeSet<usize> = accounts.map(lane).chain(windows.map(|window| lane(&window))).collect();
        let mut held = Vec::with_capacity(lanes.len());
        for index in lanes {
            if let Some(lane) = self.lanes.get(index) {
                held.push(lane.lock().await);
            }
        }
        held
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        self.lanes.with_underway(|underway| underway.end(&self.additions));
    }
}

/// A pseudonym is a keyed hash, so any of its digits spread evenly.
fn lane(pseudonym: &[u8]) -> usize {
    pseudonym.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add((*byte).into())) % LANES
}
