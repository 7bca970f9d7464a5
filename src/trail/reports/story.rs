//! What happened to one incident, as reports look at it.

use serde_json::Value;

use crate::incident::{AccountWarning, Assurance, Event, IncidentId, Lapse, Opened, SourceName, Timestamp, UserId};
use crate::trail::record::Record;

/// The records of one incident, in their order.
#[derive(Debug)]
pub(super) struct Story {
    records: Vec<Record>,
    opened: Option<Beginning>,
}

/// How an incident began.
#[derive(Debug, Clone)]
pub(super) struct Beginning {
    /// What was to be done.
    pub(super) opened: Opened,
    /// On whose word, where it was a sender's.
    pub(super) source: Option<SourceName>,
    /// How strongly that proved itself.
    pub(super) assurance: Assurance,
    /// When the alert came, or somebody asked.
    pub(super) received_at: Timestamp,
}

/// What a human said to an incident that waited, or that nobody said anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) what: &'static str,
    pub(super) actor: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) at: Timestamp,
}

impl Story {
    pub(super) fn of(incident: &IncidentId, records: Vec<Record>) -> Self {
        let opened = records.iter().find_map(|record| beginning(incident, record));
        // What only names the incident beside its own is no part of its story.
        let is_own = |record: &Record| record.event.incidents().first() == Some(&incident);
        Self { records: records.into_iter().filter(is_own).collect(), opened }
    }

    pub(super) fn opened(&self) -> Option<&Beginning> {
        self.opened.as_ref()
    }

    /// The account, once it was found.
    pub(super) fn user_id(&self) -> Option<&UserId> {
        self.records.iter().rev().find_map(|record| match &record.event {
            Event::AccountResolved { user_id, .. } => Some(user_id),
            _ => None,
        })
    }

    /// When the account was first read back and was disabled.
    pub(super) fn contained_at(&self) -> Option<Timestamp> {
        self.read_back(true).next()
    }

    /// When it was read back and was enabled again.
    pub(super) fn given_back_at(&self) -> Option<Timestamp> {
        self.read_back(false).last()
    }

    /// When it was found that somebody else had enabled it.
    pub(super) fn found_enabled_at(&self) -> Option<Timestamp> {
        self.records.iter().find_map(|record| {
            let is_it =
                matches!(&record.event, Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. });
            is_it.then_some(record.at)
        })
    }

    /// Who let it go on before this record.
    pub(super) fn approved_before(&self, seq: u64) -> bool {
        self.records.iter().any(|record| record.seq < seq && matches!(record.event, Event::IncidentApproved { .. }))
    }

    /// Whether it waited for a human before this record.
    pub(super) fn was_held_before(&self, seq: u64) -> bool {
        self.records.iter().any(|record| record.seq < seq && matches!(record.event, Event::IncidentHeld { .. }))
    }

    /// What became of it after it began to wait with this record.
    pub(super) fn answer_after(&self, seq: u64) -> Option<Answer> {
        self.records.iter().filter(|record| record.seq > seq).find_map(answer)
    }

    fn read_back(&self, wanted: bool) -> impl Iterator<Item = Timestamp> {
        self.records.iter().filter_map(move |record| match record.event {
            Event::StepVerified { disabled: Some(disabled), .. } if disabled == wanted => Some(record.at),
            _ => None,
        })
    }
}

impl Beginning {
    /// The titles of the rules that asked for it.
    pub(super) fn rules(&self) -> Value {
        self.opened.plan.rules.iter().map(|rule| Value::from(rule.title.as_str())).collect()
    }
}

fn beginning(incident: &IncidentId, record: &Record) -> Option<Beginning> {
    let of = |opened: &[Opened]| opened.iter().find(|opened| &opened.plan.incident == incident).cloned();
    let (opened, source, received_at) = match &record.event {
        Event::AlertAdmitted { opened, alert, .. } => (of(opened)?, Some(alert.source.clone()), alert.received_at),
        Event::IncidentsOpened { opened, source, .. } => (of(opened)?, Some(source.clone()), record.at),
        Event::IncidentRequested { opened, .. } => (Opened::clone(opened), None, record.at),
        _ => return None,
    };
    Some(Beginning { assurance: opened.plan.assurance, opened, source, received_at })
}

fn answer(record: &Record) -> Option<Answer> {
    let said = |what, actor: &str, reason: &str| Answer {
        what,
        actor: Some(actor.to_owned()),
        reason: Some(reason.to_owned()),
        at: record.at,
    };
    match &record.event {
        Event::IncidentApproved { actor, reason, .. } => Some(said("approved", actor, reason)),
        Event::IncidentDismissed { actor, reason, .. } => Some(said("dismissed", actor, reason)),
        Event::IncidentReleased { actor, reason, .. } => Some(said("released", actor, reason)),
        Event::ApprovalLapsed { otherwise, .. } => {
            let what = match otherwise {
                Lapse::Act => "lapsed, acted",
                Lapse::Drop => "lapsed, dropped",
            };
            Some(Answer { what, actor: None, reason: None, at: record.at })
        }
        Event::ContainmentExpired { .. } => Some(Answer { what: "expired", actor: None, reason: None, at: record.at }),
        _ => None,
    }
}
