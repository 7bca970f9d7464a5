//! Finds an event on a trail that no running program has open: what `rules new` begins a rule from.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde_json::Value;

use crate::cli::{block_on, local_actor, refused::refused, trail};
use crate::config;
use crate::incident::{
    AlertId, AlertSummary, Clock as _, Event, IncidentId, LogSource, ReadWay, SubjectEvent, SystemClock,
};
use crate::response::Enclosure;
use crate::trail::{Record, Trail};

/// Records read at a time.
const PAGE: usize = 512;

/// What is looked for.
#[derive(Debug)]
pub(super) enum Wanted<'w> {
    /// The event that opened an incident.
    Incident(&'w str),
    /// The event of an alert.
    Alert(&'w str),
}

/// An event as it was recorded, with the log source of its sender if the configuration has it.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) event: Value,
    pub(super) log_source: Option<LogSource>,
}

/// Finds it on the trail in `folder`, or else on the one that `config` names.
pub(super) fn find(wanted: &Wanted<'_>, config: Option<&Path>, folder: Option<&Path>) -> anyhow::Result<Recorded> {
    if config.is_none() && folder.is_none() {
        return Err(refused(anyhow::anyhow!("say where the trail is: --config FILE or --trail FOLDER")));
    }
    let store = Arc::new(trail::open_at(config, folder)?);
    let trail = Trail::open_with(store, trail::keys_at(config, folder)?)?;
    let (seq, summary, private) = match wanted {
        Wanted::Incident(id) => of_incident(&trail, id)?,
        Wanted::Alert(id) => of_alert(&trail, id)?,
    };
    let content = trail.private(seq, &private)?.context("what lay beside the record was erased")?;
    let read = Event::Subject(SubjectEvent::read(&local_actor::name(), ReadWay::NewRule, &[seq]));
    block_on(async { Ok(trail.record(SystemClock.now(), vec![read]).await?) })?;
    let enclosure: Enclosure = serde_json::from_slice(&content).context("what lies beside the record is damaged")?;
    let log_source = config.map(|config| log_source(config, &summary)).transpose()?.flatten();
    Ok(Recorded { event: enclosure.event, log_source })
}

/// The record of an alert: its number, what it says, and the digest of what lies beside it.
type Admitted = (u64, AlertSummary, crate::incident::Digest);

fn of_incident(trail: &Trail, id: &str) -> anyhow::Result<Admitted> {
    let id = IncidentId::parse(id).map_err(refused)?;
    for seq in trail.store().of_incident(&id, PAGE)? {
        for record in trail.read(seq, 1)? {
            match record.event {
                Event::AlertAdmitted { alert, private, .. } => return Ok((seq, *alert, private)),
                Event::IncidentsOpened { alert, .. } => return before(trail, seq, &alert),
                _ => {}
            }
        }
    }
    Err(refused(anyhow::anyhow!("the trail has no incident {}", id.as_str())))
}

fn of_alert(trail: &Trail, id: &str) -> anyhow::Result<Admitted> {
    let id = AlertId::parse(id).map_err(refused)?;
    let mut next = trail.store().first();
    loop {
        let page = trail.read(next, PAGE)?;
        let Some(last) = page.last() else {
            return Err(refused(anyhow::anyhow!("the trail has no alert {}", id.as_str())));
        };
        next = last.seq + 1;
        let mut found = page.into_iter().filter_map(admitted);
        if let Some(admitted) = found.find(|(_, summary, _)| summary.id == id) {
            return Ok(admitted);
        }
    }
}

/// The alert's own record, which is not far before those of its further incidents.
fn before(trail: &Trail, seq: u64, alert: &AlertId) -> anyhow::Result<Admitted> {
    let from = seq.saturating_sub(PAGE as u64);
    let mut found = trail.read(from, PAGE)?.into_iter().filter_map(admitted);
    found.find(|(_, summary, _)| summary.id == *alert).context("the alert's own record is missing")
}

fn admitted(record: Record) -> Option<Admitted> {
    match record.event {
        Event::AlertAdmitted { alert, private, .. } => Some((record.seq, *alert, private)),
        _ => None,
    }
}

/// What the configuration says of the source, if it is still there; of several the first.
fn log_source(config: &Path, alert: &AlertSummary) -> anyhow::Result<Option<LogSource>> {
    let config = config::load(config, &[]).map_err(refused)?;
    let source = config.intake.sources.get(&alert.source);
    Ok(source.and_then(|settings| settings.log_sources_of(&alert.source).first().cloned()))
}
