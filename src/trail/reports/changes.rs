//! Who changed or decided what.

use std::ops::ControlFlow;

use serde_json::json;

use super::reading::Reading;
use super::{Column, Folded, Range, column};
use crate::incident::{AccessEvent, Event, LoadCause, NoticeEvent, PauseScope, SenderEvent, SubjectEvent, UpkeepEvent};
use crate::trail::search::Query;
use crate::trail::store::StoreError;

/// What stands in a row.
pub(super) const COLUMNS: &[Column] = &[
    column("at", "when"),
    column("record", "the record that says so"),
    column("actor", "who; none where files of rules were changed on the disk"),
    column("what", "what, as the record's kind"),
    column("of", "of what: an incident, a rule, a source, a rule set, a channel, or all"),
    column("reason", "why, in their words"),
];

/// The kinds of records that say who did something, but for those that say only that somebody looked.
pub(super) const KINDS: [&str; 24] = [
    "rules.loaded",
    "rules.refused",
    "rule.disputed",
    "rule.promoted",
    "incident.requested",
    "incident.approved",
    "incident.dismissed",
    "incident.released",
    "incident.halted",
    "containment.extended",
    "responder.paused",
    "responder.resumed",
    "breaker.released",
    "source.tried",
    "notice.replayed",
    "doctor.checked",
    "subject.erased",
    "subject_keys.rewrapped",
    "trail.rebuilt",
    "trail.pruned",
    "trail.restored",
    "trail.key_rotated",
    "access.token_issued",
    "access.token_revoked",
];

/// One change.
pub(super) struct Change<'e> {
    /// None where nobody is known: a file was changed where the rules lie.
    actor: Option<&'e str>,
    of: String,
    reason: Option<&'e str>,
}

pub(super) fn fold(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let query = Query::default().of_kinds(&KINDS).within(range.since, range.until);
    let mut folded = reading.fold(&query, |folded, record| {
        if let Some(Change { actor, of, reason }) = change(&record.event) {
            let what = record.event.kind();
            folded.rows.push(vec![
                json!(record.at),
                json!(record.seq),
                json!(actor),
                json!(what),
                json!(of),
                json!(reason),
            ]);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    folded.rows.reverse();
    folded.summary.insert("changes".to_owned(), json!(folded.rows.len()));
    Ok(folded)
}

/// What somebody did, if a record says so. A kind that is new has to be thought of in the tests, by its actor.
pub(super) fn change(event: &Event) -> Option<Change<'_>> {
    match event {
        // What a start loads was changed before.
        Event::RulesLoaded { by: LoadCause::Start, actor: None, .. } => None,
        Event::RulesLoaded { rules, actor, .. } => by(actor.as_deref(), rules.to_string(), None),
        Event::RulesRefused { first, actor, .. } => of(actor.as_deref()?, first, None),
        Event::RuleDisputed { rule, actor, reason, .. } => of(actor, rule, Some(reason)),
        Event::RulePromoted { rule, actor, despite, .. } => of(actor, &rule.id, despite.as_deref()),
        Event::IncidentRequested { actor, reason, opened, .. } => of(actor, &opened.plan.incident, Some(reason)),
        Event::IncidentApproved { incident, actor, reason, .. }
        | Event::IncidentDismissed { incident, actor, reason }
        | Event::IncidentReleased { incident, actor, reason, .. }
        | Event::IncidentHalted { incident, actor, reason }
        | Event::ContainmentExtended { incident, actor, reason, .. } => of(actor, incident, Some(reason)),
        Event::ResponderPaused { actor, reason, scope }
        | Event::ResponderResumed { actor, reason, scope }
        | Event::BreakerReleased { scope, actor, reason } => of(actor, &scoped(scope), Some(reason)),
        Event::DoctorChecked { actor, .. } => of(actor.as_deref()?, &"doctor", None),
        Event::Sender(SenderEvent::Tried { source, actor, reason, .. }) => of(actor, source, Some(reason)),
        Event::Notice(NoticeEvent::Replayed { channel, actor, reason, .. }) => {
            of(actor, &channel.as_ref().map_or("all", |channel| channel.as_str()), Some(reason))
        }
        Event::Subject(SubjectEvent::Erased { actor, reason, .. }) => of(actor, &"a person", Some(reason)),
        Event::Subject(SubjectEvent::Rewrapped { actor, .. }) => of(actor, &"the subjects' keys", None),
        Event::Upkeep(event) => upkeep(event),
        Event::Access(AccessEvent::TokenIssued { actor, reason, token }) => of(actor, &token.name, Some(reason)),
        Event::Access(AccessEvent::TokenRevoked { actor, reason, name }) => of(actor, name, Some(reason)),
        _ => None,
    }
}

fn of<'e>(actor: &'e str, of: &dyn ToString, reason: Option<&'e str>) -> Option<Change<'e>> {
    by(Some(actor), of.to_string(), reason)
}

fn by<'e>(actor: Option<&'e str>, of: String, reason: Option<&'e str>) -> Option<Change<'e>> {
    Some(Change { actor, of, reason })
}

/// What was done to the trail's files, if somebody had it done.
fn upkeep(event: &UpkeepEvent) -> Option<Change<'_>> {
    let of = |actor, reason| of(actor, &"the trail", reason);
    match event {
        UpkeepEvent::Rebuilt { actor, reason, .. } | UpkeepEvent::Pruned { actor, reason, .. } => {
            of(actor.as_deref()?, reason.as_deref())
        }
        UpkeepEvent::Restored { actor, reason, .. } | UpkeepEvent::KeyRotated { actor, reason, .. } => {
            of(actor, Some(reason))
        }
        UpkeepEvent::DiskRoom { .. } => None,
    }
}

fn scoped(scope: &PauseScope) -> String {
    match scope {
        PauseScope::All => "all".to_owned(),
        PauseScope::Source(source) => source.to_string(),
        PauseScope::Rule(rule) => rule.to_string(),
    }
}
