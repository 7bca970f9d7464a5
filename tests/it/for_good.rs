//! Who is disabled for good is still known to be, and can be given back.

use std::time::Duration;

use portcullis::incident::{Incident, IncidentId, Outcome, Status};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use crate::harness::{AUDITOR, Delivery, RESPONDER, TestApp};

const GIVEN_BACK: [&str; 5] = ["released", "enable started", "enable answered", "enable verified", "closed: done"];

fn by_hand(steps: &[&str]) -> Value {
    let mut wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": steps, "reason": "left the organization",
    });
    if steps.contains(&"disable") {
        wanted["permanent"] = true.into();
    }
    wanted
}

async fn open(app: &TestApp, wanted: &Value) -> IncidentId {
    let answer = app.post("/v1/incidents", RESPONDER, wanted).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap()
}

/// With who is disabled for good, as soon as that has nothing left to do.
async fn kept() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    let incident = open(&app, &by_hand(&["disable"])).await;
    app.until(&incident, is_done).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    (app, incident)
}

fn is_done(incident: &Incident) -> bool {
    incident.status == Status::Closed(Outcome::Done)
}

async fn release(app: &TestApp, incident: &IncidentId) -> u16 {
    app.post(&format!("/v1/incidents/{incident}/release"), RESPONDER, &json!({"reason": "came back"})).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_for_good_is_given_back_by_a_human_also_after_a_restart() {
    let (app, incident) = kept().await;
    let story = app.story(&incident);
    let app = app.restart().await;
    assert_eq!(app.story(&incident), story, "it is closed and stays so");
    assert_eq!(release(&app, &incident).await, 200);
    let story: Vec<&str> = story.iter().map(String::as_str).chain(GIVEN_BACK).collect();
    app.until_told(&incident, &story).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(release(&app, &incident).await, 409, "it keeps nobody any more");
    let app = app.restart().await;
    assert_eq!(release(&app, &incident).await, 409);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_does_not_give_back_who_is_disabled_for_good() {
    let (app, incident) = kept().await;
    let short = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&short).await;
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    assert!(shown["containments"].as_array().unwrap().iter().all(|one| one["others"] == 1), "{shown}");
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&short, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(app.story(&short).contains(&"enable given up: contained_by_another_incident".to_owned()));
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(release(&app, &short).await, 409, "that is the other's to do");
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    assert_eq!((&shown["count"], &shown["containments"][0]["others"]), (&json!(1), &Value::Null), "{shown}");
    assert_eq!(release(&app, &incident).await, 200);
    app.until(&incident, |incident| incident.released && is_done(incident)).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_enabled_on_purpose_is_not_kept_any_more() {
    let (app, incident) = kept().await;
    let enabled = open(&app, &by_hand(&["enable"])).await;
    app.until(&enabled, is_done).await;
    assert_eq!(app.dingtalk().calls_to(Api::Enable).len(), 1);
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(release(&app, &incident).await, 409);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_by_another_hand_is_not_ours_to_give_back() {
    let app = TestApp::start().await;
    let mut wanted = by_hand(&["disable"]);
    wanted["account"]["value"] = "wangwu".into();
    let incident = open(&app, &wanted).await;
    app.until(&incident, is_done).await;
    assert!(app.story(&incident).contains(&"disable already_so".to_owned()), "{:?}", app.story(&incident));
    assert_eq!(release(&app, &incident).await, 409);
    app.end().await;
}
