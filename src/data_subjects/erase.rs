//! Makes what is kept on a person unreadable for good, and what is about nobody known once its time is over.

use std::sync::Arc;
use std::time::Duration;

use super::search::Found;
use crate::incident::{Event, IncidentId, SubjectEvent, Timestamp, UserId};
use crate::trail::{StoreError, Trail};

const DAY: Duration = Duration::from_secs(86_400);
const DAY_S: i64 = 86_400;

/// Who wants a person's data erased, and why.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// Who, by the name of their token.
    pub actor: String,
    /// Their own account, where it is known.
    pub own: Option<UserId>,
    /// Why, in their words.
    pub reason: String,
}

/// Why nothing was erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EraseError {
    /// No key is the person's: nothing is kept, or it was erased before.
    #[error("nothing is kept under these names, or it was erased before")]
    Nothing,
    /// What these incidents still need would be gone.
    #[error("incidents that need it are open: {}", listed(.0))]
    Open(Vec<IncidentId>),
    /// It is about who asks.
    #[error("nobody erases what is kept on themselves")]
    Own,
    /// The trail or the keys cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Destroys the keys of a person who was found, unless an open incident needs what is under them. Says beside how many
/// records nothing can be read any more.
///
/// # Errors
/// Nothing was erased, and why.
pub async fn erase(trail: &Arc<Trail>, found: Found, erasure: Erasure, now: Timestamp) -> Result<u64, EraseError> {
    let Erasure { actor, own, reason } = erasure;
    if found.keys.is_empty() {
        return Err(EraseError::Nothing);
    }
    if own.is_some_and(|own| found.is_of(&own)) {
        return Err(EraseError::Own);
    }
    let keys = found.keys.clone();
    let (tell, told) = tokio::sync::oneshot::channel();
    let judge = move |trail: &Trail| {
        let mut found = found;
        found.go_on(trail)?;
        // Erased by somebody else while this was looked for.
        if !trail.subjects().has_all(&found.keys) {
            return Err(EraseError::Nothing);
        }
        let open = found.open(trail);
        if !open.is_empty() {
            return Err(EraseError::Open(open));
        }
        let (keys, records) = (found.keys.len() as u64, found.beside.len() as u64);
        // Whoever waits for it is still there, or nobody wants to know.
        let _ = tell.send(records);
        Ok(Event::Subject(SubjectEvent::Erased { actor, reason, keys, records }))
    };
    trail.destroy(keys, now, judge).await?;
    Ok(told.await.unwrap_or_default())
}

/// Destroys the keys of the days whose time is over; says how many.
///
/// # Errors
/// The trail or the keys cannot be written.
pub async fn expire(trail: &Arc<Trail>, days_max: u32, now: Timestamp) -> Result<u64, StoreError> {
    let kept = DAY.saturating_mul(days_max);
    let before = now.checked_sub(jiff::SignedDuration::try_from(kept).unwrap_or(jiff::SignedDuration::MAX));
    let Ok(before) = before else { return Ok(0) };
    let midnight = Timestamp::from_second(before.as_second() - before.as_second().rem_euclid(DAY_S));
    let before = midnight.unwrap_or(before);
    let keys = trail.subjects().keys_of_days_before(before);
    let days = keys.len() as u64;
    if days > 0 {
        let event = Event::Subject(SubjectEvent::Expired { before, days });
        trail.destroy(keys, now, move |_| Ok::<_, StoreError>(event)).await?;
    }
    Ok(days)
}

fn listed(incidents: &[IncidentId]) -> String {
    incidents.iter().map(IncidentId::as_str).collect::<Vec<_>>().join(", ")
}
