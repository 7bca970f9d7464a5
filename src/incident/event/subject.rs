//! The events about personal data: that it was read, that it was erased, that its time was over.

use serde::{Deserialize, Serialize};

use crate::incident::Timestamp;

/// What was done with what lies beside the records. Says of nobody whom it is about. Serialised as any other event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum SubjectEvent {
    /// Somebody read what lies beside records.
    #[serde(rename = "personal_data.read")]
    Read {
        /// Who.
        actor: String,
        /// By which way.
        way: ReadWay,
        /// How many records it lies beside.
        count: u64,
        /// Which those are, the first of them.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        records: Vec<u64>,
    },
    /// The keys of a person were destroyed.
    #[serde(rename = "subject.erased")]
    Erased {
        /// Who asked for it.
        actor: String,
        /// Why, in their words.
        reason: String,
        /// How many keys, one for each name that alerts have given the person.
        keys: u64,
        /// Beside how many records nothing can be read any more.
        records: u64,
    },
    /// The keys of past days were destroyed, which what is about nobody known was under.
    #[serde(rename = "personal_data.expired")]
    Expired {
        /// The first day that is kept, as its first moment in UTC.
        before: Timestamp,
        /// How many days.
        days: u64,
    },
    /// The data keys were wrapped by another master key.
    #[serde(rename = "subject_keys.rewrapped")]
    Rewrapped {
        /// Who.
        actor: String,
        /// How many lines the file with the keys has.
        lines: u64,
    },
}

/// By which way personal data was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadWay {
    /// It was looked what is kept on a person.
    Find,
    /// What is kept on a person was handed out.
    Export,
    /// Proposed rules judged recorded alerts.
    Backtest,
    /// A rule was begun from a recorded alert.
    NewRule,
    /// A recorded alert was decided anew.
    Replay,
}

impl SubjectEvent {
    /// The most records that one event names.
    pub const RECORDS_MAX: usize = 100;

    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Read { .. } => "personal_data.read",
            Self::Erased { .. } => "subject.erased",
            Self::Expired { .. } => "personal_data.expired",
            Self::Rewrapped { .. } => "subject_keys.rewrapped",
        }
    }

    /// That somebody read what lies beside these records.
    #[must_use]
    pub fn read(actor: &str, way: ReadWay, records: &[u64]) -> Self {
        let (count, first) = (records.len() as u64, records.iter().take(Self::RECORDS_MAX));
        Self::Read { actor: actor.to_owned(), way, count, records: first.copied().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Event;

    #[test]
    fn an_event_about_personal_data_is_written_as_any_other() {
        let read = Event::Subject(SubjectEvent::read("auditor", ReadWay::NewRule, &[7]));
        let text = r#"{"kind":"personal_data.read","actor":"auditor","way":"new_rule","count":1,"records":[7]}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        assert_eq!(serde_json::from_str::<Event>(text).unwrap(), read);
        let many: Vec<u64> = (0..1_000).collect();
        let Event::Subject(SubjectEvent::Read { count: 1_000, records, .. }) =
            Event::Subject(SubjectEvent::read("a", ReadWay::Backtest, &many))
        else {
            panic!("it counts them")
        };
        assert_eq!(records.len(), SubjectEvent::RECORDS_MAX);
    }
}
