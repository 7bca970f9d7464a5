//! What is on the trail from before of what comes now, whatever it was taken for then.

use super::AdmissionError;
use super::admit::refused;
use super::digests::Digests;
use super::keys::{AlertKeys, body_keys, tried_content_keys, tried_event_key, unread_event_key};
use crate::incident::{Alert, AlertId, Digest, Event, SenderEvent, SourceName};
use crate::trail::Trail;

/// What became of a body when it came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// It did not come.
    Nothing,
    /// It was not understood, or in part only.
    NotUnderstood {
        /// Whether its source was being tried out, at least once.
        is_tried: bool,
    },
    /// It was understood, be it by another mapping.
    Understood,
}

impl Before {
    /// Most sources are always understood: `may_be_unread` says of which that is not so.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub(super) fn of(
        trail: &Trail,
        source: &SourceName,
        by_body: &[String],
        may_be_unread: bool,
    ) -> Result<Self, AdmissionError> {
        let find = |is_tried| body_keys(source, by_body, is_tried).iter().find_map(|key| trail.find(key));
        if may_be_unread && find(true).is_some() {
            return Ok(Self::NotUnderstood { is_tried: true });
        }
        let Some(seq) = find(false) else { return Ok(Self::Nothing) };
        let unread = if may_be_unread { recorded(trail, seq)? } else { None };
        Ok(match unread {
            Some(OnRecord::NotUnderstood { is_tried, .. }) => Self::NotUnderstood { is_tried },
            _ => Self::Understood,
        })
    }
}

/// What the record under an event's key is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OnRecord {
    /// An alert, and the digest of its event where that is kept.
    Alert { id: AlertId, event_digest: Option<Digest> },
    /// An event that was not understood.
    NotUnderstood { event_digest: Option<Digest>, is_tried: bool },
}

impl OnRecord {
    /// What came under the key, where that is kept.
    pub(super) fn event_digest(&self) -> Option<Digest> {
        match self {
            Self::Alert { event_digest, .. } | Self::NotUnderstood { event_digest, .. } => *event_digest,
        }
    }

    /// Whether it is known to stand for another event than this one. Of an event that was not understood beside others
    /// only its own key says what it was, so that what has no such key is another.
    pub(super) fn is_other_than(&self, content: Digest) -> bool {
        match self {
            Self::Alert { event_digest, .. } => event_digest.is_some_and(|known| known != content),
            Self::NotUnderstood { event_digest, .. } => *event_digest != Some(content),
        }
    }

    /// The alert that is on record.
    pub(super) fn alert(&self) -> Option<AlertId> {
        if let Self::Alert { id, .. } = self { Some(id.clone()) } else { None }
    }
}

/// # Errors
/// The trail cannot be read.
pub(super) fn recorded(trail: &Trail, seq: u64) -> Result<Option<OnRecord>, AdmissionError> {
    let record = trail.read(seq, 1).map_err(refused)?.into_iter().next();
    Ok(record.and_then(|record| match record.event {
        Event::AlertAdmitted { alert, .. } => {
            Some(OnRecord::Alert { id: alert.id.clone(), event_digest: alert.event_digest })
        }
        Event::Sender(SenderEvent::NotUnderstood { event_digest, tried, .. }) => {
            Some(OnRecord::NotUnderstood { event_digest, is_tried: tried })
        }
        _ => None,
    }))
}

/// What an alert is known by, and whether its very event was tried out when nobody could read it yet.
///
/// # Errors
/// The trail cannot be read.
pub(super) fn keys_of(
    trail: &Trail,
    digests: Digests<'_>,
    alert: &Alert,
    may_be_unread: bool,
) -> Result<(AlertKeys, bool), AdmissionError> {
    let keys = AlertKeys::of(alert);
    if !may_be_unread {
        return Ok((keys, false));
    }
    let (source, own) = (&alert.summary.source, &alert.key);
    let was_tried = tried_content_keys(source, &alert.by_content).iter().any(|key| trail.is_known(key));
    let Some(first) = trail.find(&keys.own) else { return Ok((keys, was_tried)) };
    let Some(OnRecord::NotUnderstood { event_digest, is_tried }) = recorded(trail, first)? else {
        return Ok((keys, was_tried));
    };
    let content = alert.summary.event_digest.unwrap_or_else(|| digests.of(Digest::of_json(&alert.event)));
    let is_very = event_digest == Some(content) || trail.is_known(&unread_event_key(source, own, content));
    if is_very {
        let was_tried = was_tried || is_tried || trail.is_known(&tried_event_key(source, own, content));
        return Ok((AlertKeys::of_understood_later(alert), was_tried));
    }
    // Another event under an id that only one may have is a conflict; by now the mapping may say that others may have it.
    let may_be_others = alert.summary.event_digest.is_none();
    Ok((if may_be_others { AlertKeys::of_understood_later(alert) } else { keys }, was_tried))
}
