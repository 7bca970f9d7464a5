//! A responder's pause stops everything before the next order, and lets nothing go by itself.

use std::time::Duration;

use portcullis::incident::Status;
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_during_a_pause_stays_held_until_somebody_approves_it() {
    let app = TestApp::start().await;
    app.steer("/v1/pause").await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(app.story(&incident), ["admitted, held: paused"]);

    app.approve(&incident).await;
    app.until_told(&incident, &["admitted, held: paused", "approved", "resolved", "held: paused"]).await;
    app.steer("/v1/resume").await;

    // Another incident goes all the way, so the executor has looked at this one as well.
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&other).await;
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 0);
    assert!(matches!(app.incident(&incident).status, Status::Held(_)));

    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident)[4..], [&["approved"], &CONTAINED[2..]].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_between_two_steps_stops_before_the_second() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::SignOut, 1).await;
    assert_eq!(app.story(&incident), ["admitted", "resolved", "sign_out started"], "the intent is durable first");
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();

    let held = ["admitted", "resolved", "sign_out started", "sign_out answered", "held: paused"];
    app.until_told(&incident, &held).await;
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sign_outs, account.disabled), (1, false));
    assert_eq!(app.dingtalk().calls_to(Api::Disable), []);

    app.steer("/v1/resume").await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&held[..], &["approved"], &CONTAINED[4..]].concat());
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1, "what was done is not done again");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_the_return_of_an_account_too_and_outlives_a_restart() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.steer("/v1/pause").await;
    let app = app.restart().await;
    app.advance(Duration::from_secs(8 * 3600));
    app.until(&incident, |state| matches!(state.status, Status::Held(_))).await;
    assert_eq!(app.dingtalk().calls_to(Api::Enable), []);
    app.steer("/v1/resume").await;
    app.approve(&incident).await;
    app.until_told(
        &incident,
        &[
            &CONTAINED[..],
            &["held: paused", "approved", "enable started", "enable answered", "enable verified", "closed: done"],
        ]
        .concat(),
    )
    .await;
    app.end().await;
}
