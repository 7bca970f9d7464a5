//! Areas on disk: durable when it is said, with and without records beside them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use super::*;
use crate::trail::samples::{append_one, entry, wait};

fn settings(folder: &TempDir) -> Settings {
    Settings { path: folder.path().join("trail"), ..Settings::default() }
}

fn put(key: &str) -> Vec<Change> {
    vec![Change::put(key.as_bytes().to_vec(), vec![7; crate::trail::AREA_VALUE_BYTES_MAX])]
}

fn keys_in(store: &SledStore) -> Vec<String> {
    let rows = store.kept(Area::Directory, None, 10).unwrap();
    rows.into_iter().map(|row| String::from_utf8(row.key).unwrap()).collect()
}

#[test]
fn what_was_kept_is_there_after_reopening_also_before_the_first_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(&settings(&folder)).unwrap();
    wait(store.keep(Area::Directory, put("a"))).unwrap();
    drop(store);
    let store = SledStore::open(&settings(&folder)).unwrap();
    assert_eq!((keys_in(&store), store.head().size), (vec!["a".to_owned()], 0));
    append_one(&store, entry("first")).unwrap();
    wait(store.keep(Area::Directory, put("b"))).unwrap();
    drop(store);
    let store = SledStore::open(&settings(&folder)).unwrap();
    assert_eq!((keys_in(&store), store.head().size), (vec!["a".to_owned(), "b".to_owned()], 1));
}

#[test]
fn changes_that_could_not_be_synced_are_not_acknowledged_and_nothing_is_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let (fails, syncs) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (fail, synced) = (Arc::clone(&fails), Arc::clone(&syncs));
    let wrap_areas = move |mut sync: sync::SyncFile| -> sync::SyncFile {
        Box::new(move || {
            synced.store(true, Ordering::SeqCst);
            if fail.load(Ordering::SeqCst) { Err(std::io::Error::other("test: no sync")) } else { sync() }
        })
    };
    let store = open::open(&settings(&folder), |sync, _| sync, wrap_areas).unwrap();
    syncs.store(false, Ordering::SeqCst);
    wait(store.keep(Area::Directory, put("a"))).unwrap();
    assert!(syncs.load(Ordering::SeqCst), "answered after a sync");
    fails.store(true, Ordering::SeqCst);
    for key in ["b", "c"] {
        assert!(matches!(wait(store.keep(Area::Directory, put(key))), Err(StoreError::Failed(_))));
        fails.store(false, Ordering::SeqCst);
    }
    assert!(store.failure().borrow().is_some());
}
