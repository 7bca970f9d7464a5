//! What waited for a human, why, and what became of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::reading::Reading;
use super::{Column, Folded, Range, column};
use crate::incident::{Event, HoldReason, IncidentId, Opened, RuleRef, SourceName, VerdictKind};
use crate::trail::record::Record;
use crate::trail::search::{Field, Query};
use crate::trail::store::StoreError;

/// What stands in a row.
pub(super) const COLUMNS: &[Column] = &[
    column("held_at", "when it began to wait"),
    column("record", "the record that says so"),
    column("reason", "why, by its code"),
    column("incident", "the incident; none where a rule could not even name an account"),
    column("user_id", "the account, if it was found"),
    column("account", "the pseudonym of the name that the alert gave"),
    column("source", "who sent the alert; none where somebody asked by hand"),
    column("rules", "the rules that asked for it"),
    column("became", "approved, dismissed, released, expired, lapsed; none while it waits"),
    column("by", "who said so"),
    column("why", "why, in their words"),
    column("after_s", "how long it had waited, in seconds"),
];

/// One thing that began to wait.
struct Waits<'r> {
    incident: Option<&'r IncidentId>,
    reason: HoldReason,
    source: Option<&'r SourceName>,
    rules: &'r [RuleRef],
    account: Option<&'r str>,
}

pub(super) fn fold(reading: &Reading<'_>, range: Range) -> Result<Folded, StoreError> {
    let query = Query::default()
        .with_any(&[
            (Field::Kind, "incident.held"),
            (Field::Kind, "incident.halted"),
            (Field::Outcome, "held"),
            (Field::Verdict, "held"),
        ])
        .within(range.since, range.until);
    let mut by_reason: BTreeMap<String, u64> = BTreeMap::new();
    let mut folded = reading.fold(&query, |folded, record| {
        for waits in waiting(&record).into_iter().rev() {
            let row = row(reading, &record, &waits)?;
            let code = row.get(2).and_then(Value::as_str).unwrap_or_default().to_owned();
            *by_reason.entry(code).or_default() += 1;
            folded.rows.push(row);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    folded.rows.reverse();
    folded.summary = by_reason.into_iter().map(|(reason, count)| (reason, json!(count))).collect();
    Ok(folded)
}

fn waiting(record: &Record) -> Vec<Waits<'_>> {
    match &record.event {
        Event::IncidentHeld { incident, reason, .. } => {
            vec![Waits { incident: Some(incident), reason: *reason, source: None, rules: &[], account: None }]
        }
        Event::IncidentHalted { incident, .. } => {
            let reason = HoldReason::Halted;
            vec![Waits { incident: Some(incident), reason, source: None, rules: &[], account: None }]
        }
        Event::AlertAdmitted { alert, verdict, opened, .. } => {
            let nobody = verdict.decisions.iter().filter(|one| one.kind == VerdictKind::Held && one.incident.is_none());
            let nobody = nobody.filter_map(|one| {
                let rules = std::slice::from_ref(&one.rule);
                Some(Waits { incident: None, reason: one.reason?, source: Some(&alert.source), rules, account: None })
            });
            of_opened(opened, Some(&alert.source)).chain(nobody).collect()
        }
        Event::IncidentsOpened { source, opened, .. } => of_opened(opened, Some(source)).collect(),
        Event::IncidentRequested { opened, .. } => of_opened(std::slice::from_ref(opened.as_ref()), None).collect(),
        _ => Vec::new(),
    }
}

fn of_opened<'r>(opened: &'r [Opened], source: Option<&'r SourceName>) -> impl Iterator<Item = Waits<'r>> {
    opened.iter().filter_map(move |Opened { plan, held }| {
        let (incident, account) = (Some(&plan.incident), Some(plan.account.as_str()));
        Some(Waits { incident, reason: (*held)?, source, rules: &plan.rules, account })
    })
}

fn row(reading: &Reading<'_>, record: &Record, waits: &Waits<'_>) -> Result<Vec<Value>, StoreError> {
    let story = waits.incident.map(|incident| reading.story(incident)).transpose()?;
    let begun = story.as_ref().and_then(|story| story.opened());
    let answer = story.as_ref().and_then(|story| story.answer_after(record.seq));
    let rules =
        if waits.rules.is_empty() { begun.map_or(&[][..], |begun| &begun.opened.plan.rules) } else { waits.rules };
    let account = waits.account.or(begun.map(|begun| begun.opened.plan.account.as_str()));
    let source = waits.source.or(begun.and_then(|begun| begun.source.as_ref()));
    let after_s = answer.as_ref().map(|answer| answer.at.as_second().saturating_sub(record.at.as_second()));
    Ok(vec![
        json!(record.at),
        json!(record.seq),
        json!(waits.reason),
        json!(waits.incident),
        json!(story.as_ref().and_then(|story| story.user_id())),
        json!(account),
        json!(source),
        rules.iter().map(|rule| Value::from(rule.title.as_str())).collect(),
        json!(answer.as_ref().map(|answer| answer.what)),
        json!(answer.as_ref().and_then(|answer| answer.actor.as_ref())),
        json!(answer.as_ref().and_then(|answer| answer.reason.as_ref())),
        json!(after_s),
    ])
}
