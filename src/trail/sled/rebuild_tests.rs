//! A damaged store is made anew: with all that was acknowledged, or with what is said to be missing.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::epoch_tests::{Site, archives, at, check, copy, key, settings};
use super::*;
use crate::trail::samples::{append_one, entry, incident};
use crate::trail::store::Slot;

/// A trail at rest, of which the first `sealed` records are in its log.
fn at_rest(size: u64, sealed: u64) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    site.fill(0, sealed);
    site.settle(at(0));
    site.fill(sealed, size);
    folder
}

fn database(settings: &Settings, first: u64) -> PathBuf {
    epoch::folder(&settings.path, first).join("db")
}

/// Makes a page of sled's file unreadable for sure.
fn scratch(path: &Path) {
    let length = std::fs::metadata(path).unwrap().len();
    std::fs::write(path, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
}

fn made(settings: &Settings, accepts: bool) -> Result<Option<Salvage>, RebuildError> {
    let consent = |salvage: &Salvage| match accepts || salvage.loses_nothing() {
        true => Consent::Given,
        false => Consent::Refused,
    };
    rebuild(settings, consent, |_, _| ())
}

#[test]
fn nothing_is_done_to_what_is_not_damaged() {
    let folder = at_rest(250, 200);
    assert_eq!(made(&settings(&folder), true).unwrap(), None);
    assert!(!settings(&folder).path.join("damaged").exists());
    check(&SledStore::open(&settings(&folder)).unwrap(), 250);
}

#[test]
fn h14_what_sled_has_lost_is_made_anew_from_the_log() {
    let folder = at_rest(200, 200);
    let settings = settings(&folder);
    scratch(&database(&settings, 0));
    assert!(matches!(SledStore::open(&settings).err(), Some(OpenError::Damaged { .. })));
    let refused = made(&settings, false).unwrap().unwrap();
    assert_eq!((refused.size, refused.is_whole, refused.has_all_beside), (200, false, true));
    assert!(matches!(SledStore::open(&settings).err(), Some(OpenError::Damaged { .. })), "nothing was changed");
    assert_eq!(made(&settings, true).unwrap(), Some(refused));
    let mut site = Site::open(&folder);
    check(&site.store, 200);
    site.fill(200, 900);
    site.settle(at(1));
    site.fill(900, 1_200);
    site.settle(at(2));
    check(&site.store, 1_200);
    assert_eq!(archives(&site.store), [(0, 900)]);
}

#[test]
fn h14_one_flipped_bit_anywhere_loses_nothing_or_is_said() {
    let folder = at_rest(290, 250);
    let file = std::fs::read(database(&settings(&folder), 0)).unwrap();
    let used = file.iter().rposition(|byte| *byte != 0).unwrap();
    let mut outcomes = Vec::new();
    for at in (0..used).step_by(used / 40) {
        let copies = tempfile::tempdir().unwrap();
        let settings = Settings { path: copies.path().join("trail"), ..settings(&folder) };
        copy(&super::epoch_tests::settings(&folder).path, &settings.path);
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        std::fs::write(database(&settings, 0), damaged).unwrap();
        let size = match made(&settings, true).unwrap() {
            // What sled takes for a write cut short is gone from it, and the log is ahead of it then.
            None => SledStore::open(&settings).unwrap().head().size,
            Some(salvage) => {
                assert!(salvage.has_all_beside && salvage.size >= 250);
                assert!(!salvage.is_whole || salvage.size == 290, "byte {at}: {salvage:?}");
                salvage.size
            }
        };
        let store = SledStore::open(&settings).unwrap();
        assert_eq!(store.head().size, size);
        check(&store, size);
        outcomes.push(size);
    }
    assert!(outcomes.contains(&290), "{outcomes:?}");
}

/// Without its key an alert that comes again would be acted on again; without its incident's nobody finds the record.
#[test]
fn h14_an_index_that_has_lost_something_is_found_after_opening_and_made_anew_before_the_next() {
    let lost = [
        keys::unique(&key(6)),
        keys::unique(&key(2_000_006)),
        keys::delivery(&key(1_000_006)),
        keys::of_incident(&incident(6), 6),
        keys::private(6, 0),
        keys::fact(6, 0),
        keys::FACTS.to_vec(),
    ];
    for key in lost {
        let folder = at_rest(60, 60);
        let place = epoch::folder(&settings(&folder).path, 0);
        let db = epoch::open_database(&place, 1 << 20).unwrap();
        assert!(db.remove(&key).unwrap().is_some(), "{key:?}");
        db.flush().unwrap();
        drop(db);
        epoch::wait_for_release(&place).unwrap();
        let store = SledStore::open(&settings(&folder)).unwrap();
        store.looked_through();
        assert!(matches!(&*store.failure().borrow(), Some(StoreError::Failed(_))), "{key:?}");
        // As if its process had ended; this one has it open for good.
        let copies = tempfile::tempdir().unwrap();
        let left = Settings { path: copies.path().join("trail"), ..settings(&folder) };
        copy(&settings(&folder).path, &left.path);
        assert!(matches!(SledStore::open(&left).err(), Some(OpenError::Damaged { .. })), "{key:?}");
        let salvage = made(&left, false).unwrap().unwrap();
        assert!(salvage.loses_nothing(), "{key:?}: {salvage:?}");
        check(&SledStore::open(&left).unwrap(), 60);
    }
}

#[test]
fn a_replacement_that_was_cut_short_is_brought_to_its_end() {
    let folder = at_rest(200, 200);
    let settings = settings(&folder);
    scratch(&database(&settings, 0));
    made(&settings, true).unwrap().unwrap();
    let (place, made) = (epoch::folder(&settings.path, 0), epoch::unfinished(&settings.path));
    std::fs::rename(&place, &made).unwrap();
    std::fs::write(made.join("place"), "0").unwrap();
    check(&SledStore::open(&settings).unwrap(), 200);
    assert!(place.exists() && !made.exists() && !place.join("place").exists());
}

#[test]
fn an_epoch_that_was_closing_is_made_anew_whole() {
    let folder = at_rest(600, 600);
    let settings = settings(&folder);
    assert!(database(&settings, 0).exists() && database(&settings, 600).exists());
    scratch(&database(&settings, 0));
    let salvage = made(&settings, false).unwrap().unwrap();
    assert_eq!((salvage.size, salvage.loses_nothing()), (600, true));
    check(&SledStore::open(&settings).unwrap(), 600);
}

#[test]
fn an_index_that_cannot_be_read_is_made_anew() {
    let folder = at_rest(600, 600);
    let settings = settings(&folder);
    let mut site = Site::open(&folder);
    site.fill(600, 900);
    site.settle(at(1));
    assert_eq!(archives(&site.store), [(0, 600)]);
    drop(site);
    std::fs::write(known::path(&epoch::folder(&settings.path, 0)), b"none").unwrap();
    assert!(matches!(SledStore::open(&settings).err(), Some(OpenError::Damaged { .. })));
    assert_eq!(made(&settings, false).unwrap(), None);
    check(&SledStore::open(&settings).unwrap(), 900);
}

#[test]
fn what_lies_beside_is_said_to_be_lost_where_it_is() {
    let folder = at_rest(200, 200);
    let settings = settings(&folder);
    scratch(&database(&settings, 0));
    let beside = epoch::beside(&epoch::folder(&settings.path, 0));
    let mut bytes = std::fs::read(&beside).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&beside, bytes).unwrap();
    let salvage = made(&settings, true).unwrap().unwrap();
    assert_eq!((salvage.size, salvage.has_all_beside), (200, false));
    let store = SledStore::open(&settings).unwrap();
    assert_eq!(crate::trail::verify(&store, |_| ()).unwrap().size, 200);
    assert_eq!(append_one(&store, entry("goes on")), Ok(crate::trail::Appended::Recorded(vec![Slot::New(200)])));
}

