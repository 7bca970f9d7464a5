//! A responder's pause stops everything before the next order, and lets nothing go by itself.

use std::time::Duration;

use portcullis::incident::Status;
use portcullis::sandbox::{Api, Fault, FaultKind};

use serde_json::json;

use crate::harness::{AUDITOR, CONTAINED, Delivery, GITHUB, RESPONDER, TestApp, high_risk, hook};

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
    // What a pause holds by itself shows that the executor has looked at this one as well.
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.approve(&other).await;
    app.until(&other, |state| state.user_id.is_some() && matches!(state.status, Status::Held(_))).await;
    assert_eq!(app.dingtalk().calls_to(Api::Enable), []);
    app.steer("/v1/resume").await;
    let rest = ["enable started", "enable answered", "enable verified", "closed: done"];
    app.until_told(&incident, &[&CONTAINED[..], &rest].concat()).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_source_is_recorded_and_held_and_others_are_acted_on() {
    let app = TestApp::start().await;
    let okta = json!({"reason": "a faulty sender", "source": "okta"});
    let answer = app.post("/v1/pause", RESPONDER, &okta).await;
    assert_eq!(
        (answer.status, &answer.body["paused"], &answer.body["sources"]),
        (200, &json!(false), &json!(["okta"]))
    );
    let held = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(app.story(&held), ["admitted, held: paused"]);
    let body = hook(&[high_risk("li.si@example.com", "event-2")]);
    let other = app.open(&Delivery::signed(&GITHUB, "", body, app.now())).await;
    app.until_contained(&other).await;
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 0);
    let page = app.get("/", AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(
        page.contains("Actions for okta are paused") && page.contains("Actions run, but not all of them."),
        "{page}"
    );

    assert_eq!(app.post("/v1/resume", RESPONDER, &json!({"reason": "mended"})).await.body["sources"], json!(["okta"]));
    assert_eq!(app.post("/v1/resume", RESPONDER, &okta).await.body["sources"], json!([]));
    app.approve(&held).await;
    app.until_contained(&held).await;
    for (path, body, status) in [
        ("/v1/pause", json!({"reason": "a", "source": "nobody"}), 404),
        ("/v1/pause", json!({"reason": "a", "rule": "5d0c7b0e-8a3e-4b7e-9a55-000000000000"}), 404),
        ("/v1/pause", json!({"reason": "a", "source": "okta", "rule": "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11"}), 422),
        ("/v1/resume", json!({"reason": "a", "source": "nobody"}), 404),
    ] {
        assert_eq!(app.post(path, RESPONDER, &body).await.status, status, "{path} {body}");
    }
    app.end().await;
}

/// What another rule asks for does not wait with it, and what is under way stops before its next order.
#[tokio::test(flavor = "multi_thread")]
async fn a_paused_rule_is_held_also_between_two_steps() {
    let app = TestApp::start().await;
    let rule = "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11";
    let this_rule = json!({"reason": "a faulty rule", "rule": rule});
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::SignOut, 1).await;
    let answer = app.post("/v1/pause", RESPONDER, &this_rule).await;
    assert_eq!((answer.status, &answer.body["rules"]), (200, &json!([rule])), "{}", answer.body);
    app.dingtalk().release_hangs();
    let held = ["admitted", "resolved", "sign_out started", "sign_out answered", "held: paused"];
    app.until_told(&incident, &held).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    let next = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    assert_eq!(app.story(&next), ["admitted, held: paused"]);
    assert_eq!(app.post("/v1/resume", RESPONDER, &this_rule).await.body["rules"], json!([]));
    app.approve(&next).await;
    app.until_contained(&next).await;
    app.end().await;
}
