//! Whom a notice is about: nobody is told of an incident that is about themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::directory::Directory;
use crate::incident::{AccountRef, Digest, Event, Failure, Incident, IncidentId, UserId};
use crate::response::{Enclosure, Resolved, resolve};
use crate::rules::Identities;
use crate::trail::{StoreError, Trail};

/// Whom an incident is about, as far as the trail knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// This account.
    Resolved(UserId),
    /// Whoever this names.
    Named(AccountRef),
    /// Nobody can tell any more.
    Unknown,
}

/// Of an incident: from the account that was found, or what lies beside the record that opened it. Blocks.
pub(super) fn of_incident(trail: &Trail, incident: &Incident, opened_by: u64) -> Result<Subject, StoreError> {
    if let Some(user_id) = &incident.user_id {
        return Ok(Subject::Resolved(user_id.clone()));
    }
    of_record(trail, incident.id(), opened_by)
}

/// Of an incident that record `seq` opens. Blocks.
pub(super) fn of_record(trail: &Trail, incident: &IncidentId, seq: u64) -> Result<Subject, StoreError> {
    let Some(digest) = trail.read(seq, 1)?.pop().and_then(|record| private(&record.event)) else {
        return Ok(Subject::Unknown);
    };
    let Some(content) = trail.private(seq, &digest)? else { return Ok(Subject::Unknown) };
    let enclosure: Enclosure =
        serde_json::from_slice(&content).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let account = enclosure.subjects.get(incident).map(|subject| subject.account.clone());
    Ok(account.map_or(Subject::Unknown, Subject::Named))
}

fn private(event: &Event) -> Option<Digest> {
    match event {
        Event::AlertAdmitted { private, .. }
        | Event::IncidentsOpened { private, .. }
        | Event::IncidentRequested { private, .. } => Some(*private),
        _ => None,
    }
}

/// The accounts of all subjects; `None` where one of them cannot be told. Whoever a look-up finds counts, however many.
pub(super) async fn accounts(
    subjects: &[Subject],
    identities: &Identities,
    directory: &Arc<dyn Directory>,
) -> Result<Option<BTreeSet<UserId>>, Failure> {
    let mut accounts = BTreeSet::new();
    for subject in subjects {
        let reference = match subject {
            Subject::Resolved(user_id) => {
                accounts.insert(user_id.clone());
                continue;
            }
            Subject::Named(reference) => reference,
            Subject::Unknown => return Ok(None),
        };
        // Not by the index: who cannot be told without it is told nothing personal until the executor knows who it is.
        match resolve(reference, identities, false) {
            Ok(Resolved::To(user_id, _)) => {
                accounts.insert(user_id);
            }
            Ok(Resolved::Ask(lookup, _)) => accounts.extend(directory.find(&lookup).await?),
            Ok(Resolved::Search) | Err(_) => return Ok(None),
        }
    }
    Ok(Some(accounts))
}
