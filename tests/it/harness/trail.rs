//! Reading the trail as it grows, and waiting for what is to come on it.

use std::time::Duration;

use portcullis::incident::{AccountWarning, Digest, Event, Incident, IncidentId, NoticeEvent, StepState, Timestamp};
use portcullis::sandbox::Api;
use portcullis::trail::{Pseudonyms, Record};
use serde::Serialize;
use serde_json::Value;

use super::app::{PATIENCE, PSEUDONYM_KEY, TestApp, patiently};
use super::setup::AUDITOR;

/// The story of a containment that met no trouble.
pub(crate) const CONTAINED: [&str; 7] = [
    "admitted",
    "resolved",
    "sign_out started",
    "sign_out answered",
    "disable started",
    "disable answered",
    "disable verified",
];

/// What stands on the trail for something that was said.
pub(crate) fn kept(said: &[u8]) -> Digest {
    Pseudonyms::new(&PSEUDONYM_KEY).digest(&Digest::of(said).0)
}

/// How long nothing may happen before time is let pass.
const QUIET: Duration = Duration::from_millis(25);
/// The longest step in which time is let pass.
const STEP_MAX: Duration = Duration::from_secs(60);

impl TestApp {
    /// Every record there is.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.app.trail().read(0, usize::MAX).unwrap()
    }

    /// Every record of one kind.
    pub(crate) fn records_of(&self, kind: &str) -> Vec<Record> {
        self.records().into_iter().filter(|record| record.event.kind() == kind).collect()
    }

    /// What happened to an incident, in a few words each.
    pub(crate) fn story(&self, incident: &IncidentId) -> Vec<String> {
        let Some((state, _)) = self.app.trail().incident(incident).unwrap() else { return Vec::new() };
        let belongs = |record: &Record| record.event.incidents().contains(&incident);
        self.records().iter().filter(|record| belongs(record)).map(|record| words(&record.event, &state)).collect()
    }

    /// An incident as the trail tells it now.
    pub(crate) fn incident(&self, incident: &IncidentId) -> Incident {
        self.app.trail().incident(incident).unwrap().expect("the incident was opened").0
    }

    /// Waits until the incident is as wanted, told by the trail; fails the test if that never comes.
    pub(crate) async fn until(&self, incident: &IncidentId, wanted: impl Fn(&Incident) -> bool) -> Incident {
        match tokio::time::timeout(PATIENCE, self.waiting(incident, &wanted)).await {
            Ok(state) => state,
            Err(_) => panic!("it never came: {:#?}", self.story(incident)),
        }
    }

    /// Waits until the incident contains its account.
    pub(crate) async fn until_contained(&self, incident: &IncidentId) -> Incident {
        self.until(incident, Incident::is_containing).await
    }

    /// Waits until the incident's story is so long.
    pub(crate) async fn until_told(&self, incident: &IncidentId, story: &[&str]) {
        self.until(incident, |_| self.story(incident).len() >= story.len()).await;
        assert_eq!(self.story(incident), story);
    }

    /// Waits until step `index` is postponed after `attempt` or a later one: which, and until when.
    pub(crate) async fn until_postponed(&self, incident: &IncidentId, index: usize, attempt: u32) -> (u32, Timestamp) {
        let postponed = |state: &Incident| match state.steps[index] {
            StepState::Postponed { attempt: failed, retry_at } if failed >= attempt => Some((failed, retry_at)),
            _ => None,
        };
        let state = self.until(incident, |state| postponed(state).is_some()).await;
        postponed(&state).unwrap()
    }

    /// Waits as [`Self::until`] does, and lets time pass whenever nothing comes: a second, then twice
    /// as long, up to a minute at a time.
    pub(crate) async fn until_in_time(&self, incident: &IncidentId, wanted: impl Fn(&Incident) -> bool) -> Incident {
        let passing = async {
            let mut step = Duration::from_secs(1);
            loop {
                match tokio::time::timeout(QUIET, self.waiting(incident, &wanted)).await {
                    Ok(state) => return state,
                    Err(_) => self.advance(step),
                }
                step = STEP_MAX.min(step * 2);
            }
        };
        match tokio::time::timeout(PATIENCE, passing).await {
            Ok(state) => state,
            Err(_) => panic!("it never came: {:#?}", self.story(incident)),
        }
    }

    /// Waits until all is as wanted, and lets a second pass, then more, whenever nothing comes.
    pub(crate) async fn when(&self, wanted: impl Fn(&Self) -> bool) {
        let mut changes = self.app.trail().changes();
        let mut step = Duration::from_secs(1);
        let passing = async {
            loop {
                changes.mark_unchanged();
                if wanted(self) {
                    return;
                }
                if tokio::time::timeout(QUIET, changes.changed()).await.is_err() {
                    self.advance(step);
                    step = STEP_MAX.min(step * 2);
                }
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, passing).await.is_ok();
        let kinds: Vec<_> = self.records().iter().map(|record| record.event.kind()).collect();
        assert!(in_time, "it never came: {kinds:#?}");
    }

    /// Lets a second pass whenever nothing comes, until DingTalk has received so many calls.
    pub(crate) async fn until_called(&self, api: Api, count: u64) {
        patiently(async {
            while tokio::time::timeout(QUIET, self.dingtalk().wait_for(api, count)).await.is_err() {
                self.advance(Duration::from_secs(1));
            }
        })
        .await;
    }

    /// Waits until all is as wanted, while no time passes.
    pub(crate) async fn at_once(&self, wanted: impl Fn(&Self) -> bool) {
        let mut changes = self.app.trail().changes();
        patiently(async {
            while !wanted(self) {
                changes.changed().await.unwrap();
            }
        })
        .await;
    }

    /// Waits until DingTalk has received so many calls.
    pub(crate) async fn when_called(&self, api: Api, count: u64) {
        patiently(self.dingtalk().wait_for(api, count)).await;
    }

    /// Waits until nothing has come on the trail for a moment, so that whatever was due has had its turn.
    pub(crate) async fn until_quiet(&self) {
        let mut changes = self.app.trail().changes();
        patiently(async {
            loop {
                changes.mark_unchanged();
                if tokio::time::timeout(QUIET, changes.changed()).await.is_err() {
                    return;
                }
            }
        })
        .await;
    }

    /// Waits until so many records are under a checkpoint.
    pub(crate) async fn until_sealed(&self, size: usize) {
        patiently(async {
            while self.get("/v1/trail/anchors", AUDITOR).await.body["sealed"].as_u64() < Some(size as u64) {}
        })
        .await;
    }

    /// Moves the clock forward and wakes the executor to see it.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.app.trail().touch();
    }

    /// Sets the clock and wakes the executor to see it.
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.clock.set(at);
        self.app.trail().touch();
    }

    async fn waiting(&self, incident: &IncidentId, wanted: &impl Fn(&Incident) -> bool) -> Incident {
        let mut changes = self.app.trail().changes();
        loop {
            changes.mark_unchanged();
            if let Some((state, _)) = self.app.trail().incident(incident).unwrap()
                && wanted(&state)
            {
                return state;
            }
            changes.changed().await.unwrap();
        }
    }
}

