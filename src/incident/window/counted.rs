//! What an alert adds to windows, as its record says it. All state of windows follows from this.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::{Amount, InvalidId, RuleId, Timestamp};

/// What one alert adds to one window. Part of the alert's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The correlation.
    pub correlation: RuleId,
    /// The window: a keyed hash over what the correlation counts and the group's values.
    pub group: Mark,
    /// What counts.
    pub counts: Counts,
    /// When, by the event's own clock as far as it can be believed.
    pub at: Timestamp,
    /// Until when the entry can matter.
    pub until: Timestamp,
    /// How the window stands with it.
    pub state: WindowState,
    /// The end of the newest window in which the condition holds with it, which is told herewith.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_to: Option<Timestamp>,
    /// What the entries of the window come to, where that is a number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub found: Option<Amount>,
    /// The windows that gave way for this one, because there were too many.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evicted: Vec<Mark>,
    /// Whether an older entry of this window gave way, because it was full.
    #[serde(skip_serializing_if = "is_false", default)]
    pub shortened: bool,
}

// serde's `skip_serializing_if` passes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !*value
}

/// What of an alert counts. It also says what a window can do without: see [`super::Window::add`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// That it happened.
    Event,
    /// That it has this value; a keyed hash.
    Value(Mark),
    /// That the rule with this number in the correlation has matched, at whatever place in the row.
    Rule(u16),
    /// Likewise, as a step that has its place in the row.
    Step(u16),
    /// A number to be summed up.
    Sum(Amount),
    /// A number of which the mean or a percentile is taken.
    Number(Amount),
}

/// How a window stands with its newest entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// The condition does not hold.
    Counting,
    /// It holds from here on: the correlation has matched.
    Fired,
    /// It still holds, and has been told.
    Quiet,
    /// The event came too late to be counted.
    Late,
}

impl WindowState {
    /// Whether the condition holds, told or not.
    #[must_use]
    pub fn holds(self) -> bool {
        matches!(self, Self::Fired | Self::Quiet)
    }
}

/// A keyed hash of something that is not to stand in the clear; shown as 32 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mark(pub [u8; Mark::BYTES]);

impl Mark {
    /// 128 bits are beyond chance collisions.
    pub const BYTES: usize = 16;
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Mark {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; Self::BYTES];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidId::new("mark", "32 hex digits"))?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Mark {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        mark.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ahead::EVICTED_MAX;
    use super::*;
    use crate::incident::Verdict;

    #[test]
    fn what_an_alert_counts_leaves_room_on_its_record() {
        let mark = Mark([0xab; Mark::BYTES]);
        let counted = Counted {
            correlation: RuleId::parse("11111111-1111-4111-8111-111111111111").unwrap(),
            group: mark,
            counts: Counts::Value(mark),
            at: "2026-11-21T03:00:00.123Z".parse().unwrap(),
            until: "2026-11-21T03:00:00.123Z".parse().unwrap(),
            state: WindowState::Counting,
            held_to: Some("2026-11-21T03:00:00.123Z".parse().unwrap()),
            found: Some(Amount::MAX),
            evicted: vec![mark; EVICTED_MAX],
            shortened: true,
        };
        let text = serde_json::to_string(&counted).unwrap();
        assert_eq!(serde_json::from_str::<Counted>(&text).unwrap(), counted);
        // Of the 8 KiB that a record may have.
        assert!(text.len() * Verdict::COUNTED_MAX < 5_400, "{} bytes: {text}", text.len());
    }

    #[test]
    fn what_counts_reads_back_from_its_record() {
        let mark = Mark([0xab; Mark::BYTES]);
        let amount = Amount::parse("2.5").unwrap();
        for (counts, text) in [
            (Counts::Event, r#""event""#),
            (Counts::Value(mark), r#"{"value":"abababababababababababababababab"}"#),
            (Counts::Rule(2), r#"{"rule":2}"#),
            (Counts::Step(0), r#"{"step":0}"#),
            (Counts::Sum(amount), r#"{"sum":"2.5"}"#),
            (Counts::Number(amount), r#"{"number":"2.5"}"#),
        ] {
            assert_eq!(serde_json::to_string(&counts).unwrap(), text);
            assert_eq!(serde_json::from_str::<Counts>(text).unwrap(), counts);
        }
        assert!(serde_json::from_str::<Mark>(r#""abc""#).is_err());
    }
}
