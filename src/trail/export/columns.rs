//! The columns of a record, by name and in their order. New ones are added behind the last but one; none changes its
//! meaning.

use super::facts::Facts;
use crate::trail::merkle;
use crate::trail::record::Record;

/// The names of the columns.
pub const COLUMNS: [&str; 16] = [
    "seq", "at", "kind", "incident", "account", "user_id", "source", "alert", "rule", "actor", "reason", "outcome",
    "step", "attempt", "leaf", "record",
];

/// What stands in them; nothing where a record does not say it.
pub(super) fn cells(record: &Record, bytes: &[u8]) -> [String; COLUMNS.len()] {
    let facts = Facts::of(&record.event);
    [
        record.seq.to_string(),
        format!("{:.3}", record.at),
        record.event.kind().to_owned(),
        facts.incidents.join(" "),
        facts.account.unwrap_or_default(),
        facts.user_id.unwrap_or_default(),
        facts.source.unwrap_or_default(),
        facts.alert.unwrap_or_default(),
        facts.rules.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" "),
        facts.actor.unwrap_or_default(),
        facts.reason.unwrap_or_default(),
        facts.outcome.unwrap_or_default(),
        facts.step.map(|step| step.to_string()).unwrap_or_default(),
        facts.attempt.map(|attempt| attempt.to_string()).unwrap_or_default(),
        merkle::leaf_hash(bytes).to_string(),
        String::from_utf8_lossy(bytes).into_owned(),
    ]
}
