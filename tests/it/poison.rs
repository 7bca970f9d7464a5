//! A step whose own code fails: tried a few times, then parked for an operator, while all others go on.

use std::time::Duration;

use portcullis::incident::{HoldReason, Status};

use crate::harness::{CONTAINED, Delivery, Set, TestApp};

fn set() -> Set {
    Set { poison: Some("zhangsan"), ..Set::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn d14_a_poison_incident_is_parked_after_three_runs_and_others_go_on() {
    let app = TestApp::start_with(set()).await;
    let poison = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_poisoned(1).await;
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&other).await;
    assert_eq!(app.story(&other), CONTAINED);
    assert_eq!(app.incident(&poison).status, Status::Open, "it is tried again");
    app.until_in_time(&poison, |state| state.status == Status::Held(HoldReason::Parked)).await;
    assert_eq!(app.poisoned(), 3);
    assert_eq!(app.story(&poison), ["admitted", "resolved", "held: parked"]);
    for _ in 0..10 {
        app.advance(Duration::from_secs(600));
    }
    let app = app.restart().await;
    let third = app.open(&Delivery::of_high_risk("wang.wu@example.com", 3, app.now())).await;
    app.until_contained(&third).await;
    assert_eq!(app.poisoned(), 3, "what is parked is left alone, over a restart too");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_lets_a_parked_incident_go_on_once_the_cause_is_gone() {
    let app = TestApp::start_with(set()).await;
    let poison = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_in_time(&poison, |state| state.status == Status::Held(HoldReason::Parked)).await;
    app.cure();
    app.approve(&poison).await;
    app.until_contained(&poison).await;
    assert_eq!(app.story(&poison), [&CONTAINED[..2], &["held: parked", "approved"], &CONTAINED[2..]].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_moment_parks_nothing() {
    let app = TestApp::start_with(set()).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_poisoned(1).await;
    app.cure();
    app.until_in_time(&incident, |state| state.is_containing()).await;
    assert_eq!(app.story(&incident), CONTAINED);
    app.end().await;
}
