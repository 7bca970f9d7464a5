//! The index against reading everything: whatever is asked, at whatever moment, both give the same records.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::cursor::Cursor;
use super::field::Field;
use super::file;
use super::find::Found;
use super::index::Index;
use super::query::{Query, QueryError};
use super::terms::Terms;
use crate::incident::{AccountKind, AccountRef, Event, PauseScope, Timestamp};
use crate::trail::store::{Append, Appended, Entry, Store};
use crate::trail::{About, MemoryStore, Pseudonyms, Record, Subjects, samples};

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new(&[7; 32])
}

fn query(filters: &[(&str, &str)]) -> Query {
    Query::parse(filters.iter().copied(), &pseudonyms(), &Subjects::in_memory()).unwrap()
}

fn append(store: &MemoryStore, at_ms: i64, event: &Event) {
    let entry = Entry {
        at: Timestamp::from_millisecond(at_ms).unwrap(),
        event: serde_json::to_vec(event).unwrap(),
        ..samples::entry("")
    };
    let appended = samples::wait(store.append(Append { deliveries: Vec::new(), entries: vec![entry] }));
    assert!(matches!(appended, Ok(Appended::Recorded(_))));
}

fn paused(actor: &str, reason: &str) -> Event {
    Event::ResponderPaused { actor: actor.to_owned(), reason: reason.to_owned(), scope: PauseScope::All }
}

fn follow(index: &Index, store: &MemoryStore) {
    while !index.follow(store).unwrap().is_all {}
}

fn seqs(found: &Found) -> Vec<u64> {
    found.records.iter().map(|stored| stored.seq).collect()
}

/// All pages of an answer.
fn all(index: &Index, store: &MemoryStore, query: &Query, limit: usize) -> Vec<u64> {
    let (mut seqs, mut from) = (Vec::new(), None);
    loop {
        let found = index.find(store, query, from, limit).unwrap();
        assert!(found.records.len() <= limit);
        seqs.extend(self::seqs(&found));
        match found.next {
            Some(next) => from = Some(Cursor::decode(&next.encode(query), query).unwrap()),
            None => return seqs,
        }
    }
}

/// The same by looking at every record.
fn scanned(store: &MemoryStore, query: &Query) -> Vec<u64> {
    let records = store.read(0, usize::MAX).unwrap();
    let is_meant = |record: &[u8]| query.meets(&Terms::of(record).unwrap(), Record::at(record).unwrap());
    records.iter().rev().filter(|stored| is_meant(&stored.record)).map(|stored| stored.seq).collect()
}

fn with_samples() -> (tempfile::TempDir, MemoryStore, Index) {
    let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::default());
    let index = Index::new(folder.path().join("search"));
    samples::events().iter().enumerate().for_each(|(n, event)| append(&store, n as i64 * 1_000, event));
    (folder, store, index)
}

#[test]
fn every_kind_of_event_is_found_by_what_the_list_says() {
    let mut listed = String::new();
    for event in samples::events() {
        let record = crate::trail::encode(0, Timestamp::UNIX_EPOCH, &serde_json::to_vec(&event).unwrap());
        listed.push_str(&format!("{}\n", event.kind()));
        let terms = Terms::of(&record).unwrap();
        for field in Field::ALL {
            let of_field = terms.0.iter().filter(|term| term.first() == Some(&field.code()));
            let texts: Vec<_> = of_field.map(|term| String::from_utf8_lossy(&term[1..]).into_owned()).collect();
            if !texts.is_empty() {
                listed.push_str(&format!("  {}: {}\n", field.as_str(), texts.join(" | ")));
            }
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/trail/search/terms.golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &listed).unwrap();
    }
    // Of an event that is new here: look whether it is found by all that people ask for, and set UPDATE_GOLDEN=1.
    assert_eq!(listed, fs::read_to_string(golden).unwrap());
}

