//! Reads back who an incident is about: the account's reference and the texts, from beside the
//! record that opened it.

use std::sync::Arc;

use crate::incident::{Event, IncidentId};
use crate::response::{Enclosure, Subject};
use crate::trail::{StoreError, Trail};

/// The subject of `incident`, opened by record `seq`; `None` when it was erased.
///
/// # Errors
/// The trail cannot be read.
pub async fn subject_of(trail: &Arc<Trail>, incident: &IncidentId, seq: u64) -> Result<Option<Subject>, StoreError> {
    let incident = incident.clone();
    let read = move |trail: &Trail| {
        let Some(enclosure) = enclosure(trail, seq)? else { return Ok(None) };
        Ok(enclosure.subjects.into_iter().find(|(id, _)| *id == incident).map(|(_, subject)| subject))
    };
    trail.aside(read).await
}

fn enclosure(trail: &Trail, seq: u64) -> Result<Option<Enclosure>, StoreError> {
    let Some(record) = trail.read(seq, 1)?.pop() else { return Ok(None) };
    let (Event::AlertAdmitted { private, .. }
    | Event::IncidentsOpened { private, .. }
    | Event::IncidentRequested { private, .. }) = &record.event
    else {
        return Ok(None);
    };
    let Some(content) = trail.private(seq, private)? else { return Ok(None) };
    serde_json::from_slice(&content).map(Some).map_err(|error| StoreError::Damaged(error.to_string()))
}
