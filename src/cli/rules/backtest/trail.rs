//! Recorded alerts, from the trail of a server that does not run, or from a copy of its folder.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Alerts;
use super::progress::Progress;
use crate::backtest::{Backtested, Played, Recordings, Stage, Window, play as played};
use crate::cli::refused::refused;
use crate::cli::{block_on, local_actor, trail};
use crate::config::{self, Config};
use crate::incident::{Clock as _, Event, ReadWay, SourceName, SubjectEvent, SystemClock};
use crate::intake::Recall;
use crate::trail::{OpenError, Settings, SledStore, Store as _, is_there, note};

/// How far back is looked unless something else is said.
pub(super) const LOOKED_BACK: Duration = Duration::from_secs(30 * 86_400);

/// Puts the recorded alerts of a time to the stage.
pub(super) fn play<'r>(from: &Alerts, window: &Window, stage: Stage<'r>) -> anyhow::Result<Backtested<'r>> {
    let Some(file) = &from.config else {
        let what = "say where the alerts are: --config FILE, or --events FILE";
        return Err(refused(anyhow::anyhow!(what)));
    };
    let config = config::load(file, &[]).map_err(refused)?;
    let (sources, store) = (sources(&config)?, open(from, &config)?);
    let keys = trail::keys_at(Some(file), from.trail.as_deref())?;
    let recall =
        |summary: crate::incident::AlertSummary, event| Some(sources.get(&summary.source)?.recorded(summary, event));
    let progress = Progress::of(store.head().size, "records");
    let goes_on = |done, _| {
        progress.at(done);
        true
    };
    let recordings = Recordings { store: &store, subjects: &keys, recall: &recall };
    let Played { backtested, read } = played(recordings, window, stage, goes_on)?;
    drop(progress);
    // Before anybody sees what comes of it.
    let read = Event::Subject(SubjectEvent::read(&local_actor::name(), ReadWay::Backtest, &read));
    block_on(async {
        note(&store, SystemClock.now(), read)?.await?;
        Ok(())
    })?;
    Ok(backtested)
}

fn sources(config: &Config) -> anyhow::Result<BTreeMap<SourceName, Recall>> {
    let sources = config.intake.sources.iter();
    let recalls = sources.map(|(name, settings)| Ok((name.clone(), Recall::of(name, settings)?)));
    recalls.collect::<anyhow::Result<_>>().map_err(refused)
}

fn open(from: &Alerts, config: &Config) -> anyhow::Result<SledStore> {
    let path = from.trail.clone().unwrap_or_else(|| config.resolve(&config.trail.path));
    // Opening would make the folder.
    if !is_there(&path) {
        return Err(refused(anyhow::anyhow!("there is no trail in {}", path.display())));
    }
    SledStore::open(&Settings { path, ..config.trail.clone() }).map_err(|error| match error {
        OpenError::InUse(_) => refused(anyhow::anyhow!(
            "{error}; give a copy of the folder with --trail (a backup or a snapshot), or events with --events"
        )),
        error => error.into(),
    })
}
