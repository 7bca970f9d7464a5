//! Who waits for whom: alerts about one account, or that count in one window, are decided one after the
//! other.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

/// Accounts and windows share this many locks while alerts about them are decided.
const LANES: usize = 256;

/// The locks.
pub(super) struct Lanes {
    lanes: Vec<Mutex<()>>,
    crowd: Mutex<()>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { lanes: std::iter::repeat_with(Mutex::default).take(LANES).collect(), crowd: Mutex::default() }
    }
}

impl Lanes {
    /// The lock of whoever makes windows give way. It comes before any lane.
    pub(super) async fn crowd(&self) -> MutexGuard<'_, ()> {
        self.crowd.lock().await
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

/// A pseudonym is a keyed hash, so any of its digits spread evenly.
fn lane(pseudonym: &[u8]) -> usize {
    pseudonym.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add((*byte).into())) % LANES
}
