//! How reports get at records: those that a query finds, and all of one incident.

use std::ops::ControlFlow;

use super::Folded;
use super::story::Story;
use crate::incident::IncidentId;
use crate::trail::record::Record;
use crate::trail::search::{Index, LIMIT_MAX, Query};
use crate::trail::store::{Store, StoreError};

/// The most records that one report looks at, the newest of them.
const RECORDS_MAX: usize = 100_000;
/// The most records of one incident that are looked at.
const STORY_MAX: usize = 10_000;

/// A trail with the index of its records.
#[derive(Clone, Copy)]
pub struct Reading<'t> {
    /// The trail's store.
    pub store: &'t dyn Store,
    /// What finds records in it.
    pub index: &'t Index,
}

impl Reading<'_> {
    /// Folds the records that a query finds, newest first, until there are no more or the fold has enough.
    pub(super) fn fold(
        &self,
        query: &Query,
        mut take: impl FnMut(&mut Folded, Record) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<Folded, StoreError> {
        let (mut folded, mut from, mut count) = (Folded::default(), None, 0);
        loop {
            let found = self.index.find(self.store, query, from, LIMIT_MAX)?;
            for stored in &found.records {
                count += 1;
                folded.from = Some(stored.seq);
                if take(&mut folded, decode(&stored.record)?)?.is_break() {
                    return Ok(folded);
                }
            }
            if found.next.is_none() || count >= RECORDS_MAX {
                folded.is_cut = found.next.is_some();
                return Ok(folded);
            }
            from = found.next;
        }
    }

    /// All that happened to an incident.
    pub(super) fn story(&self, incident: &IncidentId) -> Result<Story, StoreError> {
        let mut records = Vec::new();
        for seq in self.store.of_incident(incident, STORY_MAX)? {
            for stored in self.store.read(seq, 1)? {
                records.push(decode(&stored.record)?);
            }
        }
        Ok(Story::of(incident, records))
    }
}

fn decode(record: &[u8]) -> Result<Record, StoreError> {
    Record::decode(record).map_err(|error| StoreError::Damaged(error.to_string()))
}
