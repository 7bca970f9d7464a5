//! Tampering with kept records, in every way a hand in the store could, and being found out.

use proptest::prelude::*;

use super::*;
use crate::trail::memory::MemoryStore;
use crate::trail::merkle;
use crate::trail::record::encode;
use crate::trail::samples::{append_one, entry};
use crate::trail::sled::SledStore;
use crate::trail::store::Append;

/// A store whose records a test can change behind its back.
trait Tampered: Store {
    fn put(&self, seq: u64, record: Option<Stored>);

    fn get(&self, seq: u64) -> Stored {
        self.read(seq, 1).unwrap().remove(0)
    }
}

impl Tampered for MemoryStore {
    fn put(&self, seq: u64, record: Option<Stored>) {
        self.tamper(seq, record);
    }
}

impl Tampered for SledStore {
    fn put(&self, seq: u64, record: Option<Stored>) {
        self.tamper(seq, record);
    }
}

const SIZE: u64 = 600;

/// Runs `tamper` on a good trail in each store, and looks for the fault.
fn check(tamper: fn(&dyn Tampered), expected: impl Fn(&Fault) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let sled = SledStore::open(&crate::trail::Settings { path: folder.path().into(), ..Default::default() }).unwrap();
    let stores: [&dyn Tampered; 2] = [&MemoryStore::default(), &sled];
    for store in stores {
        fill(store, SIZE);
        tamper(store);
        let fault = verify(store, |_| ()).unwrap_err();
        assert!(expected(&fault), "{fault:?}");
    }
}

fn fill(store: &dyn Store, size: u64) {
    let entries = (0..size).map(|n| entry(&format!("reason {n}"))).collect();
    crate::trail::samples::wait(store.append(Append { deliveries: Vec::new(), entries })).unwrap();
}

/// The record with other bytes and the leaf hash that belongs to them.
fn fixed(seq: u64, record: Vec<u8>) -> Stored {
    Stored { seq, leaf: merkle::leaf_hash(&record), record }
}

#[test]
fn a_good_trail_is_reported_with_its_size_root_and_times() {
    let store = MemoryStore::default();
    let empty = verify(&store, |_| ()).unwrap();
    assert_eq!(empty, VerifyReport { size: 0, root: Digest::of(b""), first_at: None, last_at: None });
    fill(&store, SIZE);
    let mut later = entry("later");
    later.at = Timestamp::from_second(1_800_000_000).unwrap();
    let last_at = Some(later.at);
    append_one(&store, later).unwrap();
    let mut told = Vec::new();
    let report = verify(&store, |checked| told.push(checked)).unwrap();
    let first_at = Some(entry("first").at);
    assert_eq!(report, VerifyReport { size: SIZE + 1, root: store.head().root, first_at, last_at });
    assert_eq!(told, [512, SIZE + 1]);
}

#[test]
fn a_changed_byte_is_found() {
    let flip = |store: &dyn Tampered| {
        let mut stored = store.get(555);
        stored.record[60] ^= 1;
        store.put(555, Some(stored));
    };
    check(flip, |fault| *fault == Fault::Changed { seq: 555 });
}

#[test]
fn a_changed_leaf_hash_is_found() {
    let flip = |store: &dyn Tampered| {
        let mut stored = store.get(0);
        stored.leaf.0[31] ^= 0x80;
        store.put(0, Some(stored));
    };
    check(flip, |fault| *fault == Fault::Changed { seq: 0 });
}

#[test]
fn a_removed_record_is_found() {
    check(|store| store.put(300, None), |fault| fault.seq() == Some(300));
}

#[test]
fn a_cut_tail_is_found() {
    let cut = |store: &dyn Tampered| (590..SIZE).for_each(|seq| store.put(seq, None));
    check(cut, |fault| fault.seq() == Some(590));
}

#[test]
fn records_that_changed_places_are_found() {
    let swap = |store: &dyn Tampered| {
        let (left, right) = (store.get(10), store.get(20));
        store.put(10, Some(Stored { seq: 10, ..right }));
        store.put(20, Some(Stored { seq: 20, ..left }));
    };
    check(swap, |fault| *fault == Fault::OutOfPlace { seq: 10, says: 20 });
}

#[test]
fn a_record_put_in_the_place_of_another_is_found() {
    let copy = |store: &dyn Tampered| store.put(42, Some(Stored { seq: 42, ..store.get(41) }));
    check(copy, |fault| *fault == Fault::OutOfPlace { seq: 42, says: 41 });
}

