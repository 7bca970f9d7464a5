//! That what is dropped changes nothing of what is going on, and that nothing goes that is needed or was not recorded.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::incident::Outcome;
use crate::trail::histories::{choices, history};
use crate::trail::samples;
use crate::trail::tlog::Sealer;
use crate::trail::{Append, Entry, Past, Settings, SledStore, Store};

const EPOCH_RECORDS: u64 = 100;

/// A trail on a disk, and what seals it.
struct Site {
    folder: tempfile::TempDir,
    sealer: Sealer,
    store: Arc<SledStore>,
    trail: Arc<Trail>,
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    Settings { path: folder.path().join("trail"), epoch_records: EPOCH_RECORDS, ..Settings::default() }
}

fn open(folder: &tempfile::TempDir) -> SledStore {
    SledStore::open(&settings(folder)).unwrap()
}

impl Site {
    /// One on which much has happened.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(open(&folder));
        let path = folder.path().join("trail");
        let mut sealer = Sealer::open(&path, &path.join("signing.key"), "test", store.as_ref()).unwrap();
        for happened in history(choices(2_000)).chunks(EPOCH_RECORDS as usize) {
            for (at, event) in happened {
                append(store.as_ref(), *at, event).await;
            }
            sealer.seal(store.as_ref(), Timestamp::UNIX_EPOCH).unwrap();
            store.settle_now(sealer.last().unwrap().size);
        }
        let trail = Trail::open(store.clone()).unwrap();
        Self { folder, sealer, store, trail }
    }

    /// Brings what is not over to its end, by whatever is legal.
    async fn end_all(&self) {
        let live: Vec<_> = self.trail.board(|board| board.all_live().map(|live| live.incident.id().clone()).collect());
        for incident in live {
            let steps = steps_to_the_end(&incident);
            while self.trail.board(|board| board.live(&incident).is_some()) {
                let legal = self.trail.board(|board| {
                    steps.iter().find(|event| board.check(&[(*event).clone()], self.last_at()).is_ok()).cloned()
                });
                self.trail.record(self.last_at(), vec![legal.expect("a way on")]).await.unwrap();
            }
        }
    }

    fn last_at(&self) -> Timestamp {
        self.trail.last_below(self.trail.head().size).unwrap().unwrap()
    }

    async fn record(&self, before: Timestamp) -> Droppable {
        let asked = Asked { actor: "test".to_owned(), reason: "drill".to_owned() };
        self.trail.record_drop(before, self.last_at(), Some(asked)).await.unwrap()
    }

    fn seal(&mut self) -> u64 {
        self.sealer.seal(self.trail.store(), Timestamp::UNIX_EPOCH).unwrap();
        self.sealer.last().unwrap().size
    }

    /// What is going on, and the numbers.
    fn state(&self) -> (serde_json::Value, crate::trail::Figures) {
        (self.trail.board(|board| serde_json::to_value(board).unwrap()), self.trail.figures())
    }

    fn carried(&self) -> Vec<PathBuf> {
        let folder = self.folder.path().join("trail/carried");
        let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    }

    fn again(self) -> Self {
        let Self { folder, sealer, store, trail } = self;
        drop((store, trail));
        let store = Arc::new(open(&folder));
        let trail = Trail::open(store.clone()).unwrap();
        Self { folder, sealer, store, trail }
    }
}

