//! Records as events of the Open Cybersecurity Schema Framework, version 1.7.0.

use serde_json::{Map, Value, json};

use super::facts::Facts;
use super::sense::{Class, Sense};
use crate::incident::{Event, Outcome, VerdictKind};
use crate::trail::merkle;
use crate::trail::record::Record;

/// The version of the schema.
const VERSION: &str = "1.7.0";
/// Who answers incidents for which nobody else is named: those who have the role.
const RESPONDERS: &str = "responders";
/// OCSF's number for an analytic that is a rule.
const RULE: u32 = 1;

/// The event of a record, with the record itself as it was hashed.
pub(super) fn event(record: &Record, bytes: &[u8]) -> Value {
    let (sense, facts) = (Sense::of(&record.event), Facts::of(&record.event));
    let (category, class) = sense.class.uid();
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("category_uid", json!(category));
    put("class_uid", json!(class));
    put("activity_id", json!(sense.activity.id()));
    put("activity_name", json!(record.event.kind()));
    put("type_uid", json!(u64::from(class) * 100 + u64::from(sense.activity.id())));
    put("severity_id", json!(sense.severity.id()));
    put("time", json!(record.at.as_millisecond()));
    put("message", json!(sense.says));
    put("metadata", metadata(record, &facts));
    put("raw_data", json!(String::from_utf8_lossy(bytes)));
    put("unmapped", unmapped(&facts, bytes));
    if let Some(outcome) = &facts.outcome {
        put("status_detail", json!(outcome));
    }
    event.extend(own(&record.event, sense, &facts));
    Value::Object(event)
}

fn metadata(record: &Record, facts: &Facts) -> Value {
    let mut metadata = json!({
        "version": VERSION,
        "product": product(),
        "event_code": record.event.kind(),
        "uid": record.seq.to_string(),
        "log_name": "trail",
        "original_time": format!("{:.3}", record.at),
    });
    if let (Some(incident), Some(metadata)) = (facts.incidents.first(), metadata.as_object_mut()) {
        metadata.insert("correlation_uid".to_owned(), json!(incident));
    }
    metadata
}

fn product() -> Value {
    json!({ "name": "Portcullis", "vendor_name": "Portcullis", "version": env!("CARGO_PKG_VERSION") })
}

/// What OCSF has no place for in the class.
fn unmapped(facts: &Facts, bytes: &[u8]) -> Value {
    let mut unmapped = Map::new();
    unmapped.insert("leaf".to_owned(), json!(merkle::leaf_hash(bytes).to_string()));
    let texts = [
        ("account", &facts.account),
        ("user_id", &facts.user_id),
        ("source", &facts.source),
        ("alert", &facts.alert),
        ("actor", &facts.actor),
        ("reason", &facts.reason),
    ];
    let said = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text.as_ref()?))));
    unmapped.extend(said);
    let numbers = [("step", facts.step.map(u32::from)), ("attempt", facts.attempt)];
    unmapped.extend(numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), json!(number?)))));
    for (name, list) in [
        ("incidents", facts.incidents.iter().collect::<Vec<_>>()),
        ("rules", facts.rules.iter().map(|(id, _)| id).collect()),
    ] {
        if !list.is_empty() {
            unmapped.insert(name.to_owned(), json!(list));
        }
    }
    Value::Object(unmapped)
}

/// What the class has beside what all have.
fn own(event: &Event, sense: Sense, facts: &Facts) -> Map<String, Value> {
    let own = match sense.class {
        Class::Base => json!({ "status_id": base_status(event) }),
        Class::Lifecycle => json!({ "app": product(), "status_id": 1 }),
        Class::Detection => json!({
            "finding_info": finding(facts.alert.as_deref().unwrap_or_default(), sense, facts),
            "status_id": detection_status(event),
            "is_alert": true,
        }),
        Class::Incident => {
            let findings = facts.incidents.iter().map(|incident| finding(incident, sense, facts));
            let mut own = json!({
                "finding_info_list": findings.collect::<Vec<_>>(),
                "assignee_group": { "name": owner(event).unwrap_or(RESPONDERS) },
                "status_id": incident_status(event),
            });
            if let (Some(reason), Some(own)) = (&facts.reason, own.as_object_mut()) {
                own.insert("comment".to_owned(), json!(reason));
            }
            own
        }
        Class::Entity => entity(event, facts),
    };
    own.as_object().cloned().unwrap_or_default()
}

