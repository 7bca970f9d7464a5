//! The ids of events that could not be read: each is taken by the record of such an event, as by that of an alert. Where
//! they were tried out, their contents are taken as well.

use super::AdmissionError;
use super::admit::refused;
use super::before::recorded;
use super::draft::{OtherContent, Sender, conflict};
use super::keys::{event_key, tried_content_keys, tried_event_key, unread_event_key};
use crate::incident::Timestamp;
use crate::intake::UnreadEvent;
use crate::trail::{Draft, Trail, UniqueKey};

/// What becomes of the ids of a delivery's events that could not be read.
#[derive(Default)]
pub(super) struct Claims {
    /// What their record is to be known by from now on.
    pub fresh: Vec<UniqueKey>,
    /// What the very same is known by from before.
    pub known: Vec<UniqueKey>,
    /// The records of what has come under an id that stands for something else.
    pub conflicts: Vec<Draft>,
}

impl Claims {
    /// # Errors
    /// The trail cannot be read, or an event cannot be sealed.
    pub(super) fn of(
        trail: &Trail,
        sender: &Sender,
        (events, by_content): (&[UnreadEvent], &[String]),
        now: Timestamp,
    ) -> Result<Self, AdmissionError> {
        let mut claims = Self::default();
        let tried = if sender.is_tried { tried_content_keys(&sender.source, by_content) } else { Vec::new() };
        // Some may have been tried out before, among others.
        claims.fresh.extend(tried.into_iter().filter(|key| !trail.is_known(key)));
        for unread in events {
            let (source, content) = (&sender.source, unread.event.event_digest);
            let (id, very) = (event_key(source, unread), unread_event_key(source, &unread.key, content));
            let tried = sender.is_tried.then(|| tried_event_key(source, &unread.key, content));
            let Some(first) = trail.find(&id.key) else {
                claims.fresh.extend([id.key, very]);
                claims.fresh.extend(tried);
                continue;
            };
            let is_other =
                !trail.is_known(&very) && recorded(trail, first)?.is_some_and(|known| known.is_other_than(content));
            if is_other {
                let other = OtherContent::Events(std::slice::from_ref(&unread.event.event));
                let told = conflict(trail.subjects(), sender, id, Some(id.content), first, other, now);
                claims.conflicts.push(told.map_err(refused)?);
                continue;
            }
            claims.known.push(id.key);
            // It may have come before, when nothing was tried out.
            claims.fresh.extend(tried.filter(|key| !trail.is_known(key)));
        }
        Ok(claims)
    }
}
