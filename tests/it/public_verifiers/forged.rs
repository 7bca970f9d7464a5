//! Logs that somebody has changed, and which verifier can see it.

use std::fs;
use std::path::Path;

use super::naive::{Log, SEED, log_by, log_of, records};
use super::verifier::{Verdict, Verifier};

/// Refuses the log, and names this.
fn refuses(verifier: Verifier, log: &Log, named: &str) {
    refuses_against(verifier, log, &[], named);
}

fn refuses_against(verifier: Verifier, log: &Log, older: &[&Path], named: &str) {
    match verifier.judge_against(log.path(), &log.file("vkey"), older) {
        Verdict::Faults(fault) => assert!(fault.contains(named), "{verifier:?}: {fault}, not {named}"),
        agrees => panic!("{verifier:?} does not see it ({named}): {agrees:?}"),
    }
}

fn both_agree(log: &Log) {
    for verifier in Verifier::ALL {
        let verdict = verifier.judge(log.path());
        assert!(matches!(verdict, Verdict::Agrees { .. }), "{verifier:?}: {verdict:?}");
    }
}

/// Flips one bit of the byte in the middle.
fn flip(log: &Log, name: &str) {
    let mut bytes = fs::read(log.file(name)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    log.write(name, &bytes);
}

/// Puts another text in the place of one that is there.
fn edit(log: &Log, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(log.file(name)).unwrap();
    assert!(text.contains(from), "{from} is not in {name}");
    log.write(name, text.replacen(from, to, 1).as_bytes());
}

/// With two full tiles, a partial one, and one of the level above.
fn log() -> Log {
    log_of(&records(600))
}

#[test]
fn h01_a_flipped_byte_in_a_bundle_is_seen_by_both() {
    for name in ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"] {
        let log = log();
        flip(&log, name);
        refuses(Verifier::Sumdb, &log, "is not that of its leaf");
        refuses(Verifier::Pymerkle, &log, "the records do not have the root");
    }
}

#[test]
fn h02_a_flipped_byte_in_a_tile_is_seen_by_both() {
    for name in ["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"] {
        let log = log();
        flip(&log, name);
        let named = if name.starts_with("tile/0") { "is not that of its leaf" } else { name };
        refuses(Verifier::Sumdb, &log, named);
        refuses(Verifier::Pymerkle, &log, "does not have the hashes of the tree");
    }
}

#[test]
fn h02_another_root_or_size_in_the_checkpoint_is_seen_by_both() {
    let log = log();
    let other = log_of(&records(599));
    edit(&log, "checkpoint", &log.root(), &other.root());
    refuses(Verifier::Sumdb, &log, "invalid signature");
    refuses(Verifier::Pymerkle, &log, "do not have the root");
    let log = self::log();
    edit(&log, "checkpoint", "\n600\n", "\n599\n");
    refuses(Verifier::Sumdb, &log, "invalid signature");
    refuses(Verifier::Pymerkle, &log, "o such file");
}

#[test]
fn h02_a_flipped_byte_of_a_signature_or_its_time_is_seen_by_the_one_that_knows_signatures() {
    let whole = fs::read_to_string(log().file("checkpoint")).unwrap();
    let (text, signatures) = whole.split_once("\n\n").unwrap();
    let lines: Vec<&str> = signatures.lines().collect();
    for (line, place) in [(0, 40), (1, 40), (1, 10)] {
        let log = log();
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let at = lines[line].rfind(' ').unwrap() + place;
        let other = if lines[line].as_bytes()[at] == b'A' { "B" } else { "A" };
        lines[line].replace_range(at..=at, other);
        log.write("checkpoint", format!("{text}\n\n{}\n", lines.join("\n")).as_bytes());
        refuses(Verifier::Sumdb, &log, "invalid signature");
    }
    for line in lines {
        let log = log();
        edit(&log, "checkpoint", &format!("{line}\n"), "");
        refuses(Verifier::Sumdb, &log, "lacks a signature");
    }
}

#[test]
fn a_file_that_is_missing_or_too_long_is_seen_by_both() {
    for name in ["tile/entries/001", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "checkpoint"] {
        let log = log();
        fs::remove_file(log.file(name)).unwrap();
        Verifier::ALL.iter().for_each(|verifier| refuses(*verifier, &log, "o such file"));
        let log = self::log();
        let longer = [fs::read(log.file(name)).unwrap(), b"\0\0".to_vec()].concat();
        log.write(name, &longer);
        refuses(Verifier::Sumdb, &log, "");
        // Signatures may be anything to the one that does not know them.
        if name != "checkpoint" {
            refuses(Verifier::Pymerkle, &log, name.trim_end_matches(".p/88").trim_end_matches(".p/2"));
        }
    }
}

