//! The responders: what they say goes onto the trail as the API records it, legal or not.

use std::collections::BTreeMap;

use portcullis::incident::{
    AccountKind, AccountRef, ActionKind, Clock as _, Event, HoldReason, Incident, PauseScope, ReasonCode, RuleId,
    SourceName, Status, UserId,
};
use portcullis::response::ByHand;

use super::laws::Broken;
use super::life::Life;
use super::run::Run;
use super::site::{EVENTS, PEOPLE, RESPONDERS, UNTOUCHABLE};
use super::world::tripped;

const ACTOR: &str = "responder";
const REASON: &str = "a drill";

impl Run<'_> {
    pub(super) fn somebody_says_something(&mut self, life: &Life) {
        let live = in_effect(life);
        match self.dice.below(12) {
            0 => self.pause(life),
            1 | 2 => self.resume(life),
            3 => self.release_a_breaker(life),
            4 => self.open_by_hand(life),
            said if !live.is_empty() => {
                let incident = self.dice.pick(&live).clone();
                match said {
                    5 => self.say(
                        life,
                        Event::IncidentDismissed {
                            incident: incident.id().clone(),
                            actor: ACTOR.to_owned(),
                            reason: REASON.to_owned(),
                        },
                    ),
                    6 => {
                        let (incident, false_alarm) = (incident.id().clone(), self.dice.chance(20));
                        let (actor, reason) = (ACTOR.to_owned(), REASON.to_owned());
                        self.say(life, Event::IncidentReleased { incident, actor, reason, false_alarm });
                    }
                    _ => {
                        let own = incident.user_id.as_ref().map(UserId::as_str).filter(|_| self.dice.chance(20));
                        let by = own.unwrap_or(*self.dice.pick(&RESPONDERS));
                        let has_read = self.dice.chance(85);
                        self.approve(life, &incident, by, has_read);
                    }
                }
            }
            _ => {}
        }
    }

    /// Every breaker is released, and whatever waits is let go on, as far as people may.
    pub(super) fn answer_all_that_waits(&mut self, life: &Life) {
        self.resume_all(life);
        for scope in tripped(&life.trail) {
            self.say(life, Event::BreakerReleased { scope, actor: ACTOR.to_owned(), reason: REASON.to_owned() });
        }
        for incident in in_effect(life) {
            match incident.status {
                Status::Held(HoldReason::ApprovalWanted) => {
                    RESPONDERS.into_iter().for_each(|by| self.approve(life, &incident, by, true));
                }
                Status::Held(_) => self.approve(life, &incident, RESPONDERS[0], true),
                _ => {}
            }
        }
    }

    pub(super) fn resume_all(&mut self, life: &Life) {
        let paused: Vec<_> = life.trail.board(|board| board.pauses().iter().map(|(scope, _)| scope.clone()).collect());
        paused.into_iter().for_each(|scope| self.resume_what_is_paused(life, scope));
    }

    fn approve(&mut self, life: &Life, incident: &Incident, by: &str, has_read: bool) {
        let approver = UserId::parse(by).unwrap();
        // The API keeps people from what is done to themselves.
        if incident.user_id.as_ref() == Some(&approver) && incident.status != Status::Held(HoldReason::ApprovalWanted) {
            return;
        }
        let (incident, plan) = (incident.id().clone(), has_read.then(|| incident.plan.digest()));
        let (actor, reason) = (by.to_owned(), REASON.to_owned());
        self.say(life, Event::IncidentApproved { incident, actor, reason, approver: Some(approver), plan });
    }

    fn scope(&mut self) -> PauseScope {
        match self.dice.below(4) {
            0 => PauseScope::All,
            1 => PauseScope::Source(SourceName::parse(if self.dice.chance(50) { "okta" } else { "github" }).unwrap()),
            _ => {
                let number = self.dice.below(EVENTS.len());
                PauseScope::Rule(RuleId::parse(&format!("00000000-0000-4000-8000-00000000000{number}")).unwrap())
            }
        }
    }

    /// In force for whoever asked as soon as they are told so, and until somebody asks for it to end.
    fn pause(&mut self, life: &Life) {
        let scope = self.scope();
        self.asked += 1;
        let number = self.asked;
        self.world.lock().asked.insert(scope.clone(), number);
        let event = Event::ResponderPaused { actor: ACTOR.to_owned(), reason: REASON.to_owned(), scope: scope.clone() };
        self.tell(|| format!("somebody says {event:?}"));
        let (trail, now, world) = (life.trail.clone(), self.clock.now(), self.world.clone());
        tokio::spawn(async move {
            if trail.record(now, vec![event]).await.is_ok() {
                let mut world = world.lock();
                if world.asked.get(&scope) == Some(&number) {
                    world.paused.insert(scope);
                }
            }
        });
    }

    fn resume(&mut self, life: &Life) {
        let paused: Vec<_> = life.trail.board(|board| board.pauses().iter().map(|(scope, _)| scope.clone()).collect());
        if !paused.is_empty() {
            let scope = self.dice.pick(&paused).clone();
            self.resume_what_is_paused(life, scope);
        }
    }

    fn resume_what_is_paused(&mut self, life: &Life, scope: PauseScope) {
        self.asked += 1;
        {
            let mut world = self.world.lock();
            world.asked.insert(scope.clone(), self.asked);
            world.paused.remove(&scope);
        }
        self.say(life, Event::ResponderResumed { actor: ACTOR.to_owned(), reason: REASON.to_owned(), scope });
    }

    fn release_a_breaker(&mut self, life: &Life) {
        let stopped: Vec<_> = tripped(&life.trail).into_iter().collect();
        if !stopped.is_empty() {
            let scope = self.dice.pick(&stopped).clone();
            self.say(life, Event::BreakerReleased { scope, actor: ACTOR.to_owned(), reason: REASON.to_owned() });
        }
    }

    fn open_by_hand(&mut self, life: &Life) {
        let person = if self.dice.chance(80) { self.dice.pick(&PEOPLE) } else { self.dice.pick(&UNTOUCHABLE) };
        let steps = match self.dice.below(4) {
            0 => vec![ActionKind::SignOut],
            1 if PEOPLE.contains(person) => vec![ActionKind::Enable],
            2 => vec![ActionKind::Disable],
            _ => vec![ActionKind::SignOut, ActionKind::Disable],
        };
        let expires_in = self.dice.chance(70).then(|| std::time::Duration::from_secs(3_600));
        let asked = ByHand {
            actor: ACTOR.to_owned(),
            asker: None,
            reason: REASON.to_owned(),
            account: AccountRef::parse(AccountKind::UserId, person).unwrap(),
            employee_reason: steps
                .contains(&ActionKind::SignOut)
                .then(|| ReasonCode::parse("account-takeover").unwrap()),
            dingtalk_id: None,
            notice: None,
            expires_in: expires_in.filter(|_| steps.contains(&ActionKind::Disable)),
            steps,
        };
        self.tell(|| format!("somebody asks by hand for {:?} of {person}", asked.steps));
        let admission = life.admission.clone();
        tokio::spawn(async move { admission.open_by_hand(&asked, None).await.map(drop) });
    }

    fn say(&mut self, life: &Life, event: Event) {
        self.tell(|| format!("somebody says {event:?}"));
        let (trail, now) = (life.trail.clone(), self.clock.now());
        tokio::spawn(async move { trail.record(now, vec![event]).await });
    }

    /// Sends what nobody has acknowledged; whether there was something.
    pub(super) async fn deliver_what_is_left(&mut self, life: &Life) -> bool {
        let Some(number) = self.senders.waiting() else { return false };
        self.deliver(life, number).await;
        true
    }

    /// Whatever was sent comes once more, and nothing comes of it.
    pub(super) async fn send_everything_again(&mut self, life: &Life) -> Result<(), Broken> {
        let before = self.history.cases.len();
        for number in 0..self.senders.count() {
            self.deliver(life, number).await;
            self.breathe(20).await;
            life.store.commit(usize::MAX);
            self.breathe(20).await;
            self.look()?;
        }
        if self.history.cases.len() == before { Ok(()) } else { Err("what was sent again opens incidents".to_owned()) }
    }
}

/// All that is live or keeps an account, in an order.
fn in_effect(life: &Life) -> Vec<Incident> {
    let all: BTreeMap<_, _> = life.trail.board(|board| {
        let all = board.all_live().chain(board.containing()).map(|live| live.incident.clone());
        all.map(|incident| (incident.id().clone(), incident)).collect()
    });
    all.into_values().collect()
}
