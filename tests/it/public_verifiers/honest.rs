//! Logs that are as they should be, whatever their size and past.

use std::fs;

use super::naive::{Log, SEED, log_by, log_of, records};
use super::verifier::{Verdict, Verifier};

/// Both say the size and root that the log has.
fn agree(log: &Log, size: u64) {
    for verifier in Verifier::ALL {
        let expected = Verdict::Agrees { size, root: log.root() };
        assert_eq!(verifier.judge(log.path()), expected, "{verifier:?} on {size}");
    }
}

#[test]
fn h07_logs_of_every_awkward_size_agree() {
    for size in [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1000, 2001] {
        agree(&log_of(&records(size)), size as u64);
    }
}

#[test]
fn h07_logs_with_a_full_tile_of_the_second_level_agree() {
    let small = |size: usize| (0..size).map(|n| format!("record {n}").into_bytes()).collect::<Vec<_>>();
    for size in [65_536, 70_000] {
        agree(&log_of(&small(size)), size as u64);
    }
}

#[test]
fn h07_a_log_continues_each_of_its_fifty_checkpoints_at_each_of_them() {
    let records = records(1000);
    let mut log = log_of(&[]);
    let mut kept = vec![log.keep()];
    for (step, more) in records.chunks(20).enumerate() {
        log.grow(more);
        let older: Vec<_> = kept.iter().map(|file| file.path()).collect();
        // pymerkle is the slower one, and asked at every tenth.
        let asked = if step % 10 == 9 { &Verifier::ALL[..] } else { &[Verifier::Sumdb] };
        for verifier in asked {
            let verdict = verifier.judge_against(log.path(), &log.file("vkey"), &older);
            assert_eq!(verdict, Verdict::Agrees { size: 20 * (step as u64 + 1), root: log.root() }, "{verifier:?}");
        }
        kept.push(log.keep());
    }
    // Nothing happened, and that was signed too.
    log.grow(&[]);
    agree(&log, 1000);
}

#[test]
fn a_partial_tile_or_bundle_may_go_once_the_full_one_is_there() {
    let mut log = log_of(&records(200));
    let (then, root) = (fs::read(log.file("checkpoint")).unwrap(), log.root());
    log.grow(&records(100));
    // The full ones were written, and power failed before their checkpoint was.
    log.write("checkpoint", &then);
    fs::remove_dir_all(log.file("checkpoints")).unwrap();
    for partial in ["tile/0/000.p", "tile/entries/000.p"] {
        fs::remove_dir_all(log.file(partial)).unwrap();
    }
    for verifier in Verifier::ALL {
        assert_eq!(verifier.judge(log.path()), Verdict::Agrees { size: 200, root: root.clone() }, "{verifier:?}");
    }
}

#[test]
fn a_history_that_ends_within_a_checkpoint_has_all_that_came_before() {
    let log = log_of(&records(300));
    let whole = fs::read_to_string(log.file("checkpoints/2026-11-18")).unwrap();
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)).step_by(16) {
        log.write("checkpoints/2026-11-19", &whole.as_bytes()[..end]);
        let expected = Verdict::Agrees { size: 300, root: log.root() };
        assert_eq!(Verifier::Sumdb.judge(log.path()), expected, "cut at {end}");
    }
    log.write("checkpoints/2026-11-19", &whole.as_bytes()[..whole.len() / 2]);
    agree(&log, 300);
}

#[test]
fn h06_lines_of_keys_that_are_not_the_log_s_are_passed_over_and_those_of_its_old_key_are_not() {
    let (log, other) = (log_of(&records(300)), log_by(SEED + 1, &records(300)));
    let signed = fs::read_to_string(log.file("checkpoint")).unwrap();
    let by_other = fs::read_to_string(other.file("checkpoint")).unwrap();
    let (_, lines) = by_other.split_once("\n\n").unwrap();
    log.write("checkpoint", format!("{signed}{lines}").as_bytes());
    agree(&log, 300);
    // Both are the log's.
    let keys = ["vkey", "vkey"].iter().zip([&other, &log]).map(|(name, log)| fs::read(log.file(name)).unwrap());
    log.write("vkey", &keys.collect::<Vec<_>>().concat());
    agree(&log, 300);
}
