//! A pause that becomes durable while the intent of a step is being written: nothing leaves behind it.

use portcullis::incident::{ActionKind, Clock as _, Event, HoldReason, IncidentId, PauseScope, Status};
use portcullis::trail::Trail;

use super::bench::Bench;
use super::world::Asked;

const PAUSED: &str = "responder.paused";
const INTENT: &str = "step.started";
/// More turns than anything takes; it only ends what hangs.
const TURNS: usize = 200;

fn is_look(asked: &Asked) -> bool {
    matches!(asked, Asked::Account(_))
}

impl Bench {
    /// Goes on, with everything durable at once, until the account is looked at, which is not answered.
    async fn until_looked(&self) {
        for _ in 0..TURNS {
            self.settle().await;
            if self.world.lock().calls.iter().any(|call| is_look(&call.asked)) {
                return;
            }
            self.life.store.commit(usize::MAX);
            self.answer(is_look);
        }
        panic!("nobody looks at the account");
    }

    /// Goes on, with nothing durable, until the intent is handed to the store.
    async fn until_intended(&self) {
        for _ in 0..TURNS {
            self.answer(|_| false);
            self.settle().await;
            if self.life.store.holds_back(INTENT) {
                return;
            }
        }
        panic!("nothing is intended");
    }

    fn status(&self, id: &IncidentId) -> Status {
        let trail: &Trail = &self.life.trail;
        trail.incident(id).unwrap().unwrap().0.status
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_between_the_intent_and_the_call_keeps_the_call_from_leaving() {
    for step in [ActionKind::SignOut, ActionKind::Disable] {
        let bench = Bench::new();
        let opened = bench.ask(step);
        bench.until_looked().await;
        let (incident, _) = opened.await.unwrap().unwrap();

        // The pause is asked for, and not durable: whoever looks at the board sees none yet.
        let (trail, now) = (bench.life.trail.clone(), bench.clock.now());
        let (actor, reason) = ("responder".to_owned(), "a drill".to_owned());
        let pause = vec![Event::ResponderPaused { actor, reason, scope: PauseScope::All }];
        let paused = tokio::spawn(async move { trail.record(now, pause).await });
        bench.settle().await;
        assert!(bench.life.store.holds_back(PAUSED));
        bench.until_intended().await;
        assert!(!bench.life.trail.board(|board| board.pauses().hold(None, [])));

        // Now it is, and whoever paused is told so; the intent follows.
        assert_eq!(bench.life.store.commit(1), 1);
        bench.settle().await;
        assert!(paused.is_finished() && bench.life.trail.board(|board| board.pauses().hold(None, [])));
        assert!(bench.life.store.holds_back(INTENT));
        for _ in 0..TURNS {
            bench.turn(None).await;
        }
        let left: Vec<_> = bench.world.lock().left.iter().map(|left| left.kind).collect();
        assert_eq!(left, [], "{step:?} leaves behind the pause");
        assert_eq!(bench.status(&incident), Status::Held(HoldReason::Paused));

        // Once somebody lets it, it is done, and once.
        let (trail, now) = (bench.life.trail.clone(), bench.clock.now());
        let again = |event| {
            let trail = trail.clone();
            tokio::spawn(async move { trail.record(now, vec![event]).await })
        };
        let (actor, reason) = ("responder".to_owned(), "a drill".to_owned());
        let resumed = again(Event::ResponderResumed { actor, reason, scope: PauseScope::All });
        bench.turn(None).await;
        bench.turn(None).await;
        resumed.await.unwrap().unwrap();
        let (actor, reason, incident) = ("responder".to_owned(), "a drill".to_owned(), incident.clone());
        let approved =
            again(Event::IncidentApproved { incident: incident.clone(), actor, reason, approver: None, plan: None });
        for _ in 0..TURNS {
            bench.turn(None).await;
        }
        approved.await.unwrap().unwrap();
        let left: Vec<_> = bench.world.lock().left.iter().map(|left| left.kind).collect();
        assert_eq!(left, [step]);
    }
}