#[test]
fn h03_records_that_are_swapped_missing_or_there_twice_are_seen_by_both() {
    type Change = fn(&mut Vec<Vec<u8>>);
    let changes: [Change; 3] = [
        |records| drop(records.remove(10)),
        |records| records.insert(10, records[10].clone()),
        |records| records[10] = records[9].clone(),
    ];
    for change in changes {
        let (log, mut changed) = (log(), records(600));
        change(&mut changed);
        fs::copy(log_of(&changed).file("tile/entries/000"), log.file("tile/entries/000")).unwrap();
        refuses(Verifier::Sumdb, &log, "is not that of its leaf");
        refuses(Verifier::Pymerkle, &log, "the records do not have the root");
    }
    let (log, mut swapped) = (log(), records(600));
    swapped.swap(10, 11);
    let elsewhere = log_of(&swapped);
    fs::copy(elsewhere.file("tile/entries/000"), log.file("tile/entries/000")).unwrap();
    refuses(Verifier::Sumdb, &log, "record 10 is not that of its leaf");
    refuses(Verifier::Pymerkle, &log, "the records do not have the root");
    // With their leaf hashes too.
    fs::copy(elsewhere.file("tile/0/000"), log.file("tile/0/000")).unwrap();
    refuses(Verifier::Sumdb, &log, "tile/1/000.p/2 does not have the hashes of the records");
    refuses(Verifier::Pymerkle, &log, "the records do not have the root");
    // And what these join to.
    fs::copy(elsewhere.file("tile/1/000.p/2"), log.file("tile/1/000.p/2")).unwrap();
    refuses(Verifier::Sumdb, &log, "the records have the root");
    refuses(Verifier::Pymerkle, &log, "the records do not have the root");
}

#[test]
fn h04_a_cut_tail_is_refused_against_a_checkpoint_from_before() {
    let mut log = log_of(&records(500));
    let before = log.keep();
    log.rewrite(|records| records.truncate(400));
    let refused = "the log had 500 records, and now has 400";
    // The log's own history is such a checkpoint already.
    Verifier::ALL.iter().for_each(|verifier| refuses(*verifier, &log, refused));
    fs::remove_dir_all(log.file("checkpoints")).unwrap();
    both_agree(&log);
    Verifier::ALL.iter().for_each(|verifier| refuses_against(*verifier, &log, &[before.path()], refused));
}

#[test]
fn h05_a_rewritten_and_rightly_signed_log_passes_alone_and_is_refused_against_a_checkpoint_from_before() {
    type Change = fn(&mut Vec<Vec<u8>>);
    let changes: [Change; 4] = [
        |records| records[123] = b"{\"v\":1,\"seq\":123,\"kind\":\"nothing happened\"}".to_vec(),
        |records| records.swap(299, 0),
        |records| drop(records.remove(7)),
        |records| records.insert(0, b"{}".to_vec()),
    ];
    for change in changes {
        let mut log = log_of(&records(300));
        let before = log.keep();
        log.grow(&records(100));
        log.rewrite(change);
        let refused = "the log does not continue its first 300 records";
        Verifier::ALL.iter().for_each(|verifier| refuses(*verifier, &log, refused));
        fs::remove_dir_all(log.file("checkpoints")).unwrap();
        both_agree(&log);
        Verifier::ALL.iter().for_each(|verifier| refuses_against(*verifier, &log, &[before.path()], refused));
    }
}

#[test]
fn what_was_rewritten_after_the_last_kept_checkpoint_passes() {
    let mut log = log_of(&records(300));
    let before = log.keep();
    fs::remove_dir_all(log.file("checkpoints")).unwrap();
    log.grow(&records(100));
    fs::remove_dir_all(log.file("checkpoints")).unwrap();
    log.rewrite(|records| records[350] = b"{}".to_vec());
    for verifier in Verifier::ALL {
        let expected = Verdict::Agrees { size: 400, root: log.root() };
        assert_eq!(verifier.judge_against(log.path(), &log.file("vkey"), &[before.path()]), expected);
    }
}

#[test]
fn h06_a_checkpoint_by_another_key_or_of_another_origin_is_refused() {
    let (log, other) = (log(), log_by(SEED + 1, &records(600)));
    // The name is the same, so only the key tells them apart; pymerkle knows none.
    both_agree(&other);
    let judged = Verifier::Sumdb.judge_against(other.path(), &log.file("vkey"), &[]);
    assert!(matches!(&judged, Verdict::Faults(fault) if fault.contains("no verifiable signatures")), "{judged:?}");
    refuses_against(Verifier::Sumdb, &log, &[&other.file("checkpoint")], "no verifiable signatures");
    edit(&log, "checkpoint", "test.example/log-1\n", "test.example/log-2\n");
    refuses(Verifier::Sumdb, &log, "invalid signature");
    let kept = self::log().keep();
    refuses_against(Verifier::Pymerkle, &log, &[kept.path()], "is of test.example/log-1, not of test.example/log-2");
}

#[test]
fn h06_a_key_that_is_not_what_its_id_says_is_refused() {
    let log = log();
    let id = fs::read_to_string(log.file("vkey")).unwrap().split('+').nth(1).unwrap().to_owned();
    edit(&log, "vkey", &id, "00000000");
    refuses(Verifier::Sumdb, &log, "invalid verifier hash");
}

#[test]
fn a_checkpoint_of_the_history_that_was_changed_is_refused() {
    let mut log = log_of(&records(300));
    log.grow(&records(300));
    edit(&log, "checkpoints/2026-11-18", "\n300\n", "\n299\n");
    refuses(Verifier::Sumdb, &log, "invalid signature");
    refuses(Verifier::Pymerkle, &log, "the log does not continue its first 299 records");
    // Without the line between two of them, neither is one.
    let mut log = log_of(&records(300));
    log.grow(&records(300));
    edit(&log, "checkpoints/2026-11-18", "=\n\ntest", "=\ntest");
    refuses(Verifier::Sumdb, &log, "malformed note");
}
