//! Recorded alerts, in the order and at the times in which they were received, which is what the
//! server decided by.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::{Backtested, Known, LeftOut, Stage, TooManyAccounts, Window};
use crate::incident::{
    Alert, AlertSummary, DepartmentId, DepartmentSpent, Digest, Event, HoldReason, IncidentId, Opened, Pause, Pauses,
    SyncedDirectory, Timestamp, Verdict, VerdictKind,
};
use crate::response::Enclosure;
use crate::trail::{Record, Store, StoreError, Subjects, Unsealed};

/// As far back as budgets count.
const BUDGETS_LOOK_BACK: Duration = Duration::from_secs(86_400);
/// Records read at a time.
const PAGE: usize = 512;
/// Among so many records of an incident are those that say how its account was found and what it drew on departments.
const FIRST_RECORDS: usize = 16;

/// The trail, the keys of what lies beside its records, and how that is read.
#[derive(Clone, Copy)]
pub struct Recordings<'s> {
    /// The trail.
    pub store: &'s dyn Store,
    /// The keys.
    pub subjects: &'s Subjects,
    /// An alert, from its record and its event; `None` where its source is not configured any more.
    pub recall: &'s dyn Fn(AlertSummary, Value) -> Option<Alert>,
}

/// What came of it, and which records were read with what lies beside them.
#[derive(Debug)]
pub struct Played<'r> {
    /// What came of it.
    pub backtested: Backtested<'r>,
    /// Whoever has it played says on the trail that these were read.
    pub read: Vec<u64>,
}

/// Why nothing comes of it.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The trail cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// More accounts than are compared at once.
    #[error(transparent)]
    TooMany(#[from] TooManyAccounts),
    /// A record is missing.
    #[error("record {0} is missing")]
    Missing(u64),
    /// A record, or what lies beside it, is not understood.
    #[error("record {0}, or what lies beside it, is not understood")]
    NotUnderstood(u64),
    /// What lies beside a record is not what it was.
    #[error("what lies beside record {0} was changed")]
    Changed(u64),
    /// Nobody wants to know any more.
    #[error("it was broken off")]
    BrokenOff,
}

/// Puts the recorded alerts of a time to the stage. `goes_on` is told how many records of how many are read, and says
/// whether anybody still wants to know. Blocks.
///
/// # Errors
/// The trail cannot be read or understood, or it is broken off.
pub fn play<'r>(
    from: Recordings<'_>,
    window: &Window,
    stage: Stage<'r>,
    mut goes_on: impl FnMut(u64, u64) -> bool,
) -> Result<Played<'r>, PlayError> {
    let mut player = Player {
        from,
        read: Vec::new(),
        window: *window,
        looks_back: stage.looks_back(),
        pauses: Pauses::default(),
        left_out: LeftOut::default(),
        begun: None,
        stage,
    };
    player.play(&mut goes_on)?;
    Ok(Played { backtested: player.stage.end(window, player.left_out), read: player.read })
}

struct Player<'s, 'r> {
    from: Recordings<'s>,
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
    fn play(&mut self, goes_on: &mut dyn FnMut(u64, u64) -> bool) -> Result<(), PlayError> {
        let size = self.from.store.head().size;
        let mut next = 0;
        while next < size {
            if !goes_on(next, size) {
                return Err(PlayError::BrokenOff);
            }
            let page = self.from.store.read(next, PAGE)?;
            let last = page.last().ok_or(PlayError::Missing(next))?.seq;
            for stored in &page {
                self.take(decode(&stored.record, stored.seq)?)?;
            }
            next = last + 1;
        }
        self.judge_begun()
    }

    fn take(&mut self, record: Record) -> Result<(), PlayError> {
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
    fn draw(&mut self, incident: &IncidentId, departments: &[DepartmentSpent], at: Timestamp) -> Result<(), PlayError> {
        self.stage.draw(departments, at);
        if let Some(known) = look_up(self.from, incident)? {
            self.stage.learn(&known.account, &departments.iter().map(|drawn| drawn.department).collect());
        }
        Ok(())
    }

    /// What is left out of these is not said: nobody asked for them.
    fn remember(&mut self, seq: u64, at: Timestamp, summary: AlertSummary, private: &Digest) -> Result<(), PlayError> {
        self.read.push(seq);
        if let Some(Enclosure { event, .. }) = enclosure(self.from, seq, private)?
            && let Some(alert) = (self.from.recall)(summary, event)
        {
            self.stage.remember(&alert, at);
        }
        Ok(())
    }

    fn judge_begun(&mut self) -> Result<(), PlayError> {
        self.begun.take().map_or(Ok(()), |begun| self.judge(begun))
    }

    fn judge(&mut self, admitted: Admitted) -> Result<(), PlayError> {
        let Admitted { seq, at, summary, verdict, mut opened, private, behind } = admitted;
        self.read.push(seq);
        let Some(Enclosure { event, mut subjects }) = enclosure(self.from, seq, &private)? else {
            self.left_out.erased += 1;
            return Ok(());
        };
        for (seq, private) in behind {
            let enclosure = enclosure(self.from, seq, &private)?;
            subjects.extend(enclosure.into_iter().flat_map(|enclosure| enclosure.subjects));
        }
        let from = self.from;
        let Some(alert) = (from.recall)(summary, event) else {
            self.left_out.of_unknown_source += 1;
            return Ok(());
        };
        for opened in &mut opened {
            let Early { held, departments } = early(from.store, &opened.plan.incident)?;
            opened.held = opened.held.or(held);
            if let Some(subject) = subjects.get(&opened.plan.incident) {
                self.stage.learn(&subject.account, &departments);
            }
        }
        self.stage.put(&alert, at, &self.pauses, |record| {
            record.ruling(&verdict, &opened, &subjects, at, |incident| look_up(from, incident))
        })
    }
}

/// What lies beside a record; `None` when it was erased.
fn enclosure(from: Recordings<'_>, seq: u64, digest: &Digest) -> Result<Option<Enclosure>, PlayError> {
    let Some(sealed) = from.store.private(seq)? else { return Ok(None) };
    let content = match from.subjects.unseal(&sealed, digest) {
        Unsealed::Content(content) => content,
        Unsealed::Erased => return Ok(None),
        Unsealed::Changed => return Err(PlayError::Changed(seq)),
    };
    let enclosure = serde_json::from_slice(&content);
    enclosure.map(Some).map_err(|_| PlayError::NotUnderstood(seq))
}

/// An incident as it was opened; `None` when its event was erased.
fn look_up(from: Recordings<'_>, incident: &IncidentId) -> Result<Option<Known>, PlayError> {
    let store = from.store;
    let early = early(store, incident)?;
    for seq in store.of_incident(incident, FIRST_RECORDS)? {
        for stored in store.read(seq, 1)? {
            let record = decode(&stored.record, seq)?;
            let (Event::AlertAdmitted { opened, private, .. } | Event::IncidentsOpened { opened, private, .. }) =
                record.event
            else {
                continue;
            };
            let Some(opened) = opened.into_iter().find(|opened| &opened.plan.incident == incident) else { continue };
            let subjects = enclosure(from, seq, &private)?.map(|enclosure| enclosure.subjects);
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

fn decode(record: &[u8], seq: u64) -> Result<Record, PlayError> {
    Record::decode(record).map_err(|_| PlayError::NotUnderstood(seq))
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
fn early(store: &dyn Store, incident: &IncidentId) -> Result<Early, PlayError> {
    let mut early = Early::default();
    for seq in store.of_incident(incident, FIRST_RECORDS)? {
        for stored in store.read(seq, 1)? {
            let record = decode(&stored.record, seq)?;
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
