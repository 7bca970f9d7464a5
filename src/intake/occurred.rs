//! When an event happened: where that is said, and in which of the ways in which senders write it.

use serde_json::Value;

use super::kind::TimeRule;
use crate::incident::Timestamp;

/// Numbers from here on are milliseconds since 1970, below it seconds: the year 5138, and 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// As RFC 3339 has it.
    Text,
    /// As seconds or milliseconds since 1970.
    Number,
    /// The same, also in text.
    Digits,
    /// In any of these ways, or as text with `UTC` behind it.
    Any,
    /// The same; what is none of them is something else.
    IfOne,
}

/// The paths of which the first that reaches anything has the time, and how it is written there. What an operator says
/// is read in every way, and it stays with the kind whether what is none of them is nothing or a fault.
pub(super) fn rule(said: Option<&str>, own: Option<TimeRule>) -> Option<(Vec<&str>, Written)> {
    match (said, own) {
        (Some(path), Some(TimeRule::IfOne(_))) => Some((vec![path], Written::IfOne)),
        (Some(path), _) => Some((vec![path], Written::Any)),
        (None, Some(TimeRule::Text(path))) => Some((vec![path], Written::Text)),
        (None, Some(TimeRule::Number(path))) => Some((vec![path], Written::Number)),
        (None, Some(TimeRule::FirstOf(paths))) => Some((paths.to_vec(), Written::Digits)),
        (None, Some(TimeRule::IfOne(paths))) => Some((paths.to_vec(), Written::IfOne)),
        (None, None) => None,
    }
}

impl Written {
    /// Cut to the millisecond, as all times of ours.
    pub(super) fn read(self, value: &Value) -> Option<Timestamp> {
        match (self, value) {
            (Self::Text, Value::String(text)) => in_text(text),
            (Self::Digits, Value::String(text)) => in_digits(text),
            // No text is two of them: one ends with `UTC`, one with its zone, and one has none.
            (Self::Any | Self::IfOne, Value::String(text)) => match text.strip_suffix(" UTC") {
                Some(local) => in_text(&format!("{local}Z")),
                None => in_text(text).or_else(|| in_digits(text)),
            },
            (Self::Number | Self::Digits | Self::Any | Self::IfOne, Value::Number(number)) => {
                since_1970(number.as_i64()?)
            }
            _ => None,
        }
    }
}

fn in_text(text: &str) -> Option<Timestamp> {
    let exact: Timestamp = text.parse().ok()?;
    Timestamp::from_millisecond(exact.as_millisecond()).ok()
}

fn in_digits(text: &str) -> Option<Timestamp> {
    since_1970(text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))?)
}

fn since_1970(number: i64) -> Option<Timestamp> {
    let is_seconds = number.abs() < MILLISECONDS_FROM;
    Timestamp::from_millisecond(if is_seconds { number.checked_mul(1_000)? } else { number }).ok()
}
