//! A trail of many epochs: what is in files is as it was in the database, whenever the process dies.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::incident::{Digest, Event, Timestamp, UpkeepEvent};
use crate::trail::samples::{append_one, entry, incident, wait};
use crate::trail::store::{Appended, DeliveryKey, Entry, Slot};
use crate::trail::tlog::{self, Sealer};
use crate::trail::{audit, verify};

/// Far fewer than there are in tests.
const EPOCH_RECORDS: u64 = 300;

/// So many are appended at a time.
const TOGETHER: usize = 50;

pub(super) fn settings(folder: &TempDir) -> Settings {
    Settings { path: folder.path().join("trail"), epoch_records: EPOCH_RECORDS, ..Settings::default() }
}

pub(super) fn key(number: u64) -> UniqueKey {
    UniqueKey(Digest::of(&number.to_be_bytes()))
}

/// An append that has everything an append can have.
fn full(number: u64) -> Append {
    let incidents = vec![incident(number % 7)];
    let private = number.is_multiple_of(3).then(|| number.to_be_bytes().repeat(600));
    let also = vec![key(number + 2_000_000)];
    let entry = Entry { key: Some(key(number)), also, incidents, private, ..entry(&number.to_string()) };
    let delivery = DeliveryKey { key: key(number + 1_000_000), content: Digest::of(b"content") };
    Append { deliveries: vec![delivery], entries: vec![entry] }
}

pub(super) fn at(second: u32) -> Timestamp {
    "2026-11-22T03:00:00Z".parse::<Timestamp>().unwrap().checked_add(Duration::from_secs(second.into())).unwrap()
}

/// A trail and what seals it.
pub(super) struct Site {
    pub(super) store: SledStore,
    pub(super) sealer: Sealer,
}

impl Site {
    pub(super) fn open(folder: &TempDir) -> Self {
        Self::at(&settings(folder))
    }

    pub(super) fn at(settings: &Settings) -> Self {
        let store = SledStore::open(settings).unwrap();
        let sealer = Sealer::open(&settings.path, &settings.path.join("signing.key"), "test", &store).unwrap();
        Self { store, sealer }
    }

    pub(super) fn fill(&mut self, from: u64, to: u64) {
        for page in (from..to).collect::<Vec<_>>().chunks(TOGETHER) {
            // All of them wait for one sync.
            let queued: Vec<_> = page.iter().map(|number| (*number, self.store.append(full(*number)))).collect();
            for (number, pending) in queued {
                assert_eq!(wait(pending), Ok(Appended::Recorded(vec![Slot::New(number)])));
            }
        }
    }

    pub(super) fn settle(&mut self, now: Timestamp) {
        self.sealer.seal(&self.store, now).unwrap();
        self.store.settle_now(self.sealer.last().unwrap().size);
    }
}

pub(super) fn archives(store: &SledStore) -> Vec<(u64, u64)> {
    store.shared.tiers().archives.iter().map(|archive| (archive.known.first, archive.known.end)).collect()
}

fn has_database(settings: &Settings, first: u64) -> bool {
    epoch::folder(&settings.path, first).join("db").exists()
}

/// All that can be asked of a trail that was filled with `size` records.
pub(super) fn check(store: &SledStore, size: u64) {
    assert_eq!(verify(store, |_| ()).unwrap().size, size);
    for number in 0..size {
        assert_eq!(store.find(&key(number)), Ok(Some(number)));
        assert_eq!(store.find(&key(number + 2_000_000)), Ok(Some(number)));
        let private = full(number).entries.remove(0).private;
        assert_eq!(store.private(number), Ok(private), "{number}");
    }
    let of_one: Vec<u64> = (0..size).filter(|number| number % 7 == 3).collect();
    assert_eq!(store.of_incident(&incident(3), usize::MAX), Ok(of_one.clone()));
    assert_eq!(store.of_incident(&incident(3), 5), Ok(of_one[..5].to_vec()));
    let mut from = 0;
    for length in [1, 255, 2, 300, 7].into_iter().cycle() {
        let page = store.read(from, length).unwrap();
        assert!(page.iter().map(|stored| stored.seq).eq(from..size.min(from + length as u64)));
        from += length as u64;
        if from >= size {
            break;
        }
    }
    for number in [0, size / 2, size - 1] {
        let repeated = wait(store.append(full(number)));
        assert_eq!(repeated, Ok(Appended::Repeated { first: number }));
        let mut other = full(number);
        other.deliveries[0].content = Digest::of(b"other");
        assert_eq!(wait(store.append(other)), Ok(Appended::Conflict { first: number }));
        let known = wait(store.append(Append { deliveries: Vec::new(), ..full(number) }));
        assert_eq!(known, Ok(Appended::Recorded(vec![Slot::Known(number)])));
    }
}

