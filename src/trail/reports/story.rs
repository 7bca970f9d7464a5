//! What happened to one incident, as reports look at it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::incident::{
    AccountWarning, Assurance, Event, HoldReason, IncidentId, Lapse, Opened, SourceName, Timestamp, UserId,
};
use crate::trail::record::Record;

/// The records of one incident, in their order.
#[derive(Debug)]
pub(super) struct Story {
    records: Vec<Record>,
    opened: Option<Beginning>,
    /// By their numbers, the approvals that were not enough by themselves, each with how many there were by then.
    partial: BTreeMap<u64, u8>,
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
        let records: Vec<Record> = records.into_iter().filter(is_own).collect();
        let partial = opened.as_ref().map(|begun| partial(&begun.opened, &records)).unwrap_or_default();
        Self { records, opened, partial }
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

    /// Whether as many as it takes let it go on before this record.
    pub(super) fn approved_before(&self, seq: u64) -> bool {
        let is_enough = |record: &&Record| !self.partial.contains_key(&record.seq);
        let mut before = self.records.iter().filter(is_enough).filter(|record| record.seq < seq);
        before.any(|record| matches!(record.event, Event::IncidentApproved { .. }))
    }

    /// Whether it waited for a human before this record.
    pub(super) fn was_held_before(&self, seq: u64) -> bool {
        self.records.iter().any(|record| record.seq < seq && is_held(&record.event))
    }

    /// What became of it after it began to wait with this record.
    pub(super) fn answer_after(&self, seq: u64) -> Option<Answer> {
        let mut had = None;
        for record in self.records.iter().filter(|record| record.seq > seq) {
            if let Some(count) = self.partial.get(&record.seq) {
                had = Some(*count);
                continue;
            }
            if let Some(answer) = answer(record) {
                let is_lapse = matches!(record.event, Event::ApprovalLapsed { .. });
                let too_few =
                    had.filter(|_| is_lapse).map(|count| format!("{count} had approved, and that was not enough"));
                return Some(Answer { reason: answer.reason.or(too_few), ..answer });
            }
        }
        None
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

/// Which approvals left it waiting for more.
fn partial(opened: &Opened, records: &[Record]) -> BTreeMap<u64, u8> {
    let Some(wanted) = opened.plan.approval else { return BTreeMap::new() };
    let (mut waits_for, mut count, mut found) = (opened.held, 0, BTreeMap::new());
    for record in records {
        match &record.event {
            Event::IncidentHeld { reason, .. } => waits_for = Some(*reason),
            Event::IncidentHalted { .. } => waits_for = Some(HoldReason::Halted),
            Event::IncidentApproved { .. } if waits_for == Some(HoldReason::ApprovalWanted) => {
                count += 1;
                if count < wanted.people {
                    found.insert(record.seq, count);
                } else {
                    waits_for = None;
                }
            }
            Event::IncidentApproved { .. } | Event::ApprovalLapsed { .. } => waits_for = None,
            _ => {}
        }
    }
    found
}

fn is_held(event: &Event) -> bool {
    matches!(event, Event::IncidentHeld { .. } | Event::IncidentHalted { .. })
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