fn words(event: &Event, state: &Incident) -> String {
    // What another incident on the account has met of this one.
    if let Event::AccountResolved { incident, .. } | Event::StepSucceeded { incident, .. } = event
        && incident != state.id()
    {
        return format!("beside: {}", event.kind());
    }
    let step = |index: &u8| state.plan.actions[usize::from(*index)].kind().as_str();
    match event {
        Event::AlertAdmitted { opened, .. } | Event::IncidentsOpened { opened, .. } => match opened
            .iter()
            .find(|opened| &opened.plan.incident == state.id())
        {
            Some(opened) => opened.held.map_or("admitted".to_owned(), |held| format!("admitted, held: {}", word(held))),
            None => "covered".to_owned(),
        },
        Event::AccountResolved { .. } => "resolved".to_owned(),
        Event::AccountUnresolved { .. } => "unresolved".to_owned(),
        Event::BudgetDrawn { .. } => "drawn".to_owned(),
        Event::AccountWarned { warning: AccountWarning::FoundEnabled { .. }, .. } => "found enabled".to_owned(),
        Event::AccountWarned { .. } => "warned".to_owned(),
        Event::IncidentHeld { reason, .. } => format!("held: {}", word(reason)),
        Event::IncidentApproved { .. } => "approved".to_owned(),
        Event::IncidentRequested { opened, .. } => {
            opened.held.map_or("requested".to_owned(), |held| format!("requested, held: {}", word(held)))
        }
        Event::ApprovalLapsed { otherwise, .. } => format!("lapsed: {}", word(otherwise)),
        Event::IncidentDismissed { .. } => "dismissed".to_owned(),
        Event::IncidentReleased { .. } => "released".to_owned(),
        Event::IncidentHalted { .. } => "halted".to_owned(),
        Event::ContainmentExtended { .. } => "extended".to_owned(),
        Event::ReleaseOffered { protection, .. } => format!("offered: {}", word(protection)),
        Event::ContainmentExpired { .. } => "expired".to_owned(),
        Event::IncidentClosed { outcome, .. } => format!("closed: {}", word(outcome)),
        Event::StepStarted { step: index, .. } => format!("{} started", step(index)),
        Event::StepSucceeded { step: index, finding, .. } => format!("{} {}", step(index), word(finding)),
        Event::StepFailed { step: index, failure, retry_at: Some(_), .. } => {
            format!("{} failed: {}", step(index), word(failure.class))
        }
        Event::StepFailed { step: index, failure, .. } => format!("{} given up: {}", step(index), failure.code),
        Event::StepUnknown { step: index, failure, .. } => format!("{} unknown: {}", step(index), failure.code),
        Event::StepVerified { step: index, .. } => format!("{} verified", step(index)),
        Event::Notice(NoticeEvent::Owed { channel, .. }) => format!("owed to {channel}"),
        other => panic!("{} belongs to no incident", other.kind()),
    }
}

/// A name as it stands on the trail.
fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        Value::String(word) => word,
        other => other.to_string(),
    }
}
