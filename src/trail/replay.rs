//! What follows from the records, folded from the first one, or from a snapshot on.

use super::merkle::{Frontier, leaf_hash};
use super::snapshot::Snapshots;
use super::{Board, Figures, Record, Store, StoreError};

/// Records read at a time while replaying.
const PAGE: usize = 1_024;

/// The board and the figures of the first so many records, with the edge of the tree over just these.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) board: Board,
    pub(super) figures: Figures,
    /// Says of which records it is: whoever reads on finds the trail's root only if they are the trail's.
    pub(super) frontier: Frontier,
}

impl Folded {
    /// How many records it is of.
    pub(super) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Takes in the records up to the `size`-th. Blocks.
    ///
    /// # Errors
    /// One cannot be read, or does not fit what came before it.
    pub(super) fn advance(&mut self, store: &dyn Store, size: u64) -> Result<(), StoreError> {
        while self.size() < size {
            let from = self.size();
            let left = usize::try_from(size - from).unwrap_or(PAGE);
            let page = store.read(from, PAGE.min(left))?;
            for (expected, stored) in (from..).zip(&page) {
                if stored.seq != expected {
                    return Err(missing(expected, size));
                }
                self.take(stored.seq, &stored.record)?;
            }
            if page.is_empty() {
                return Err(missing(from, size));
            }
        }
        Ok(())
    }

    fn take(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let record = Record::decode(bytes).map_err(|error| StoreError::Damaged(error.to_string()))?;
        self.board
            .apply(seq, record.at, &record.event)
            .map_err(|error| StoreError::Damaged(format!("record {seq} does not fit what came before it: {error}")))?;
        self.figures.apply(&record.event, record.at);
        self.frontier.append(leaf_hash(bytes));
        Ok(())
    }
}

fn missing(seq: u64, size: u64) -> StoreError {
    StoreError::Damaged(format!("record {seq} of {size} is missing"))
}

/// What all records make, read on from the last snapshot if there is one of this trail. Blocks.
///
/// # Errors
/// The store cannot be read, or its records do not fit together.
pub(super) fn replay(store: &dyn Store, snapshots: Option<&mut Snapshots>) -> Result<Folded, StoreError> {
    let head = store.head();
    let Some(snapshots) = snapshots else {
        let mut folded = Folded::default();
        folded.advance(store, head.size)?;
        return Ok(folded);
    };
    let folded = snapshots.resume(store, head)?;
    tracing::info!(snapshot.records = snapshots.size(), records = head.size, "the board is there again");
    if snapshots.is_due(folded.size()) && folded.frontier.root() == head.root {
        // It is at hand, and the next start need not read all of this again.
        snapshots.keep(&folded);
    }
    Ok(folded)
}