#[test]
fn all_filters_combine() {
    let (_folder, store, index) = with_samples();
    follow(&index, &store);
    let check = |filters: &[(&str, &str)], count: usize| {
        let query = query(filters);
        let found = all(&index, &store, &query, 3);
        assert_eq!(found, scanned(&store, &query), "{filters:?}");
        assert_eq!(found.len(), count, "{filters:?}");
    };
    check(&[], samples::events().len());
    check(&[("kind", "incident.held")], 1);
    check(&[("kind", "step.*")], 6);
    check(&[("kind", "step.failed"), ("kind", "step.unknown")], 2);
    check(&[("outcome", "failed"), ("reason", "busy")], 1);
    check(&[("outcome", "disabled")], 1);
    check(&[("kind", "responder.paused"), ("source", "okta")], 1);
    check(&[("verdict", "held"), ("reason", "protected_listed"), ("step", "disable")], 1);
    check(&[("user_id", "u"), ("kind", "account.resolved")], 1);
    check(&[("account", "00ff"), ("kind", "incident.requested")], 1);
    check(&[("actor", "test"), ("text", "drill"), ("kind", "breaker.released")], 1);
    check(&[("actor", "nobody")], 0);
    check(&[("text", "protected nowhere")], 0);
    check(&[("text", "PROT*"), ("kind", "release.offered")], 1);
    check(&[("rule", "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11"), ("kind", "rule.disputed")], 1);
    check(&[("text", samples::incident(1).as_str()), ("kind", "incident.closed")], 1);
    check(&[("incident", samples::incident(2).as_str())], 1);
}

#[test]
fn h24_an_account_is_asked_for_by_its_name_as_long_as_there_is_a_key_of_it() {
    let (_folder, store, index) = with_samples();
    let (empty, subjects) = (tempfile::tempdir().unwrap(), Subjects::in_memory());
    let unindexed = Index::new(empty.path().to_owned());
    let account = AccountRef::parse(AccountKind::Email, "zhang.san@example.com").unwrap();
    let mut event = serde_json::to_value(&samples::events()[0]).unwrap();
    event["opened"][0]["plan"]["account"] = pseudonyms().of(&account).into();
    append(&store, 0, &serde_json::from_value(event).unwrap());
    // What no rule matched says of nobody whom it is about; what lies beside it takes their key.
    let about: About = [pseudonyms().mark(&account)].into_iter().collect();
    let (_, sealed) = subjects.seal(&about, Timestamp::UNIX_EPOCH, b"test").unwrap();
    let entry = Entry { private: Some(sealed.into_bytes()), ..samples::entry("nothing matched") };
    samples::wait(store.append(Append { deliveries: Vec::new(), entries: vec![entry] })).unwrap();
    follow(&index, &store);
    let last = store.head().size - 1;
    let asked = |name: &str| {
        let query = Query::parse([("account", name)], &pseudonyms(), &subjects).unwrap();
        let found = all(&index, &store, &query, 10);
        assert_eq!(all(&unindexed, &store, &query, 10), found, "{name}");
        found
    };
    let pseudonym = pseudonyms().of(&account);
    assert_eq!(asked("email:Zhang.San@example.com"), [last, last - 1]);
    assert_eq!(asked(&pseudonym), [last, last - 1]);
    assert_eq!(asked("email:li.si@example.com"), Vec::<u64>::new());
    // As people type it.
    assert_eq!(asked("zhang.san@example.com"), [last, last - 1]);
    assert_eq!(asked("li.si@example.com"), Vec::<u64>::new());
    assert_eq!(asked("u"), asked("user_id:u"));
    // By a userid, also where it was found out only later.
    assert!(asked("user_id:u").len() > 1);
    subjects.destroy(&subjects.keys_of([&pseudonyms().mark(&account)])).unwrap();
    assert_eq!(asked("email:zhang.san@example.com"), Vec::<u64>::new(), "nobody can try whose records are left");
    assert_eq!(asked(&pseudonym), [last - 1], "what stands on a record is found by that");
}

#[test]
fn text_is_found_in_every_script() {
    let (_folder, store, index) = with_samples();
    append(&store, 0, &paused("王伟", "账号被盗，正在调查 Case-42"));
    follow(&index, &store);
    let last = store.head().size - 1;
    let asked = |text: &str| all(&index, &store, &query(&[("text", text)]), 10);
    for text in ["账号", "被盗", "盗", "调查 case", "账 42", "王伟 账号被盗", "cas*"] {
        assert_eq!(asked(text), [last], "{text}");
    }
    for text in ["号账", "账被", "case-43"] {
        assert_eq!(asked(text), Vec::<u64>::new(), "{text}");
    }
}

