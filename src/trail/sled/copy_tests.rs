//! Copies while records come, and trails that are made of them.

use std::path::Path;

use tempfile::TempDir;

use super::epoch_tests::{Site, at, in_three_epochs, key, settings};
use super::*;
use crate::incident::{Digest, Event, UpkeepEvent};
use crate::trail::{audit, events, tlog, verify};

const ASKED: (&str, &str) = ("test", "a drill");

/// What is at the first so many records is there by all that it is known by.
fn check_kept(store: &SledStore, first: u64, size: u64) {
    for number in first..size {
        assert_eq!(store.find(&key(number)), Ok(Some(number)), "{number}");
        assert_eq!(store.find(&key(number + 2_000_000)), Ok(Some(number)), "{number}");
        assert_eq!(store.private(number).unwrap().is_some(), number.is_multiple_of(3), "{number}");
    }
}

/// Where a trail is made of the copy at `from`.
fn made_of(from: &Path) -> (TempDir, Settings, Result<Restored, RestoreError>) {
    let folder = tempfile::tempdir().unwrap();
    let made = Settings { path: folder.path().join("trail"), ..settings(&folder) };
    let restored = restore(&made, from, &made.path.join("signing.key"), ASKED, false, at(60));
    (folder, made, restored)
}

fn trail_with_key(folder: &TempDir) -> Site {
    let site = in_three_epochs(folder);
    std::fs::write(settings(folder).path.join("pseudonym.key"), [7; 32]).unwrap();
    site
}

#[test]
fn h23_a_trail_made_of_a_copy_has_another_name_and_goes_on_from_the_same_records() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut site = trail_with_key(&folder);
    let to = copies.path().join("copy");
    let copied = backup(&settings(&folder), &to, at(3), |_, _| ()).unwrap();
    assert_eq!((copied.size, copied.root), (1_800, site.store.head().root));
    // What comes since is not in it, until it is copied once more.
    site.fill(1_800, 1_900);
    site.settle(at(4));
    assert!(matches!(SledStore::open(&Settings { path: to.clone(), ..settings(&folder) }), Err(OpenError::Copy(_))));
    let copied = backup(&settings(&folder), &to, at(5), |_, _| ()).unwrap();
    assert_eq!(copied.size, 1_900);

    let (_place, made, restored) = made_of(&to);
    let restored = restored.unwrap();
    assert_eq!(restored.copied, copied);
    let kept = site.sealer.last().unwrap().clone();
    let mut again = Site::at(&made);
    check_kept(&again.store, 0, 1_900);
    let said = events(&again.store.read(1_900, 2).unwrap()).unwrap();
    let Event::Upkeep(UpkeepEvent::Restored { origin, size, root, .. }) = &said[0] else { panic!("{said:?}") };
    assert_eq!((origin, *size, *root), (&copied.origin, 1_900, kept.root));
    assert!(matches!(said[1], Event::ResponderPaused { .. }));
    again.fill(1_902, 2_200);
    again.settle(at(61));
    assert_eq!(verify(&again.store, |_| ()).unwrap().size, 2_200);
    let log = tlog::folder(&made.path);
    let keys = audit::Keys::parse(&restored.verifier_key).unwrap();
    let report = audit::verify(&log, &keys, &[], |_| ()).unwrap();
    assert!(report.size == 2_200 && report.origin != copied.origin);
    // Whoever has a checkpoint of the former log has its key, too, and finds the same records under both.
    let former = std::fs::read_to_string(log.join("former/0/vkey")).unwrap();
    assert_eq!(former.trim_end(), site.sealer.verifier_key());
}

#[test]
fn h23_of_a_pruned_trail_the_copy_has_what_is_left() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut site = trail_with_key(&folder);
    site.store.carry(600, b"test").unwrap();
    let pruned =
        UpkeepEvent::Pruned { actor: None, reason: None, below: 600, before: at(0), board: Digest::of(b"test") };
    let event = serde_json::to_vec(&Event::Upkeep(pruned)).unwrap();
    let entry = crate::trail::store::Entry { event, ..crate::trail::samples::entry("") };
    crate::trail::samples::append_one(&site.store, entry).unwrap();
    site.settle(at(3));
    site.store.prune(600).unwrap();
    backup(&settings(&folder), &copies.path().join("copy"), at(4), |_, _| ()).unwrap();
    let (_place, made, restored) = made_of(&copies.path().join("copy"));
    restored.unwrap();
    let again = Site::at(&made);
    assert_eq!((again.store.first(), again.store.carried().unwrap().unwrap().bytes), (600, b"test".to_vec()));
    check_kept(&again.store, 600, 1_800);
}

#[test]
fn h23_no_trail_is_made_of_what_is_no_whole_copy_or_where_one_is() {
    let (folder, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(trail_with_key(&folder));
    let to = copies.path().join("copy");
    // Where no server runs.
    backup(&settings(&folder), &to, at(3), |_, _| ()).unwrap();
    let taken = restore(&settings(&folder), &to, &folder.path().join("key"), ASKED, false, at(4));
    assert!(matches!(taken, Err(RestoreError::Taken(_))), "{taken:?}");
    for place in [settings(&folder).path, folder.path().to_owned()] {
        let taken = backup(&settings(&folder), &place, at(3), |_, _| ());
        assert!(matches!(taken, Err(CopyError::Taken(_))), "{taken:?}");
    }
    let mark = std::fs::read(to.join("copy.json")).unwrap();
    std::fs::remove_file(to.join("copy.json")).unwrap();
    assert!(matches!(made_of(&to).2, Err(RestoreError::Copy(CopyError::Unfinished(_)))));
    std::fs::write(to.join("copy.json"), &mark).unwrap();
    let bundle = tlog::folder(&to).join("tile/entries/001");
    let good = std::fs::read(&bundle).unwrap();
    let mut changed = good.clone();
    changed[100] ^= 1;
    std::fs::write(&bundle, changed).unwrap();
    assert!(matches!(made_of(&to).2, Err(RestoreError::Copy(CopyError::Fault(_)))));
    std::fs::write(&bundle, good).unwrap();
    let other = String::from_utf8(mark.clone()).unwrap().replace(r#""size": 1800"#, r#""size": 1799"#);
    std::fs::write(to.join("copy.json"), other).unwrap();
    assert!(matches!(made_of(&to).2, Err(RestoreError::Copy(CopyError::OtherMark))));
    std::fs::write(to.join("copy.json"), mark).unwrap();

    // Cut short, it does not open, and is made once more.
    let (_place, made, restored) = made_of(&to);
    restored.unwrap();
    copy::mark(&made.path, &copy::checked(&to).unwrap()).unwrap();
    std::fs::remove_dir_all(made.path.join("log/tile")).unwrap();
    assert!(matches!(SledStore::open(&made), Err(OpenError::Copy(_))));
    let rebuilt = rebuild(&made, |_| Consent::Given, |_, _| ());
    assert!(matches!(rebuilt, Err(RebuildError::Open(OpenError::Copy(_)))), "{rebuilt:?}");
    restore(&made, &to, &made.path.join("signing.key"), ASKED, false, at(5)).unwrap();
    check_kept(&SledStore::open(&made).unwrap(), 0, 1_800);
}
