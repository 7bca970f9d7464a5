//! Records as lines of the ArcSight Common Event Format, version 0.

use super::facts::Facts;
use super::inert::inert;
use super::sense::{Sense, Severity};
use crate::trail::merkle;
use crate::trail::record::Record;

/// The line of a record, without an end.
pub(super) fn line(record: &Record, bytes: &[u8]) -> String {
    let (sense, facts) = (Sense::of(&record.event), Facts::of(&record.event));
    let header = ["Portcullis", "Portcullis", env!("CARGO_PKG_VERSION"), record.event.kind(), sense.says];
    let mut line = "CEF:0".to_owned();
    for part in header {
        line.push('|');
        line.push_str(&in_header(part));
    }
    line.push_str(&format!("|{}|", severity(sense.severity)));
    let rules = facts.rules.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(" ");
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let extension = [
        ("rt", Some(record.at.as_millisecond().to_string())),
        ("externalId", Some(record.seq.to_string())),
        ("suser", facts.actor),
        ("duid", facts.user_id),
        ("reason", facts.reason),
        ("outcome", facts.outcome),
        ("cs1", said(&facts.incidents.join(" "))),
        ("cs2", said(&rules)),
        ("cs3", facts.source),
        ("cs4", facts.alert),
        ("cs5", facts.account),
        ("cs6", Some(merkle::leaf_hash(bytes).to_string())),
        ("cn1", facts.step.map(|step| step.to_string())),
        ("cn2", facts.attempt.map(|attempt| attempt.to_string())),
    ];
    let pairs = extension.into_iter().filter_map(|(key, value)| Some((key, value?)));
    let pairs = pairs.map(|(key, value)| match label(key) {
        Some(label) => format!("{key}={} {key}Label={label}", in_extension(&value)),
        None => format!("{key}={}", in_extension(&value)),
    });
    line.push_str(&pairs.collect::<Vec<_>>().join(" "));
    line
}

/// What the fields that have no meaning of their own are called.
fn label(key: &str) -> Option<&'static str> {
    match key {
        "cs1" => Some("incident"),
        "cs2" => Some("rules"),
        "cs3" => Some("source"),
        "cs4" => Some("alert"),
        "cs5" => Some("account"),
        "cs6" => Some("leaf"),
        "cn1" => Some("step"),
        "cn2" => Some("attempt"),
        _ => None,
    }
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Informational => 1,
        Severity::Low => 3,
        Severity::Medium => 6,
        Severity::High => 8,
    }
}

/// Backslash first, or it would escape what is escaped.
fn in_header(text: &str) -> String {
    inert(&text.replace('\\', "\\\\").replace('|', "\\|"))
}

fn in_extension(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('=', "\\=");
    inert(&text.replace("\r\n", "\\n").replace('\n', "\\n").replace('\r', "\\r"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_parts_a_line_is_escaped_and_nothing_leaves_it() {
        assert_eq!(in_header("a|b\\c=d"), "a\\|b\\\\c=d");
        for (text, expected) in [
            ("a|b", "a|b"),
            ("a=b", "a\\=b"),
            ("a\\b", "a\\\\b"),
            ("\\=", "\\\\\\="),
            ("a\r\nb\nc\rd", "a\\nb\\nc\\rd"),
            ("\u{1b}[2J\u{0}\u{202e}", "\\u{1b}[2J\\u{0}\\u{202e}"),
        ] {
            assert_eq!(in_extension(text), expected, "{text:?}");
        }
    }
}
