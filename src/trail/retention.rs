//! Drops the oldest records once their time is over, epoch by epoch: what follows from them is carried first, then a
//! record says what goes and why, and only once that is sealed it goes.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::log::{Draft, Trail};
use super::replay::Folded;
use super::{Record, StoreError, snapshot};
use crate::incident::{Digest, Event, IncidentId, Timestamp, UpkeepEvent};

/// The fewest days: for so long at least a delivery that comes again is known, as its id is on the trail.
const DAYS_MIN: u32 = 30;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// For how many days records are kept, 30 at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct KeepDays(u32);

/// Too few days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("records are kept for {DAYS_MIN} days at least, so that deliveries that come again are known")]
pub struct TooFewDays;

impl KeepDays {
    /// As short as can be.
    pub const MIN: Self = Self(DAYS_MIN);

    /// What was made before then is not to be kept any longer.
    #[must_use]
    pub fn before(self, now: Timestamp) -> Timestamp {
        now.checked_sub(DAY.saturating_mul(self.0)).unwrap_or(Timestamp::MIN)
    }
}

impl TryFrom<u32> for KeepDays {
    type Error = TooFewDays;

    fn try_from(days: u32) -> Result<Self, TooFewDays> {
        if days >= DAYS_MIN { Ok(Self(days)) } else { Err(TooFewDays) }
    }
}

impl From<KeepDays> for u32 {
    fn from(KeepDays(days): KeepDays) -> Self {
        days
    }
}

/// Who has records dropped, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who.
    pub actor: String,
    /// Why, in their words.
    pub reason: String,
}

/// What can be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Droppable {
    /// All before this record.
    Below(u64),
    /// Nothing, as no epoch that is in files ended before that time.
    NothingOldEnough,
    /// Nothing yet, as what this incident needs is in the oldest epoch.
    Needed {
        /// Which one is not over.
        incident: IncidentId,
        /// The record that opened it.
        record: u64,
    },
}

impl Trail {
    /// What can be dropped of what was made before `before`: whole epochs, and none that an incident needs which is not
    /// over. Blocks.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn droppable(&self, before: Timestamp) -> Result<Droppable, StoreError> {
        let mut old = None;
        for end in self.store().archived() {
            if self.last_below(end)?.is_none_or(|at| at >= before) {
                break;
            }
            old = Some(end);
        }
        let Some(old) = old else { return Ok(Droppable::NothingOldEnough) };
        let needed = self.board(|board| board.needed_from().map(|(record, incident)| (record, incident.clone())));
        let Some((record, incident)) = needed.filter(|(record, _)| *record < old) else {
            return Ok(Droppable::Below(old));
        };
        let below = self.store().archived().into_iter().rfind(|end| *end <= record);
        Ok(below.map_or(Droppable::Needed { incident, record }, Droppable::Below))
    }

    /// When the last record before `end` was made.
    fn last_below(&self, end: u64) -> Result<Option<Timestamp>, StoreError> {
        let Some(last) = end.checked_sub(1) else { return Ok(None) };
        Ok(self.read(last, 1)?.first().map(|record: &Record| record.at))
    }

    /// Records that what was made before `before` goes, as far as it can, after what follows from it was carried. It goes
    /// with [`Self::drop_recorded`]. What was recorded before and has not gone yet is not recorded again.
    ///
    /// # Errors
    /// The trail cannot be read or written.
    pub async fn record_drop(
        self: &Arc<Self>,
        before: Timestamp,
        now: Timestamp,
        asked: Option<Asked>,
    ) -> Result<Droppable, StoreError> {
        let carried = self.aside(move |trail| {
            let droppable = trail.droppable(before)?;
            let Droppable::Below(below) = droppable else { return Ok(Err(droppable)) };
            if trail.is_recorded(below) {
                return Ok(Err(droppable));
            }
            Ok(Ok((below, trail.carry(below)?)))
        });
        let (below, board) = match carried.await? {
            Ok(carried) => carried,
            Err(droppable) => return Ok(droppable),
        };
        let (actor, reason) = asked.map(|Asked { actor, reason }| (actor, reason)).unzip();
        let event = Event::Upkeep(UpkeepEvent::Pruned { actor, reason, below, before, board });
        self.append(None, vec![Draft::of(now, event)]).await?;
        tracing::info!(record.below = below, "what was recorded before is to be dropped");
        Ok(Droppable::Below(below))
    }

    /// Whether it was recorded, and has not gone yet, that all below this goes.
    fn is_recorded(&self, below: u64) -> bool {
        let ends = self.store().archived();
        self.board(|board| board.pruned().iter().any(|pruned| pruned.below >= below && ends.contains(&pruned.below)))
    }

    /// Folds what is to go, from what was carried before, and carries that.
    fn carry(&self, below: u64) -> Result<Digest, StoreError> {
        let mut folded = Folded::begin(self.store())?;
        folded.advance(self.store(), below)?;
        let mut bytes = Vec::new();
        let written = snapshot::write(&mut bytes, &folded);
        written.map_err(|error| StoreError::Failed(format!("what is to be carried cannot be written: {error}")))?;
        self.store().carry(below, &bytes)?;
        Ok(Digest::of(&bytes))
    }

    /// Drops what a record says that is among the `sealed` first: from then on everybody can see that nobody else has
    /// taken it away. Gives below which record, if there was something to drop. Blocks.
    ///
    /// # Errors
    /// Files cannot be taken away; it can be tried again.
    pub fn drop_recorded(&self, sealed: u64) -> Result<Option<u64>, StoreError> {
        // A bound may have gone before, and in a trail that was put back from a copy it may be none.
        let ends = self.store().archived();
        let is_due = |below: u64, record: u64| ends.contains(&below) && record < sealed;
        let due = self.board(|board| {
            let due = board.pruned().iter().filter(|pruned| is_due(pruned.below, pruned.record));
            due.map(|pruned| pruned.below).max()
        });
        let Some(below) = due else { return Ok(None) };
        self.store().prune(below)?;
        tracing::info!(record.below = below, "what was recorded before was dropped");
        Ok(Some(below))
    }
}

#[cfg(test)]
mod tests;
