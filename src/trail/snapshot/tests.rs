//! That a snapshot is what a replay comes to, that none is used that does not fit, and that its format is raised.

use std::collections::BTreeSet;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::incident::{
    AccountWarning, AlertId, Check, Checked, DepartmentId, DepartmentSpent, Diagnosis, Digest, Event, Evidence,
    Finding, HoldReason, Opened, Outcome, PauseScope, Resolution, SourceName, Spent, Timestamp, UserId, VerdictKind,
};
use crate::trail::{Append, Entry, MemoryStore, Trail, encode, merkle, samples};

/// A number that stands for what happens next.
type Choice = u64;

/// What has happened so far, and what is legal next.
#[derive(Default)]
struct Happened {
    board: Board,
    all: Vec<(Timestamp, Event)>,
}

impl Happened {
    fn add(&mut self, after_ms: u64, event: Event) {
        let last = self.all.last().map_or(1_700_000_000_000, |(at, _)| at.as_millisecond());
        let at = Timestamp::from_millisecond(last + i64::try_from(after_ms).unwrap()).unwrap();
        let is_legal = match &event {
            Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => {
                opened.iter().all(|one| self.board.in_effect(&one.plan.incident).is_none())
            }
            Event::IncidentRequested { opened, .. } => self.board.in_effect(&opened.plan.incident).is_none(),
            _ => self.board.check(std::slice::from_ref(&event), at).is_ok(),
        };
        if is_legal {
            self.board.apply(self.all.len() as u64, at, &event).unwrap();
            self.all.push((at, event));
        }
    }
}

/// What these choices make happen after incidents have run their course: of events of several incidents, with other
/// steps, attempts and verdicts than those of the samples, each that is legal where it comes.
fn history(choices: impl IntoIterator<Item = Choice>) -> Vec<(Timestamp, Event)> {
    let (samples, mut happened) = (samples::events(), Happened::default());
    courses(&samples).into_iter().for_each(|event| happened.add(500, event));
    for choice in choices {
        let mut left = choice;
        let mut part = |below: u64| {
            let part = left % below;
            left /= below;
            part
        };
        let sample = &samples[part(samples.len() as u64) as usize];
        let event = vary(sample, &mut part);
        // Few are, so that something comes of the others.
        let is_end = matches!(event, Event::IncidentDismissed { .. } | Event::ApprovalLapsed { .. });
        if !is_end || part(8) == 0 {
            happened.add(1 + part(20_000), event);
        }
    }
    happened.all
}

/// Three incidents: one that keeps its account disabled and covers an alert, one under way, and one that waits for a
/// second person; and what comes to all of them.
fn courses(samples: &[Event]) -> Vec<Event> {
    let opened = samples.iter().find_map(|event| match event {
        Event::IncidentsOpened { opened, .. } => opened.first(),
        _ => None,
    });
    let opens = |number: u64, actions: usize, waits: bool| {
        let mut one = opened.unwrap().clone();
        (one.plan.incident, one.plan.account) = (samples::incident(number), format!("{number:04x}"));
        one.plan.actions.truncate(actions);
        (one.held, one.plan.approval) = (None, one.plan.approval.filter(|_| waits));
        let (alert, source) = (AlertId::derive(&SourceName::parse("okta").unwrap(), "key"), SourceName::parse("okta"));
        let (assurance, private) = (None, Digest::of(b"test"));
        let plan = one.plan.digest();
        (Event::IncidentsOpened { alert, source: source.unwrap(), assurance, private, opened: vec![one] }, plan)
    };
    let mut events = Vec::new();
    for (number, (opening, plan)) in [(8, opens(8, 2, false)), (9, opens(9, 5, false)), (10, opens(10, 6, true))] {
        events.push(opening);
        let (incident, user_id) = (samples::incident(number), UserId::parse(&format!("u{number}")).unwrap());
        let (evidence, beside) = (Evidence::of(Resolution::IdentityMap), Vec::new());
        events.push(Event::AccountResolved { incident: incident.clone(), user_id, evidence, beside });
        let drawn = DepartmentSpent { department: DepartmentId::ROOT, spent: Some(Spent { hour: 1, day: 1 }) };
        events.push(Event::BudgetDrawn { incident: incident.clone(), departments: vec![drawn] });
        let (actor, reason) = ("test".to_owned(), "drill".to_owned());
        if number == 10 {
            let (incident, approver, plan) = (incident.clone(), UserId::parse("u").ok(), Some(plan));
            let (wanted, failure, beyond) = (HoldReason::ApprovalWanted, None, None);
            events.push(Event::IncidentHeld { incident: incident.clone(), reason: wanted, failure, beyond });
            events.push(Event::IncidentApproved { incident, actor, reason, approver, plan });
        }
        for step in 0..4 {
            let (attempt, finding) = (1, Finding::Answered);
            let (request_id, by) = (None, None);
            events.push(Event::StepStarted { incident: incident.clone(), step, attempt });
            events.push(Event::StepSucceeded { incident: incident.clone(), step, attempt, finding, request_id, by });
            events.push(Event::StepVerified { incident: incident.clone(), step, disabled: Some(true) });
        }
        events.push(Event::IncidentClosed { incident: incident.clone(), outcome: Outcome::Done });
        events.push(Event::ReleaseOffered { incident, protection: HoldReason::ProtectedListed });
    }
    let scope = PauseScope::Source(SourceName::parse("test").unwrap());
    let (actor, reason) = ("test".to_owned(), "drill".to_owned());
    events.extend(samples.iter().filter(|event| matches!(event, Event::BreakerTripped { .. })).cloned());
    events.push(Event::BreakerReleased { scope, actor, reason });
    let checks = vec![Checked { check: Check::Canary, found: Diagnosis::Good }];
    events.push(Event::DoctorChecked { actor: None, checks });
    events.extend(samples.iter().find_map(|event| covered(event.clone())));
    let (incident, warning) = (samples::incident(8), AccountWarning::FoundEnabled { covered: None });
    events.push(Event::AccountWarned { incident, warning });
    events
}