#[test]
fn h22_records_are_found_by_their_time_also_where_the_clock_went_backwards() {
    let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::default());
    let index = Index::new(folder.path().to_owned());
    for at in [10_000, 20_000, 5_000, 5_001, 30_000, 19_999] {
        append(&store, at, &paused("test", "drill"));
    }
    follow(&index, &store);
    let asked = |since: &str, until: &str| all(&index, &store, &query(&[("since", since), ("until", until)]), 1);
    // From the first moment on, and before the last.
    assert_eq!(asked("1970-01-01T00:00:05.000Z", "1970-01-01T00:00:20Z"), [5, 3, 2, 0]);
    assert_eq!(asked("1970-01-01T00:00:05.001Z", "1970-01-01T00:00:10Z"), [3]);
    assert_eq!(asked("1970-01-01T00:00:05.0001Z", "1970-01-01T00:00:05.0011Z"), [3]);
    assert_eq!(asked("1970-01-01T00:00:30.001Z", "1970-01-01T00:01:00Z"), Vec::<u64>::new());
    assert_eq!(asked("1970-01-01T00:00:20Z", "1970-01-01T00:00:10Z"), Vec::<u64>::new());
}

#[test]
fn what_is_recorded_is_found_before_it_is_indexed() {
    let (_folder, store, index) = with_samples();
    let held = query(&[("kind", "incident.held")]);
    let found = index.find(&store, &held, None, 10).unwrap();
    assert_eq!((seqs(&found).len(), found.indexed_to), (1, 0));
    follow(&index, &store);
    append(&store, 0, &samples::events().into_iter().find(|event| event.kind() == "incident.held").unwrap());
    let found = index.find(&store, &held, None, 10).unwrap();
    assert_eq!((seqs(&found).len(), found.indexed_to), (2, store.head().size - 1));
}

#[test]
fn pages_stand_still_while_records_are_added() {
    let (_folder, store, index) = with_samples();
    follow(&index, &store);
    let everything = query(&[]);
    let expected = scanned(&store, &everything);
    let first = index.find(&store, &everything, None, 5).unwrap();
    (0..20).for_each(|_| append(&store, 0, &paused("later", "drill")));
    follow(&index, &store);
    let second = index.find(&store, &everything, first.next, 5).unwrap();
    assert_eq!([seqs(&first), seqs(&second)].concat(), expected[..10]);
}

#[test]
fn a_cursor_is_good_for_its_query_alone() {
    let (one, other) = (query(&[("kind", "a")]), query(&[("kind", "b")]));
    let cursor = Cursor { before: 42 }.encode(&one);
    assert_eq!(Cursor::decode(&cursor, &one), Some(Cursor { before: 42 }));
    for wrong in ["", "AAAA", "!", &cursor[1..], &format!("{cursor}AA")] {
        assert_eq!(Cursor::decode(wrong, &one), None, "{wrong}");
    }
    assert_eq!(Cursor::decode(&cursor, &other), None);
}

#[test]
fn what_is_no_query_is_refused() {
    let check = |filters: &[(&str, &str)], expected: &str| {
        let refused = Query::parse(filters.iter().copied(), &pseudonyms(), &Subjects::in_memory()).unwrap_err();
        assert!(refused.to_string().contains(expected), "{filters:?}: {refused}");
    };
    check(&[("knid", "incident.held")], "there is no filter");
    check(&[("kind", "")], "empty");
    check(&[("text", " -- ")], "no word");
    check(&[("since", "yesterday")], "a time");
    check(&[("since", "2026-01-01T00:00:00Z"), ("since", "2026-01-01T00:00:00Z")], "once");
    check(&[("account", "mail:a@example.com")], "email:a@example.com");
    check(&[("account", "email:")], "email:a@example.com");
    check(&[("actor", &"x".repeat(600))], "longer");
    assert_eq!(Query::parse([("kind", "a"); 65], &pseudonyms(), &Subjects::in_memory()), Err(QueryError::TooMuch));
    let words: Vec<String> = (0..65).map(|word| word.to_string()).collect();
    assert_eq!(
        Query::parse([("text", words.join(" ").as_str())], &pseudonyms(), &Subjects::in_memory()),
        Err(QueryError::TooMuch)
    );
}

