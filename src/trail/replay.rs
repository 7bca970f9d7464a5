//! What follows from the records, folded from the first one, from what was carried of those that are gone, or from a
//! snapshot on.

use super::merkle::{Frontier, leaf_hash};
use super::snapshot::{Snapshots, read_carried};
use super::{Board, Carried, Figures, Record, Store, StoreError};
use crate::incident::Digest;

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
    /// Before the first record that is kept: nothing, or what was carried of those before. Blocks.
    ///
    /// # Errors
    /// What was carried is not there, or cannot be read.
    pub(super) fn begin(store: &dyn Store) -> Result<Self, StoreError> {
        let first = store.first();
        if first == 0 {
            return Ok(Self::default());
        }
        let unfit = |why: String| StoreError::Damaged(format!("what was going on before record {first}: {why}"));
        let carried = store.carried()?.ok_or_else(|| unfit("nothing was carried".to_owned()))?;
        let folded = read_carried(&carried.bytes).map_err(|why| unfit(why.to_string()))?;
        if folded.size() == carried.below { Ok(folded) } else { Err(unfit("it is of other records".to_owned())) }
    }

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
        let mut folded = Folded::begin(store)?;
        folded.advance(store, head.size)?;
        is_as_recorded(&folded, store)?;
        return Ok(folded);
    };
    let folded = snapshots.resume(store, head)?;
    is_as_recorded(&folded, store)?;
    tracing::info!(snapshot.records = snapshots.size(), records = head.size, "the board is there again");
    if snapshots.is_due(folded.size()) && folded.frontier.root() == head.root {
        // It is at hand, and the next start need not read all of this again.
        snapshots.keep(&folded);
    }
    Ok(folded)
}

/// That what was carried is what the record says that has the rest dropped: nobody can fold it anew.
fn is_as_recorded(folded: &Folded, store: &dyn Store) -> Result<(), StoreError> {
    let Some(Carried { below, bytes }) = store.carried()? else { return Ok(()) };
    // Of a past the record may be yet to come.
    if folded.frontier.root() != store.head().root {
        return Ok(());
    }
    let digest = Digest::of(&bytes);
    if folded.board.pruned().iter().any(|pruned| pruned.below == below && pruned.board == digest) {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("what was carried of the records before {below} is not what the trail says")))
}