/// An alert that is taken for covered by the incident that keeps its account.
fn covered(mut event: Event) -> Option<Event> {
    let Event::AlertAdmitted { opened, verdict, .. } = &mut event else { return None };
    opened.clear();
    for decision in &mut verdict.decisions {
        (decision.kind, decision.incident) = (VerdictKind::Suppressed, Some(samples::incident(8)));
    }
    Some(event)
}

fn vary(sample: &Event, part: &mut impl FnMut(u64) -> u64) -> Event {
    let text = serde_json::to_string(sample).unwrap();
    let text = text
        .replace("inc_000000000000000", &format!("inc_{:015x}", part(3)))
        .replace(r#""step":0"#, &format!(r#""step":{}"#, part(6)))
        .replace(r#""attempt":1"#, &format!(r#""attempt":{}"#, 1 + part(2)))
        .replace(r#""00ff""#, &format!(r#""{:04x}""#, part(5)));
    let mut event: Event = serde_json::from_str(&text).unwrap();
    match &mut event {
        Event::AlertAdmitted { opened, verdict, counted, .. } => {
            for decision in &mut verdict.decisions {
                let kinds = [VerdictKind::Held, VerdictKind::Shadow, VerdictKind::Suppressed];
                decision.kind = kinds[part(3) as usize];
                decision.incident = decision.incident.take().filter(|_| part(2) == 0);
            }
            for one in counted {
                one.group.0[0] = u8::try_from(part(7)).unwrap();
                one.until = Timestamp::from_second(1_900_000_000).unwrap();
            }
            if part(2) == 0 {
                opened.clear();
            }
            opened.iter_mut().for_each(|one| free(one, part));
        }
        Event::IncidentsOpened { opened, .. } => opened.iter_mut().for_each(|one| free(one, part)),
        _ => {}
    }
    event
}

/// Of most what holds them back is taken.
fn free(opened: &mut Opened, part: &mut impl FnMut(u64) -> u64) {
    if part(4) > 0 {
        (opened.held, opened.plan.approval) = (None, None);
        opened.plan.actions.truncate(2 + usize::try_from(part(5)).unwrap());
    }
}

/// Choices that are the same every time.
fn choices(count: usize) -> impl Iterator<Item = Choice> {
    let mut state: u64 = 0x5eed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 32
    };
    std::iter::repeat_with(move || next() << 32 | next()).take(count)
}

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
        let mut resumed = parse(&bytes(&part)).unwrap();
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
/// put in place what is shown here.
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
    assert_eq!(is, include_str!("shape.txt"), "{is}");
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
    for (from, to) in [(r#"{"format":1,"#, r#"{"format":0,"#), (PROGRAM, "0.0.0-test"), ("\"live\"", "\"dead\"")] {
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
