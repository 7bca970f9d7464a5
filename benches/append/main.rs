//! Measures what it takes to have records durable, and what they come to on the disk.
//!
//! ```text
//! cargo bench --bench append                        one writer and 64, five rounds
//! cargo bench --bench append -- --records 1000000   a trail of so many records, sealed and moved to files as it grows
//! ```
//!
//! `raw` is a file that is appended to and synced with `fdatasync`, in the same round on the same disk: by one writer each
//! record for itself, by 64 as a thread takes what has come meanwhile and syncs it once, which is what our committer
//! does. That is what the disk gives; only ratios count. With `--records` nothing is compared: what is told is the size
//! of each part, and what opening and verifying take.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use portcullis::incident::{Digest, Timestamp};
use portcullis::trail::audit::{Keys, verify};
use portcullis::trail::tlog::{Sealer, folder};
use portcullis::trail::{Append, Appended, Entry, Settings, SledStore, Store, UniqueKey};

const ROUNDS: usize = 5;
const LASTS: Duration = Duration::from_secs(3);
const WRITERS: usize = 64;
/// About what a record has on a real trail, with its frame.
const EVENT_BYTES: usize = 600;
const AT_ONCE: u64 = 250;
/// What is sealed in one go: as much as comes in half a second at 20,000 a second.
const SEALED_AT_ONCE: u64 = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().position(|argument| argument == "--records") {
        Some(at) => grow(arguments[at + 1].parse().expect("a number of records")),
        None => compare(),
    }
}

fn compare() {
    println!(
        "{:<18}{:>12}{:>10}{:>10}{:>12}{:>10}{:>10}{:>8}",
        "", "raw /s", "p50 µs", "p99 µs", "ours /s", "p50 µs", "p99 µs", "ratio"
    );
    for writers in [1, WRITERS] {
        for round in 0..ROUNDS {
            let (raw, ours) = (raw(writers), ours(writers));
            println!(
                "{:<18}{:>12.0}{:>10}{:>10}{:>12.0}{:>10}{:>10}{:>8.2}",
                format!("{writers} writers, {round}"),
                raw.rate,
                raw.p50_us,
                raw.p99_us,
                ours.rate,
                ours.p50_us,
                ours.p99_us,
                ours.rate / raw.rate
            );
        }
    }
}

struct Took {
    rate: f64,
    p50_us: u128,
    p99_us: u128,
}

impl Took {
    fn of(mut each: Vec<Duration>, elapsed: Duration) -> Self {
        each.sort_unstable();
        let at = |share: usize| each[(each.len() - 1) * share / 100].as_micros();
        Self { rate: each.len() as f64 / elapsed.as_secs_f64(), p50_us: at(50), p99_us: at(99) }
    }
}

