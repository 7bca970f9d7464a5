//! Measures what a start takes until the board is there again: from a snapshot, and by replaying everything.
//!
//! ```text
//! cargo bench --bench start                          1,000,000 records, three rounds
//! cargo bench --bench start -- --records 10000000    of so many
//! ```
//!
//! The trail is written first, into a temporary folder (about 1.5 GB for a million records), which takes longer than
//! all else. One record in ten concerns the board: an incident is opened, or a human dismisses it; one in a hundred of
//! them stays. The snapshot is 50,000 records old, as one is on average. Each start is a process of its own, and they
//! take turns; `ratio` is of one round, and only ratios count. The store's own opening is not counted, as it is the
//! same for both.

// A benchmark may fail loudly; the program may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use portcullis::incident::{
    AccountKind, Action, AlertId, AlertSummary, Assurance, Decision, Digest, Event, IncidentId, Opened, Plan, RuleId,
    RuleRef, SourceName, Timestamp, Verdict, VerdictKind,
};
use portcullis::trail::{Append, Entry, Settings, SledStore, Snapshots, Store as _, Trail};

const ROUNDS: usize = 3;
const RECORDS: u64 = 1_000_000;
/// Half of what lies between two snapshots.
const SINCE: u64 = 50_000;
const AT_ONCE: u64 = 4_000;
/// 2023-11-14 00:00:00; a record comes ten times a second.
const MIDNIGHT_MS: i64 = 1_699_920_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--start") {
        return start(Path::new(&arguments[at + 1]), arguments[at + 2] == "with");
    }
    let records = arguments.iter().position(|argument| argument == "--records");
    let records = records.map_or(RECORDS, |at| arguments[at + 1].parse().expect("a number of records"));
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), records);
    println!(
        "{:<10}{:>12}{:>12}{:>10}{:>12}{:>12}{:>10}",
        "", "replay s", "snap. s", "ratio", "replay MB", "snap. MB", "ratio"
    );
    for round in 0..ROUNDS {
        let (without, with) = (measured(folder.path(), "without"), measured(folder.path(), "with"));
        println!(
            "{:<10}{:>12.2}{:>12.2}{:>10.3}{:>12.0}{:>12.0}{:>10.2}",
            format!("round {round}"),
            without.0,
            with.0,
            with.0 / without.0,
            without.1,
            with.1,
            with.1 / without.1
        );
    }
}

/// What a start in a process of its own says of itself: seconds, and the most memory in MB.
fn measured(folder: &Path, how: &str) -> (f64, f64) {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).arg("--start").arg(folder).arg(how).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut numbers = said.split_whitespace().map(|number| number.parse().unwrap());
    (numbers.next().expect("seconds"), numbers.next().expect("MB"))
}

fn start(folder: &Path, with: bool) {
    let store = Arc::new(open(folder));
    let began = Instant::now();
    let mut snapshots = Snapshots::of(folder);
    let trail = Trail::resume(store, portcullis::trail::Subjects::in_memory(), with.then_some(&mut snapshots)).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(snapshots.size() > 0, with, "the snapshot fits");
    assert!(trail.board(|board| board.live_count()) > 0);
    println!("{seconds} {}", peak_mb());
    // Without letting the store and the board go first, which is not measured.
    std::process::exit(0);
}

/// The most memory that this process has had, where the system says so.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.map_or(f64::NAN, |kb| kb.trim().parse::<f64>().unwrap() / 1_024.0)
}

fn open(folder: &Path) -> SledStore {
    SledStore::open(&Settings { path: folder.to_owned(), ..Settings::default() }).unwrap()
}

