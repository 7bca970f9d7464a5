//! Whatever else a plan waits for, and while no order may leave, whom it disabled is given back: by a human's word, or
//! when the time is over.

use std::time::Duration;

use portcullis::incident::{HoldReason, Incident, IncidentId, Outcome, Status, StepState};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{AUDITOR, CONTAINED, Delivery, RESPONDER, TestApp};

const HOUR: Duration = Duration::from_secs(3_600);

/// Disabled by hand for eight hours, with a sign-out behind it that DingTalk meets like this for good.
async fn stuck(kind: FaultKind) -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(kind).on(Api::SignOut).until_cleared()).unwrap();
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"},
        "steps": ["disable", "sign_out"],
        "employee_reason": "account-takeover",
        "expires_in_s": 28_800,
        "reason": "a drill",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let incident = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    (app, incident)
}

fn is_closed(incident: &Incident) -> bool {
    matches!(incident.status, Status::Closed(_))
}

async fn release(app: &TestApp, incident: &IncidentId) -> Value {
    let answer = app.post(&format!("/v1/incidents/{incident}/release"), RESPONDER, &json!({"reason": "a drill"})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn until_enabled(app: &TestApp, incident: &IncidentId, outcome: Outcome) {
    app.until(incident, is_closed).await;
    assert_eq!(app.incident(incident).status, Status::Closed(outcome), "{:?}", app.story(incident));
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(app.get("/v1/containments", AUDITOR).await.body["count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_held_keeps_nobody_from_being_given_back() {
    for is_released in [true, false] {
        let (app, incident) = stuck(FaultKind::PermissionDenied).await;
        app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
        let one = app.get("/v1/containments", AUDITOR).await.body["containments"][0].clone();
        assert_eq!(
            (&one["expires_at"], &one["undo"]),
            (&json!(app.now() + 8 * HOUR), &json!({"is": "held", "reason": "operator_needed"}))
        );
        if is_released {
            release(&app, &incident).await;
        } else {
            app.advance(8 * HOUR);
        }
        until_enabled(&app, &incident, Outcome::Partly).await;
        let how = if is_released { "released" } else { "expired" };
        let story = app.story(&incident);
        let rest = [how, "enable started", "enable answered", "enable verified", "closed: partly"];
        assert_eq!(story[story.len() - 5..], rest);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_tried_again_keeps_nobody_from_being_given_back_and_its_next_try_is_no_end() {
    for is_released in [true, false] {
        let (app, incident) = stuck(FaultKind::Busy).await;
        app.until_postponed(&incident, 1, 1).await;
        let verified_at = app.now();
        let one = app.get("/v1/containments", AUDITOR).await.body["containments"][0].clone();
        assert_eq!(one["expires_at"], json!(verified_at + 8 * HOUR));
        if is_released {
            release(&app, &incident).await;
        } else {
            app.advance(8 * HOUR);
        }
        until_enabled(&app, &incident, Outcome::Partly).await;
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_or_is_released_in_a_pause_waits_and_goes_on_by_itself() {
    let app = TestApp::start().await;
    let expiring = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&expiring).await;
    let released = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&released).await;
    app.steer("/v1/pause").await;
    assert_eq!(release(&app, &released).await["waits_for"], "paused");
    let app = app.restart().await;
    app.advance(8 * HOUR);
    // Something that a pause does not stop goes all the way, so the executor has looked at these as well.
    let held = app.open(&Delivery::of_high_risk("wang.wu@example.com", 3, app.now())).await;
    app.approve(&held).await;
    app.until(&held, |incident| incident.user_id.is_some() && incident.status == Status::Held(HoldReason::Paused))
        .await;
    assert_eq!(app.dingtalk().received(Api::Enable), 0);
    for incident in [&expiring, &released] {
        assert_eq!(app.incident(incident).status, Status::Open);
    }
    app.steer("/v1/resume").await;
    let rest = ["enable started", "enable answered", "enable verified", "closed: done"];
    app.until_told(&expiring, &[&CONTAINED[..], &rest].concat()).await;
    app.until_told(&released, &[&CONTAINED[..], &["released"], &rest].concat()).await;
    app.end().await;
}

/// It must not be given up either: nobody would ever come back to it.
#[tokio::test(flavor = "multi_thread")]
async fn what_expires_in_a_dry_run_waits_for_its_end() {
    let mut app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.config.directory.dry_run = true;
    let mut app = app.restart().await;
    app.advance(8 * HOUR);
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until(&other, is_closed).await;
    assert_eq!(release(&app, &incident).await["waits_for"], "dry_run");
    assert_eq!((app.incident(&incident).status, app.dingtalk().received(Api::Enable)), (Status::Open, 0));
    app.config.directory.dry_run = false;
    let app = app.restart().await;
    until_enabled(&app, &incident, Outcome::Done).await;
    app.end().await;
}

/// Whoever is offered to be given back can be.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_under_way_does_not_keep_a_release_from_being_taken() {
    let (app, incident) = stuck(FaultKind::HangBeforeWork).await;
    app.when_called(Api::SignOut, 1).await;
    assert!(matches!(app.incident(&incident).steps[1], StepState::Started { .. }));
    release(&app, &incident).await;
    app.dingtalk().clear_faults();
    app.dingtalk().release_hangs();
    until_enabled(&app, &incident, Outcome::Done).await;
    app.end().await;
}

/// Nobody knows whether the account is disabled, and nobody can look.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_disable_of_unknown_outcome_may_have_locked_out_is_shown_and_looked_after_in_time() {
    let app = TestApp::start().await;
    let answered = app.dingtalk().received(Api::UserGet);
    app.dingtalk().inject(Fault::new(FaultKind::ResetAfterWork).on(Api::Disable)).unwrap();
    app.dingtalk()
        .inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserGet).from_call(2).until_cleared())
        .unwrap();
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "expires_in_s": 3_600,
        "reason": "a drill",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let incident = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
    assert!(app.dingtalk().received(Api::UserGet) > answered && app.dingtalk().account("zhangsan").unwrap().disabled);
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    let one = &shown["containments"][0];
    assert_eq!((&one["unknown"], &one["verified_at"]), (&json!(true), &Value::Null), "{shown}");
    assert_eq!(one["expires_at"], json!(app.now() + HOUR));
    app.dingtalk().clear_faults();
    app.advance(HOUR);
    until_enabled(&app, &incident, Outcome::Partly).await;
    assert!(app.story(&incident).contains(&"expired".to_owned()));
    app.end().await;
}

/// Who has left can be neither given back nor contained.
#[tokio::test(flavor = "multi_thread")]
async fn whom_dingtalk_does_not_know_any_more_a_human_leaves_as_they_are() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.dingtalk().remove("zhangsan");
    app.advance(8 * HOUR);
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::AccountNotFound)).await;
    let why = json!({"reason": "has left"});
    let dismissed = app.post(&format!("/v1/incidents/{incident}/dismiss"), RESPONDER, &why).await;
    assert_eq!(dismissed.status, 200, "{}", dismissed.body);
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Dismissed)).await;
    assert_eq!(app.get("/v1/containments", AUDITOR).await.body["count"], 0);
    app.end().await;
}

