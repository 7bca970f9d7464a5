//! An alert is not covered by an earlier one for which nothing was done and nobody has looked: it tries again.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{HoldReason, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{Delivery, ENGINEER, RESPONDER, Set, TestApp, edit};

const RULE: &str = "impossible-travel.yml";

async fn alert(app: &TestApp, number: u32) -> IncidentId {
    app.open(&Delivery::of_high_risk("zhang.san@example.com", number, app.now())).await
}

async fn until_held(app: &TestApp, incident: &IncidentId, reason: HoldReason) {
    app.until(incident, |state| state.status == Status::Held(reason)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_refused_once_is_tried_again_by_the_next_alert() {
    for (kind, api, reason) in [
        (FaultKind::PermissionDenied, Api::SignOut, HoldReason::OperatorNeeded),
        (FaultKind::QuotaExhausted, Api::SignOut, HoldReason::QuotaExhausted),
        (FaultKind::PermissionDenied, Api::UserGet, HoldReason::OperatorNeeded),
    ] {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(kind).on(api)).unwrap();
        let stale = alert(&app, 1).await;
        until_held(&app, &stale, reason).await;
        let next = alert(&app, 2).await;
        assert_ne!(next, stale);
        app.until_contained(&next).await;
        assert_eq!(app.incident(&stale).status, Status::Held(reason), "the held one stays for people to look at");
        // Whoever is contained is so for the alerts that follow.
        let covered = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 3, app.now())).await;
        assert_eq!((covered.status, covered.body["alerts"][0]["incidents"].is_null()), (202, true));
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_that_are_used_up_are_begun_anew_by_the_next_alert() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::ThrottledMinute).on(Api::SignOut).until_cleared()).unwrap();
    let stale = alert(&app, 1).await;
    app.until_in_time(&stale, |state| state.status == Status::Held(HoldReason::AttemptsExhausted)).await;
    app.dingtalk().clear_faults();
    let next = alert(&app, 2).await;
    app.until_in_time(&next, |state| state.is_containing()).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protection_that_was_not_known_is_asked_for_again_by_the_next_alert() {
    let rules = |rules: &Path| {
        let listed = "protected:\n  - {email: somebody.else@example.com, why: test}\n";
        edit(rules, "guardrails.yml", "protected: []\n", listed);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let address = app.dingtalk().account("zhangsan").unwrap().email;
    app.dingtalk().change("zhangsan", |account| account.email = String::new());
    let stale = alert(&app, 1).await;
    until_held(&app, &stale, HoldReason::ProtectionUnknown).await;
    app.dingtalk().change("zhangsan", |account| account.email.clone_from(&address));
    let next = alert(&app, 2).await;
    app.until_contained(&next).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nobody_could_tell_is_acted_on_by_the_next_alert_once_the_identity_map_names_them() {
    let app = TestApp::start().await;
    let alert = async |number| app.open(&Delivery::of_high_risk("user0001@example.com", number, app.now())).await;
    let stale = alert(1).await;
    until_held(&app, &stale, HoldReason::AccountUnresolvable).await;
    let folder = app.config.resolve(&app.config.rules.folder);
    edit(&folder, "identities.csv", "lisi\n", "lisi\nuser0001@example.com,user0001\n");
    let reloaded = app.post("/v1/rules/reload", ENGINEER, &serde_json::json!({})).await;
    assert_eq!((reloaded.status, reloaded.body["result"].as_str()), (200, Some("replaced")));
    let next = alert(2).await;
    app.until_contained(&next).await;
    app.end().await;
}

/// Who is not there is not asked for again by each alert, and is once the map names somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn who_was_not_there_is_acted_on_by_the_next_alert_once_the_identity_map_names_them() {
    let rules = |rules: &Path| edit(rules, "identities.csv", "lisi\n", "lisi\nnew.person@example.com,notyet01\n");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let stale = app.open(&Delivery::of_high_risk("new.person@example.com", 1, app.now())).await;
    until_held(&app, &stale, HoldReason::AccountNotFound).await;
    let same = app.deliver(&Delivery::of_high_risk("new.person@example.com", 2, app.now())).await;
    assert!(same.body["alerts"][0]["incidents"].is_null(), "nothing has changed: {}", same.body);
    let folder = app.config.resolve(&app.config.rules.folder);
    edit(&folder, "identities.csv", "notyet01", "user0001");
    let reloaded = app.post("/v1/rules/reload", ENGINEER, &serde_json::json!({})).await;
    assert_eq!((reloaded.status, reloaded.body["result"].as_str()), (200, Some("replaced")));
    let next = app.open(&Delivery::of_high_risk("new.person@example.com", 3, app.now())).await;
    app.until_contained(&next).await;
    assert!(app.dingtalk().account("user0001").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_approved_in_time_covers_nothing_and_what_somebody_has_dismissed_does() {
    let rules = |rules: &Path| {
        let asks = "    assurance: B\n    approval: {people: 1, within: 10m, otherwise: drop}";
        edit(rules, RULE, "    assurance: B", asks);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let unanswered = alert(&app, 1).await;
    until_held(&app, &unanswered, HoldReason::ApprovalWanted).await;
    let waits = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    assert!(waits.body["alerts"][0]["incidents"].is_null(), "one question at a time");
    app.advance(Duration::from_secs(600));
    app.until(&unanswered, |state| state.status == Status::Closed(Outcome::Dismissed)).await;
    let next = alert(&app, 3).await;
    assert_ne!(next, unanswered);
    until_held(&app, &next, HoldReason::ApprovalWanted).await;
    let why = serde_json::json!({"reason": "a test of ours"});
    assert_eq!(app.post(&format!("/v1/incidents/{next}/dismiss"), RESPONDER, &why).await.status, 200);
    let seen = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 4, app.now())).await;
    assert!(seen.body["alerts"][0]["incidents"].is_null(), "somebody has looked");
    app.end().await;
}
