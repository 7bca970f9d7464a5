//! What is on the trail of the alert that opened an incident, and what lies beside it.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::incident::{AlertId, AlertSummary, Digest, Event, IncidentId, SyncedDirectory, Timestamp, VerdictKind};
use crate::response::Enclosure;
use crate::trail::{Record, Store, Subjects, Unsealed};

/// An incident was opened by one of its first records.
const FIRST: usize = 16;
/// As many records behind an alert's own can tell more of it, and as many before may lie between.
const NEAR: u64 = 1_024;
/// Records read at a time.
const PAGE: u64 = 512;

/// An alert as it was admitted.
#[derive(Debug)]
pub(super) struct Recorded {
    /// Its record.
    pub(super) seq: u64,
    /// When it was decided.
    pub(super) at: Timestamp,
    /// What is recorded of it in the clear.
    pub(super) alert: AlertSummary,
    /// The event as its sender wrote it.
    pub(super) event: Value,
    /// Digest of the rules that decided.
    pub(super) rules: Digest,
    /// How many people there were, as far as the trail says.
    pub(super) people: Option<u32>,
    events: Vec<Event>,
}

impl Recorded {
    /// The alert that opened the incident.
    pub(super) fn find(store: &dyn Store, subjects: &Subjects, id: &IncidentId) -> anyhow::Result<Self> {
        let seq = admission_of(store, id)?;
        let record = read(store, seq)?;
        let Event::AlertAdmitted { alert, verdict, private, .. } = &record.event else {
            anyhow::bail!("record {seq} admits no alert");
        };
        let unsealed = store.private(seq)?.map(|sealed| subjects.unseal(&sealed, private));
        let content = match unsealed {
            Some(Unsealed::Content(content)) => content,
            Some(Unsealed::Changed) => anyhow::bail!("what lies beside record {seq} was changed"),
            Some(Unsealed::Erased) | None => {
                anyhow::bail!("it cannot be known what would be decided: what lay beside record {seq} is erased")
            }
        };
        let Enclosure { event, .. } = serde_json::from_slice(&content)
            .with_context(|| format!("what lies beside record {seq} is not understood"))?;
        let (at, alert, rules) = (record.at, AlertSummary::clone(alert), verdict.rules);
        let events = with_those_behind(store, record)?;
        Ok(Self { seq, at, people: people_before(store, seq)?, alert, event, rules, events })
    }

    /// What was decided, in a form that can be compared.
    pub(super) fn decision(&self) -> Value {
        decision_of(&self.events)
    }
}

/// What a decision comes to, without what differs each time: the digests of what lies beside are salted.
pub(super) fn decision_of(events: &[Event]) -> Value {
    let (mut verdict, mut opened, mut counted) = (Value::Null, Vec::new(), Value::Null);
    for event in events {
        match event {
            Event::AlertAdmitted { verdict: said, opened: by_it, counted: windows, counted_left_out, .. } => {
                verdict = json!(said);
                counted = json!({ "windows": windows, "left_out": counted_left_out });
                opened.extend(by_it);
            }
            Event::IncidentsOpened { opened: further, .. } => opened.extend(further),
            _ => {}
        }
    }
    json!({ "verdict": verdict, "opened": opened, "counted": counted })
}

/// The record that admits the alert which opened the incident.
fn admission_of(store: &dyn Store, id: &IncidentId) -> anyhow::Result<u64> {
    for seq in store.of_incident(id, FIRST)? {
        match read(store, seq)?.event {
            Event::AlertAdmitted { opened, verdict, .. } if opened.iter().any(|one| &one.plan.incident == id) => {
                anyhow::ensure!(verdict.kind != VerdictKind::Tried, "the source was being tried out: no rule decided");
                return Ok(seq);
            }
            Event::IncidentsOpened { alert, opened, .. } if opened.iter().any(|one| &one.plan.incident == id) => {
                return before(store, seq, &alert);
            }
            Event::IncidentRequested { actor, .. } => {
                anyhow::bail!("{actor} asked for {id} by hand: no rule decided, and there is no decision to replay");
            }
            _ => {}
        }
    }
    anyhow::bail!("no record on the trail opens {id}")
}

