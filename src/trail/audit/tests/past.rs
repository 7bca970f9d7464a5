//! The history of checkpoints: whole, torn, silent, and not to be believed.

use super::*;
use crate::trail::audit::{Gap, InvalidCheckpoint, InvalidNote, Whose};

const DAY: &str = "checkpoints/2023-11-14";
const NEXT_DAY: &str = "checkpoints/2023-11-15";

impl Log {
    /// What the history has of the log at `size`, at this minute after [`SIGNED_AT`].
    fn past(&self, size: usize, minute: u64) -> String {
        let root = writer::root(&self.leaves()[..size]);
        format!("{}\n", owner().checkpoint(size, &root, SIGNED_AT + 60 * minute))
    }

    fn put_history(&self, name: &str, notes: &[String]) {
        fs::create_dir_all(self.file("checkpoints")).unwrap();
        fs::write(self.file(name), notes.concat()).unwrap();
    }

    /// Signs the checkpoint anew, at this minute.
    fn sign_at(&self, minute: u64) {
        writer::write(self.path(), &owner(), &self.records, SIGNED_AT + 60 * minute);
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(SIGNED_AT as i64 + 60 * minute).unwrap()
}

#[test]
fn h08_a_checkpoint_for_every_minute_leaves_no_gap_also_when_idle_and_over_midnight() {
    let log = Log::of(600);
    log.put_history(DAY, &[log.past(0, 0), log.past(10, 1), log.past(10, 2)]);
    log.put_history(NEXT_DAY, &[log.past(600, 3), log.past(600, 4)]);
    fs::write(log.file("checkpoints/.2023-11-15.part"), "not a day").unwrap();
    log.sign_at(5);
    let history = log.verify().unwrap().history;
    assert_eq!((history.checkpoints, history.missing_minutes, history.gaps, history.longest), (5, 0, 0, None));
    assert_eq!((history.first_at, history.last_at, history.torn), (Some(at(0)), Some(at(5)), false));
}

#[test]
fn h08_minutes_without_a_checkpoint_are_reported_and_are_no_fault() {
    let log = Log::of(600);
    // The clock goes back once, and then on.
    let notes = [(1, 0), (2, 3), (3, 4), (3, 1), (3, 4), (9, 15)].map(|(size, minute)| log.past(size, minute));
    log.put_history(DAY, &notes);
    log.sign_at(17);
    let history = log.verify().unwrap().history;
    assert_eq!((history.missing_minutes, history.gaps), (2 + 10 + 1, 3));
    assert_eq!(history.longest, Some(Gap { minutes: 10, after: at(4) }));
}

#[test]
fn a_torn_last_note_of_the_last_file_is_no_fault_and_anywhere_else_it_is() {
    let log = Log::of(20);
    let (whole, torn) = (log.past(10, 0), log.past(20, 1));
    let near_the_end = torn.len() - 3..torn.len();
    for length in (1..torn.len()).step_by(11).chain(near_the_end) {
        if !torn.is_char_boundary(length) {
            continue;
        }
        let torn = torn[..length].to_owned();
        log.put_history(DAY, &[whole.clone(), torn.clone()]);
        let history = log.verify().unwrap_or_else(|fault| panic!("{length}: {fault}")).history;
        assert_eq!((history.checkpoints, history.torn), (1, true), "{length}");
    }
    log.put_history(DAY, &[whole.clone(), torn[..100].to_owned(), "\0".repeat(300)]);
    assert!(log.verify().unwrap().history.torn, "as some file systems leave it");
    let cut = torn[..torn.len() - 5].to_owned();
    log.put_history(NEXT_DAY, &[log.past(20, 2)]);
    log.put_history(DAY, &[whole.clone(), cut.clone()]);
    assert_eq!(
        log.verify().unwrap_err().to_string(),
        format!("the 2. checkpoint of {DAY} is not whole, and files follow it")
    );
    log.put_history(DAY, &[cut, whole]);
    let fault = log.verify().unwrap_err();
    assert_eq!(fault.code(), "history_invalid", "{fault}");
}

/// Names and ids of keys are not signed: a line with others is that of a stranger. If that is the line that says when,
/// the time is not known, and nothing else is lost.
#[test]
fn h02_a_flipped_byte_in_the_history_is_found() {
    let log = Log::of(20);
    let notes = [log.past(10, 0), log.past(20, 1)];
    log.put_history(DAY, &notes);
    log.verify().unwrap();
    let whole = notes.concat().len();
    for place in (0..whole).step_by(7).chain(whole - 3..whole) {
        log.flip(DAY, place);
        match log.verify() {
            Err(fault) => assert_eq!(fault.code(), "history_invalid", "{place}: {fault}"),
            // Each note has seven lines here, and the sixth says when.
            Ok(_) => assert_eq!(notes.concat().as_bytes()[..place].iter().filter(|b| **b == b'\n').count() % 7, 5),
        }
        log.flip(DAY, place);
    }
}

#[test]
fn h04_a_history_that_goes_further_than_the_log_gives_a_roll_back_away() {
    let larger = Log::of(SIZE);
    let log = Log::of(700);
    log.put_history(DAY, &[larger.past(700, 0), larger.past(800, 1)]);
    let expected = format!("the log was rolled back: the 2. checkpoint of {DAY} has 800 records, and the log has 700");
    assert_eq!(log.verify().unwrap_err().to_string(), expected);
}

#[test]
fn h05_a_history_of_other_records_gives_a_rewritten_log_away() {
    let mut forged = records(SIZE);
    forged[300] = record(300, "forged");
    let (good, forged) = (Log::of(SIZE), Log::written(forged));
    forged.put_history(DAY, &[good.past(300, 0), good.past(301, 1), good.past(302, 2)]);
    let fault = forged.verify().unwrap_err();
    let expected = format!(
        "the log was rewritten: its first 301 records do not have the root that the 2. checkpoint of {DAY} has"
    );
    assert!(fault.to_string().starts_with(&expected), "{fault}");
}

#[test]
fn a_history_that_shrinks_within_a_file_is_a_fault() {
    let log = Log::of(600);
    log.put_history(DAY, &[log.past(10, 0), log.past(20, 1), log.past(19, 2)]);
    let expected = format!("the 3. checkpoint of {DAY} has 19 records, and the one before it has 20");
    assert_eq!(log.verify().unwrap_err().to_string(), expected);
}

#[test]
fn h06_a_note_of_an_unknown_key_in_the_history_is_a_fault() {
    let log = Log::of(600);
    let stranger = Owner::new(&owner().origin, 2);
    let note = format!("{}\n", stranger.checkpoint(10, &writer::root(&log.leaves()[..10]), SIGNED_AT));
    log.put_history(DAY, &[note]);
    let fault = log.verify().unwrap_err();
    assert!(matches!(&fault, Fault::History { why: InvalidCheckpoint::Note(InvalidNote::NotSigned), .. }), "{fault}");
}

/// A log of 900 records that says, in the record `seq`, that it goes on from one with this head.
fn going_on(seq: usize, size: u64, root: &str) -> Log {
    let mut records = records(SIZE);
    let event = format!(
        r#"{{"kind":"trail.restored","actor":"test","reason":"drill","origin":"test.example/before","size":{size},"root":"{root}"}}"#
    );
    records[seq] = encode(seq as u64, Timestamp::from_second(1_700_000_000).unwrap(), event.as_bytes());
    Log::written(records)
}

#[test]
fn h23_a_log_that_says_it_goes_on_from_another_begins_with_that_ones_records() {
    let leaves = Log::of(SIZE).leaves();
    let root = |size: usize| hex::encode(writer::root(&leaves[..size]));
    for size in [0, 1, 255, 256, 300, 512, 700] {
        assert_eq!(
            going_on(700, size as u64, &root(size)).verify().map(|report| report.size),
            Ok(SIZE as u64),
            "{size}"
        );
        let forged = going_on(700, size as u64, &root(size + 1)).verify().unwrap_err();
        assert!(matches!(&forged, Fault::Rewritten { whose: Whose::Record(700), .. }), "{size}: {forged:?}");
    }
    let ahead = going_on(700, 701, &root(701)).verify().unwrap_err();
    assert!(matches!(&ahead, Fault::RolledBack { whose: Whose::Record(700), .. }), "{ahead:?}");
}
