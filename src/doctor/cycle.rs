//! The canary's way: contained by hand as `doctor`, through the same guard layer, executor and trail as everybody,
//! read back, given back at once, read back. Whatever ends the program meanwhile, the disable expires, and the next run
//! takes up an incident that is still live.

use std::time::Duration;

use super::examined::Examined;
use super::run::Doctor;
use super::stage::{Next, is_cycle_of, next};
use crate::directory::Account;
use crate::incident::{
    AccountKind, AccountRef, ActionKind, Check, DOCTOR, Diagnosis, Event, Incident, IncidentId, UserId,
};
use crate::response::{ByHand, Facts, protection};
use crate::trail::RecordError;

/// When the disable is undone if nobody is left to do it before.
const EXPIRES_IN: Duration = Duration::from_secs(600);
/// The least time between two cycles: whoever may ask for one cannot use the month's calls up.
const AGAIN_AFTER: Duration = Duration::from_secs(600);
/// How often it is looked at the time, which nothing on the trail tells.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What DingTalk's administrators read, and the trail.
const REASON: &str = "a check by doctor that accounts can be contained and given back";

impl Doctor {
    /// What the cycle shows, or why there was none. `account` is the canary as it was just read.
    pub(super) async fn canary(&self, account: Option<&Account>) -> Examined {
        let Some(canary) = &self.settings.canary else {
            return Examined::of(Check::Canary, Diagnosis::NotConfigured);
        };
        if self.directory.only_reads() {
            return Examined::of(Check::Canary, Diagnosis::DryRun);
        }
        let incident = match self.under_way(canary) {
            Some(incident) => incident,
            None => match self.begin(canary, account).await {
                Ok(incident) => incident,
                Err(examined) => return examined,
            },
        };
        let found = self.follow(&incident).await;
        Examined::with(Check::Canary, found, incident.to_string())
    }

    /// One that an earlier run has left, whatever kept it from its end.
    fn under_way(&self, canary: &UserId) -> Option<IncidentId> {
        let named = AccountRef::parse(AccountKind::UserId, canary.as_str()).ok()?;
        let name = self.admission.name_of(&named);
        self.trail.board(|board| {
            board
                .all_live()
                .map(|live| &live.incident)
                .find(|incident| is_cycle_of(&name, incident))
                .map(|incident| incident.id().clone())
        })
    }

    async fn begin(&self, canary: &UserId, account: Option<&Account>) -> Result<IncidentId, Examined> {
        let found = |found| Err(Examined::of(Check::Canary, found));
        let now = self.clock.now();
        let is_lately = |at| now.duration_since(at).unsigned_abs() < AGAIN_AFTER;
        if self.trail.board(|board| board.canary_at()).is_some_and(is_lately) {
            return found(Diagnosis::DoneLately);
        }
        if self.trail.board(|board| board.pauses().hold(None, [])) {
            return found(Diagnosis::Paused);
        }
        let Some(account) = account else { return found(Diagnosis::CanaryNotFound) };
        let named = AccountRef::parse(AccountKind::UserId, canary.as_str());
        let Ok(named) = named else { return found(Diagnosis::CanaryNotFound) };
        self.refuse_protected(&named, account).await?;
        // Where DingTalk does not say, the executor finds out, and nothing is done by it.
        if self.directory.whether_disabled(account).await.is_ok_and(|disabled| disabled) {
            return found(Diagnosis::CanaryFoundDisabled);
        }
        let set = &self.rules.now().set;
        let reasons = || set.reasons().codes().next().cloned();
        let by_hand = ByHand {
            actor: DOCTOR.to_owned(),
            asker: None,
            reason: REASON.to_owned(),
            account: named,
            steps: vec![ActionKind::SignOut, ActionKind::Disable],
            employee_reason: self.settings.employee_reason.clone().or_else(reasons),
            dingtalk_id: None,
            notice: None,
            expires_in: Some(EXPIRES_IN),
        };
        let opened = self.admission.open_by_hand(&by_hand, None).await;
        opened
            .map(|(incident, _)| incident)
            .map_err(|refused| Examined::with(Check::Canary, Diagnosis::CanaryHeld, refused.to_string()))
    }

    /// As the guard layer will be asked: an administrator is no canary, and nothing is opened that could only be held.
    async fn refuse_protected(&self, named: &AccountRef, account: &Account) -> Result<(), Examined> {
        let loaded = self.rules.now();
        let set = &loaded.set;
        let own = account.departments.as_deref().filter(|_| set.guardrails().groups().have_departments());
        let departments = match own {
            // What cannot be told counts as protected, here as in the guard layer.
            Some(own) => self.ancestry.of(self.directory.as_ref(), own, self.clock.now()).await.ok(),
            None => None,
        };
        let facts = Facts::of_account((named, &account.user_id), departments.as_ref(), set);
        protection(&facts, account, &self.own_corp_id)
            .map_err(|reason| Examined::with(Check::Canary, Diagnosis::CanaryProtected, reason.text()))
    }

    /// Waits for the executor, and gives the account back as soon as it is contained.
    async fn follow(&self, id: &IncidentId) -> Diagnosis {
        let mut changes = self.trail.changes();
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        let mut since = self.clock.now();
        loop {
            // Marked before looking, or a change between the two would be slept over.
            changes.mark_unchanged();
            let Some(incident) = self.incident(id).await else { return Diagnosis::Unrecorded };
            let now = self.clock.now();
            let (actor, reason) = (DOCTOR.to_owned(), REASON.to_owned());
            match next(&incident, now.duration_since(since).unsigned_abs()) {
                Next::Wait => {
                    tokio::select! {
                        _ = changes.changed() => {}
                        _ = ticks.tick() => {}
                    }
                }
                Next::Release => {
                    since = now;
                    let released = Event::IncidentReleased { incident: id.clone(), actor, reason, false_alarm: true };
                    if self.is_refused(released).await {
                        return Diagnosis::CanaryStaysDisabled;
                    }
                }
                Next::Dismiss(found) => {
                    let dismissed = Event::IncidentDismissed { incident: id.clone(), actor, reason };
                    // Where something is in the way, a human sees it waiting.
                    self.is_refused(dismissed).await;
                    return found;
                }
                Next::End(found) => return found,
            }
        }
    }

    /// What does not fit any more was overtaken, and is looked at anew.
    async fn is_refused(&self, event: Event) -> bool {
        match self.trail.record(self.clock.now(), vec![event]).await {
            Ok(()) | Err(RecordError::Illegal(_)) => false,
            Err(error) => {
                tracing::error!(%error, "what becomes of the canary could not be recorded");
                true
            }
        }
    }

    /// As the board has it, or, once it is closed, the trail.
    async fn incident(&self, id: &IncidentId) -> Option<Incident> {
        if let Some(incident) = self.trail.board(|board| board.live(id).map(|live| live.incident.clone())) {
            return Some(incident);
        }
        let (trail, id) = (self.trail.clone(), id.clone());
        let read = tokio::task::spawn_blocking(move || trail.incident(&id)).await;
        read.ok()?.ok()?.map(|(incident, _)| incident)
    }
}
