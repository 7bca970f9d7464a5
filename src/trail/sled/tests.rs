//! Faults: what the embedded store does when syncs fail, the process dies, or its file is damaged.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;

use ::sled::Db;
use tempfile::TempDir;

use super::committer::{QUEUE_APPENDS_MAX, QUEUE_BYTES_MAX};
use super::sync::SyncFile;
use super::*;
use crate::incident::Digest;
use crate::trail::samples::{append_one, entry, wait};
use crate::trail::store::{Appended, DeliveryKey, EVENT_BYTES_MAX, Entry, PRIVATE_BYTES_MAX, Slot, UniqueKey};
use crate::trail::verify;

pub(super) fn settings(folder: &TempDir) -> Settings {
    Settings { path: folder.path().join("deep").join("trail"), ..Settings::default() }
}

pub(super) fn first_epoch(folder: &TempDir) -> PathBuf {
    epoch::folder(&settings(folder).path, 0)
}

pub(super) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn one(text: &str) -> Append {
    Append { entries: vec![entry(text)], ..Append::default() }
}

pub(super) fn new(seq: u64) -> Result<Appended, StoreError> {
    Ok(Appended::Recorded(vec![Slot::New(seq)]))
}

fn is_failed<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Failed(_)))
}

/// A store whose syncs go through `instead`, which is given the database and the real sync.
fn open_with(
    settings: &Settings,
    mut instead: impl FnMut(&Db, &mut SyncFile) -> io::Result<()> + Send + 'static,
) -> SledStore {
    let wrap = |mut sync: SyncFile, db: &Db| {
        let db = db.clone();
        Box::new(move || instead(&db, &mut sync)) as SyncFile
    };
    open::open(settings, wrap, |sync| sync).unwrap()
}

/// The size in the database, durable or not.
fn written(db: &Db) -> u64 {
    db.get(keys::HEAD).unwrap().map_or(0, |value| u64::from_be_bytes(value[33..41].try_into().unwrap()))
}

#[test]
fn what_was_recorded_is_there_after_reopening() {
    let folder = folder();
    let key = Some(UniqueKey(Digest::of(b"k")));
    let deliveries = vec![DeliveryKey { key: UniqueKey(Digest::of(b"d")), content: Digest::of(b"c") }];
    let private = Some(vec![9; 10_000]);
    let append = Append { deliveries, entries: vec![Entry { key, private, ..entry("kept") }] };
    let store = SledStore::open(&settings(&folder)).unwrap();
    assert_eq!(wait(store.append(append.clone())), new(0));
    let (head, records) = (store.head(), store.read(0, 10));
    drop(store);
    let store = SledStore::open(&settings(&folder)).unwrap();
    assert_eq!((store.head(), store.read(0, 10)), (head, records));
    assert_eq!(store.private(0), Ok(Some(vec![9; 10_000])));
    assert_eq!(wait(store.append(append.clone())), Ok(Appended::Repeated { first: 0 }));
    let known = wait(store.append(Append { deliveries: Vec::new(), ..append }));
    assert_eq!(known, Ok(Appended::Recorded(vec![Slot::Known(0)])));
    assert_eq!(append_one(&store, entry("next")), new(1));
    assert_eq!(verify(&store, |_| ()).unwrap().size, 2);
}

/// Killed while it writes a snapshot of its own, sled leaves a file that it takes for its newest at the next start, and for
/// damage.
#[test]
fn a_kill_while_sled_makes_a_snapshot_is_no_damage() {
    for content in [&b""[..], b"half", &[7; 400]] {
        let folder = folder();
        let store = SledStore::open(&settings(&folder)).unwrap();
        assert_eq!(append_one(&store, entry("kept")), new(0));
        let (head, records) = (store.head(), store.read(0, 10));
        drop(store);
        let areas = settings(&folder).path.join("areas");
        for place in [first_epoch(&folder), areas].iter().filter(|place| place.exists()) {
            std::fs::write(place.join("snap.0000000000FFFFFF.generating"), content).unwrap();
        }
        let store = SledStore::open(&settings(&folder)).unwrap();
        assert_eq!((store.head(), store.read(0, 10)), (head, records));
        assert_eq!(append_one(&store, entry("next")), new(1));
    }
}

#[test]
fn a_second_opening_is_refused_and_says_why() {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    let refused = SledStore::open(&settings(&folder)).err().unwrap();
    assert!(matches!(refused, OpenError::InUse(_)));
    assert!(refused.to_string().starts_with("another process has the trail in "));
    assert_eq!(append_one(&store, entry("the first goes on")), new(0));
}

