//! What every store must do, run against each of them.

use std::sync::Barrier;

use proptest::prelude::*;

use super::in_epochs::InEpochs;
use super::merkle;
use super::samples::{append_one, entry, incident, wait};
use super::{
    APPEND_BYTES_MAX, AREA_KEY_BYTES_MAX, AREA_VALUE_BYTES_MAX, Append, Appended, Area, CHANGES_MAX, Change,
    DeliveryKey, ENTRIES_MAX, EVENT_BYTES_MAX, Entry, INCIDENTS_MAX, MemoryStore, PRIVATE_BYTES_MAX, Record, Settings,
    SledStore, Slot, Store, StoreError, UniqueKey, verify,
};
use crate::incident::Digest;

const THREADS: u64 = 64;

/// Makes a test of each fact for each store.
macro_rules! contract {
    ($($fact:ident),* $(,)?) => {
        mod of_memory {
            $(#[test] fn $fact() { super::$fact(&super::MemoryStore::default()); })*
        }
        mod of_sled {
            $(#[test] fn $fact() { super::with_sled(|store| super::$fact(store)); })*
        }
        mod of_sled_in_epochs {
            $(#[test] fn $fact() { super::InEpochs::with(|store| super::$fact(store)); })*
        }
    };
}

contract! {
    an_empty_store_has_the_empty_root,
    sequence_numbers_are_dense_when_many_append_at_once,
    of_many_identical_appends_at_once_one_records,
    of_many_identical_deliveries_at_once_one_records,
    a_key_is_recorded_once_also_within_one_append,
    an_entry_with_two_keys_is_known_by_either,
    of_many_that_share_a_key_at_once_one_records,
    what_is_behind_an_entry_is_recorded_only_with_it,
    a_delivery_is_repeated_with_the_same_content_and_conflicts_with_other_content,
    a_delivery_is_known_by_each_of_its_keys,
    a_delivery_without_entries_is_remembered,
    a_refused_append_records_nothing_of_itself,
    every_limit_can_be_reached_and_not_passed,
    private_parts_come_back_unchanged,
    an_incident_has_its_records_in_order,
    the_root_is_that_of_the_records,
    reading_gives_what_lies_in_the_range,
    an_append_stands_when_nobody_waits_for_it,
    the_whole_verifies,
    rows_of_an_area_are_put_replaced_and_removed,
    rows_are_given_in_order_page_by_page,
    an_area_has_no_part_in_the_trail,
    every_limit_of_an_area_can_be_reached_and_not_passed,
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings { path: folder.path().join("trail"), ..Settings::default() }
}

fn with_sled<T>(check: impl FnOnce(&SledStore) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    check(&SledStore::open(&settings(&folder)).unwrap())
}

fn key(text: &str) -> UniqueKey {
    UniqueKey(Digest::of(text.as_bytes()))
}

fn keyed(text: &str) -> Entry {
    Entry { key: Some(key(text)), ..entry(text) }
}

fn delivery_key(name: &str, content: &str) -> DeliveryKey {
    DeliveryKey { key: key(name), content: Digest::of(content.as_bytes()) }
}

fn delivery(name: &str, content: &str, entries: Vec<Entry>) -> Append {
    Append { deliveries: vec![delivery_key(name, content)], entries }
}

fn append(store: &dyn Store, entries: Vec<Entry>) -> Result<Appended, StoreError> {
    wait(store.append(Append { deliveries: Vec::new(), entries }))
}

/// Does the same on many threads at the same instant.
fn at_once<T: Send>(threads: u64, work: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(threads).unwrap());
    let (barrier, work) = (&barrier, &work);
    std::thread::scope(|scope| {
        let started = (0..threads).map(|thread| {
            scope.spawn(move || {
                barrier.wait();
                work(thread)
            })
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn an_empty_store_has_the_empty_root(store: &dyn Store) {
    assert_eq!((store.head().size, store.head().root), (0, Digest::of(b"")));
    assert_eq!(store.read(0, 10), Ok(vec![]));
    assert_eq!(store.private(0), Ok(None));
    assert_eq!(store.of_incident(&incident(1), 10), Ok(vec![]));
}

fn sequence_numbers_are_dense_when_many_append_at_once(store: &dyn Store) {
    let each = 20;
    let slots = at_once(THREADS, |thread| {
        let texts = (0..each).map(|n| format!("{thread} {n}"));
        texts.map(|text| (append_one(store, entry(&text)).unwrap(), text)).collect::<Vec<_>>()
    });
    let mut found: Vec<_> = slots.into_iter().flatten().collect();
    found.sort_by_key(|(appended, _)| match appended {
        Appended::Recorded(slots) => match slots[..] {
            [Slot::New(seq)] => seq,
            _ => panic!("{slots:?}"),
        },
        other => panic!("{other:?}"),
    });
    assert_eq!(store.head().size, THREADS * each);
    let records = store.read(0, usize::MAX).unwrap();
    assert_eq!(records.len(), found.len());
    for ((seq, stored), (appended, text)) in (0..).zip(records).zip(found) {
        assert_eq!(appended, Appended::Recorded(vec![Slot::New(seq)]));
        assert_eq!((stored.seq, Record::decode(&stored.record).unwrap().seq), (seq, seq));
        assert!(String::from_utf8(stored.record).unwrap().contains(&format!("\"{text}\"")));
    }
}

fn of_many_identical_appends_at_once_one_records(store: &dyn Store) {
    append_one(store, entry("before")).unwrap();
    let answers = at_once(100, |_| append_one(store, keyed("same")).unwrap());
    let count = |slot| answers.iter().filter(|answer| **answer == Appended::Recorded(vec![slot])).count();
    assert_eq!((count(Slot::New(1)), count(Slot::Known(1))), (1, 99));
    assert_eq!(store.head().size, 2);
}

fn of_many_identical_deliveries_at_once_one_records(store: &dyn Store) {
    append_one(store, entry("before")).unwrap();
    let answers = at_once(100, |_| wait(store.append(delivery("d", "body", vec![keyed("same")]))).unwrap());
    let count = |wanted| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!(count(Appended::Recorded(vec![Slot::New(1)])), 1);
    assert_eq!(count(Appended::Repeated { first: 1 }), 99);
    assert_eq!(store.head().size, 2);
}

fn a_key_is_recorded_once_also_within_one_append(store: &dyn Store) {
    let appended = append(store, vec![keyed("a"), keyed("b"), keyed("a"), entry("a"), entry("a")]).unwrap();
    let (new, known) = (Slot::New, Slot::Known);
    assert_eq!(appended, Appended::Recorded(vec![new(0), new(1), known(0), new(2), new(3)]));
    assert_eq!(store.find(&key("b")), Ok(Some(1)));
    assert_eq!(store.find(&key("c")), Ok(None));
    let appended = append(store, vec![keyed("c"), keyed("b")]).unwrap();
    assert_eq!(appended, Appended::Recorded(vec![new(4), known(1)]));
    assert_eq!(store.head().size, 5);
}

fn an_entry_with_two_keys_is_known_by_either(store: &dyn Store) {
    let both = |first, second| Entry { also: vec![key(second)], ..keyed(first) };
    let (new, known) = (Slot::New, Slot::Known);
    let appended = append(store, vec![both("a", "b"), both("b", "c"), keyed("b"), both("x", "a"), keyed("c")]).unwrap();
    assert_eq!(appended, Appended::Recorded(vec![new(0), known(0), known(0), known(0), new(1)]));
    // What was not recorded has left none of its keys.
    let appended = append(store, vec![keyed("x"), both("d", "e"), both("e", "a"), keyed("f")]).unwrap();
    assert_eq!(appended, Appended::Recorded(vec![new(2), new(3), known(3), new(4)]));
    assert_eq!((store.find(&key("b")), store.find(&key("e"))), (Ok(Some(0)), Ok(Some(3))));
}

fn of_many_that_share_a_key_at_once_one_records(store: &dyn Store) {
    let answers = at_once(THREADS, |thread| {
        let (first, second) = if thread % 2 == 0 { ("a", "b") } else { ("b", "c") };
        append_one(store, Entry { also: vec![key(second)], ..keyed(first) }).unwrap()
    });
    let count = |slot| answers.iter().filter(|answer| **answer == Appended::Recorded(vec![slot])).count();
    assert_eq!((count(Slot::New(0)), count(Slot::Known(0))), (1, answers.len() - 1));
}

fn what_is_behind_an_entry_is_recorded_only_with_it(store: &dyn Store) {
    let behind = |text| Entry { behind: true, ..entry(text) };
    let entries = || vec![keyed("a"), behind("b"), behind("c"), keyed("d")];
    let (new, known) = (Slot::New, Slot::Known);
    let appended = append(store, entries()).unwrap();
    assert_eq!(appended, Appended::Recorded(vec![new(0), new(1), new(2), new(3)]));
    let more = vec![keyed("a"), behind("b"), behind("e"), keyed("f"), behind("g"), keyed("f"), behind("h")];
    let appended = append(store, more).unwrap();
    let slots = vec![known(0), known(0), known(0), new(4), new(5), known(4), known(4)];
    assert_eq!(appended, Appended::Recorded(slots));
    assert_eq!(store.head().size, 6);
    assert!(matches!(append(store, vec![behind("x")]), Err(StoreError::TooLarge(_))));
}

fn a_delivery_is_repeated_with_the_same_content_and_conflicts_with_other_content(store: &dyn Store) {
    append_one(store, entry("before")).unwrap();
    let send = |content, entries| wait(store.append(delivery("d", content, entries))).unwrap();
    assert_eq!(send("one", vec![keyed("a"), entry("b")]), Appended::Recorded(vec![Slot::New(1), Slot::New(2)]));
    let head = store.head();
    assert_eq!(send("one", vec![keyed("a"), entry("b")]), Appended::Repeated { first: 1 });
    assert_eq!(send("two", vec![keyed("c")]), Appended::Conflict { first: 1 });
    assert_eq!(send("one", vec![entry("other entries")]), Appended::Repeated { first: 1 });
    assert_eq!(store.head(), head);
    // One that brings what is known is about the record of that.
    assert_eq!(append_one(store, entry("between")), Ok(Appended::Recorded(vec![Slot::New(3)])));
    let again = |content| wait(store.append(delivery("e", content, vec![keyed("a")]))).unwrap();
    assert_eq!(
        (again("one"), again("two")),
        (Appended::Recorded(vec![Slot::Known(1)]), Appended::Conflict { first: 1 })
    );
    // What a refused delivery carried is not known by its keys.
    assert_eq!(append_one(store, keyed("c")), Ok(Appended::Recorded(vec![Slot::New(4)])));
    // A delivery's key and an entry's are two kinds of keys.
    let appended = append_one(store, Entry { key: Some(key("d")), ..entry("e") });
    assert_eq!(appended, Ok(Appended::Recorded(vec![Slot::New(5)])));
}

fn a_delivery_is_known_by_each_of_its_keys(store: &dyn Store) {
    let send = |keys: &[(&str, &str)], text: &str| {
        let deliveries = keys.iter().map(|(name, content)| delivery_key(name, content)).collect();
        wait(store.append(Append { deliveries, entries: vec![entry(text)] })).unwrap()
    };
    assert_eq!(send(&[("own", "one"), ("first", "one")], "a"), Appended::Recorded(vec![Slot::New(0)]));
    assert_eq!(send(&[("x", "other")], "b"), Appended::Recorded(vec![Slot::New(1)]));
    assert_eq!(send(&[("own", "one"), ("again", "one")], "c"), Appended::Repeated { first: 0 });
    let head = store.head();
    assert_eq!(send(&[("again", "two")], "d"), Appended::Conflict { first: 0 }, "known since it came again");
    assert_eq!(send(&[("own", "two"), ("third", "two")], "d"), Appended::Conflict { first: 0 });
    assert_eq!(send(&[("new", "one"), ("x", "one"), ("own", "one")], "d"), Appended::Conflict { first: 1 });
    assert_eq!(store.head(), head);
    // What came in a conflict is not known by it.
    assert_eq!(send(&[("third", "three")], "e"), Appended::Recorded(vec![Slot::New(2)]));
    assert_eq!(send(&[("new", "three")], "f"), Appended::Recorded(vec![Slot::New(3)]));
    // The same key twice with two contents contradicts nothing but itself: the first of them counts.
    assert_eq!(send(&[("twice", "one"), ("twice", "two")], "g"), Appended::Recorded(vec![Slot::New(4)]));
    assert_eq!(send(&[("twice", "one")], "g"), Appended::Repeated { first: 4 });
}

fn a_delivery_without_entries_is_remembered(store: &dyn Store) {
    append_one(store, entry("before")).unwrap();
    let head = store.head();
    assert_eq!(wait(store.append(delivery("d", "one", vec![]))), Ok(Appended::Recorded(vec![])));
    assert_eq!(wait(store.append(delivery("d", "one", vec![]))), Ok(Appended::Repeated { first: 1 }));
    assert_eq!(wait(store.append(delivery("d", "two", vec![]))), Ok(Appended::Conflict { first: 1 }));
    assert_eq!(wait(store.append(Append::default())), Ok(Appended::Recorded(vec![])));
    assert_eq!(store.head(), head);
}

fn a_refused_append_records_nothing_of_itself(store: &dyn Store) {
    let oversized = Entry { event: event_of(EVENT_BYTES_MAX + 1), ..entry("x") };
    let refused = wait(store.append(delivery("d", "body", vec![keyed("good"), oversized])));
    assert!(matches!(refused, Err(StoreError::TooLarge(_))), "{refused:?}");
    assert_eq!(store.head().size, 0);
    let appended = wait(store.append(delivery("d", "other", vec![keyed("good")])));
    assert_eq!(appended, Ok(Appended::Recorded(vec![Slot::New(0)])));
}

/// An event of exactly so many bytes.
fn event_of(bytes: usize) -> Vec<u8> {
    let empty = entry("").event.len();
    entry(&"x".repeat(bytes - empty)).event
}

fn every_limit_can_be_reached_and_not_passed(store: &dyn Store) {
    let refused = |entries: Vec<Entry>| assert!(matches!(append(store, entries), Err(StoreError::TooLarge(_))));
    let taken = |entries: Vec<Entry>| assert!(append(store, entries).is_ok());
    let with_event = |bytes| Entry { event: event_of(bytes), ..entry("") };
    let with_private = |bytes| Entry { private: Some(vec![7; bytes]), ..entry("") };
    let with_incidents = |count| Entry { incidents: vec![incident(1); count], ..entry("") };
    taken(vec![with_event(EVENT_BYTES_MAX)]);
    refused(vec![with_event(EVENT_BYTES_MAX + 1)]);
    taken(vec![with_private(PRIVATE_BYTES_MAX)]);
    refused(vec![with_private(PRIVATE_BYTES_MAX + 1)]);
    taken(vec![with_incidents(INCIDENTS_MAX)]);
    refused(vec![with_incidents(INCIDENTS_MAX + 1)]);
    taken(vec![with_event(APPEND_BYTES_MAX / ENTRIES_MAX / 2); ENTRIES_MAX]);
    refused(vec![entry(""); ENTRIES_MAX + 1]);
    refused(vec![with_private(PRIVATE_BYTES_MAX); APPEND_BYTES_MAX / PRIVATE_BYTES_MAX]);
    for event in ["", "{}", "[]", "{\"a\":1", "null"] {
        refused(vec![Entry { event: event.into(), ..entry("") }]);
    }
    assert_eq!(store.head().size, 3 + ENTRIES_MAX as u64);
    assert!(verify(store, |_| ()).is_ok());
}

fn private_parts_come_back_unchanged(store: &dyn Store) {
    let lengths = [0, 1, 4_095, 4_096, 4_097, 8_192, 300 * 1024];
    let part = |length: usize| (0..length).map(|n| (n % 251) as u8).collect::<Vec<_>>();
    let entries = lengths.map(|length| Entry { private: Some(part(length)), ..entry("x") });
    append(store, [&entries[..], &[entry("without")]].concat()).unwrap();
    for (seq, length) in (0..).zip(lengths) {
        assert_eq!(store.private(seq), Ok(Some(part(length))), "{length}");
    }
    assert_eq!(store.private(7), Ok(None));
    assert_eq!(store.private(8), Ok(None));
    assert_eq!(store.private(u64::MAX), Ok(None));
}

fn an_incident_has_its_records_in_order(store: &dyn Store) {
    let of = |ids: &[u64]| Entry { incidents: ids.iter().copied().map(incident).collect(), ..entry("x") };
    append(store, vec![of(&[1]), of(&[2, 1, 2]), of(&[]), of(&[2])]).unwrap();
    append(store, (0..300).map(|_| of(&[1])).collect()).unwrap();
    let seqs: Vec<_> = [0, 1].into_iter().chain(4..304).collect();
    assert_eq!(store.of_incident(&incident(1), 1_000), Ok(seqs.clone()));
    assert_eq!(store.of_incident(&incident(1), 3), Ok(seqs[..3].to_vec()));
    assert_eq!(store.of_incident(&incident(1), 0), Ok(vec![]));
    assert_eq!(store.of_incident(&incident(2), 1_000), Ok(vec![1, 3]));
    assert_eq!(store.of_incident(&incident(3), 1_000), Ok(vec![]));
}

fn the_root_is_that_of_the_records(store: &dyn Store) {
    let mut leaves = Vec::new();
    for size in 1..=40_u64 {
        append_one(store, entry(&size.to_string())).unwrap();
        let stored = store.read(size - 1, 1).unwrap().remove(0);
        assert_eq!(stored.leaf, merkle::leaf_hash(&stored.record));
        leaves.push(stored.leaf);
        assert_eq!((store.head().size, store.head().root), (size, merkle::root(&leaves)));
    }
}

fn reading_gives_what_lies_in_the_range(store: &dyn Store) {
    append(store, (0..10).map(|n| entry(&n.to_string())).collect()).unwrap();
    let seqs = |from, limit| store.read(from, limit).unwrap().iter().map(|stored| stored.seq).collect::<Vec<_>>();
    assert_eq!(seqs(0, 3), [0, 1, 2]);
    assert_eq!(seqs(8, 100), [8, 9]);
    assert_eq!(seqs(9, usize::MAX), [9]);
    for (from, limit) in [(0, 0), (10, 5), (11, 5), (u64::MAX, usize::MAX)] {
        assert_eq!(seqs(from, limit), [] as [u64; 0], "{from} {limit}");
    }
}

fn an_append_stands_when_nobody_waits_for_it(store: &dyn Store) {
    drop(store.append(Append { deliveries: Vec::new(), entries: vec![keyed("dropped")] }));
    assert_eq!(append_one(store, keyed("dropped")), Ok(Appended::Recorded(vec![Slot::Known(0)])));
}

fn the_whole_verifies(store: &dyn Store) {
    at_once(8, |thread| {
        for n in 0..100 {
            append_one(store, keyed(&format!("{}", (thread * 50 + n) % 300))).unwrap();
        }
    });
    let report = verify(store, |_| ()).unwrap();
    assert_eq!((report.size, report.root), (300, store.head().root));
}

fn put(key: &str, value: &str) -> Change {
    Change::put(key.as_bytes().to_vec(), value.as_bytes().to_vec())
}

fn remove(key: &str) -> Change {
    Change::remove(key.as_bytes().to_vec())
}

fn keep(store: &dyn Store, changes: Vec<Change>) -> Result<(), StoreError> {
    wait(store.keep(Area::Directory, changes))
}

fn rows(store: &dyn Store, after: Option<&str>, limit: usize) -> Vec<(String, String)> {
    let rows = store.kept(Area::Directory, after.map(str::as_bytes), limit).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    rows.into_iter().map(|row| (text(row.key), text(row.value))).collect()
}

fn rows_of_an_area_are_put_replaced_and_removed(store: &dyn Store) {
    assert_eq!(rows(store, None, 10), []);
    keep(store, vec![put("b", "1"), put("a", "2"), put("a", "3"), put("c", ""), put("d", "4"), remove("d")]).unwrap();
    let all =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
    assert_eq!(rows(store, None, 10), all(&[("a", "3"), ("b", "1"), ("c", "")]));
    keep(store, vec![remove("b"), remove("never there"), put("a", "4")]).unwrap();
    keep(store, vec![]).unwrap();
    assert_eq!(rows(store, None, 10), all(&[("a", "4"), ("c", "")]));
}

fn rows_are_given_in_order_page_by_page(store: &dyn Store) {
    keep(store, (0..300).map(|n| put(&format!("k{n:03}"), "v")).collect()).unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = rows(store, after.as_deref(), 7);
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        seen.extend(page.into_iter().map(|(key, _)| key));
    }
    assert_eq!(seen, (0..300).map(|n| format!("k{n:03}")).collect::<Vec<_>>());
    assert_eq!(rows(store, Some("k298"), 7).len(), 1);
    assert_eq!(rows(store, Some("k2985"), 7).len(), 1, "also behind a key that is not there");
    assert_eq!(rows(store, Some("zzz"), 7), []);
    assert_eq!(rows(store, None, 0), []);
}

fn an_area_has_no_part_in_the_trail(store: &dyn Store) {
    append_one(store, entry("before")).unwrap();
    let head = store.head();
    let kept = store.keep(Area::Directory, vec![put("r", "looks like a record")]);
    let appended = store.append(Append { deliveries: Vec::new(), entries: vec![entry("beside")] });
    assert_eq!((wait(kept), wait(appended)), (Ok(()), Ok(Appended::Recorded(vec![Slot::New(1)]))));
    keep(store, vec![remove("r"), put("h", "looks like a head"), put("p", "x")]).unwrap();
    assert_eq!(store.read(0, 1).unwrap().len(), 1);
    assert_ne!(store.head(), head);
    assert_eq!((store.head().size, store.private(0)), (2, Ok(None)));
    assert!(verify(store, |_| ()).is_ok());
}

fn every_limit_of_an_area_can_be_reached_and_not_passed(store: &dyn Store) {
    let refused = |changes| assert!(matches!(keep(store, changes), Err(StoreError::TooLarge(_))));
    let (key, value) = ("k".repeat(AREA_KEY_BYTES_MAX), "v".repeat(AREA_VALUE_BYTES_MAX));
    keep(store, (0..CHANGES_MAX).map(|n| put(&format!("{n}"), &value)).collect()).unwrap();
    keep(store, vec![put(&key, &value)]).unwrap();
    assert_eq!(rows(store, None, usize::MAX).len(), CHANGES_MAX + 1);
    refused(vec![put("good", "x"), put(&format!("{key}k"), "x")]);
    refused(vec![put("good", "x"), put("", "x")]);
    refused(vec![put("good", "x"), put("x", &format!("{value}v"))]);
    refused(vec![put("good", "x"); CHANGES_MAX + 1]);
    assert!(rows(store, None, usize::MAX).iter().all(|(key, _)| key != "good"), "all or none");
}

/// One append of the comparison below: few names, so that repeats are frequent.
fn any_append() -> impl Strategy<Value = Append> {
    let entry = (proptest::option::of("[a-d]"), 0..3_000_usize, proptest::option::of(0..9_000_usize), 0..3_u64);
    let entry = entry.prop_map(|(name, length, private, id)| Entry {
        key: name.as_deref().map(key),
        private: private.map(|length| vec![1; length]),
        incidents: (0..id).map(incident).collect(),
        ..entry_of(length)
    });
    let deliveries = proptest::collection::vec(("[a-c]", "[xy]"), 0..3);
    (deliveries, proptest::collection::vec(entry, 0..4)).prop_map(|(deliveries, entries)| Append {
        deliveries: deliveries.iter().map(|(name, content)| delivery_key(name, content)).collect(),
        entries,
    })
}

fn entry_of(length: usize) -> Entry {
    entry(&"x".repeat(length))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_stores_answer_alike_and_hold_the_same(appends in proptest::collection::vec(any_append(), 0..40)) {
        let memory = MemoryStore::default();
        let folder = tempfile::tempdir().unwrap();
        let sled = SledStore::open(&settings(&folder)).unwrap();
        let half = appends.len() / 2;
        // The first half one by one, the second at once, so that groups of all sizes arise.
        for append in &appends[..half] {
            prop_assert_eq!(wait(sled.append(append.clone())), wait(memory.append(append.clone())));
        }
        let pending: Vec<_> = appends[half..].iter().map(|append| sled.append(append.clone())).collect();
        for (append, pending) in appends[half..].iter().zip(pending) {
            prop_assert_eq!(wait(pending), wait(memory.append(append.clone())));
        }
        same_content(&sled, &memory)?;
        drop(sled);
        same_content(&SledStore::open(&settings(&folder)).unwrap(), &memory)?;
    }
}

fn same_content(left: &dyn Store, right: &dyn Store) -> Result<(), TestCaseError> {
    prop_assert_eq!(left.head(), right.head());
    prop_assert_eq!(left.read(0, usize::MAX), right.read(0, usize::MAX));
    for seq in 0..right.head().size {
        prop_assert_eq!(left.private(seq), right.private(seq));
    }
    for id in 0..3 {
        prop_assert_eq!(left.of_incident(&incident(id), 1_000), right.of_incident(&incident(id), 1_000));
    }
    Ok(())
}
