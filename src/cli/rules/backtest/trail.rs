//! Recorded alerts, in the order and at the times in which they were received, which is what the
//! server decided by.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;

use super::Alerts;
use super::progress::Progress;
use super::stage::{LeftOut, Outcome, Stage};
use super::window::Window;
use crate::backtest::Known;
use crate::cli::refused::refused;
use crate::cli::{block_on, local_actor, trail};
use crate::config::{self, Config};
use crate::incident::{
    AlertSummary, Clock as _, DepartmentId, DepartmentSpent, Digest, Event, HoldReason, IncidentId, Opened, Pause,
    Pauses, ReadWay, SourceName, SubjectEvent, SyncedDirectory, SystemClock, Timestamp, Verdict, VerdictKind,
};
use crate::intake::Recall;
use crate::response::Enclosure;
use crate::trail::{OpenError, Record, Settings, SledStore, Store, Subjects, Unsealed, is_there, note};

/// How far back is looked unless something else is said.
pub(super) const DAYS: u64 = 30;
/// As far back as budgets count.
const BUDGETS_LOOK_BACK: Duration = Duration::from_secs(86_400);
/// Records read at a time.
const PAGE: usize = 512;
/// Among so many records of an incident are those that say how its account was found and what it drew on departments.
const FIRST_RECORDS: usize = 16;

/// Puts the recorded alerts of a time to the stage.
pub(super) fn play<'r>(from: &Alerts, window: &Window, stage: Stage<'r>) -> anyhow::Result<Outcome<'r>> {
    let Some(file) = &from.config else {
        let what = "say where the alerts are: --config FILE, or --events FILE";
        return Err(refused(anyhow::anyhow!(what)));
    };
    let config = config::load(file, &[]).map_err(refused)?;
    let (sources, store) = (sources(&config)?, open(from, &config)?);
    let keys = trail::keys_at(Some(file), from.trail.as_deref())?;
    let mut player = Player {
        sources,
        kept: Kept { store: &store, subjects: &keys },
        read: Vec::new(),
        window: *window,
        looks_back: stage.looks_back(),
        pauses: Pauses::default(),
        left_out: LeftOut::default(),
        begun: None,
        stage,
    };
    player.play()?;
    // Before anybody sees what comes of it.
    let read = Event::Subject(SubjectEvent::read(&local_actor::name(), ReadWay::Backtest, &player.read));
    block_on(async {
        note(&store, SystemClock.now(), read)?.await?;
        Ok(())
    })?;
    Ok(player.stage.end(window, player.left_out))
}

/// The trail, and the keys of what lies beside its records.
#[derive(Clone, Copy)]
struct Kept<'s> {
    store: &'s dyn Store,
    subjects: &'s Subjects,
}

struct Player<'s, 'r> {
    sources: BTreeMap<SourceName, Recall>,
    kept: Kept<'s>,
    window: Window,
    /// How far before the window alerts are counted.
    looks_back: Duration,
    /// The records of which was read what lies beside them.
    read: Vec<u64>,
    pauses: Pauses,
    left_out: LeftOut,
    /// The last alert of the time asked for: the records right behind its own may tell more of it.
    begun: Option<Admitted>,
    stage: Stage<'r>,
}

/// What is recorded of an admitted alert.
struct Admitted {
    seq: u64,
    at: Timestamp,
    summary: AlertSummary,
    verdict: Verdict,
    opened: Vec<Opened>,
    private: Digest,
    /// What lies beside the records of further incidents.
    behind: Vec<(u64, Digest)>,
}

impl Player<'_, '_> {
    /// Reads the whole trail, because clocks may be set back, and a pause may have begun long ago. What
    /// lies beside the records is read for the time asked for only.
    fn play(&mut self) -> anyhow::Result<()> {
        let size = self.kept.store.head().size;
        let progress = Progress::of(size, "records");
        let mut next = 0;
        while next < size {
            progress.at(next);
            let page = self.kept.store.read(next, PAGE)?;
            let last = page.last().with_context(|| format!("record {next} of {size} is missing"))?.seq;
            for stored in &page {
                let record = Record::decode(&stored.record).with_context(|| format!("record {}", stored.seq))?;
                self.take(record)?;
            }
            next = last + 1;
        }
        self.judge_begun()
    }