/// What can bring an incident nearer to its end, that which ends it first.
fn steps_to_the_end(incident: &IncidentId) -> Vec<Event> {
    let all = [Outcome::Done, Outcome::Partly, Outcome::Failed];
    let ended = all.map(|outcome| Event::IncidentClosed { incident: incident.clone(), outcome });
    let written = samples::events().into_iter().map(|event| (event.kind(), serde_json::to_string(&event).unwrap()));
    let meant =
        ["incident.dismissed", "step.succeeded", "step.verified", "step.failed", "step.started", "incident.approved"];
    let mut found: Vec<(usize, Event)> = ended.into_iter().map(|event| (0, event)).collect();
    for (kind, text) in written {
        let Some(rank) = meant.iter().position(|meant| *meant == kind) else { continue };
        for (step, attempt) in (0..6).flat_map(|step| (1..30).map(move |attempt| (step, attempt))) {
            let text = text.replace("inc_0000000000000001", incident.as_str());
            let text = text.replace(r#""step":0"#, &format!(r#""step":{step}"#));
            let text = text.replace(r#""attempt":1"#, &format!(r#""attempt":{attempt}"#));
            found.push((rank + 1, serde_json::from_str(&text).unwrap()));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, event)| event).collect()
}

async fn append(store: &SledStore, at: Timestamp, event: &Event) {
    let incidents = event.incidents().into_iter().cloned().collect();
    let event = serde_json::to_vec(event).unwrap();
    let entry = Entry { key: None, also: Vec::new(), at, event, private: None, incidents, behind: false };
    store.append(Append { deliveries: Vec::new(), entries: vec![entry] }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn h18_what_is_dropped_changes_nothing_of_what_is_going_on() {
    let mut site = Site::new().await;
    site.end_all().await;
    let ends = site.trail.store().archived();
    assert!(ends.len() > 3, "{ends:?}");
    for end in [ends[1], ends[3]] {
        // One millisecond later than the last record of it.
        let before = site.trail.last_below(end).unwrap().unwrap().checked_add(Duration::from_millis(1)).unwrap();
        assert_eq!(site.record(before).await, Droppable::Below(end));
        let (state, size) = (site.state(), site.trail.head().size);
        assert_eq!(site.record(before).await, Droppable::Below(end));
        assert_eq!(site.trail.head().size, size, "it is recorded once");
        assert_eq!(site.trail.drop_recorded(size - 1).unwrap(), None, "nothing says so yet that is sealed");
        let sealed = site.seal();
        assert_eq!(site.trail.drop_recorded(sealed).unwrap(), Some(end));
        assert_eq!((site.trail.drop_recorded(sealed).unwrap(), site.trail.store().first()), (None, end));
        assert_eq!(site.carried().len(), 1, "what was carried before is part of it");
        site = site.again();
        assert!(site.state() == state, "not as before");
        let past = Past::before(site.store.clone(), end + 50);
        assert_eq!(Trail::open(Arc::new(past)).unwrap().head().size, end + 50, "before the record that says so");
        assert_eq!(crate::trail::verify(site.trail.store(), |_| ()).unwrap().size, size);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_that_is_too_young_or_that_an_incident_needs() {
    let site = Site::new().await;
    assert_eq!(site.record(Timestamp::UNIX_EPOCH).await, Droppable::NothingOldEnough);
    let (record, incident) = site.trail.board(|board| board.needed_from().map(|(r, i)| (r, i.clone()))).unwrap();
    assert!(record < EPOCH_RECORDS, "{record}");
    assert_eq!(site.record(Timestamp::MAX).await, Droppable::Needed { incident, record });
    assert_eq!(site.trail.drop_recorded(u64::MAX).unwrap(), None);
    assert_eq!(site.trail.store().first(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_incident_that_keeps_an_account_there_is_what_is_left_when_its_records_are_gone() {
    let mut site = Site::new().await;
    site.end_all().await;
    let keeping = site.trail.board(|board| {
        let keeping = board.containing().find(|live| live.record < EPOCH_RECORDS).unwrap();
        (keeping.incident.clone(), keeping.record)
    });
    let (incident, _) = site.trail.incident(keeping.0.id()).unwrap().unwrap();
    assert!(matches!(site.record(Timestamp::MAX).await, Droppable::Below(_)));
    let sealed = site.seal();
    site.trail.drop_recorded(sealed).unwrap().unwrap();
    site = site.again();
    let (left, records) = site.trail.incident(keeping.0.id()).unwrap().unwrap();
    assert!(left == incident && records.iter().all(|record| record.seq >= site.trail.store().first()));
    let over = samples::incident(10);
    assert!(site.trail.board(|board| board.in_effect(&over).is_none()));
    assert_eq!(site.trail.incident(&over).unwrap(), None, "of one that keeps nobody there is nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_of_two_epochs_that_was_cut_short_after_the_first_goes_on_from_what_was_carried_of_both() {
    let mut site = Site::new().await;
    site.end_all().await;
    let ends = site.trail.store().archived();
    let before = site.trail.last_below(ends[1]).unwrap().unwrap().checked_add(Duration::from_millis(1)).unwrap();
    assert_eq!(site.record(before).await, Droppable::Below(ends[1]));
    let (state, sealed) = (site.state(), site.seal());
    let epoch = site.folder.path().join("trail/epochs").join(format!("{:020}", 0));
    let Site { folder, sealer, store, trail } = site;
    drop((store, trail));
    fs::remove_dir_all(epoch).unwrap();
    let store = Arc::new(open(&folder));
    let trail = Trail::open(store.clone()).unwrap();
    let site = Site { folder, sealer, store, trail };
    assert_eq!(site.trail.store().first(), ends[0]);
    assert!(site.state() == state, "not as before");
    assert_eq!(site.trail.drop_recorded(sealed).unwrap(), Some(ends[1]));
    assert_eq!(site.trail.store().first(), ends[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_carried_is_what_the_trail_says_or_the_trail_does_not_open() {
    let mut site = Site::new().await;
    site.end_all().await;
    assert!(matches!(site.record(Timestamp::MAX).await, Droppable::Below(_)));
    let sealed = site.seal();
    site.trail.drop_recorded(sealed).unwrap().unwrap();
    let path = site.carried().remove(0);
    let Site { folder, store, trail, .. } = site;
    drop((store, trail));
    let good = fs::read(&path).unwrap();
    let refused = |what: &str| {
        let error = Trail::open(Arc::new(open(&folder))).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(what), "{what}: {error}");
    };
    // With a digest of its own that fits.
    let other = Folded { figures: crate::trail::Figures::default(), ..snapshot::read_carried(&good).unwrap() };
    let mut bytes = Vec::new();
    snapshot::write(&mut bytes, &other).unwrap();
    fs::write(&path, &bytes).unwrap();
    refused("is not what the trail says");
    fs::write(&path, &good[..good.len() - 1]).unwrap();
    refused("it is damaged");
    fs::remove_file(&path).unwrap();
    let error = SledStore::open(&settings(&folder)).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("were not pruned"), "{error}");
    fs::write(&path, &good).unwrap();
    assert!(Trail::open(Arc::new(open(&folder))).is_ok());
}

#[test]
fn records_are_kept_for_thirty_days_at_least() {
    assert_eq!((KeepDays::try_from(29), KeepDays::try_from(30)), (Err(TooFewDays), Ok(KeepDays::MIN)));
    assert!(serde_json::from_str::<KeepDays>("29").is_err());
    let now: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    assert_eq!(KeepDays::try_from(31).unwrap().before(now), "2026-10-23T00:00:00Z".parse().unwrap());
    assert!(KeepDays::try_from(u32::MAX).unwrap().before(now) <= Timestamp::UNIX_EPOCH);
}
