//! Damage: what does not fit together is refused or found, and never gone on from.

use std::collections::HashSet;

use ::sled::Db;
use tempfile::TempDir;

use super::tests::{copy_as_left, first_epoch, folder, new, settings};
use super::*;
use crate::trail::samples::{append_one, entry};
use crate::trail::{merkle, verify};

/// Opens the database of a closed store behind its back.
fn with_database(folder: &TempDir, change: impl FnOnce(&Db)) {
    let store = SledStore::open(&settings(folder)).unwrap();
    store.looked_through();
    let changed = store.shared.run(|tiers| {
        change(&tiers.live.db);
        tiers.live.db.flush().map_err(store_error)
    });
    changed.unwrap();
}

fn closed_store(size: u64) -> TempDir {
    let folder = folder();
    let store = SledStore::open(&settings(&folder)).unwrap();
    (0..size).for_each(|n| assert_eq!(append_one(&store, entry(&n.to_string())), new(n)));
    folder
}

/// What is done to the database, in words and deed.
type Change = (&'static str, fn(&Db));

#[test]
fn a_head_that_does_not_fit_the_records_is_refused_at_opening() {
    let changes: [Change; 7] = [
        ("the last record is gone", |db| drop(db.remove(keys::record(9, 0)).unwrap())),
        ("a record comes after it", |db| drop(db.insert(keys::record(10, 0), vec![0; 40]).unwrap())),
        ("a part of one comes after it", |db| drop(db.insert(keys::record(10, 1), vec![0; 40]).unwrap())),
        ("the last record is cut", |db| drop(db.insert(keys::record(9, 0), vec![0; 20]).unwrap())),
        ("the head is gone", |db| drop(db.remove(keys::HEAD).unwrap())),
        ("the head has another root", |db| {
            let mut value = db.get(keys::HEAD).unwrap().unwrap().to_vec();
            value[1] ^= 1;
            db.insert(keys::HEAD, value).unwrap();
        }),
        ("the head is of a later version", |db| {
            let mut value = db.get(keys::HEAD).unwrap().unwrap().to_vec();
            value[0] += 1;
            db.insert(keys::HEAD, value).unwrap();
        }),
    ];
    for (what, change) in changes {
        let folder = closed_store(10);
        with_database(&folder, change);
        let refused = SledStore::open(&settings(&folder)).err();
        assert!(matches!(refused, Some(OpenError::Damaged { .. })), "{what}: {refused:?}");
    }
}

/// Damage near the end of sled's file looks to it like a write cut short, and it goes back to what
/// was before: such a trail is a shorter one, and only a head kept elsewhere shows it.
#[test]
fn a_damaged_file_is_refused_or_found_or_leaves_a_beginning_of_the_trail() {
    let folder = closed_store(200);
    let store = SledStore::open(&settings(&folder)).unwrap();
    let leaves: Vec<_> = store.read(0, 200).unwrap().iter().map(|stored| stored.leaf).collect();
    drop(store);
    let file = std::fs::read(first_epoch(&folder).join("db")).unwrap();
    let mut outcomes = HashSet::new();
    let used = file.iter().rposition(|byte| *byte != 0).unwrap();
    for at in (0..used).step_by(used / 60) {
        let copy = tempfile::tempdir().unwrap();
        copy_as_left(&settings(&folder).path, copy.path());
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        std::fs::write(epoch::folder(copy.path(), 0).join("db"), damaged).unwrap();
        let path = copy.path().to_owned();
        let outcome = match SledStore::open(&Settings { path, ..Settings::default() }) {
            Err(_) => "refused",
            Ok(store) => match verify(&store, |_| ()) {
                Err(_) => "found",
                Ok(report) => {
                    let size = usize::try_from(report.size).unwrap();
                    assert_eq!(report.root, merkle::root(&leaves[..size]), "byte {at}");
                    if size == 200 { "unharmed" } else { "shorter" }
                }
            },
        };
        outcomes.insert(outcome);
    }
    assert!(outcomes.contains("refused") || outcomes.contains("found"), "{outcomes:?}");
}
