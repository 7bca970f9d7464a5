//! That a snapshot is what a replay comes to, that none is used that does not fit, and that its format is raised.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::incident::{Event, Timestamp};
use crate::trail::histories::{Choice, choices, history};
use crate::trail::{Append, Entry, MemoryStore, Trail, encode, merkle, samples};

fn append(store: &MemoryStore, happened: &[(Timestamp, Event)]) {
    for (at, event) in happened {
        let event = serde_json::to_vec(event).unwrap();
        let entry =
            Entry { key: None, also: Vec::new(), at: *at, event, private: None, incidents: Vec::new(), behind: false };
        samples::wait(store.append(Append { deliveries: Vec::new(), entries: vec![entry] })).unwrap();
    }
}

fn stored(happened: &[(Timestamp, Event)]) -> MemoryStore {
    let store = MemoryStore::default();
    append(&store, happened);
    store
}

fn folded(store: &MemoryStore, size: u64) -> Folded {
    let mut folded = Folded::default();
    folded.advance(store, size).unwrap();
    folded
}

fn bytes(folded: &Folded) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, folded).unwrap();
    bytes
}

/// A trail with a snapshot of its first `size` records.
fn kept(happened: &[(Timestamp, Event)], size: u64) -> (tempfile::TempDir, MemoryStore, Snapshots) {
    let (folder, store) = (tempfile::tempdir().unwrap(), stored(happened));
    let mut snapshots = Snapshots::of(folder.path());
    snapshots.keep(&folded(&store, size));
    let again = Snapshots::of(folder.path());
    (folder, store, again)
}

/// That it is not used, for this reason, and that all is there all the same.
fn is_thrown_away(mut snapshots: Snapshots, store: &MemoryStore, why: &str) {
    let head = store.head();
    assert_eq!(snapshots.try_resume(store, head).unwrap_err().to_string(), why);
    let resumed = snapshots.resume(store, head).unwrap();
    assert_eq!(snapshots.size(), 0);
    assert!(bytes(&resumed) == bytes(&folded(store, head.size)), "not the same as a replay");
}

/// Writes its content anew, with a digest that fits.
fn rewrite(snapshots: &Snapshots, change: impl Fn(String) -> String) {
    let text = String::from_utf8(fs::read(&snapshots.path).unwrap()).unwrap();
    let changed = change(text[..text.len() - TRAILER_BYTES].to_owned());
    fs::write(&snapshots.path, format!("{changed}{}\n", hex::encode(Sha256::digest(&changed)))).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_snapshot_and_the_rest_come_to_what_a_replay_of_all_comes_to(
        choices in proptest::collection::vec(any::<Choice>(), 0..300),
        place in any::<proptest::sample::Index>(),
    ) {
        let store = stored(&history(choices));
        let size = store.head().size;
        let all = folded(&store, size);
        let part = folded(&store, place.index(size as usize + 1) as u64);
        let mut resumed = read_carried(&bytes(&part)).unwrap();
        prop_assert!(bytes(&resumed) == bytes(&part));
        resumed.advance(&store, size).unwrap();
        prop_assert!(bytes(&resumed) == bytes(&all));
        prop_assert_eq!(resumed.frontier.root(), store.head().root);
    }

    #[test]
    fn whatever_else_a_file_holds_is_no_snapshot(
        at in any::<proptest::sample::Index>(),
        by in 1_u8..=255,
        is_cut in any::<bool>(),
    ) {
        let mut bytes = bytes(&folded(&stored(&history(choices(40))), 5));
        let at = at.index(bytes.len());
        if is_cut { bytes.truncate(at) } else { bytes[at] ^= by }
        prop_assert!(parse(&bytes).is_err());
    }
}

/// If this fails, what is kept has another shape, or records come to something else than before: raise `FORMAT`, and
/// set UPDATE_GOLDEN=1.
#[test]
fn the_format_is_raised_with_every_change_of_what_is_kept() {
    let store = stored(&history(choices(6_000)));
    let (mut folded, mut shapes, mut hash) = (Folded::default(), BTreeSet::new(), Sha256::new());
    while folded.size() < store.head().size {
        let step = if folded.size() < 100 { 1 } else { 40 };
        folded.advance(&store, store.head().size.min(folded.size() + step)).unwrap();
        let content = serde_json::to_vec(&Body { board: &folded.board, figures: &folded.figures }).unwrap();
        hash.update(&content);
        walk("", &serde_json::from_slice(&content).unwrap(), &mut shapes);
    }
    let shapes: Vec<String> = shapes.into_iter().collect();
    let is = format!("format {FORMAT}\n{}\n{}\n", hex::encode(hash.finalize()), shapes.join("\n"));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/src/trail/snapshot/shape.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden, &is).unwrap();
    }
    assert_eq!(is, fs::read_to_string(golden).unwrap());
}

/// Whoever raises `FORMAT` keeps these, and adds one: an old one may be all that is left of records that were pruned.
#[test]
fn what_was_carried_in_every_format_there_was_can_be_read() {
    let now = bytes(&folded(&stored(&history(choices(60))), 40));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(format!("{}/src/trail/snapshot/carried-{FORMAT}", env!("CARGO_MANIFEST_DIR")), &now).unwrap();
    }
    // Each with how many incidents are live in it: what can happen is not the same in every release.
    let carried: [(&[u8], usize); FORMAT as usize] =
        [(include_bytes!("carried-1"), 2), (include_bytes!("carried-2"), 2), (include_bytes!("carried-3"), 3)];
    for (bytes, live) in carried {
        let folded = read_carried(bytes).unwrap();
        assert_eq!((folded.size(), folded.board.live_count()), (40, live));
    }
    let newer = String::from_utf8(now)
        .unwrap()
        .replace(&format!("{{\"format\":{FORMAT},"), &format!("{{\"format\":{},", FORMAT + 1));
    let newer = newer[..newer.len() - TRAILER_BYTES].to_owned();
    let newer = format!("{newer}{}\n", hex::encode(Sha256::digest(&newer)));
    assert_eq!(read_carried(newer.as_bytes()).unwrap_err().to_string(), Unfit::OtherFormat.to_string());
}