fn write(folder: &Path, records: u64) {
    let store = open(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fill = |from: u64, to: u64| {
        for first in (from..to).step_by(usize::try_from(AT_ONCE).unwrap()) {
            let entries = (first..to.min(first + AT_ONCE)).map(entry).collect();
            runtime.block_on(store.append(Append { deliveries: Vec::new(), entries })).unwrap();
        }
    };
    let began = Instant::now();
    fill(0, records.saturating_sub(SINCE));
    println!("written in {:.1} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    Snapshots::of(folder).write(&store).unwrap();
    let bytes = std::fs::metadata(folder.join("state").join("board")).unwrap().len();
    println!("a snapshot from nothing: {:.2} s, {:.1} MB", began.elapsed().as_secs_f64(), bytes as f64 / 1e6);
    let before = store.head().size;
    fill(before, records);
    let began = Instant::now();
    let again = tempfile::tempdir().unwrap();
    std::fs::create_dir(again.path().join("state")).unwrap();
    std::fs::copy(folder.join("state").join("board"), again.path().join("state").join("board")).unwrap();
    Snapshots::of(again.path()).write(&store).unwrap();
    println!("another, {} records later: {:.2} s", records - before, began.elapsed().as_secs_f64());
}

fn entry(seq: u64) -> Entry {
    let event = event(seq);
    let at = Timestamp::from_millisecond(MIDNIGHT_MS + i64::try_from(seq).unwrap() * 100).unwrap();
    let incidents = event.incidents().into_iter().cloned().collect();
    let event = serde_json::to_vec(&event).unwrap();
    Entry { key: None, also: Vec::new(), at, event, private: None, incidents, behind: false }
}

fn event(seq: u64) -> Event {
    match (seq % 20, seq / 20 % 50) {
        (0, _) => alert(seq, Some(incident(seq))),
        // Fifty are opened for each that stays.
        (10, 1..) => Event::IncidentDismissed {
            incident: incident(seq - 10),
            actor: "bench".to_owned(),
            reason: "a false alarm, says the owner of the account".to_owned(),
        },
        _ => alert(seq, None),
    }
}

fn incident(seq: u64) -> IncidentId {
    IncidentId::parse(&format!("inc_{seq:016x}")).unwrap()
}

fn alert(seq: u64, opens: Option<IncidentId>) -> Event {
    let (source, digest) = (SourceName::parse("okta").unwrap(), Digest::of(&seq.to_be_bytes()));
    let rule = RuleRef {
        id: RuleId::parse("5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11").unwrap(),
        title: "Impossible travel".to_owned(),
        version: digest,
    };
    let account = format!("{:032x}", seq / 20 % 20_000);
    let kind = if opens.is_some() { VerdictKind::Planned } else { VerdictKind::Unmatched };
    let decision = opens.iter().map(|incident| Decision {
        account: Some(account.clone()),
        rule: rule.clone(),
        author: None,
        kind,
        matched: vec!["selection".to_owned()],
        incident: Some(incident.clone()),
        reason: None,
    });
    let verdict = Verdict { kind, rules: digest, decisions: decision.collect(), decisions_left_out: 0, nearest: None };
    let at = Timestamp::from_millisecond(MIDNIGHT_MS).unwrap();
    let summary = AlertSummary {
        id: AlertId::derive(&source, &seq.to_string()),
        source,
        assurance: Assurance::A,
        event_type: Some("user.risk.detect".to_owned()),
        occurred_at: Some(at),
        received_at: at,
        body_digest: digest,
        event_digest: Some(digest),
        delivery_hints: [].into(),
        secret: "first".to_owned(),
    };
    let plan = |incident| Plan {
        incident,
        account_kind: AccountKind::Email,
        account: account.clone(),
        assurance: Assurance::A,
        assurance_floor: Assurance::B,
        rules: vec![rule.clone()],
        actions: vec![Action::Disable { reason: "test".to_owned() }, Action::Enable { after_s: 28_800 }],
        approval: None,
        owner: None,
        asked_by: None,
        asker: None,
        repeat: None,
        spending: None,
    };
    Event::AlertAdmitted {
        alert: Box::new(summary),
        verdict: Box::new(verdict),
        opened: opens.into_iter().map(|incident| Opened { plan: plan(incident), held: None }).collect(),
        counted: Vec::new(),
        counted_left_out: 0,
        private: digest,
    }
}