    fn take(&mut self, record: Record) -> anyhow::Result<()> {
        let (seq, at) = (record.seq, record.at);
        if let Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } = &record.event
            && self.window.is_led_in_by(at, BUDGETS_LOOK_BACK)
        {
            opened.iter().for_each(|opened| self.stage.spend(&opened.plan, at));
        }
        if let Event::IncidentsOpened { alert, opened, private, .. } = record.event {
            if let Some(begun) = self.begun.as_mut().filter(|begun| begun.summary.id == alert) {
                begun.opened.extend(opened);
                begun.behind.push((seq, private));
            }
            return Ok(());
        }
        self.judge_begun()?;
        match record.event {
            Event::ResponderPaused { actor, reason, scope } => self.pauses.begin(scope, Pause { actor, reason, at }),
            Event::ResponderResumed { scope, .. } => self.pauses.end(&scope),
            Event::DirectorySynced(SyncedDirectory { people, .. }) => self.stage.count(people),
            Event::BudgetDrawn { incident, departments } if self.window.is_led_in_by(at, BUDGETS_LOOK_BACK) => {
                self.draw(&incident, &departments, at)?;
            }
            // No rule was asked, and none is to be now: whoever set a sender up has sent it.
            Event::AlertAdmitted { verdict, .. } if verdict.kind == VerdictKind::Tried => {}
            Event::AlertAdmitted { alert, verdict, opened, private, .. } if self.window.has(at) => {
                let (summary, verdict, behind) = (*alert, *verdict, Vec::new());
                self.begun = Some(Admitted { seq, at, summary, verdict, opened, private, behind });
            }
            Event::AlertAdmitted { alert, private, .. } if self.window.is_led_in_by(at, self.looks_back) => {
                self.remember(seq, at, *alert, &private)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Of an incident that was opened before the time asked for.
    fn draw(&mut self, incident: &IncidentId, departments: &[DepartmentSpent], at: Timestamp) -> anyhow::Result<()> {
        self.stage.draw(departments, at);
        if let Some(known) = look_up(self.kept, incident)? {
            self.stage.learn(&known.account, &departments.iter().map(|drawn| drawn.department).collect());
        }
        Ok(())
    }

    /// What is left out of these is not said: nobody asked for them.
    fn remember(&mut self, seq: u64, at: Timestamp, summary: AlertSummary, private: &Digest) -> anyhow::Result<()> {
        let Some(source) = self.sources.get(&summary.source) else { return Ok(()) };
        self.read.push(seq);
        if let Some(Enclosure { event, .. }) = enclosure(self.kept, seq, private)? {
            self.stage.remember(&source.recorded(summary, event), at);
        }
        Ok(())
    }

    fn judge_begun(&mut self) -> anyhow::Result<()> {
        self.begun.take().map_or(Ok(()), |begun| self.judge(begun))
    }

    fn judge(&mut self, admitted: Admitted) -> anyhow::Result<()> {
        let Admitted { seq, at, summary, verdict, mut opened, private, behind } = admitted;
        self.read.push(seq);
        let Some(Enclosure { event, mut subjects }) = enclosure(self.kept, seq, &private)? else {
            self.left_out.erased += 1;
            return Ok(());
        };
        for (seq, private) in behind {
            let enclosure = enclosure(self.kept, seq, &private)?;
            subjects.extend(enclosure.into_iter().flat_map(|enclosure| enclosure.subjects));
        }
        let Some(source) = self.sources.get(&summary.source) else {
            self.left_out.of_unknown_source += 1;
            return Ok(());
        };
        let alert = source.recorded(summary, event);
        let kept = self.kept;
        for opened in &mut opened {
            let Early { held, departments } = early(kept.store, &opened.plan.incident)?;
            opened.held = opened.held.or(held);
            if let Some(subject) = subjects.get(&opened.plan.incident) {
                self.stage.learn(&subject.account, &departments);
            }
        }
        self.stage.put(&alert, at, &self.pauses, |record| {
            record.ruling(&verdict, &opened, &subjects, at, |incident| look_up(kept, incident))
        })
    }
}

/// What lies beside a record; `None` when it was erased.
fn enclosure(kept: Kept<'_>, seq: u64, digest: &Digest) -> anyhow::Result<Option<Enclosure>> {
    let Some(sealed) = kept.store.private(seq)? else { return Ok(None) };
    let content = match kept.subjects.unseal(&sealed, digest) {
        Unsealed::Content(content) => content,
        Unsealed::Erased => return Ok(None),
        Unsealed::Changed => anyhow::bail!("what lies beside record {seq} was changed"),
    };
    let enclosure = serde_json::from_slice(&content);
    enclosure.map(Some).with_context(|| format!("what lies beside record {seq} is not understood"))
}

/// An incident as it was opened; `None` when its event was erased.
fn look_up(kept: Kept<'_>, incident: &IncidentId) -> anyhow::Result<Option<Known>> {
    let store = kept.store;
    let early = early(store, incident)?;
    for seq in store.of_incident(incident, FIRST_RECORDS)? {
        for stored in store.read(seq, 1)? {
            let record = Record::decode(&stored.record).with_context(|| format!("record {seq}"))?;
            let (Event::AlertAdmitted { opened, private, .. } | Event::IncidentsOpened { opened, private, .. }) =
                record.event
            else {
                continue;
            };
            let Some(opened) = opened.into_iter().find(|opened| &opened.plan.incident == incident) else { continue };
            let subjects = enclosure(kept, seq, &private)?.map(|enclosure| enclosure.subjects);
            let subject = subjects.and_then(|mut subjects| subjects.remove(incident));
            return Ok(subject.map(|subject| Known {
                account: subject.account,
                touches: opened.plan.touches(),
                held: opened.held.or(early.held),
                opened_at: record.at,
            }));
        }
    }
    Ok(None)
}

/// What became of an incident before its first step.
#[derive(Default)]
struct Early {
    held: Option<HoldReason>,
    departments: BTreeSet<DepartmentId>,
}

/// Whether an incident was held because there is no way from its account's name to an account, or by the budget of a
/// department, and on which departments it drew. That is not in the plan, but it is decided by the identity map, or by
/// what is recorded with it, and not by what DingTalk says at the moment.
fn early(store: &dyn Store, incident: &IncidentId) -> anyhow::Result<Early> {
    let mut early = Early::default();
    for seq in store.of_incident(incident, FIRST_RECORDS)? {
        for stored in store.read(seq, 1)? {
            let record = Record::decode(&stored.record).with_context(|| format!("record {seq}"))?;
            match record.event {
                Event::IncidentHeld {
                    reason: reason @ (HoldReason::AccountUnresolvable | HoldReason::DepartmentBudget),
                    ..
                } => return Ok(Early { held: Some(reason), ..early }),
                Event::BudgetDrawn { departments, .. } => {
                    early.departments.extend(departments.iter().map(|drawn| drawn.department));
                }
                Event::StepStarted { .. } => return Ok(early),
                _ => {}
            }
        }
    }
    Ok(early)
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
