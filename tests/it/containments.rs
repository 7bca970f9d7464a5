//! Who is contained is shown with owner, reason, time and end, and whoever comes under protection is offered to be given
//! back.

use std::fs;
use std::time::Duration;

use portcullis::incident::{HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind, Rank};
use serde_json::{Value, json};

use crate::harness::*;

const LISTED: &str = "protected: [{user_id: zhangsan, why: the chief}]\n";

async fn shown(app: &TestApp) -> Value {
    let answer = app.get("/v1/containments", AUDITOR).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn contained() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    (app, incident)
}

async fn load(app: &TestApp, guardrails: &str) {
    let folder = app.config.resolve(&app.config.rules.folder);
    fs::write(folder.join("guardrails.yml"), guardrails).unwrap();
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert_eq!((answer.status, &answer.body["result"]), (200, &json!("replaced")), "{}", answer.body);
}

async fn until_offered(app: &TestApp, incident: &IncidentId) -> Option<HoldReason> {
    app.until(incident, |incident| incident.offered.is_some()).await.offered
}

#[tokio::test(flavor = "multi_thread")]
async fn a_containment_says_who_is_asked_why_since_when_and_until_when() {
    let (app, incident) = contained().await;
    let (verified_at, expires_at) = (app.now(), app.now() + Duration::from_secs(8 * 3_600));
    let document = shown(&app).await;
    let one = &document["containments"][0];
    assert_eq!((&document["count"], one["incident"].as_str()), (&json!(1), Some(incident.as_str())));
    assert_eq!((one["user_id"].as_str(), one["owner"].as_str()), (Some("zhangsan"), Some("identity-security")));
    assert_eq!((&one["verified_at"], &one["expires_at"]), (&json!(verified_at), &json!(expires_at)));
    assert_eq!((&one["undo"], &one["offered"]), (&json!({"is": "waiting"}), &Value::Null));
    assert!(one["reason"].as_str().unwrap().contains(incident.as_str()), "{one}");
    assert_eq!(one["rules"][0]["title"], "Impossible travel on an Enterprise Account");

    let by_hand = json!({
        "account": {"kind": "user_id", "value": "lisi"}, "steps": ["disable"], "permanent": true, "reason": "has left",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &by_hand).await;
    let kept = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until_contained(&kept).await;
    let document = shown(&app).await;
    let one = document["containments"].as_array().unwrap().iter().find(|one| one["user_id"] == "lisi").unwrap();
    assert_eq!((&one["owner"], &one["asked_by"]), (&json!("responder"), &json!("responder")));
    assert_eq!(
        (&one["undo"], &one["expires_at"], &one["reason"]),
        (&json!({"is": "by_hand"}), &Value::Null, &json!("has left"))
    );
    let page = app.get("/", AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("until it is released") && page.contains("identity-security"), "{page}");

    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&incident, |incident| !incident.is_containing()).await;
    assert_eq!(shown(&app).await["count"], 1, "whose time has come is given back");
    let app = app.restart().await;
    assert_eq!(shown(&app).await["containments"][0]["incident"], kept.as_str());
    assert_eq!(app.get("/v1/containments", "").await.status, 401);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_cannot_be_given_back_is_shown_and_can_be_released() {
    let (app, incident) = contained().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Enable).until_cleared()).unwrap();
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    let document = shown(&app).await;
    assert_eq!(document["containments"][0]["undo"], json!({"is": "held", "reason": "operator_needed"}), "{document}");
    app.dingtalk().clear_faults();
    let path = format!("/v1/incidents/{incident}/release");
    assert_eq!(app.post(&path, RESPONDER, &json!({"reason": "mended"})).await.status, 200);
    app.until(&incident, |incident| !incident.is_containing()).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(shown(&app).await["count"], 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_onto_the_list_is_offered_to_be_given_back_once() {
    let (app, incident) = contained().await;
    load(&app, LISTED).await;
    assert_eq!(until_offered(&app, &incident).await, Some(HoldReason::ProtectedListed));
    assert_eq!(shown(&app).await["containments"][0]["offered"], "protected_listed");
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled, "a human decides");
    let page = app.get(&format!("/incidents/{incident}"), AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("Should it be given back?"), "{page}");
    let token = app.folder().join("token");
    std::fs::write(&token, AUDITOR).unwrap();
    let (url, token) = (app.app.url(), token.to_str().unwrap().to_owned());
    let told = Process::run(&["incident", "show", incident.as_str(), "--server", &url, "--token-file", &token]).await;
    assert!(told.well().said().contains("offered  is protected by now (protected_listed): release it?"));
    let app = app.restart().await;
    load(&app, &format!("{LISTED}protected_roles: [{{id: 77, why: a}}]\n")).await;
    // Another incident goes all the way, so the executor has looked anew.
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&other).await;
    assert_eq!(app.records_of("release.offered").len(), 1);
    let path = format!("/v1/incidents/{incident}/release");
    assert_eq!(app.post(&path, RESPONDER, &json!({"reason": "is protected"})).await.status, 200);
    app.until(&incident, |incident| !incident.is_containing()).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_kept_for_good_or_came_under_protection_at_dingtalk_is_found_at_the_start() {
    let app = TestApp::start().await;
    let by_hand = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "permanent": true, "reason": "a",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &by_hand).await;
    let kept = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&kept, |incident| incident.outcome().is_some()).await;
    app.dingtalk().change("zhangsan", |account| account.rank = Rank::Senior);
    let app = app.restart().await;
    assert_eq!(until_offered(&app, &kept).await, Some(HoldReason::ProtectedLive));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_does_not_say_is_asked_again_and_offers_nothing() {
    let (app, incident) = contained().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserGet).times(1)).unwrap();
    load(&app, LISTED).await;
    app.when(|app| app.dingtalk().faults().is_empty()).await;
    assert_eq!(app.records_of("release.offered").len(), 0);
    // The wait may begin only after that: the fault is gone as soon as it has struck.
    let offered = app.until_in_time(&incident, |incident| incident.offered.is_some()).await.offered;
    assert_eq!(offered, Some(HoldReason::ProtectedListed));
    app.end().await;
}