/// Nor can anybody find out what became of an order on them.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_while_nobody_knows_what_became_of_an_order_is_left_as_they_are() {
    for order in [Api::Disable, Api::Enable] {
        let app = TestApp::start().await;
        let wanted = json!({
            "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "expires_in_s": 3_600,
            "reason": "a drill",
        });
        let unknown = || {
            let looks = app.dingtalk().received(Api::UserGet);
            app.dingtalk().inject(Fault::new(FaultKind::ResetAfterWork).on(order)).unwrap();
            app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::UserGet).from_call(2)).unwrap();
            looks + 2
        };
        let mut looks = 0;
        if order == Api::Disable {
            looks = unknown();
        }
        let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
        let incident = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
        if order == Api::Enable {
            app.until_contained(&incident).await;
            looks = unknown();
            app.advance(HOUR);
        }
        app.until_called(Api::UserGet, looks).await;
        app.dingtalk().remove("zhangsan");
        app.dingtalk().release_hangs();
        app.until(&incident, |incident| incident.status == Status::Held(HoldReason::AccountNotFound)).await;
        let why = json!({"reason": "has left"});
        let dismissed = app.post(&format!("/v1/incidents/{incident}/dismiss"), RESPONDER, &why).await;
        assert_eq!(dismissed.status, 200, "{order:?}: {} {:?}", dismissed.body, app.story(&incident));
        assert_eq!(app.get("/v1/containments", AUDITOR).await.body["count"], 0);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_whom_somebody_else_had_disabled_says_that_they_stay_so() {
    let app = TestApp::start().await;
    app.dingtalk().change("zhangsan", |account| account.disabled = true);
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    assert_eq!(release(&app, &incident).await["waits_for"], "nothing_of_ours");
    app.until(&incident, is_closed).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}
