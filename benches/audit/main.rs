//! Measures what verifying a log offline takes, with records of the usual size.
//!
//! ```text
//! cargo bench --bench audit                      a log of 1,000,000 records, three rounds
//! cargo bench --bench audit -- --records 100000  of so many
//! ```
//!
//! The log is written first, which takes longer than verifying it, into a temporary folder (about 600 MB), and has a
//! history of one day. `hash` is the SHA-256 of all records on one thread, taken in the same round: what nobody who
//! verifies can leave out.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use portcullis::incident::{Digest, Timestamp};
use portcullis::trail::audit::{Keys, verify};
use portcullis::trail::encode;
use writer::Owner;

#[allow(dead_code)]
#[path = "../../src/trail/audit/tests/writer.rs"]
mod writer;

const ROUNDS: usize = 3;
const RECORDS: usize = 1_000_000;
const DAY_MINUTES: u64 = 1_440;
/// 2023-11-14 00:00:00.
const MIDNIGHT: u64 = 1_699_920_000;

/// A record of about 600 bytes.
fn record(seq: usize) -> Vec<u8> {
    let reason = format!("{seq:08} ").repeat(55);
    let event = format!(r#"{{"kind":"responder.paused","actor":"bench","reason":"{reason}"}}"#);
    let at = Timestamp::from_second(MIDNIGHT as i64).unwrap();
    encode(seq as u64, at, event.as_bytes())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (work(), began.elapsed())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let records = arguments.iter().position(|argument| argument == "--records");
    let count = records.map_or(RECORDS, |at| arguments[at + 1].parse().expect("a number of records"));
    let folder = tempfile::tempdir().unwrap();
    let owner = Owner::new("bench.example/trail-bench", 1);
    let records: Vec<_> = (0..count).map(record).collect();
    let ((), wrote) = timed(|| writer::write(folder.path(), &owner, &records, MIDNIGHT + DAY_MINUTES * 60));
    let root = writer::root(&writer::leaves(&records[..count / 2]));
    let history = (0..DAY_MINUTES).fold(String::new(), |mut history, minute| {
        writeln!(history, "{}", owner.checkpoint(count / 2, &root, MIDNIGHT + minute * 60)).unwrap();
        history
    });
    std::fs::create_dir(folder.path().join("checkpoints")).unwrap();
    std::fs::write(folder.path().join("checkpoints/2023-11-14"), history).unwrap();
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!("{count} records, {} MB, written in {:.1} s", bytes / 1_000_000, wrote.as_secs_f64());
    let keys = Keys::parse(&owner.vkey()).unwrap();
    for _ in 0..ROUNDS {
        let (report, verified) = timed(|| verify(folder.path(), &keys, &[], |_| ()).unwrap());
        assert_eq!((report.size, report.history.missing_minutes), (count as u64, 0));
        let ((), hashed) = timed(|| {
            records.iter().for_each(|record| {
                black_box(Digest::of(record));
            });
        });
        let (verified, hashed) = (verified.as_secs_f64(), hashed.as_secs_f64());
        println!("verified in {verified:.2} s, hash {hashed:.2} s, ratio {:.1}", verified / hashed);
    }
}
