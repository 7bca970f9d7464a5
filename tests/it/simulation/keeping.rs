//! Two records that would each be legal alone, of two incidents on one account, while neither is durable yet.

use std::sync::Arc;
use std::time::Duration;

use portcullis::incident::{
    AccountKind, AccountRef, ActionKind, Clock as _, Event, HandSetClock, IncidentId, Outcome, Status,
};
use portcullis::response::ByHand;
use portcullis::trail::{MemoryStore, Trail};
use tokio::task::yield_now;

use super::life::Life;
use super::site::Site;
use super::world::World;

const VERIFIED: &str = "step.verified";

/// A program, its store and DingTalk.
struct Bench {
    life: Life,
    world: Arc<World>,
    clock: Arc<HandSetClock>,
}

impl Bench {
    /// One turn of everything, in which nothing becomes durable that comes behind a record of this kind.
    async fn turn(&self, up_to: Option<&str>) {
        for _ in 0..20 {
            yield_now().await;
        }
        if !up_to.is_some_and(|kind| self.life.store.holds_back(kind)) {
            self.life.store.commit(usize::MAX);
        }
        let mut world = self.world.lock();
        while let Some(call) = world.calls.pop() {
            super::chances::do_honestly(&mut world, call, [].into());
        }
    }

    async fn by_hand(&self, step: ActionKind) -> IncidentId {
        let asked = ByHand {
            actor: "responder".to_owned(),
            reason: "a drill".to_owned(),
            account: AccountRef::parse(AccountKind::UserId, "ann").unwrap(),
            steps: vec![step],
            employee_reason: None,
            dingtalk_id: None,
            notice: None,
            expires_in: None,
        };
        let admission = self.life.admission.clone();
        let opened = tokio::spawn(async move { admission.open_by_hand(&asked, None).await });
        while !opened.is_finished() {
            self.turn(None).await;
        }
        opened.await.unwrap().unwrap().0
    }
}

#[tokio::test(start_paused = true)]
async fn a_release_and_the_end_of_what_is_to_be_released_can_be_replayed_in_whatever_order_they_come() {
    let (site, kept) = (Site::all().remove(2), Arc::<MemoryStore>::default());
    let clock = Arc::new(HandSetClock::at("2026-11-21T03:00:00Z".parse().unwrap()));
    let world = World::new(kept.clone());
    let life = Life::begin(&site, &kept, &world, &clock, 0, 32);
    let bench = Bench { life, world, clock };

    let keeping = bench.by_hand(ActionKind::Disable).await;
    let is_closed =
        |trail: &Trail| trail.board(|board| board.live(&keeping).is_none() && board.in_effect(&keeping).is_some());
    while !is_closed(&bench.life.trail) {
        bench.turn(None).await;
    }
    bench.clock.advance(Duration::from_secs(1));
    let enabling = bench.by_hand(ActionKind::Enable).await;
    while !bench.life.store.holds_back(VERIFIED) {
        bench.turn(Some(VERIFIED)).await;
    }

    let (incident, trail, now) = (keeping.clone(), bench.life.trail.clone(), bench.clock.now());
    let released = {
        let (actor, reason) = ("responder".to_owned(), "a drill".to_owned());
        Event::IncidentReleased { incident, actor, reason, false_alarm: false }
    };
    let released = tokio::spawn(async move { trail.record(now, vec![released]).await });
    for _ in 0..20 {
        bench.turn(Some(VERIFIED)).await;
    }
    for _ in 0..20 {
        bench.turn(None).await;
    }
    let again = Trail::open(kept).expect("the next start can replay the trail");
    assert!(released.await.unwrap().is_err(), "nothing is kept any more");
    let (incident, _) = again.incident(&enabling).unwrap().unwrap();
    assert_eq!(incident.status, Status::Closed(Outcome::Done));
}