#[test]
fn a_full_epoch_is_moved_to_files_and_answers_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let mut site = Site::open(&folder);
    site.fill(0, EPOCH_RECORDS - 1);
    site.settle(at(0));
    assert!(archives(&site.store).is_empty() && site.store.shared.tiers().closing.is_empty());
    site.fill(EPOCH_RECORDS - 1, EPOCH_RECORDS);
    site.settle(at(1));
    // Its last bundle is not whole yet.
    assert_eq!((archives(&site.store).len(), site.store.shared.tiers().closing.len()), (0, 1));
    check(&site.store, EPOCH_RECORDS);
    site.fill(EPOCH_RECORDS, 2 * EPOCH_RECORDS);
    site.settle(at(2));
    assert_eq!(archives(&site.store), [(0, EPOCH_RECORDS)]);
    assert!(!has_database(&settings, 0) && has_database(&settings, EPOCH_RECORDS));
    check(&site.store, 2 * EPOCH_RECORDS);
    drop(site);
    let mut site = Site::open(&folder);
    check(&site.store, 2 * EPOCH_RECORDS);
    site.fill(2 * EPOCH_RECORDS, 5 * EPOCH_RECORDS + 7);
    site.settle(at(3));
    check(&site.store, 5 * EPOCH_RECORDS + 7);
    let (dropped, kept) = (archives(&site.store), site.store.head());
    drop(site);
    let store = SledStore::open(&settings).unwrap();
    assert_eq!((archives(&store), store.head()), (dropped, kept));
    check(&store, 5 * EPOCH_RECORDS + 7);
}

#[test]
fn more_keys_of_a_delivery_that_is_repeated_are_known_in_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    site.fill(0, 1);
    let another = DeliveryKey { key: key(3_000_000), content: Digest::of(b"content") };
    let mut again = full(0);
    again.deliveries.push(another);
    assert_eq!(wait(site.store.append(again)), Ok(Appended::Repeated { first: 0 }));
    site.fill(1, 600);
    site.settle(at(0));
    assert_eq!(archives(&site.store), []);
    site.fill(600, 800);
    site.settle(at(120));
    assert_eq!(archives(&site.store), [(0, 600)]);
    let by_it = Append { deliveries: vec![another], entries: vec![entry("new")] };
    assert_eq!(wait(site.store.append(by_it)), Ok(Appended::Repeated { first: 0 }));
}

#[test]
fn an_area_stays_whatever_becomes_of_epochs() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    wait(site.store.keep(Area::Directory, vec![Change::put(b"a".to_vec(), b"1".to_vec())])).unwrap();
    site.fill(0, 700);
    site.settle(at(0));
    site.fill(700, 1_400);
    site.settle(at(1));
    assert!(!archives(&site.store).is_empty());
    drop(site);
    let store = SledStore::open(&settings(&folder)).unwrap();
    assert_eq!(store.kept(Area::Directory, None, 10).unwrap().len(), 1);
}

pub(super) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn an_epoch_that_was_not_begun_to_its_end_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    site.fill(0, EPOCH_RECORDS);
    drop(site);
    // Killed after sled has made its files, before what lies beside the records had one.
    let unfinished = epoch::folder(&settings(&folder).path, EPOCH_RECORDS);
    copy(&epoch::folder(&settings(&folder).path, 0), &unfinished);
    std::fs::remove_file(unfinished.join("beside")).unwrap();
    let mut site = Site::open(&folder);
    check(&site.store, EPOCH_RECORDS);
    site.settle(at(0));
    site.fill(EPOCH_RECORDS, EPOCH_RECORDS + 300);
    site.settle(at(1));
    check(&site.store, EPOCH_RECORDS + 300);
    assert_eq!(archives(&site.store), [(0, EPOCH_RECORDS)]);
}

