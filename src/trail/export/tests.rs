//! Every event in every form, and hostile text in all of them.

use boon::{Compiler, Schemas};
use serde_json::Value;

use super::*;
use crate::incident::{Event, Timestamp};
use crate::trail::record::encode;
use crate::trail::{merkle, samples};

const OCSF: &str = include_str!("../../../tests/ocsf/schema-1.7.0.json");

fn records() -> Vec<Vec<u8>> {
    let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    let hostile = "=cmd()</script>\u{1b}[2J\r\n\u{2028}\u{202e},\"'";
    let paused = |text: &str| Event::ResponderPaused {
        actor: text.to_owned(),
        reason: text.to_owned(),
        scope: crate::incident::PauseScope::All,
    };
    let events = samples::events().into_iter().chain([paused(hostile), paused("")]);
    (0..).zip(events).map(|(seq, event)| encode(seq, at, &serde_json::to_vec(&event).unwrap())).collect()
}

fn written(format: Format, records: &[Vec<u8>]) -> String {
    let mut out = format.head();
    records.iter().for_each(|record| format.write(record, &mut out).unwrap());
    String::from_utf8(out).unwrap()
}

#[test]
fn every_event_is_valid_by_the_published_schema_of_ocsf() {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("ocsf.json", serde_json::from_str(OCSF).unwrap()).unwrap();
    let schema = compiler.compile("ocsf.json", &mut schemas).unwrap();
    let records = records();
    let lines = written(Format::Ocsf, &records);
    assert_eq!(lines.lines().count(), records.len());
    for (line, record) in lines.lines().zip(&records) {
        let event: Value = serde_json::from_str(line).unwrap();
        if let Err(error) = schemas.validate(&event, schema) {
            panic!("{error}\n{event:#}");
        }
        assert_eq!(event["raw_data"].as_str().unwrap().as_bytes(), record);
        assert_eq!(event["time"], 1_700_000_000_123_i64);
        assert_eq!(event["unmapped"]["leaf"], merkle::leaf_hash(record).to_string());
        let mut broken = event.clone();
        broken["class_uid"] = 4_001.into();
        assert!(schemas.validate(&broken, schema).is_err(), "another class is none of these");
        broken = event.clone();
        broken["surplus"] = 1.into();
        assert!(schemas.validate(&broken, schema).is_err(), "a name that the class does not have");
        for name in ["metadata", "time", "severity_id", "type_uid"] {
            broken = event.clone();
            broken.as_object_mut().unwrap().remove(name);
            assert!(schemas.validate(&broken, schema).is_err(), "without {name}");
        }
    }
}

#[test]
fn json_lines_are_the_exact_records() {
    let records = records();
    let lines = written(Format::JsonLines, &records);
    assert!(lines.ends_with('\n'));
    assert_eq!(lines.split_terminator('\n').map(str::as_bytes).collect::<Vec<_>>(), records);
}

#[test]
fn h20_a_table_has_the_same_columns_in_every_line_and_the_exact_record_in_the_last() {
    let records = records();
    let table = written(Format::Csv, &records);
    let rows: Vec<_> = table.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), records.len() + 1);
    assert_eq!(rows[0], COLUMNS.join(","));
    for (row, record) in rows[1..].iter().zip(&records) {
        let cells = read(row);
        assert_eq!(cells.len(), COLUMNS.len(), "{row}");
        assert_eq!(cells.last().unwrap().as_bytes(), record);
        for cell in &cells {
            let first = cell.chars().next();
            assert!(!first.is_some_and(|c| "=+-@\t\r\n".contains(c)), "{cell}");
            assert!(!cell.chars().any(char::is_control), "{cell:?}");
        }
    }
    let hostile = read(rows[records.len() - 1]);
    assert_eq!(hostile[9], r#"'=cmd()</script>\u{1b}[2J\u{d}\u{a}\u{2028}\u{202e},"'"#);
}

/// One row as RFC 4180 has it, read in another way than it is written.
fn read(row: &str) -> Vec<String> {
    let (mut cells, mut rest) = (Vec::new(), row);
    loop {
        rest = rest.strip_prefix('"').unwrap();
        let mut cell = String::new();
        loop {
            let end = rest.find('"').unwrap();
            cell.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            if !rest.starts_with('"') {
                break;
            }
            cell.push('"');
            rest = &rest[1..];
        }
        cells.push(cell);
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return cells,
        }
    }
}

#[test]
fn h21_hostile_text_is_inert_in_every_form() {
    let records = records();
    for format in Format::ALL {
        for text in written(format, &records).split_terminator(['\n']) {
            let text = text.trim_end_matches('\r');
            assert!(!text.chars().any(char::is_control), "{format:?}: {text:?}");
        }
    }
}

#[test]
fn every_format_is_known_by_its_name_and_no_other() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.as_str()), Some(format));
    }
    for other in ["", "json", "JSONL", "xml", "csv "] {
        assert_eq!(Format::parse(other), None);
    }
}

#[test]
fn what_is_no_record_is_refused_where_it_has_to_be_understood() {
    for format in [Format::Csv, Format::Ocsf] {
        assert!(format.write(b"{}", &mut Vec::new()).is_err());
    }
}
