//! The `[doctor]` settings: how often all is looked at, and on whose account it is proven.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

use crate::incident::{ReasonCode, UserId};

/// How often it may be looked, in seconds: once an hour to once in four weeks.
const EVERY_S: std::ops::RangeInclusive<u64> = 3_600..=28 * 86_400;

/// When to look, and at whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How often a server looks by itself, such as `24h`; never, unless said.
    #[serde(deserialize_with = "every")]
    pub every: Option<Duration>,
    /// The userid of the account that is contained and given back each time; none, unless said.
    pub canary: Option<UserId>,
    /// Which of the employee reasons it is signed out with; the first there is, unless said.
    pub employee_reason: Option<ReasonCode>,
}

fn every<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span = text.parse::<jiff::SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    match span {
        Some(span) if EVERY_S.contains(&span.as_secs()) => Ok(Some(span)),
        _ => Err(de::Error::custom(format!("`{text}` is no time from `1h` to `672h`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_done_unless_it_is_said() {
        let settings: Settings = serde_json::from_value(json!({})).unwrap();
        assert_eq!((settings.every, settings.canary), (None, None));
    }

    #[test]
    fn how_often_is_written_with_its_unit_and_within_reason() {
        let read = |text: &str| serde_json::from_value::<Settings>(json!({ "every": text }));
        assert_eq!(read("24h").unwrap().every, Some(Duration::from_secs(86_400)));
        for text in ["24", "59m", "673h", "-24h", "", "soon"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(serde_json::from_value::<Settings>(json!({ "canary": "a b" })).is_err());
        assert!(serde_json::from_value::<Settings>(json!({ "evry": "24h" })).is_err());
    }
}