#[test]
fn what_was_written_beside_the_records_and_not_noted_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    site.fill(0, 100);
    site.settle(at(0));
    drop(site);
    let beside = epoch::beside(&epoch::folder(&settings(&folder).path, 0));
    let whole = std::fs::read(&beside).unwrap();
    std::fs::write(&beside, [&whole[..], b"half of the next"].concat()).unwrap();
    let mut site = Site::open(&folder);
    site.fill(100, 600);
    site.settle(at(1));
    check(&site.store, 600);
    site.fill(600, 1_000);
    site.settle(at(2));
    check(&site.store, 1_000);
    assert_eq!(archives(&site.store), [(0, 600)]);
}

#[test]
fn killed_at_any_step_of_moving_an_epoch_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = settings(&folder).path;
    let mut site = Site::open(&folder);
    site.fill(0, 600);
    site.sealer.seal(&site.store, at(0)).unwrap();
    let copies = tempfile::tempdir().unwrap();
    let take = |name: &str| copy(&path, &copies.path().join(name));
    take("sealed");
    site.store.settle_now(600);
    take("rolled");
    site.fill(600, 900);
    site.sealer.seal(&site.store, at(1)).unwrap();
    take("about to be moved");
    site.store.settle_now(900);
    assert_eq!(archives(&site.store), [(0, 600)]);
    take("moved");
    drop(site);
    // The index is there, and the database still is.
    copy(&copies.path().join("moved"), &copies.path().join("not taken away"));
    copy(
        &epoch::folder(&copies.path().join("about to be moved"), 0),
        &epoch::folder(&copies.path().join("not taken away"), 0),
    );
    // The index was not made to its end.
    copy(&copies.path().join("about to be moved"), &copies.path().join("half an index"));
    let half = epoch::folder(&copies.path().join("half an index"), 0).join("known.redb.new");
    std::fs::write(half, b"half").unwrap();
    for (name, size) in [
        ("sealed", 600),
        ("rolled", 600),
        ("about to be moved", 900),
        ("moved", 900),
        ("not taken away", 900),
        ("half an index", 900),
    ] {
        let settings = Settings { path: copies.path().join(name), ..settings(&folder) };
        let mut site = Site::at(&settings);
        check(&site.store, size);
        site.fill(size, 1_300);
        site.settle(at(2));
        site.fill(1_300, 1_600);
        site.settle(at(3));
        check(&site.store, 1_600);
        assert!(!archives(&site.store).is_empty(), "{name}");
        assert!(!has_database(&settings, 0), "{name}");
    }
}

#[test]
fn what_the_log_has_otherwise_is_not_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    site.fill(0, 600);
    site.settle(at(0));
    site.fill(600, 900);
    site.sealer.seal(&site.store, at(1)).unwrap();
    let bundle = settings(&folder).path.join("log/tile/entries/001");
    let mut bytes = std::fs::read(&bundle).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    site.store.settle_now(900);
    assert_eq!(archives(&site.store), []);
    assert!(has_database(&settings(&folder), 0));
    assert_eq!(append_one(&site.store, entry("goes on")), Ok(Appended::Recorded(vec![Slot::New(900)])));
}

#[test]
fn epochs_that_do_not_fit_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = Site::open(&folder);
    for (from, second) in [(0, 0), (600, 1), (1_200, 2)] {
        site.fill(from, from + 600);
        site.settle(at(second));
    }
    assert_eq!(archives(&site.store), [(0, 600), (600, 1_200)]);
    drop(site);
    let without = |first: u64| {
        let copies = tempfile::tempdir().unwrap();
        copy(&settings(&folder).path, copies.path());
        std::fs::remove_dir_all(epoch::folder(copies.path(), first)).unwrap();
        let settings = Settings { path: copies.path().to_owned(), ..settings(&folder) };
        SledStore::open(&settings).err().map(|error| error.to_string())
    };
    for missing in [600, 1_200] {
        let refused = without(missing).unwrap();
        assert!(refused.contains("does not end at"), "{refused}");
    }
    // The newest has nothing yet: without it nothing is lost.
    assert_eq!(without(1_800), None);
}

/// Three epochs and the beginning of a fourth, the first two in files.
pub(super) fn in_three_epochs(folder: &TempDir) -> Site {
    let mut site = Site::open(folder);
    for (from, second) in [(0, 0), (600, 1), (1_200, 2)] {
        site.fill(from, from + 600);
        site.settle(at(second));
    }
    assert_eq!(site.store.archived(), [600, 1_200]);
    site
}

