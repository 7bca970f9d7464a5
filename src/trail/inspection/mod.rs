//! What people read and take of the trail, through whichever face: nothing is shown or given out before it stands on the
//! trail who has it.

mod export;
mod flow;
mod opened;

use std::sync::Arc;
use std::time::Duration;

pub use export::Given;
pub use flow::{Broken, Flow, Flows, Source, Stopped, TooMany};
pub use opened::{Listed, OpenedPage, Standing, Wanted};

use super::log::{RecordError, Trail};
use super::pack::{PACK_RECORDS_MAX, PackError, pack};
use super::pseudonym::Pseudonyms;
use super::reports::{Range, Reading, Report, Table};
use super::search::{Cursor, Found, Index, Query, QueryError};
use super::store::{StoreError, Stored};
use super::tlog::{Log, Proof, ProofError, Sealing};
use crate::incident::{Clock, Event, ExportForm, Incident, IncidentId, TrailExported};

/// How long a pack waits for a checkpoint. One is at most a second behind.
const SEALED: Duration = Duration::from_secs(3);

/// A trail for those who read it, with what finds and seals its records.
#[derive(Clone)]
pub struct Inspection {
    /// The trail.
    pub trail: Arc<Trail>,
    /// What finds its records.
    pub index: Arc<Index>,
    /// Its records as they are sealed.
    pub log: Log,
    /// Names accounts on it.
    pub pseudonyms: Pseudonyms,
    /// Answers that are given out piece by piece.
    pub flows: Arc<Flows>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why something is not shown or given out.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// It cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// That it was read cannot be recorded.
    #[error(transparent)]
    Unrecorded(#[from] RecordError),
    /// The log does not have it, or not yet.
    #[error(transparent)]
    Log(#[from] ProofError),
    /// What comes before the first record there is was pruned.
    #[error("the records before {first} were dropped when their time was over")]
    Pruned {
        /// The first.
        first: u64,
    },
    /// There is no such thing.
    #[error("there is nothing of that name")]
    Unknown,
    /// As much is given out as can be at a time.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// Something is wrong that was told where it was found.
    #[error("it cannot be made now")]
    Failed,
}

impl Inspection {
    /// The query of these filters.
    ///
    /// # Errors
    /// A filter is not known, or its value cannot be.
    pub fn query<'t>(&self, filters: impl IntoIterator<Item = (&'t str, &'t str)>) -> Result<Query, QueryError> {
        Query::parse(filters, &self.pseudonyms, self.trail.subjects())
    }

    /// One page of what a query finds, newest first.
    ///
    /// # Errors
    /// The trail cannot be read or written.
    pub async fn search(
        &self,
        actor: &str,
        query: Query,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Found, InspectionError> {
        let index = Arc::clone(&self.index);
        let found = self.trail.aside(move |trail| index.find(trail.store(), &query, from, limit)).await?;
        self.read(actor, found.records.last().map_or(0, |stored| stored.seq), found.records.len(), None).await?;
        Ok(found)
    }

    /// One report.
    ///
    /// # Errors
    /// The trail cannot be read or written.
    pub async fn report(&self, actor: &str, report: Report, range: Range) -> Result<Table, InspectionError> {
        let (index, now) = (Arc::clone(&self.index), self.clock.now());
        let make = move |trail: &Trail| report.make(&Reading { store: trail.store(), index: &index }, range, now);
        let table = self.trail.aside(make).await?;
        self.read(actor, table.from, table.rows.len(), None).await?;
        Ok(table)
    }

    /// One record, as it was hashed.
    ///
    /// # Errors
    /// There is no such record, or the trail cannot be read or written.
    pub async fn record(&self, actor: &str, seq: u64) -> Result<Stored, InspectionError> {
        self.refuse_pruned(seq)?;
        let found = self.trail.aside(move |trail| trail.store().read(seq, 1)).await?.pop();
        let stored = found.filter(|stored| stored.seq == seq).ok_or(InspectionError::Unknown)?;
        self.read(actor, seq, 1, None).await?;
        Ok(stored)
    }

    /// The proof that a record is in the log. It shows nothing of the record, so nothing is recorded.
    ///
    /// # Errors
    /// There is no such record, or it is not sealed yet.
    pub async fn proof(&self, seq: u64) -> Result<Proof, InspectionError> {
        if seq >= self.trail.head().size {
            return Err(InspectionError::Unknown);
        }
        self.refuse_pruned(seq)?;
        let folder = self.log.folder.clone();
        Ok(tokio::task::spawn_blocking(move || Proof::of(&folder, seq))
            .await
            .map_err(|_| InspectionError::Failed)??)
    }

    /// An incident with its records.
    ///
    /// # Errors
    /// There is no such incident, or the trail cannot be read or written.
    pub async fn incident(&self, actor: &str, id: &IncidentId) -> Result<(Incident, Vec<Stored>), InspectionError> {
        let wanted = id.clone();
        let found = self.trail.aside(move |trail| trail.incident(&wanted)).await?;
        let (incident, records) = found.ok_or(InspectionError::Unknown)?;
        self.read(actor, records.first().map_or(0, |stored| stored.seq), records.len(), Some(id.clone())).await?;
        Ok((incident, records))
    }

    /// All of one incident as evidence, to be checked without us.
    ///
    /// # Errors
    /// There is no such incident, or the log does not have what it takes.
    pub async fn pack(&self, actor: &str, id: &IncidentId) -> Result<Vec<u8>, InspectionError> {
        let wanted = id.clone();
        let records = self.trail.aside(move |trail| trail.store().of_incident(&wanted, PACK_RECORDS_MAX)).await?;
        let (Some(first), Some(last)) = (records.first().copied(), records.last().copied()) else {
            return Err(InspectionError::Unknown);
        };
        self.until_sealed(last).await;
        let (folder, wanted) = (self.log.folder.clone(), id.clone());
        let made = tokio::task::spawn_blocking(move || pack(&folder, &wanted, &records)).await;
        let made = made.map_err(|_| InspectionError::Failed)?.map_err(told)?;
        let (actor, incident, form) = (actor.to_owned(), Some(id.clone()), ExportForm::Pack);
        let to = Some(last.saturating_add(1));
        let taken = TrailExported { actor, form, from: first, to, since: None, until: None, incident };
        self.trail.record(self.clock.now(), vec![Event::TrailExported(taken)]).await?;
        Ok(made)
    }

    /// The log drops whole bundles, and may have some records longer than the trail.
    ///
    /// # Errors
    /// The record was dropped.
    pub fn refuse_pruned(&self, seq: u64) -> Result<(), InspectionError> {
        let first = self.trail.store().first();
        if seq < first { Err(InspectionError::Pruned { first }) } else { Ok(()) }
    }

    /// Waits a little for a checkpoint that the record is under; what is not sealed then is in no pack, and that is said.
    async fn until_sealed(&self, seq: u64) {
        let mut sealed = self.log.sealed.clone();
        let is_sealed = |sealing: &Sealing| sealing.checkpoint().is_some_and(|checkpoint| checkpoint.size > seq);
        let _ = tokio::time::timeout(SEALED, sealed.wait_for(is_sealed)).await;
    }

    async fn read(
        &self,
        actor: &str,
        from: u64,
        count: usize,
        incident: Option<IncidentId>,
    ) -> Result<(), InspectionError> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let event = Event::TrailRead { actor: actor.to_owned(), from, count, incident };
        Ok(self.trail.record(self.clock.now(), vec![event]).await?)
    }
}

fn told(error: PackError) -> InspectionError {
    match error {
        // What happened within the last second is not sealed yet.
        PackError::Log(error) => error.into(),
        PackError::Nothing => InspectionError::Unknown,
        PackError::NoKey | PackError::Record { .. } | PackError::File(_) | PackError::Written(_) => {
            tracing::warn!(%error, "an evidence pack could not be made");
            InspectionError::Failed
        }
    }
}