fn finding(uid: &str, sense: Sense, facts: &Facts) -> Value {
    let mut finding = json!({ "uid": uid, "title": sense.says });
    let Some(members) = finding.as_object_mut() else { return finding };
    if let Some((id, title)) = facts.rules.first() {
        let name = title.as_ref().unwrap_or(id);
        members.insert("title".to_owned(), json!(name));
        members.insert("analytic".to_owned(), json!({ "uid": id, "name": name, "type_id": RULE, "type": "Rule" }));
    }
    if let Some(source) = &facts.source {
        members.insert("data_sources".to_owned(), json!([source]));
    }
    finding
}

fn owner(event: &Event) -> Option<&str> {
    let first = match event {
        Event::IncidentsOpened { opened, .. } => opened.first()?,
        Event::IncidentRequested { opened, .. } => opened,
        _ => return None,
    };
    first.plan.owner.as_deref().filter(|owner| !owner.is_empty())
}

/// Success, failure or neither.
fn base_status(event: &Event) -> u32 {
    match (event, Sense::of(event).severity) {
        (Event::DoctorChecked { .. } | Event::Notice(_), severity) if severity >= super::Severity::Low => 2,
        (Event::Sender(_), _) => 99,
        _ => 1,
    }
}

/// New, in progress, suppressed or resolved.
fn detection_status(event: &Event) -> u32 {
    let Event::AlertAdmitted { verdict, .. } = event else { return 1 };
    match verdict.kind {
        VerdictKind::Held => 1,
        VerdictKind::Planned => 2,
        VerdictKind::Suppressed | VerdictKind::Tried => 3,
        VerdictKind::Unmatched | VerdictKind::Counted | VerdictKind::Shadow => 4,
    }
}

/// New, in progress, on hold, resolved or closed.
fn incident_status(event: &Event) -> u32 {
    match event {
        Event::IncidentsOpened { opened, .. } if opened.iter().all(|opened| opened.held.is_none()) => 1,
        Event::IncidentRequested { opened, .. } if opened.held.is_none() => 1,
        Event::IncidentsOpened { .. } | Event::IncidentRequested { .. } | Event::IncidentHeld { .. } => 3,
        Event::IncidentClosed { outcome: Outcome::Done, .. } => 4,
        Event::IncidentClosed { .. } => 5,
        _ => 2,
    }
}

/// What was done to what, and by whom.
fn entity(event: &Event, facts: &Facts) -> Value {
    let (kind, name) = match event {
        Event::RulesLoaded { .. }
        | Event::RulesListed { .. }
        | Event::RulesRefused { .. }
        | Event::RulesWatched { .. } => ("rules", None),
        Event::RuleDisputed { .. } | Event::RulePromoted { .. } => ("rule", first_rule(facts)),
        Event::TrailRead { .. } | Event::TrailExported(_) => ("trail", None),
        Event::Notice(_) => ("notices", None),
        Event::Access(_) => ("access", None),
        Event::Sender(_) => ("source", facts.source.clone()),
        _ => match (facts.incidents.first(), &facts.source, first_rule(facts)) {
            (Some(incident), _, _) => ("incident", Some(incident.clone())),
            (None, Some(source), _) => ("source", Some(source.clone())),
            (None, None, Some(rule)) => ("rule", Some(rule)),
            (None, None, None) => ("actions", None),
        },
    };
    let status = if matches!(event, Event::RulesRefused { .. }) { 2 } else { 1 };
    let mut own = json!({
        "entity": { "type": kind, "name": name.unwrap_or_else(|| kind.to_owned()) },
        "status_id": status,
    });
    if let Some(members) = own.as_object_mut() {
        if let Some(actor) = &facts.actor {
            members.insert("actor".to_owned(), json!({ "user": { "name": actor } }));
        }
        if let Some(reason) = &facts.reason {
            members.insert("comment".to_owned(), json!(reason));
        }
    }
    own
}

fn first_rule(facts: &Facts) -> Option<String> {
    facts.rules.first().map(|(id, _)| id.clone())
}