#[test]
fn a_log_that_is_missing_or_changed_is_no_help() {
    let folder = at_rest(290, 290);
    let settings = settings(&folder);
    scratch(&database(&settings, 0));
    let bundle = settings.path.join("log/tile/entries/000");
    let bytes = std::fs::read(&bundle).unwrap();
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    std::fs::write(&bundle, changed).unwrap();
    assert!(matches!(made(&settings, true), Err(RebuildError::OtherRoot)));
    std::fs::remove_file(&bundle).unwrap();
    assert!(matches!(made(&settings, true), Err(RebuildError::Log { from: 0, to: 290 })));
    std::fs::write(&bundle, bytes).unwrap();
    std::fs::rename(settings.path.join("log/checkpoint"), settings.path.join("log/elsewhere")).unwrap();
    assert!(matches!(made(&settings, true), Err(RebuildError::NoCheckpoint)));
    std::fs::rename(settings.path.join("log/elsewhere"), settings.path.join("log/checkpoint")).unwrap();
    assert_eq!(made(&settings, true).unwrap().unwrap().size, 290);
}

#[test]
fn nobody_makes_anew_what_is_in_use() {
    let folder = at_rest(10, 10);
    let _store = SledStore::open(&settings(&folder)).unwrap();
    assert!(matches!(made(&settings(&folder), true), Err(RebuildError::Open(OpenError::InUse(_)))));
}

#[test]
fn a_record_that_sled_gives_changed_ends_the_store_at_once() {
    let folder = at_rest(10, 10);
    let store = SledStore::open(&settings(&folder)).unwrap();
    let mut changed = store.read(3, 1).unwrap().remove(0);
    changed.record[20] ^= 1;
    store.tamper(3, Some(changed));
    drop(store);
    let store = SledStore::open(&settings(&folder)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut failure = store.failure();
    let why = runtime.block_on(async { failure.wait_for(Option::is_some).await.unwrap().clone() });
    assert!(matches!(&why, Some(StoreError::Failed(why)) if why.contains("record 3 was changed")), "{why:?}");
}
