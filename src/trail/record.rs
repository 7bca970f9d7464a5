//! The record as bytes: `{"v":1,"seq":…,"at":"…",` followed by the members of the event.
//!
//! These exact bytes are hashed and exported; nothing is ever written anew from a decoded record.

use crate::incident::{Event, Timestamp};

/// The version of the encoding below.
const VERSION: u8 = 1;

/// One record, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The version of its encoding, 1.
    pub v: u8,
    /// Its place in the trail, from 0.
    pub seq: u64,
    /// When it happened, to the millisecond.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// Why bytes are not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecord {
    /// It does not begin with `{"v":`, a number, `,"seq":`, a number, `,"at":"`, text, `",`.
    #[error("it does not begin as a record does")]
    Prefix,
    /// It has a version this program does not know.
    #[error("its version {0} is not known")]
    Version(u64),
    /// Its time is not RFC 3339 in UTC with three digits of milliseconds.
    #[error("its time is not UTC with milliseconds")]
    Time,
    /// Its event is not one of the closed list; line and column say where, never what.
    #[error("its event is not understood (column {column})")]
    Event {
        /// Where the parser stopped, counted in bytes from the event's opening brace.
        column: usize,
    },
}

/// The record of `event`, a JSON object with at least one member, as the `seq`-th record. `at` is
/// cut to the millisecond. Cheap, because the committer does it for every record: the event was
/// serialised by the caller, and only a prefix is put before its members.
#[must_use]
pub fn encode(seq: u64, at: Timestamp, event: &[u8]) -> Vec<u8> {
    let mut record = prefix(seq, at).into_bytes();
    record.extend_from_slice(event.strip_prefix(b"{").unwrap_or(event));
    record
}

impl Record {
    /// Reads a record back, taking nothing but what [`encode`] writes before the event.
    ///
    /// # Errors
    /// Anything else, another version, or an event that is not of the closed list.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidRecord> {
        let (seq, at, members) = prefix_of(bytes)?;
        Ok(Self { v: VERSION, seq, at, event: event(members)? })
    }

    /// When a record was made, without reading its event.
    ///
    /// # Errors
    /// It does not begin as a record does.
    pub fn at(bytes: &[u8]) -> Result<Timestamp, InvalidRecord> {
        prefix_of(bytes).map(|(_, at, _)| at)
    }
}