#[test]
fn a_store_can_be_opened_again_the_moment_it_is_closed() {
    let folder = folder();
    for seq in 0..30 {
        let store = SledStore::open(&settings(&folder)).unwrap();
        assert_eq!(append_one(&store, entry("again")), new(seq));
    }
}

#[test]
fn a_folder_that_another_program_has_open_is_refused_too() {
    let folder = folder();
    drop(SledStore::open(&settings(&folder)).unwrap());
    let other = std::fs::File::open(first_epoch(&folder).join("db")).unwrap();
    other.lock().unwrap();
    assert!(matches!(SledStore::open(&settings(&folder)).err(), Some(OpenError::InUse(_))));
}

#[cfg(unix)]
#[test]
fn the_folder_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    drop(SledStore::open(&settings(&folder)).unwrap());
    for made in ["deep", "deep/trail"] {
        let mode = std::fs::metadata(folder.path().join(made)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{made}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = folder();
    std::fs::write(folder.path().join("deep"), b"a file").unwrap();
    let refused = SledStore::open(&settings(&folder)).err().unwrap();
    assert!(matches!(&refused, OpenError::Folder { path, .. } if path.ends_with("deep/trail")), "{refused:?}");
}

#[test]
fn every_answer_comes_after_a_sync_that_began_after_its_write_reached_the_file() {
    let folder = folder();
    let synced = Arc::new(AtomicU64::new(0));
    let path = first_epoch(&folder).join("db");
    let store = {
        let synced = Arc::clone(&synced);
        open_with(&settings(&folder), move |db, sync| {
            let written = written(db);
            let in_file = std::fs::read(&path)?;
            let marker = |seq: u64| format!("marker-{seq}-end").into_bytes();
            let last = written.checked_sub(1).map(marker);
            let is_in_file = last.is_none_or(|m| in_file.windows(m.len()).any(|part| part == m));
            sync()?;
            synced.store(if is_in_file { written } else { 0 }, Ordering::SeqCst);
            Ok(())
        })
    };
    for seq in 0..50 {
        let pending = store.append(one(&format!("marker-{seq}-end")));
        assert_eq!(wait(pending), new(seq));
        assert!(synced.load(Ordering::SeqCst) > seq, "record {seq} was answered before it was synced");
    }
}

/// A failing test must end the committer's wait before it drops the store, or it would hang: what is
/// bound last is dropped first.
fn dropped_before_the_store<T>(go_on: T) -> T {
    go_on
}

#[test]
fn nothing_is_shown_before_it_is_synced() {
    let folder = folder();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let store = open_with(&settings(&folder), move |db, sync| {
        if written(db) > 0 {
            begun.send(()).unwrap();
            let _ = may_go_on.recv();
        }
        sync()
    });
    let go_on = dropped_before_the_store(go_on);
    let incident = crate::trail::samples::incident(1);
    let private = Some(vec![1]);
    let key = UniqueKey(Digest::of(b"k"));
    let entries = vec![Entry { key: Some(key), private, incidents: vec![incident.clone()], ..entry("x") }];
    let pending = store.append(Append { entries, ..Append::default() });
    has_begun.recv().unwrap();
    assert_eq!(store.head().size, 0);
    assert_eq!(store.read(0, 10), Ok(vec![]));
    assert_eq!(store.private(0), Ok(None));
    assert_eq!(store.of_incident(&incident, 10), Ok(vec![]));
    assert_eq!(store.find(&key), Ok(None));
    go_on.send(()).unwrap();
    assert_eq!(wait(pending), new(0));
    assert_eq!((store.head().size, store.read(0, 10).unwrap().len()), (1, 1));
    assert_eq!(store.private(0), Ok(Some(vec![1])));
    assert_eq!(store.of_incident(&incident, 10), Ok(vec![0]));
    assert_eq!(store.find(&key), Ok(Some(0)));
}

#[test]
fn opening_syncs_what_a_killed_predecessor_wrote() {
    let folder = folder();
    drop(SledStore::open(&settings(&folder)).unwrap());
    let syncs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&syncs);
    let _store = open_with(&settings(&folder), move |_, sync| {
        counted.fetch_add(1, Ordering::SeqCst);
        sync()
    });
    assert_eq!(syncs.load(Ordering::SeqCst), 1);
}