#[test]
fn the_index_goes_on_where_it_ended() {
    let (folder, store, index) = with_samples();
    follow(&index, &store);
    index.sync().unwrap();
    drop(index);
    let index = Index::new(folder.path().join("search"));
    append(&store, 0, &paused("later", "drill"));
    assert_eq!(index.indexed_to(&store).unwrap(), 0);
    // The first round opens what is there, and adds what is new to it alone.
    let followed = index.follow(&store).unwrap();
    assert_eq!((followed.indexed_to, followed.is_all), (store.head().size, true));
    assert_eq!(all(&index, &store, &query(&[("actor", "later")]), 10), [store.head().size - 1]);
    assert_eq!(all(&index, &store, &query(&[]), 10), scanned(&store, &query(&[])));
}

#[test]
fn an_index_of_another_trail_is_thrown_away() {
    let (folder, store, index) = with_samples();
    follow(&index, &store);
    index.sync().unwrap();
    drop(index);
    for records in [3, 200] {
        let other = MemoryStore::default();
        (0..records).for_each(|_| append(&other, 0, &paused("other", "drill")));
        let index = Index::new(folder.path().join("search"));
        follow(&index, &other);
        assert_eq!(all(&index, &other, &query(&[("kind", "incident.held")]), 10), Vec::<u64>::new());
        assert_eq!(all(&index, &other, &query(&[("actor", "other")]), 10).len(), records);
    }
}

#[test]
fn h21_a_damaged_or_missing_file_is_made_anew() {
    type Damage = (&'static str, fn(&Path));
    let damage: [Damage; 4] = [
        ("missing", |file| fs::remove_file(file).unwrap()),
        ("cut short", |file| fs::File::options().write(true).open(file).unwrap().set_len(5_000).unwrap()),
        ("something else", |file| fs::write(file, b"no database").unwrap()),
        ("zeros", |file| {
            let length = fs::metadata(file).unwrap().len();
            fs::write(file, vec![0; usize::try_from(length).unwrap()]).unwrap();
        }),
    ];
    for (what, damage) in damage {
        let (folder, store, index) = with_samples();
        follow(&index, &store);
        index.sync().unwrap();
        drop(index);
        let files = folder.path().join("search");
        damage(&file::path(&files, 0));
        let index = Index::new(files);
        follow(&index, &store);
        let everything = query(&[("kind", "step.*")]);
        assert_eq!(all(&index, &store, &everything, 2), scanned(&store, &everything), "{what}");
        assert_eq!(index.indexed_to(&store).unwrap(), store.head().size, "{what}");
    }
}

/// A few words for a few actors at a few times, so that most questions have some answers.
fn any_events() -> impl Strategy<Value = Vec<(i64, Event)>> {
    let word = || proptest::sample::select(vec!["alpha", "beta", "gamma ray", "账号", "号被"]);
    let event = (0..50_i64, word(), word()).prop_map(|(at, actor, reason)| (at * 1_000, paused(actor, reason)));
    proptest::collection::vec(event, 0..60)
}

fn any_query() -> impl Strategy<Value = Query> {
    let filter = prop_oneof![
        proptest::sample::select(vec!["alpha", "beta", "gamma ray"]).prop_map(|actor| ("actor", actor.to_owned())),
        proptest::sample::select(vec!["gam*", "ray", "账", "号", "被", "alp*", "账号 beta"])
            .prop_map(|text| ("text", text.to_owned())),
        proptest::sample::select(vec!["responder.*", "incident.held"]).prop_map(|kind| ("kind", kind.to_owned())),
    ];
    let time = || proptest::option::of(0..60_i64);
    (proptest::collection::vec(filter, 0..4), time(), time()).prop_map(|(filters, since, until)| {
        let query = query(&filters.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>());
        let at = |second: Option<i64>| second.map(|second| Timestamp::from_second(second).unwrap());
        query.within(at(since), at(until))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_asked_the_index_says_what_reading_everything_says(
        events in any_events(),
        indexed in 0..60_usize,
        queries in proptest::collection::vec(any_query(), 1..4),
        limit in 1..7_usize,
    ) {
        let (folder, store) = (tempfile::tempdir().unwrap(), MemoryStore::default());
        let index = Index::new(folder.path().to_owned());
        for (n, (at, event)) in events.iter().enumerate() {
            if n == indexed {
                follow(&index, &store);
            }
            append(&store, *at, event);
        }
        for query in queries {
            prop_assert_eq!(all(&index, &store, &query, limit), scanned(&store, &query));
        }
    }
}