/// The record of an alert that has further incidents behind it.
fn before(store: &dyn Store, seq: u64, alert: &AlertId) -> anyhow::Result<u64> {
    for seq in (seq.saturating_sub(NEAR)..seq).rev() {
        if matches!(read(store, seq)?.event, Event::AlertAdmitted { alert: admitted, .. } if &admitted.id == alert) {
            return Ok(seq);
        }
    }
    anyhow::bail!("the record of the alert {alert} is not there")
}

fn with_those_behind(store: &dyn Store, record: Record) -> anyhow::Result<Vec<Event>> {
    let (seq, mut events) = (record.seq, vec![record.event]);
    let id = match events.first() {
        Some(Event::AlertAdmitted { alert, .. }) => alert.id.clone(),
        _ => return Ok(events),
    };
    let end = store.head().size.min(seq.saturating_add(NEAR));
    for next in seq + 1..end {
        match read(store, next)?.event {
            event @ Event::IncidentsOpened { .. } => {
                if matches!(&event, Event::IncidentsOpened { alert, .. } if alert == &id) {
                    events.push(event);
                }
            }
            _ => break,
        }
    }
    Ok(events)
}

/// The last time before the record that the whole organization was read.
fn people_before(store: &dyn Store, seq: u64) -> anyhow::Result<Option<u32>> {
    let synced = last_before(store, seq, |event| match event {
        Event::DirectorySynced(SyncedDirectory { people, .. }) => Some(*people),
        _ => None,
    })?;
    Ok(synced.and_then(|people| u32::try_from(people).ok()).filter(|people| *people > 0))
}

/// What the last record before `seq` says that says something.
pub(super) fn last_before<T>(
    store: &dyn Store,
    seq: u64,
    say: impl Fn(&Event) -> Option<T>,
) -> anyhow::Result<Option<T>> {
    let mut end = seq;
    while end > 0 {
        let start = end.saturating_sub(PAGE);
        let page = store.read(start, usize::try_from(end - start).unwrap_or_default())?;
        for stored in page.iter().rev().filter(|stored| stored.seq < end) {
            let record = Record::decode(&stored.record).with_context(|| format!("record {}", stored.seq))?;
            if let Some(said) = say(&record.event) {
                return Ok(Some(said));
            }
        }
        end = start;
    }
    Ok(None)
}

fn read(store: &dyn Store, seq: u64) -> anyhow::Result<Record> {
    let stored = store.read(seq, 1)?.pop().with_context(|| format!("record {seq} is not there any more"))?;
    Record::decode(&stored.record).with_context(|| format!("record {seq}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::{Append, Entry, MemoryStore};

    #[tokio::test]
    async fn of_an_alert_whose_event_is_erased_it_is_said_that_nobody_can_know() {
        let digest = Digest::of(b"test");
        let id = IncidentId::parse("inc_0000000000000001").unwrap();
        let event = json!({
            "kind": "alert.admitted",
            "alert": {
                "id": format!("alr_{:032x}", 1), "source": "okta", "assurance": "A", "received_at": "2026-11-22T00:00:00Z",
                "body_digest": digest, "secret": "first",
            },
            "verdict": { "kind": "planned", "rules": digest },
            "opened": [{ "plan": {
                "incident": id, "account_kind": "email", "account": "00", "assurance": "A", "assurance_floor": "B",
                "rules": [], "actions": [],
            } }],
            "private": digest,
        });
        let store = MemoryStore::default();
        let entry = Entry {
            key: None,
            also: Vec::new(),
            at: Timestamp::UNIX_EPOCH,
            event: event.to_string().into_bytes(),
            private: None,
            incidents: vec![id.clone()],
            behind: false,
        };
        store.append(Append { deliveries: Vec::new(), entries: vec![entry] }).await.unwrap();
        let refused = Recorded::find(&store, &Subjects::in_memory(), &id).unwrap_err().to_string();
        assert!(refused.contains("what lay beside record 0 is erased"), "{refused}");
    }
}