#[test]
fn after_one_failed_sync_nothing_is_acknowledged_any_more() {
    let folder = folder();
    let is_failing = Arc::new(AtomicBool::new(false));
    let syncs = Arc::new(AtomicUsize::new(0));
    let store = {
        let (is_failing, syncs) = (Arc::clone(&is_failing), Arc::clone(&syncs));
        open_with(&settings(&folder), move |_, sync| {
            syncs.fetch_add(1, Ordering::SeqCst);
            // Input/output error, once: the next sync would succeed, as that of the kernel does.
            if is_failing.swap(false, Ordering::SeqCst) { Err(io::Error::from_raw_os_error(5)) } else { sync() }
        })
    };
    assert_eq!(append_one(&store, entry("good")), new(0));
    let head = store.head();
    is_failing.store(true, Ordering::SeqCst);
    let waiting: Vec<_> = (0..200).map(|n| store.append(one(&n.to_string()))).collect();
    assert!(waiting.into_iter().all(|pending| is_failed(&wait(pending))));
    let before = syncs.load(Ordering::SeqCst);
    assert!(is_failed(&append_one(&store, entry("later"))));
    assert!(is_failed(&store.read(0, 1)));
    assert_eq!(store.head(), head);
    assert_eq!(syncs.load(Ordering::SeqCst), before, "a failed sync is not tried again");
    let reason = store.failure().borrow().clone();
    assert!(matches!(reason, Some(StoreError::Failed(why)) if why.starts_with("sync: ")));
    drop(store);
    let reopened = SledStore::open(&settings(&folder)).err();
    assert!(matches!(reopened, Some(OpenError::InUse(_))), "only another process may go on: {reopened:?}");
}

#[test]
fn a_panic_while_writing_is_a_failure_and_not_the_end_of_the_caller() {
    let folder = folder();
    let store = open_with(&settings(&folder), |db, sync| {
        assert!(written(db) < 2, "test panic");
        sync()
    });
    let failure = store.failure();
    assert_eq!(append_one(&store, entry("good")), new(0));
    assert_eq!(*failure.borrow(), None);
    let refused = append_one(&store, entry("bad"));
    assert_eq!(refused, Err(StoreError::Failed("the store panicked: test panic".to_owned())));
    assert_eq!(append_one(&store, entry("later")), refused);
    assert_eq!(failure.borrow().clone().map_or(refused.clone(), Err), refused);
    assert!(failure.borrow().is_some());
}

#[test]
fn e07_a_full_queue_is_told_at_once_and_what_waits_is_still_recorded() {
    let folder = folder();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let store = open_with(&settings(&folder), move |db, sync| {
        if written(db) == 1 {
            begun.send(()).unwrap();
            let _ = may_go_on.recv();
        }
        sync()
    });
    let go_on = dropped_before_the_store(go_on);
    let mut pending = vec![store.append(one("first"))];
    has_begun.recv().unwrap();
    pending.extend((0..QUEUE_APPENDS_MAX).map(|n| store.append(one(&n.to_string()))));
    assert_eq!(append_one(&store, entry("too many")), Err(StoreError::Busy));
    go_on.send(()).unwrap();
    for (seq, pending) in (0..).zip(pending) {
        assert_eq!(wait(pending), new(seq));
    }
    assert_eq!(append_one(&store, entry("room again")), new(QUEUE_APPENDS_MAX as u64 + 1));
}

#[test]
fn e07_the_queue_is_also_full_by_bytes() {
    let folder = folder();
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let store = open_with(&settings(&folder), move |db, sync| {
        if written(db) == 1 {
            begun.send(()).unwrap();
            let _ = may_go_on.recv();
        }
        sync()
    });
    let go_on = dropped_before_the_store(go_on);
    let first = store.append(one("first"));
    has_begun.recv().unwrap();
    let large = || Entry { private: Some(vec![0; PRIVATE_BYTES_MAX]), ..entry("large") };
    let large = || store.append(Append { entries: vec![large()], ..Append::default() });
    let room = QUEUE_BYTES_MAX / PRIVATE_BYTES_MAX - 1;
    let pending: Vec<_> = (0..room).map(|_| large()).collect();
    for _ in 0..room {
        assert_eq!(wait(large()), Err(StoreError::Busy));
    }
    go_on.send(()).unwrap();
    assert_eq!(wait(first), new(0));
    for (seq, pending) in (1..).zip(pending) {
        assert_eq!(wait(pending), new(seq));
    }
    assert_eq!(wait(large()), new(room as u64 + 1), "there is room again");
}

#[test]
fn dropping_the_store_finishes_what_was_appended() {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    let pending: Vec<_> = (0..1_000).map(|n| store.append(one(&n.to_string()))).collect();
    drop(store);
    for (seq, pending) in (0..).zip(pending) {
        assert_eq!(wait(pending), new(seq));
    }
    assert_eq!(SledStore::open(&settings(&folder)).unwrap().head().size, 1_000);
}

