//! Logs in which nothing is wrong, at the sizes where trees and tiles have their edges.

use std::sync::Mutex;

use super::*;
use crate::incident::Digest;
use crate::trail::audit::Progress;
use crate::trail::audit::tree::{Rows, leaf};

/// Roots over the records `0`, `1`, … in eight big-endian bytes, made by a few lines of Python.
const ROOTS: [(usize, &str); 8] = [
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "3e7077fd2f66d689e0cee6a7cf5b37bf2dca7c979af356d0a31cbc5c85605c7d"),
    (2, "a7d91894b61fbf46378d88e3e1b1f7aef39532c504b484bd31551d15e0a09dff"),
    (255, "bb3b9743e08118ea583ae77df04a1449a0601cde6f75146d79c2cab6366ce210"),
    (256, "15e2dd4973ae44de8c8cf3048fd98d17adaaea6287f4e0606a55a643617408c0"),
    (257, "d418c0873259bce7d0561ab004486112416c1c4490865415342bfe06e673146c"),
    (65_536, "bc9bca909516d5bf148c2bf2dea0a0d9f717ce4987d2fe7504d6694363b41598"),
    (70_000, "0759167a0f98e35e802d46ff7c7d29d2c3f03a63a256deb6abbff357a91b63b1"),
];

#[test]
fn h07_the_roots_of_all_sizes_at_the_edges_are_those_that_others_compute() {
    let rows = Rows::over((0..70_000_u64).map(|n| leaf(&n.to_be_bytes())).collect());
    for (size, expected) in ROOTS {
        assert_eq!(hex::encode(rows.root(size as u64, None).unwrap()), expected, "size {size}");
    }
    assert_eq!(rows.root(70_001, None), None);
}

#[test]
fn h07_logs_of_every_size_at_the_edges_verify() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513] {
        let log = Log::of(size);
        let report = log.verify().unwrap_or_else(|fault| panic!("size {size}: {fault}"));
        assert_eq!((report.size, report.origin.as_str()), (size as u64, "test.example/trail-test"));
        assert_eq!(report.root, Digest(writer::root(&log.leaves())));
        let at = |seq: i64| (size > 0).then(|| Timestamp::from_second(1_700_000_000 + seq).unwrap());
        assert_eq!((report.first_at, report.last_at), (at(0), at(size as i64 - 1)));
        assert_eq!(report.checkpoint_at, Some(Timestamp::from_second(SIGNED_AT as i64).unwrap()));
    }
}

#[test]
fn h07_logs_of_three_levels_verify_and_go_on_from_older_checkpoints() {
    let log = Log::of(70_000);
    let older = [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 69_999, 70_000].map(|size| log.checkpoint_at(size));
    let seen = Mutex::new(Vec::new());
    let report = verify(log.path(), &keys(), &older, |progress| seen.lock().unwrap().push(progress)).unwrap();
    assert_eq!((report.size, report.older), (70_000, 10));
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 274);
    assert!(seen.contains(&Progress { records: 70_000, of: 70_000 }));
    log.flip("tile/2/000.p/1", 5);
    let path = "tile/2/000.p/1".to_owned();
    assert_eq!(log.verify(), Err(Fault::TileDiffers { path, first: 0, last: 65_535 }));
}

/// What a larger log has in the place of a part: the part is a prefix of it.
#[test]
fn h19_a_log_that_grows_while_it_is_read_verifies_as_far_as_its_checkpoint_went() {
    let log = Log::of(300);
    let before = fs::read(log.file("checkpoint")).unwrap();
    writer::write(log.path(), &owner(), &records(600), SIGNED_AT + 1);
    fs::write(log.file("checkpoint"), &before).unwrap();
    for part in ["tile/entries/001.p/44", "tile/0/001.p/44", "tile/1/000.p/1"] {
        assert_eq!(log.verify().unwrap().size, 300, "with {part}");
        if part != "tile/1/000.p/1" {
            log.remove(part);
        }
    }
    assert_eq!(log.verify().unwrap().size, 300);
}

#[test]
fn h22_a_clock_that_went_back_is_no_fault() {
    let event = br#"{"kind":"responder.paused","actor":"test","reason":"drill"}"#;
    let at = |second| Timestamp::from_second(second).unwrap();
    let log = Log::written(vec![encode(0, at(1_700_000_100), event), encode(1, at(1_700_000_000), event)]);
    let report = log.verify().unwrap();
    assert_eq!((report.first_at, report.last_at), (Some(at(1_700_000_100)), Some(at(1_700_000_000))));
}
