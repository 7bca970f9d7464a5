//! A program, its store and DingTalk, which a test turns by hand: what becomes durable when, and what is answered.

use std::sync::Arc;
use std::time::Duration;

use portcullis::admission::NotByHand;
use portcullis::incident::{AccountKind, AccountRef, ActionKind, HandSetClock, IncidentId, ReasonCode};
use portcullis::response::ByHand;
use portcullis::trail::MemoryStore;
use tokio::task::{JoinHandle, yield_now};

use super::life::Life;
use super::site::Site;
use super::world::{Asked, World};

/// Whom everything is about.
pub(super) const PERSON: &str = "ann";

type Opened = JoinHandle<Result<(IncidentId, bool), NotByHand>>;

pub(super) struct Bench {
    pub(super) life: Life,
    pub(super) kept: Arc<MemoryStore>,
    pub(super) world: Arc<World>,
    pub(super) clock: Arc<HandSetClock>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let (site, kept) = (Site::all().remove(2), Arc::<MemoryStore>::default());
        let clock = Arc::new(HandSetClock::at("2026-11-21T03:00:00Z".parse().unwrap()));
        let world = World::new(kept.clone());
        let life = Life::begin(&site, &kept, &world, &clock, 0, 32);
        Self { life, kept, world, clock }
    }

    /// Lets everybody go as far as they can.
    pub(super) async fn settle(&self) {
        for _ in 0..20 {
            yield_now().await;
        }
    }

    /// Answers all calls but those that are `left_out`, truly.
    pub(super) fn answer(&self, left_out: impl Fn(&Asked) -> bool) {
        let mut world = self.world.lock();
        let (left, answered) = std::mem::take(&mut world.calls).into_iter().partition(|call| left_out(&call.asked));
        world.calls = left;
        let answered: Vec<_> = answered;
        for call in answered.into_iter().rev() {
            super::chances::do_honestly(&mut world, call);
        }
    }

    /// One turn of everything, in which nothing becomes durable that comes behind a record of this kind.
    pub(super) async fn turn(&self, up_to: Option<&str>) {
        self.settle().await;
        if !up_to.is_some_and(|kind| self.life.store.holds_back(kind)) {
            self.life.store.commit(usize::MAX);
        }
        self.answer(|_| false);
    }

    /// Has a responder ask for a step.
    pub(super) fn ask(&self, step: ActionKind) -> Opened {
        let reason = ReasonCode::parse("account-takeover").unwrap();
        let asked = ByHand {
            actor: "responder".to_owned(),
            asker: None,
            reason: "a drill".to_owned(),
            account: AccountRef::parse(AccountKind::UserId, PERSON).unwrap(),
            steps: vec![step],
            employee_reason: (step == ActionKind::SignOut).then_some(reason),
            dingtalk_id: None,
            notice: None,
            expires_in: None,
        };
        let admission = self.life.admission.clone();
        tokio::spawn(async move { admission.open_by_hand(&asked, None).await })
    }

    /// The same, until it is recorded; gives the incident.
    pub(super) async fn by_hand(&self, step: ActionKind) -> IncidentId {
        let opened = self.ask(step);
        while !opened.is_finished() {
            self.turn(None).await;
        }
        opened.await.unwrap().unwrap().0
    }

    pub(super) fn a_second_passes(&self) {
        self.clock.advance(Duration::from_secs(1));
    }
}