/// What stands before the event: sequence number and time; and the rest.
fn prefix_of(bytes: &[u8]) -> Result<(u64, Timestamp, &[u8]), InvalidRecord> {
    let rest = bytes.strip_prefix(br#"{"v":"#).ok_or(InvalidRecord::Prefix)?;
    let (version, rest) = number(rest).ok_or(InvalidRecord::Prefix)?;
    if version != u64::from(VERSION) {
        return Err(InvalidRecord::Version(version));
    }
    let rest = rest.strip_prefix(br#","seq":"#).ok_or(InvalidRecord::Prefix)?;
    let (seq, rest) = number(rest).ok_or(InvalidRecord::Prefix)?;
    let rest = rest.strip_prefix(br#","at":""#).ok_or(InvalidRecord::Prefix)?;
    let (at, rest) = time(rest)?;
    let members = rest.strip_prefix(br#"","#).ok_or(InvalidRecord::Prefix)?;
    Ok((seq, at, members))
}

fn prefix(seq: u64, at: Timestamp) -> String {
    format!(r#"{{"v":{VERSION},"seq":{seq},"at":"{at:.3}","#)
}

/// The number that `bytes` begin with, in its only form: no sign, no leading zero.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(digits)?;
    let text = str::from_utf8(digits).ok()?;
    let number = text.parse::<u64>().ok()?;
    (number.to_string() == text).then_some((number, rest))
}

/// The time up to the next quotation mark, in its only form.
fn time(bytes: &[u8]) -> Result<(Timestamp, &[u8]), InvalidRecord> {
    let end = bytes.iter().position(|b| *b == b'"').ok_or(InvalidRecord::Prefix)?;
    let (text, rest) = bytes.split_at_checked(end).ok_or(InvalidRecord::Prefix)?;
    let text = str::from_utf8(text).map_err(|_| InvalidRecord::Time)?;
    let at: Timestamp = text.parse().map_err(|_| InvalidRecord::Time)?;
    if format!("{at:.3}") == text { Ok((at, rest)) } else { Err(InvalidRecord::Time) }
}

fn event(members: &[u8]) -> Result<Event, InvalidRecord> {
    let object = [b"{", members].concat();
    serde_json::from_slice(&object).map_err(|error| InvalidRecord::Event { column: error.column() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::samples;
    use proptest::prelude::*;

    fn check_refused(bytes: &str, expected: &InvalidRecord) {
        assert_eq!(Record::decode(bytes.as_bytes()).as_ref(), Err(expected), "{bytes}");
    }

    #[test]
    fn a_record_is_the_prefix_and_the_members_of_its_event() {
        let event = br#"{"kind":"responder.paused","actor":"test","reason":"drill"}"#;
        let record = encode(7, Timestamp::from_second(1_700_000_000).unwrap(), event);
        let expected = r#"{"v":1,"seq":7,"at":"2023-11-14T22:13:20.000Z","kind":"responder.paused","actor":"test","reason":"drill"}"#;
        assert_eq!(String::from_utf8(record).unwrap(), expected);
    }

    #[test]
    fn only_the_one_form_of_a_record_is_taken() {
        let tail = r#""kind":"responder.paused","actor":"a","reason":"b"}"#;
        let good = format!(r#"{{"v":1,"seq":0,"at":"2023-11-14T22:13:20.000Z",{tail}"#);
        assert!(Record::decode(good.as_bytes()).is_ok());
        for bad in [
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
            format!(" {good}"),
            good.replace(r#""v":1"#, r#""v": 1"#),
            good.replace(r#""v":1"#, r#""v":01"#),
            good.replace(r#""v":1"#, r#""v":"1""#),
            good.replace(r#""seq":0"#, r#""seq":-1"#),
            good.replace(r#""seq":0"#, r#""seq":00"#),
            good.replace(r#""seq":0"#, r#""seq":18446744073709551616"#),
            good.replace(r#""v":1,"seq":0"#, r#""seq":0,"v":1"#),
            good.replace(r#","at""#, r#","seq":1,"at""#),
        ] {
            check_refused(&bad, &InvalidRecord::Prefix);
        }
        check_refused(&good.replace(r#""v":1"#, r#""v":2"#), &InvalidRecord::Version(2));
    }

    #[test]
    fn only_utc_with_milliseconds_is_taken() {
        let with = |at: &str| {
            let record = format!(r#"{{"v":1,"seq":0,"at":"{at}","kind":"responder.paused","actor":"a","reason":"b"}}"#);
            Record::decode(record.as_bytes()).map(|_| ())
        };
        assert_eq!(with("2023-11-14T22:13:20.000Z"), Ok(()));
        for bad in [
            "2023-11-14T22:13:20Z",
            "2023-11-14T22:13:20.0Z",
            "2023-11-14T22:13:20.0001Z",
            "2023-11-14T22:13:20.000+00:00",
            "2023-11-14T22:13:20.000z",
            "2023-11-14 22:13:20.000Z",
            "2023-02-30T22:13:20.000Z",
            "",
        ] {
            assert_eq!(with(bad), Err(InvalidRecord::Time), "{bad}");
        }
    }

    #[test]
    fn an_event_outside_the_closed_list_is_refused() {
        for members in [
            r#""kind":"no.such.event"}"#,
            r#""actor":"a","reason":"b"}"#,
            r#""kind":"responder.paused","actor":"a"}"#,
            r#""kind":"responder.paused","actor":"a","actor":"b","reason":"c"}"#,
            r#""kind":"responder.paused","kind":"responder.resumed","actor":"a","reason":"c"}"#,
            r#""kind":"responder.paused","actor":"a","reason":"b"}}"#,
            r#""kind":"responder.paused","actor":"a","reason":"b""#,
            "}",
            "",
        ] {
            let record = format!(r#"{{"v":1,"seq":0,"at":"2023-11-14T22:13:20.000Z",{members}"#);
            let refused = Record::decode(record.as_bytes());
            assert!(matches!(refused, Err(InvalidRecord::Event { .. })), "{members}: {refused:?}");
        }
    }

    #[test]
    fn no_event_has_a_member_that_a_record_has() {
        for event in samples::events() {
            let members = serde_json::to_value(&event).unwrap();
            for name in ["v", "seq", "at"] {
                assert!(members.get(name).is_none(), "{} has {name}", event.kind());
            }
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(
            seq in any::<u64>(),
            millis in -62_135_596_800_000_i64..=253_402_200_000_000,
            event in samples::any_event(),
        ) {
            let at = Timestamp::from_millisecond(millis).unwrap();
            let record = encode(seq, at, &serde_json::to_vec(&event).unwrap());
            prop_assert_eq!(Record::decode(&record), Ok(Record { v: 1, seq, at, event }));
            let json: serde_json::Value = serde_json::from_slice(&record).unwrap();
            prop_assert_eq!(json.get("seq").unwrap().as_u64(), Some(seq));
            prop_assert_eq!(json.get("at").unwrap().as_str().unwrap().parse::<Timestamp>().unwrap(), at);
        }

        #[test]
        fn bytes_of_any_kind_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::decode(&bytes);
        }
    }
}