fn check_pruned(store: &SledStore) {
    assert_eq!((store.first(), store.archived()), (600, vec![1_200]));
    assert!(verify(store, |_| ()).unwrap().size >= 1_800);
    assert_eq!((store.read(0, 1).unwrap(), store.read(599, 1).unwrap()), (vec![], vec![]));
    assert_eq!(
        store.read(590, 20).unwrap().iter().map(|stored| stored.seq).collect::<Vec<_>>(),
        (600..610).collect::<Vec<_>>()
    );
    assert_eq!((store.find(&key(599)), store.find(&key(600))), (Ok(None), Ok(Some(600))));
    assert_eq!((store.private(597), store.private(600).map(|private| private.is_some())), (Ok(None), Ok(true)));
    let first = store.of_incident(&incident(3), 1).unwrap()[0];
    assert_eq!(first, (600..).find(|number| number % 7 == 3).unwrap());
}

#[test]
fn h18_what_is_pruned_is_gone_and_the_rest_verifies_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let mut site = in_three_epochs(&folder);
    let (log, kept) = (settings.path.join("log"), site.sealer.last().unwrap().clone());
    for bound in [1, 599, 601, 1_800] {
        assert!(site.store.carry(bound, b"test").is_err() && site.store.prune(bound).is_err(), "{bound}");
    }
    let proof_before = tlog::Proof::of(&log, 5).unwrap();
    assert!(site.store.prune(600).is_err(), "nothing was carried");
    site.store.carry(600, b"test").unwrap();
    site.store.prune(600).unwrap();
    check_pruned(&site.store);
    assert!(!epoch::folder(&settings.path, 0).exists());
    let keys = audit::Keys::parse(&site.sealer.verifier_key()).unwrap();
    let verified = |older: &[audit::Checkpoint]| audit::verify(&log, &keys, older, |_| ());
    // Nothing says that it was to be pruned.
    assert_eq!(verified(&[]).unwrap_err(), audit::Fault::Missing { seq: 0 });
    let pruned =
        UpkeepEvent::Pruned { actor: None, reason: None, below: 600, before: at(0), board: Digest::of(b"test") };
    let event = serde_json::to_vec(&Event::Upkeep(pruned)).unwrap();
    append_one(&site.store, Entry { event, ..entry("") }).unwrap();
    site.settle(at(60));
    let older = audit::Checkpoint::open(kept.note.as_bytes(), &keys).unwrap();
    let report = verified(&[older]).unwrap();
    assert_eq!((report.size, report.pruned), (1_801, 512), "only whole bundles can be dropped");
    // A proof that was given out before stays good; a new one is refused, for what is kept it is not.
    audit::check_proof(&proof_before.record, proof_before.text.as_bytes(), &keys).unwrap();
    assert!(matches!(tlog::Proof::of(&log, 5), Err(tlog::ProofError::Pruned(5))));
    let proof = tlog::Proof::of(&log, 600).unwrap();
    audit::check_proof(&proof.record, proof.text.as_bytes(), &keys).unwrap();
    std::fs::remove_file(log.join("tile/entries/002")).unwrap();
    assert_eq!(verified(&[]).unwrap_err(), audit::Fault::Missing { seq: 512 }, "more than was to be pruned");
}

#[test]
fn a_prune_that_was_cut_short_is_ended_by_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder);
    let site = in_three_epochs(&folder);
    site.store.carry(600, b"test").unwrap();
    drop(site);
    let (place, epochs) = (epoch::folder(&settings.path, 0), settings.path.join("epochs"));
    std::fs::rename(place, epochs.join("pruned-00000000000000000000")).unwrap();
    let store = SledStore::open(&settings).unwrap();
    check_pruned(&store);
    assert!(!epochs.join("pruned-00000000000000000000").exists());
    assert!(
        !settings.path.join("log/tile/entries/001").exists() && settings.path.join("log/tile/entries/002").exists()
    );
    store.prune(600).unwrap();
    check_pruned(&store);
    store.carry(1_200, b"test").unwrap();
    store.prune(1_200).unwrap();
    assert_eq!((store.first(), store.archived()), (1_200, vec![]));
    assert_eq!(verify(&store, |_| ()).unwrap().size, 1_800);
}