#[test]
fn a_rewritten_record_with_its_leaf_hash_is_found_by_the_root() {
    let rewrite = |store: &dyn Tampered| {
        let other = entry("another reason");
        store.put(7, Some(fixed(7, encode(7, other.at, &other.event))));
    };
    check(rewrite, |fault| matches!(fault, Fault::RootDiffers { size: SIZE, .. }));
}

#[test]
fn bytes_that_are_no_record_are_found_whatever_their_leaf_hash() {
    let event = br#"{"kind":"no.such.event"}"#;
    let at = Timestamp::UNIX_EPOCH;
    check(
        |store| store.put(3, Some(fixed(3, b"{}".to_vec()))),
        |fault| *fault == Fault::NotARecord { seq: 3, why: InvalidRecord::Prefix },
    );
    let unknown = fixed(3, encode(3, at, event));
    let store = MemoryStore::default();
    fill(&store, 5);
    store.put(3, Some(unknown));
    assert!(matches!(verify(&store, |_| ()), Err(Fault::NotARecord { seq: 3, .. })));
}

#[test]
fn the_first_of_several_faults_is_named() {
    let tamper = |store: &dyn Tampered| {
        store.put(500, None);
        store.put(200, Some(Stored { seq: 200, ..store.get(201) }));
    };
    check(tamper, |fault| fault.seq() == Some(200));
}

/// A store that gives its records without looking at their numbers.
struct Careless(Vec<Stored>, Head);

impl Store for Careless {
    fn append(&self, _: Append) -> crate::trail::store::Pending {
        unreachable!()
    }
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        Ok(self.0.iter().skip(usize::try_from(from).unwrap()).take(limit).cloned().collect())
    }
    fn private(&self, _: u64) -> Result<Option<Vec<u8>>, StoreError> {
        unreachable!()
    }
    fn of_incident(&self, _: &crate::incident::IncidentId, _: usize) -> Result<Vec<u64>, StoreError> {
        unreachable!()
    }
    fn find(&self, _: &crate::trail::UniqueKey) -> Result<Option<u64>, StoreError> {
        unreachable!()
    }
    fn keep(&self, _: crate::trail::Area, _: Vec<crate::trail::Change>) -> crate::trail::store::Pending<()> {
        unreachable!()
    }
    fn kept(&self, _: crate::trail::Area, _: Option<&[u8]>, _: usize) -> Result<Vec<crate::trail::Row>, StoreError> {
        unreachable!()
    }
    fn head(&self) -> Head {
        self.1
    }
    fn failure(&self) -> tokio::sync::watch::Receiver<Option<StoreError>> {
        unreachable!()
    }
}

#[test]
fn gaps_and_repeats_are_found_also_when_the_store_does_not_notice() {
    let store = MemoryStore::default();
    fill(&store, 5);
    let good = store.read(0, 5).unwrap();
    let fault_of = |records: Vec<Stored>| verify(&Careless(records, store.head()), |_| ()).unwrap_err();
    let mut gap = good.clone();
    gap.remove(2);
    assert_eq!(fault_of(gap), Fault::Missing { seq: 2 });
    let mut repeat = good.clone();
    repeat.insert(2, good[1].clone());
    assert_eq!(fault_of(repeat), Fault::Missing { seq: 2 });
    assert_eq!(fault_of(good[..4].to_vec()), Fault::Missing { seq: 4 });
}

proptest! {
    #[test]
    fn any_changed_byte_of_any_record_is_found(seq in 0..40_u64, at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let store = MemoryStore::default();
        fill(&store, 40);
        let mut stored = store.get(seq);
        let at = at.index(stored.record.len());
        stored.record[at] ^= flip;
        store.put(seq, Some(stored));
        prop_assert_eq!(verify(&store, |_| ()).unwrap_err(), Fault::Changed { seq });
    }

    #[test]
    fn any_changed_byte_is_found_also_when_its_leaf_hash_is_made_to_fit(
        seq in 0..40_u64, at in any::<prop::sample::Index>(), flip in 1..=255_u8,
    ) {
        let store = MemoryStore::default();
        fill(&store, 40);
        let mut record = store.get(seq).record;
        let at = at.index(record.len());
        record[at] ^= flip;
        store.put(seq, Some(fixed(seq, record)));
        let fault = verify(&store, |_| ()).unwrap_err();
        prop_assert!(fault.seq() == Some(seq) || matches!(fault, Fault::RootDiffers { .. }), "{:?}", fault);
    }
}
