//! When the trail cannot be written, nothing is admitted, nothing is steered and nothing is done.

use std::time::Duration;

use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{AUDITOR, Answer, CONTAINED, Delivery, OKTA, RESPONDER, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn e11_a_delivery_that_cannot_be_recorded_is_answered_503_and_nothing_is_done() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    let unreadable = Delivery::signed(&OKTA, "msg_2", b"[]".to_vec(), app.now());
    app.refuse_appends(true);
    for _ in 0..2 {
        assert_unavailable(&app.deliver(&delivery).await);
        assert_unavailable(&app.deliver(&unreadable).await);
    }
    assert_eq!(app.dingtalk().calls(), []);
    app.refuse_appends(false);
    assert_eq!(app.deliver(&unreadable).await.status, 422);
    let answer = app.deliver(&delivery).await;
    assert_eq!(answer.status, 202, "nothing of it was kept before");
    app.until_contained(&answer.incident()).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h16_no_call_leaves_while_its_intent_cannot_be_recorded() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::UserGet, 1).await;
    app.refuse_appends(true);
    app.dingtalk().release_hangs();
    // The executor looks at the account again and again; each time it fails to record its intent.
    app.until_called(Api::UserGet, 4).await;
    assert_eq!(app.story(&incident), ["admitted", "resolved"]);
    assert_eq!(app.dingtalk().received(Api::SignOut) + app.dingtalk().received(Api::Disable), 0);

    app.refuse_appends(false);
    app.until_in_time(&incident, |state| state.is_containing()).await;
    assert_eq!(app.story(&incident), CONTAINED);
    assert_eq!((app.dingtalk().received(Api::SignOut), app.dingtalk().received(Api::Disable)), (1, 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_could_not_be_recorded_is_found_out_from_dingtalk() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangAfterWork).on(Api::Disable)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::Disable, 1).await;
    app.refuse_appends(true);
    app.dingtalk().release_hangs();
    assert_unavailable(&app.deliver(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await);
    app.refuse_appends(false);
    app.until_in_time(&incident, |state| state.is_containing()).await;
    let told = app.story(&incident);
    let answered = CONTAINED.to_vec();
    let recovered =
        [&CONTAINED[..5], &["disable unknown: interrupted", "disable recovered", "disable verified"]].concat();
    assert!(told == answered || told == recovered, "{told:?}");
    assert_eq!(app.dingtalk().received(Api::Disable), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_steers_or_reads_what_cannot_be_recorded() {
    let app = TestApp::start().await;
    app.steer("/v1/pause").await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.refuse_appends(true);
    let why = json!({ "reason": "a drill" });
    assert_unavailable(&app.post("/v1/resume", RESPONDER, &why).await);
    assert_unavailable(&app.post(&format!("/v1/incidents/{incident}/approve"), RESPONDER, &why).await);
    assert_unavailable(&app.get("/v1/trail", AUDITOR).await);
    assert_unavailable(&app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await);
    app.refuse_appends(false);
    app.advance(Duration::from_secs(60));
    assert_eq!(app.story(&incident), ["admitted, held: paused"], "the pause holds");
    app.end().await;
}

fn assert_unavailable(answer: &Answer) {
    assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "unavailable", "10"));
}
