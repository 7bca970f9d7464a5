//! Measures what finding records takes, and what the index that finds them costs.
//!
//! ```text
//! cargo bench --bench search                        a trail of 1,000,000 records
//! cargo bench --bench search -- --records 10000000  of so many (about 10 minutes, and 3 GB in a temporary folder)
//! ```
//!
//! The records are made up as they are read, so that the store costs next to nothing. `scan` is what reading all of them
//! would take, reckoned from a part; each question is asked many times, and what counts is its ratio to that.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use portcullis::incident::{Digest, IncidentId, Timestamp};
use portcullis::trail::search::{Index, Query};
use portcullis::trail::{
    Append, Appended, Area, Change, Head, Pending, Pseudonyms, Row, Store, StoreError, Stored, Subjects, UniqueKey,
    encode,
};
use tokio::sync::watch;

const RECORDS: u64 = 1_000_000;
/// Read for the scan.
const SCANNED: u64 = 50_000;
const ROUNDS: usize = 50;
/// 2023-11-14 00:00:00.
const MIDNIGHT: i64 = 1_699_920_000;

/// Of ten records six are alerts that open nothing, and four belong to an incident.
struct MadeUp(u64);

impl MadeUp {
    fn record(seq: u64) -> Stored {
        let (account, source) = (seq * 7_919 % 50_000, ["okta", "defender", "splunk", "entra"][(seq % 4) as usize]);
        let (incident, digest) = (format!("inc_{:016x}", seq / 10), Digest::of(&seq.to_be_bytes()));
        let event = match seq % 10 {
            0..6 => format!(
                r#"{{"kind":"alert.admitted","alert":{{"id":"alr_{:032x}","source":"{source}","assurance":"A","event_type":"user.session.start","received_at":"2023-11-14T00:00:00Z","body_digest":"{digest}","delivery_hints":{{}},"secret":"first"}},"verdict":{{"kind":"unmatched","rules":"{}"}},"private":"{digest}"}}"#,
                u128::from(seq) << 64,
                Digest::of(&(seq / 100_000).to_be_bytes())
            ),
            6 => format!(
                r#"{{"kind":"account.resolved","incident":"{incident}","user_id":"user{account}","evidence":{{"by":"given"}}}}"#
            ),
            7 => format!(r#"{{"kind":"step.started","incident":"{incident}","step":0,"attempt":1}}"#),
            8 => format!(r#"{{"kind":"step.verified","incident":"{incident}","step":0,"disabled":true}}"#),
            _ => format!(
                r#"{{"kind":"incident.dismissed","incident":"{incident}","actor":"responder{}","reason":"seen with the help desk, ticket {account}, 误报"}}"#,
                seq % 30
            ),
        };
        let at = Timestamp::from_second(MIDNIGHT + seq as i64 * 3).unwrap();
        Stored { seq, record: encode(seq, at, event.as_bytes()), leaf: digest }
    }
}

impl Store for MadeUp {
    fn append(&self, _: Append) -> Pending {
        Pending::<Appended>::ready(Err(StoreError::Busy))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        Ok((from..self.0).take(limit).map(Self::record).collect())
    }

    fn private(&self, _: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    fn of_incident(&self, _: &IncidentId, _: usize) -> Result<Vec<u64>, StoreError> {
        Ok(Vec::new())
    }

    fn find(&self, _: &UniqueKey) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }

    fn keep(&self, _: Area, _: Vec<Change>) -> Pending<()> {
        Pending::ready(Ok(()))
    }

    fn kept(&self, _: Area, _: Option<&[u8]>, _: usize) -> Result<Vec<Row>, StoreError> {
        Ok(Vec::new())
    }

    fn head(&self) -> Head {
        Head { size: self.0, root: Digest::of(b"bench") }
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        watch::Sender::new(None).subscribe()
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (work(), began.elapsed())
}

fn bytes_in(folder: &Path) -> u64 {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let records = arguments.iter().position(|argument| argument == "--records");
    let count = records.map_or(RECORDS, |at| arguments[at + 1].parse().expect("a number of records"));
    let (folder, store, names) = (tempfile::tempdir().unwrap(), MadeUp(count), Pseudonyms::new(&[0; 32]));
    let (index, empty) = (Index::new(folder.path().to_owned()), tempfile::tempdir().unwrap());
    let ((), built) = timed(|| {
        while !index.follow(&store).unwrap().is_all {}
        index.sync().unwrap();
    });
    let bytes = bytes_in(folder.path());
    println!(
        "{count} records indexed in {:.1} s ({:.0} a second), {} bytes each",
        built.as_secs_f64(),
        count as f64 / built.as_secs_f64(),
        bytes / count
    );
    let scanned = SCANNED.min(count);
    // Of what is not indexed a page reads so many at most.
    let unindexed = (Index::new(empty.path().to_owned()), MadeUp(scanned));
    let nobody = Query::parse([("actor", "nobody")], &names, &Subjects::in_memory()).unwrap();
    let ((), scan) = timed(|| {
        let mut from = None;
        loop {
            let found = unindexed.0.find(&unindexed.1, &nobody, from, 100).unwrap();
            from = found.next;
            if from.is_none() {
                break;
            }
        }
    });
    let scan = scan.as_secs_f64() * count as f64 / scanned as f64;
    println!("scan {scan:.1} s (reckoned from {scanned} records)");
    let (since, until) = ("2023-11-20T08:00:00Z", "2023-11-20T09:00:00Z");
    let questions: [&[(&str, &str)]; 8] = [
        &[],
        &[("actor", "nobody")],
        &[("kind", "incident.dismissed"), ("actor", "responder9")],
        &[("user_id", "user4242")],
        &[("text", "误报 4242")],
        &[("text", "tick* 42424*")],
        &[("since", since), ("until", until)],
        &[("since", since), ("until", until), ("outcome", "disabled")],
    ];
    for question in questions {
        let query = Query::parse(question.iter().copied(), &names, &Subjects::in_memory()).unwrap();
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| timed(|| index.find(&store, &query, None, 100).unwrap()).1.as_secs_f64() * 1_000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        let found = index.find(&store, &query, None, 100).unwrap().records.len();
        let (median, most) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        let ratio = scan * 1_000.0 / median;
        println!("{median:8.2} ms (most {most:.2}), scan is {ratio:.0} times that, {found:3} found: {question:?}");
    }
}
