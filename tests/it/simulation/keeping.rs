//! Two records that would each be legal alone, of two incidents on one account, while neither is durable yet.

use portcullis::incident::{ActionKind, Clock as _, Event, Outcome, Status};
use portcullis::trail::Trail;

use super::bench::Bench;

const VERIFIED: &str = "step.verified";

#[tokio::test(start_paused = true)]
async fn a_release_and_the_end_of_what_is_to_be_released_can_be_replayed_in_whatever_order_they_come() {
    let bench = Bench::new();
    let keeping = bench.by_hand(ActionKind::Disable).await;
    let is_closed =
        |trail: &Trail| trail.board(|board| board.live(&keeping).is_none() && board.in_effect(&keeping).is_some());
    while !is_closed(&bench.life.trail) {
        bench.turn(None).await;
    }
    bench.a_second_passes();
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
    let again = Trail::open(bench.kept.clone()).expect("the next start can replay the trail");
    assert!(released.await.unwrap().is_err(), "nothing is kept any more");
    let (incident, _) = again.incident(&enabling).unwrap().unwrap();
    assert_eq!(incident.status, Status::Closed(Outcome::Done));
}
