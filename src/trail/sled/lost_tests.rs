//! Files of the trail are gone, cut or changed: nothing more is taken away for that, nothing is said to be there that is
//! not, and what can be had again is had.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::epoch_tests::{Site, archives, at, check, copy, in_three_epochs, key, settings};
use super::*;
use crate::incident::{Event, UpkeepEvent};
use crate::trail::{Record, tlog, verify};

/// A trail at rest: two epochs in files, 0 and 600, and one that takes records, from 1,200 on.
fn at_rest() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(in_three_epochs(&folder));
    fs::write(settings(&folder).path.join("pseudonym.key"), [7; 32]).unwrap();
    folder
}

fn refused(settings: &Settings) -> String {
    match SledStore::open(settings).err() {
        Some(OpenError::Damaged { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

fn made(settings: &Settings, accepts: bool) -> Result<Option<Salvage>, RebuildError> {
    let consent = |salvage: &Salvage| match accepts || salvage.loses_nothing() {
        true => Consent::recorded(salvage, Some(("test", "a drill")), at(90)),
        false => Consent::Refused,
    };
    rebuild(settings, consent, |_, _| ())
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn cut(path: &Path, length: u64) {
    fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn bundles(settings: &Settings) -> usize {
    fs::read_dir(settings.path.join("log/tile/entries")).unwrap().count()
}

fn place(settings: &Settings, first: u64) -> PathBuf {
    epoch::folder(&settings.path, first)
}

#[test]
fn an_epoch_that_is_gone_takes_nothing_with_it_and_is_made_anew_from_the_log_on_somebodys_word() {
    for (gone, next) in [(0, 600), (600, 1_200), (1_200, 1_800)] {
        let folder = at_rest();
        let settings = settings(&folder);
        let before = bundles(&settings);
        fs::remove_dir_all(place(&settings, gone)).unwrap();
        refused(&settings);
        let salvage = made(&settings, false).unwrap().unwrap();
        assert_eq!((salvage.first, salvage.size, salvage.has_all_beside), (gone, next, false), "{gone}");
        refused(&settings);
        assert_eq!(bundles(&settings), before, "{gone}");
        made(&settings, true).unwrap().unwrap();
        let store = SledStore::open(&settings).unwrap();
        assert_eq!(verify(&store, |_| ()).unwrap().size, 1_801, "{gone}");
        let last = Record::decode(&store.read(1_800, 1).unwrap()[0].record).unwrap().event;
        let told = |event: &Event| {
            matches!(event, Event::Upkeep(UpkeepEvent::Rebuilt { actor: Some(actor), first, beside: false, .. })
                if actor == "test" && *first == gone)
        };
        assert!(told(&last), "{last:?}");
        for number in (0..1_800).step_by(50) {
            let is_there = !(gone..next).contains(&number);
            assert_eq!(store.find(&key(number)), Ok(is_there.then_some(number)), "{gone}: {number}");
        }
        drop(store);
        assert_eq!(SledStore::open(&settings).unwrap().head().size, 1_801, "it is told once");
        assert_eq!(made(&settings, false).unwrap(), None);
    }
}

#[test]
fn what_lies_beside_and_is_gone_has_no_epoch_taken_away() {
    let folder = at_rest();
    let settings = settings(&folder);
    let before = bundles(&settings);
    for first in [0, 600, 1_200] {
        fs::remove_file(epoch::beside(&place(&settings, first))).unwrap();
    }
    let store = SledStore::open(&settings).unwrap();
    assert_eq!((store.first(), bundles(&settings)), (0, before));
    assert_eq!(verify(&store, |_| ()).unwrap().size, 1_800);
    assert_eq!(store.find(&key(7)), Ok(Some(7)), "it is still known");
    assert!(matches!(store.private(6), Err(StoreError::Damaged(_))), "and not said to have nothing beside it");
}

#[test]
fn an_index_in_files_that_was_changed_cut_or_lost_is_found_and_made_anew() {
    let changes: [fn(&Path); 4] = [
        |path| flip(path, fs::metadata(path).unwrap().len() as usize / 2),
        |path| cut(path, 20_000),
        |path| cut(path, 100),
        |path| fs::remove_file(path).unwrap(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let folder = at_rest();
        let settings = settings(&folder);
        change(&known::path(&place(&settings, 600)));
        if let Ok(store) = SledStore::open(&settings) {
            store.settle_now(0);
            assert!(matches!(&*store.failure().borrow(), Some(StoreError::Failed(_))), "{number}");
        }
        // As if its process had ended; this one has it open for good.
        let (copies, before) = (tempfile::tempdir().unwrap(), settings);
        let settings = super::epoch_tests::settings(&copies);
        copy(&before.path, &settings.path);
        refused(&settings);
        let salvage = made(&settings, false).unwrap();
        assert!(salvage.is_none_or(|salvage| salvage.loses_nothing()), "{number}");
        let mut site = Site::at(&settings);
        site.settle(at(91));
        assert_eq!(archives(&site.store), [(0, 600), (600, 1_200)], "{number}");
        for number in 600..1_200 {
            assert_eq!(site.store.find(&key(number)), Ok(Some(number)));
        }
        assert_eq!(*site.store.failure().borrow(), None);
    }
}

#[test]
fn what_was_cut_or_changed_beside_the_newest_records_is_written_anew_from_the_database() {
    let changes: [fn(&Path); 2] = [|path| cut(path, 100), |path| flip(path, 3_000)];
    for change in changes {
        let folder = at_rest();
        let settings = settings(&folder);
        change(&epoch::beside(&place(&settings, 1_200)));
        let mut site = Site::open(&folder);
        site.fill(1_800, 2_100);
        site.settle(at(91));
        assert_eq!(archives(&site.store), [(0, 600), (600, 1_200), (1_200, 1_800)]);
        check(&site.store, 2_100);
    }
}

#[test]
fn a_database_that_has_fewer_records_than_it_had_is_not_gone_on_from() {
    let folder = at_rest();
    let settings = settings(&folder);
    let mut site = Site::open(&folder);
    site.fill(1_800, 1_900);
    site.settle(at(91));
    drop(site);
    let beside = fs::read(epoch::beside(&place(&settings, 1_800))).unwrap();
    cut(&place(&settings, 1_800).join("db"), 1_000);
    refused(&settings);
    assert!(
        matches!(backup(&settings, &folder.path().join("copy"), at(92), |_, _| ()), Ok(copied) if copied.size == 1_900)
    );
    assert_eq!(fs::read(epoch::beside(&place(&settings, 1_800))).unwrap(), beside);
    let salvage = made(&settings, true).unwrap().unwrap();
    assert_eq!((salvage.size, salvage.is_whole, salvage.has_all_beside), (1_900, false, true));
    let store = SledStore::open(&settings).unwrap();
    assert_eq!(verify(&store, |_| ()).unwrap().size, 1_901);
    assert!((0..1_900).all(|number| store.find(&key(number)) == Ok(Some(number))));
}

#[test]
fn what_was_cut_beside_records_that_only_the_log_has_is_said_to_be_lost() {
    let folder = at_rest();
    let settings = settings(&folder);
    let mut site = Site::open(&folder);
    site.fill(1_800, 1_900);
    site.settle(at(91));
    drop(site);
    let beside = epoch::beside(&place(&settings, 1_800));
    cut(&beside, fs::metadata(&beside).unwrap().len() / 2);
    cut(&place(&settings, 1_800).join("db"), 1_000);
    let salvage = made(&settings, false).unwrap().unwrap();
    assert_eq!((salvage.size, salvage.has_all_beside), (1_900, false));
}

#[test]
fn what_sled_cannot_make_sense_of_is_damage() {
    let folder = at_rest();
    let settings = settings(&folder);
    let mut site = Site::open(&folder);
    site.fill(1_800, 1_900);
    site.settle(at(91));
    drop(site);
    for name in ["epochs/00000000000000001800/conf", "areas/conf"] {
        let path = settings.path.join(name);
        for at in 0..fs::metadata(&path).unwrap().len() as usize {
            let good = fs::read(&path).unwrap();
            flip(&path, at);
            match SledStore::open(&settings).err() {
                None => {}
                Some(OpenError::Damaged { .. }) => {
                    let salvage = made(&settings, true).unwrap().unwrap();
                    assert!(salvage.has_all_beside && salvage.size >= 1_900, "{name} {at}: {salvage:?}");
                    SledStore::open(&settings).unwrap();
                }
                other => panic!("{name} {at}: {other:?}"),
            }
            fs::write(&path, good).unwrap();
        }
    }
    SledStore::open(&settings).unwrap();
}

#[test]
fn records_that_were_changed_in_the_log_are_not_given_out() {
    let folder = at_rest();
    let settings = settings(&folder);
    flip(&tlog::folder(&settings.path).join("tile/entries/001"), 5_000);
    let store = SledStore::open(&settings).unwrap();
    assert!(matches!(store.read(256, 256), Err(StoreError::Damaged(_))));
    assert_eq!(store.read(0, 256).unwrap().len(), 256);
}

#[test]
fn a_copy_is_not_put_in_the_place_of_another_trails_nor_of_a_better_one() {
    let (folder, copies) = (at_rest(), tempfile::tempdir().unwrap());
    let (settings, to) = (settings(&folder), copies.path().join("copy"));
    backup(&settings, &to, at(91), |_, _| ()).unwrap();
    let other = at_rest();
    let (mark, vkey) = (to.join("copy.json"), to.join("log/vkey"));
    let before = (fs::read(&mark).unwrap(), fs::read(&vkey).unwrap());
    let taken = backup(&super::epoch_tests::settings(&other), &to, at(92), |_, _| ());
    assert!(matches!(taken, Err(CopyError::OfAnother { .. })), "{taken:?}");
    let none = Settings { path: copies.path().join("nothing"), ..Settings::default() };
    fs::create_dir(&none.path).unwrap();
    assert!(matches!(backup(&none, &to, at(92), |_, _| ()), Err(CopyError::NoLog)));
    assert_eq!(fs::read_dir(&none.path).unwrap().count(), 0);
    assert_eq!((fs::read(&mark).unwrap(), fs::read(&vkey).unwrap()), before);

    // What is lost here is not lost there.
    let (own, copied) = (epoch::beside(&place(&settings, 0)), epoch::beside(&epoch::folder(&to, 0)));
    let whole = fs::read(&own).unwrap();
    fs::write(&own, b"").unwrap();
    let again = backup(&settings, &to, at(92), |_, _| ()).unwrap();
    assert_eq!((again.lacking, fs::read(copied).unwrap()), (vec![], whole));
    let elsewhere = backup(&settings, &copies.path().join("other"), at(92), |_, _| ()).unwrap();
    assert_eq!(elsewhere.lacking, [0]);
}

#[test]
fn of_a_copy_that_lacks_something_a_trail_is_made_only_where_that_is_accepted() {
    let (folder, copies) = (at_rest(), tempfile::tempdir().unwrap());
    let to = copies.path().join("copy");
    let mut site = Site::open(&folder);
    site.fill(1_800, 1_900);
    site.settle(at(91));
    drop(site);
    backup(&settings(&folder), &to, at(92), |_, _| ()).unwrap();
    for first in [600, 1_800] {
        let path = epoch::beside(&epoch::folder(&to, first));
        let good = fs::read(&path).unwrap();
        flip(&path, 200);
        for accepts in [false, true] {
            let place = tempfile::tempdir().unwrap();
            let made = Settings { path: place.path().join("made"), ..settings(&folder) };
            let key = made.path.join("signing.key");
            let restored = restore(&made, &to, &key, ("test", "a drill"), accepts, at(93));
            assert_eq!(restored.is_ok(), accepts, "{first}: {restored:?}");
        }
        fs::write(&path, good).unwrap();
    }
}