#[test]
fn many_appends_share_one_sync() {
    let folder = folder();
    let syncs = Arc::new(AtomicUsize::new(0));
    let (begun, has_begun) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let counted = Arc::clone(&syncs);
    let store = open_with(&settings(&folder), move |db, sync| {
        counted.fetch_add(1, Ordering::SeqCst);
        if written(db) == 1 {
            begun.send(()).unwrap();
            let _ = may_go_on.recv();
        }
        sync()
    });
    let go_on = dropped_before_the_store(go_on);
    let first = store.append(one("first"));
    has_begun.recv().unwrap();
    let pending: Vec<_> = (0..1_024).map(|n| store.append(one(&n.to_string()))).collect();
    go_on.send(()).unwrap();
    assert_eq!(wait(first), new(0));
    assert!(pending.into_iter().all(|pending| wait(pending).is_ok()));
    assert_eq!(syncs.load(Ordering::SeqCst), 1 + 1 + 2, "one at opening, one for the first, two for 2 x 512");
}

#[test]
fn nothing_is_kept_in_files_that_are_never_synced() {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    let text = "x".repeat(EVENT_BYTES_MAX - entry("").event.len());
    let large = Entry { private: Some(vec![1; 32 * EVENT_BYTES_MAX]), ..entry(&text) };
    for together in [1; 20].into_iter().chain([5; 10]) {
        wait(store.append(Append { entries: vec![large.clone(); together], ..Append::default() })).unwrap();
    }
    assert_eq!(std::fs::read_dir(first_epoch(&folder).join("blobs")).unwrap().count(), 0);
    assert_eq!(verify(&store, |_| ()).unwrap().size, 70);
}

#[test]
fn nothing_is_appended_to_what_does_not_fit_together() {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    let key = UniqueKey(Digest::of(b"k"));
    let cut = store.shared.run(|tiers| tiers.live.db.insert(keys::unique(&key), &[1, 2, 3]).map_err(store_error));
    assert!(cut.is_ok());
    assert!(matches!(store.find(&key), Err(StoreError::Damaged(_))));
    let refused = append_one(&store, Entry { key: Some(key), ..entry("x") });
    assert!(matches!(&refused, Err(StoreError::Failed(why)) if why.contains("damaged")), "{refused:?}");
    assert!(is_failed(&append_one(&store, entry("later"))));
    assert_eq!(store.head().size, 0);
}

#[test]
fn a_missing_part_is_damage_and_not_a_shorter_value() {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    append_one(&store, Entry { private: Some(vec![1; 20_000]), ..entry("x") }).unwrap();
    store.shared.run(|tiers| tiers.live.db.remove(keys::private(0, 2)).map_err(store_error)).unwrap();
    assert_eq!(store.private(0), Err(StoreError::Damaged("a part of record 0 is missing".to_owned())));
}

/// The files as a killed process leaves them: what was written, without any closing.
pub(super) fn copy_as_left(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_as_left(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_process_killed_at_any_answer_leaves_everything_answered() {
    let folder = folder();
    let copies = tempfile::tempdir().unwrap();
    let (from, to) = (settings(&folder).path, copies.path().to_owned());
    let store = open_with(&settings(&folder), move |db, sync| {
        sync()?;
        // Taken on the writing thread, between the sync and the answer.
        copy_as_left(&from, &to.join(written(db).to_string()));
        Ok(())
    });
    for seq in 0..30 {
        assert_eq!(append_one(&store, Entry { private: Some(vec![3; 5_000]), ..entry("x") }), new(seq));
    }
    for size in 0..=30_u64 {
        let path = copies.path().join(size.to_string());
        let left = SledStore::open(&Settings { path, ..Settings::default() }).unwrap();
        assert_eq!(verify(&left, |_| ()).unwrap().size, size);
        assert_eq!(append_one(&left, entry("goes on")), new(size));
    }
}

#[test]
fn a_first_opening_that_was_killed_is_no_obstacle() {
    let whole = folder();
    drop(SledStore::open(&settings(&whole)).unwrap());
    let conf = std::fs::read(first_epoch(&whole).join("conf")).unwrap();
    for length in 0..=conf.len() {
        let folder = folder();
        for path in [first_epoch(&folder), settings(&folder).path.join("areas")] {
            std::fs::create_dir_all(path.join("blobs")).unwrap();
            std::fs::write(path.join("conf"), &conf[..length]).unwrap();
        }
        let store = SledStore::open(&settings(&folder)).unwrap_or_else(|error| panic!("{length} bytes: {error}"));
        assert_eq!(append_one(&store, entry("x")), new(0));
    }
}