/// An append of one record, as an alert makes one: known by a key, with something beside it.
fn append(number: u64) -> Append {
    let padding = format!("{number:010} ").repeat(EVENT_BYTES / 11);
    let event = format!(r#"{{"kind":"responder.paused","actor":"bench","reason":"{padding}","scope":"all"}}"#);
    let entry = Entry {
        key: Some(UniqueKey(Digest::of(&number.to_be_bytes()))),
        also: Vec::new(),
        at: Timestamp::from_millisecond(1_700_000_000_000 + number as i64).unwrap(),
        event: event.into_bytes(),
        private: None,
        incidents: Vec::new(),
        behind: false,
    };
    Append { deliveries: Vec::new(), entries: vec![entry] }
}

/// The same with the store.
fn ours(writers: usize) -> Took {
    let place = tempfile::tempdir().unwrap();
    let store = Arc::new(open(place.path()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let began = Instant::now();
    let tasks: Vec<_> = (0..writers as u64)
        .map(|writer| {
            let store = Arc::clone(&store);
            runtime.spawn(async move {
                let mut each = Vec::new();
                while began.elapsed() < LASTS {
                    let append = append(writer << 32 | each.len() as u64);
                    let asked = Instant::now();
                    store.append(append).await.unwrap();
                    each.push(asked.elapsed());
                }
                each
            })
        })
        .collect();
    let each = tasks.into_iter().flat_map(|task| runtime.block_on(task).unwrap()).collect();
    Took::of(each, began.elapsed())
}

/// What a writer waits for.
type Written = (Vec<u8>, SyncSender<()>);

/// The same with a bare file.
fn raw(writers: usize) -> Took {
    let place = tempfile::tempdir().unwrap();
    let mut file = File::options().append(true).create(true).open(place.path().join("raw")).unwrap();
    let bytes = vec![b'x'; EVENT_BYTES + 40];
    let began = Instant::now();
    if writers == 1 {
        let mut each = Vec::new();
        while began.elapsed() < LASTS {
            let asked = Instant::now();
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            each.push(asked.elapsed());
        }
        return Took::of(each, began.elapsed());
    }
    let (queue, queued): (SyncSender<Written>, Receiver<Written>) = sync_channel(1_024);
    let syncing = std::thread::spawn(move || {
        while let Ok(first) = queued.recv() {
            let group: Vec<Written> = [first].into_iter().chain(queued.try_iter()).collect();
            file.write_all(&group.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect::<Vec<_>>()).unwrap();
            file.sync_data().unwrap();
            group.iter().for_each(|(_, done)| done.send(()).unwrap());
        }
    });
    let threads: Vec<_> = (0..writers)
        .map(|_| {
            let (queue, bytes) = (queue.clone(), bytes.clone());
            std::thread::spawn(move || {
                let (done, is_done) = sync_channel(1);
                let mut each = Vec::new();
                while began.elapsed() < LASTS {
                    let asked = Instant::now();
                    queue.send((bytes.clone(), done.clone())).unwrap();
                    is_done.recv().unwrap();
                    each.push(asked.elapsed());
                }
                each
            })
        })
        .collect();
    drop(queue);
    let each = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let took = Took::of(each, began.elapsed());
    syncing.join().unwrap();
    took
}

fn open(path: &Path) -> SledStore {
    SledStore::open(&Settings { path: path.join("trail"), ..Settings::default() }).unwrap()
}

fn grow(records: u64) {
    let place = tempfile::tempdir().unwrap();
    let (trail, key) = (place.path().join("trail"), place.path().join("key"));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = open(place.path());
    let mut sealer = Sealer::open(&trail, &key, "bench", &store).unwrap();
    let began = Instant::now();
    let mut next = 0;
    while next < records {
        let many: Vec<Append> = (next..records.min(next + AT_ONCE)).map(append).collect();
        next += many.len() as u64;
        let entries = many.into_iter().flat_map(|append| append.entries).collect();
        let appended = runtime.block_on(store.append(Append { deliveries: Vec::new(), entries })).unwrap();
        assert!(matches!(appended, Appended::Recorded(_)));
        if next % SEALED_AT_ONCE == 0 || next == records {
            let now = Timestamp::from_second(1_700_000_000 + (next / SEALED_AT_ONCE) as i64).unwrap();
            sealer.seal(&store, now).unwrap();
            store.settle(sealer.last().unwrap().size);
        }
    }
    let written = began.elapsed();
    // An epoch is moved once the bundle over its last record is whole.
    let moved = |store: &SledStore| {
        (records.saturating_sub(SEALED_AT_ONCE) / Settings::default().epoch_records) as usize <= store.archived().len()
    };
    while !moved(&store) {
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(store);
    println!("{records} records, {} of epochs in files", epochs(&trail));
    println!("  written and sealed in {:.1} s", written.as_secs_f64());
    let of = |folder: &Path| bytes_in(folder) as f64 / records as f64;
    println!(
        "  bytes for each: {:.0} in all, of the record itself {:.0}, in the log {:.0}, in epochs {:.0}",
        of(&trail),
        EVENT_BYTES as f64 + 120.0,
        of(&folder(&trail)),
        of(&trail.join("epochs"))
    );
    for what in ["first", "second"] {
        let began = Instant::now();
        let store = open(place.path());
        println!("  the {what} opening takes {:.0} ms", began.elapsed().as_secs_f64() * 1_000.0);
        drop(store);
    }
    let keys = Keys::parse(&sealer.verifier_key()).unwrap();
    let began = Instant::now();
    let report = verify(&folder(&trail), &keys, &[], |_| ()).unwrap();
    assert_eq!(report.size, records);
    println!("  verifying its log offline takes {:.1} s", began.elapsed().as_secs_f64());
    println!("  {}", peak());
}

fn epochs(trail: &Path) -> usize {
    let all = fs::read_dir(trail.join("epochs")).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.join("known.redb").exists()).count()
}

fn bytes_in(folder: &Path) -> u64 {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.map(|path| if path.is_dir() { bytes_in(&path) } else { allocated(&path) }).sum()
}

/// What the disk has for it, which of many small files is more than their lengths.
fn allocated(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).unwrap().blocks() * 512
}

/// The most memory that this process has had, where the system says so.
fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    peak.split_whitespace().collect::<Vec<_>>().join(" ")
}