/// Notes each member that there is, by its way, and what it holds.
fn walk(way: &str, value: &Value, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| walk(&format!("{way}.{name}"), value, found));
            return;
        }
        Value::Array(all) if all.is_empty() => "nothing",
        Value::Array(all) => {
            all.iter().for_each(|value| walk(&format!("{way}[]"), value, found));
            return;
        }
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
    };
    found.insert(format!("{way} {kind}"));
}

#[test]
fn a_start_goes_on_from_its_snapshot() {
    let (_folder, store, mut snapshots) = kept(&history(choices(2_000)), 150);
    let resumed = snapshots.resume(&store, store.head()).unwrap();
    assert_eq!(snapshots.size(), 150);
    assert!(bytes(&resumed) == bytes(&folded(&store, store.head().size)));
}

#[test]
fn without_one_everything_is_replayed_and_an_empty_trail_has_none() {
    let (folder, store) = (tempfile::tempdir().unwrap(), stored(&history(choices(200))));
    let mut snapshots = Snapshots::of(folder.path());
    assert!(snapshots.try_resume(&store, store.head()).unwrap().is_none());
    assert_eq!(snapshots.resume(&store, store.head()).unwrap().size(), store.head().size);
    snapshots.write(&MemoryStore::default()).unwrap();
    assert!(!snapshots.path.exists());
}

#[test]
fn one_that_was_cut_off_or_is_of_more_records_than_there_are_is_thrown_away() {
    let happened = history(choices(400));
    let (_folder, store, snapshots) = kept(&happened, 40);
    let whole = fs::read(&snapshots.path).unwrap();
    fs::write(&snapshots.path, &whole[..whole.len() / 2]).unwrap();
    is_thrown_away(snapshots, &store, "it is damaged");
    let (_folder, _, snapshots) = kept(&happened, 40);
    is_thrown_away(snapshots, &stored(&happened[..39]), "it is of more records than the trail has");
}

#[test]
fn one_of_another_program_or_format_is_thrown_away() {
    for (from, to) in [
        (format!("{{\"format\":{FORMAT},").as_str(), r#"{"format":0,"#),
        (PROGRAM, "0.0.0-test"),
        ("\"live\"", "\"dead\""),
    ] {
        let (_folder, store, snapshots) = kept(&history(choices(400)), 40);
        rewrite(&snapshots, |text| text.replacen(from, to, 1));
        is_thrown_away(snapshots, &store, "it was made by another version of the program");
    }
}

#[test]
fn one_of_another_trail_is_thrown_away_also_if_its_last_record_is_the_same() {
    let happened = history(choices(400));
    let mut other = happened.clone();
    other[3].0 = Timestamp::from_millisecond(other[3].0.as_millisecond() - 1).unwrap();
    let (_folder, _, snapshots) = kept(&other, 40);
    is_thrown_away(snapshots, &stored(&happened), "it is not of this trail");
}

#[test]
fn another_is_written_from_the_last_and_what_came_since() {
    let happened = history(choices(2_000));
    let (folder, store, mut snapshots) = kept(&happened[..100], 60);
    append(&store, &happened[100..]);
    snapshots.write(&store).unwrap();
    assert_eq!(snapshots.size(), happened.len() as u64);
    assert_eq!(fs::read(&snapshots.path).unwrap(), bytes(&folded(&store, store.head().size)));
    assert_eq!(fs::read_dir(folder.path().join("state")).unwrap().count(), 1, "nothing unfinished is left");
}

#[test]
fn one_is_due_after_so_many_records() {
    let mut snapshots = Snapshots::of(std::path::Path::new("nowhere"));
    assert!(!snapshots.is_due(EVERY - 1) && snapshots.is_due(EVERY));
    snapshots.size = 7;
    assert!(!snapshots.is_due(EVERY + 6) && snapshots.is_due(EVERY + 7));
}

#[test]
fn records_that_are_not_those_of_the_root_are_not_kept() {
    let (folder, store) = (tempfile::tempdir().unwrap(), stored(&history(choices(200))));
    let mut stored = store.read(0, 1).unwrap().remove(0);
    let at = Timestamp::from_millisecond(1).unwrap();
    stored.record = encode(0, at, &serde_json::to_vec(&Event::SystemStopped { parked: 0 }).unwrap());
    stored.leaf = merkle::leaf_hash(&stored.record);
    store.tamper(0, Some(stored));
    let mut snapshots = Snapshots::of(folder.path());
    let written = snapshots.write(&store);
    assert!(written.is_err(), "{written:?}");
    assert!(!snapshots.path.exists());
}

#[test]
fn one_that_cannot_be_written_hinders_nothing() {
    let (folder, store) = (tempfile::tempdir().unwrap(), stored(&history(choices(200))));
    fs::write(folder.path().join("state"), b"in the way").unwrap();
    let mut snapshots = Snapshots::of(folder.path());
    assert!(matches!(snapshots.write(&store), Err(SnapshotError::Unwritten { .. })));
    assert!(
        Trail::resume(std::sync::Arc::new(store), crate::trail::Subjects::in_memory(), Some(&mut snapshots)).is_ok()
    );
}
