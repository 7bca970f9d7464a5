//! A responder holds an incident: nothing more is done to the account until somebody lets it go on.

use portcullis::incident::{HoldReason, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{AUDITOR, Answer, CONTAINED, DEPUTY, Delivery, ENGINEER, Process, RESPONDER, TestApp, Visitor};

const STOPPED: [&str; 5] = ["admitted", "resolved", "sign_out started", "halted", "sign_out failed: not_sent"];

async fn hold(app: &TestApp, incident: &IncidentId, token: &str) -> Answer {
    app.post(&format!("/v1/incidents/{incident}/hold"), token, &json!({"reason": "I am looking"})).await
}

/// With an incident that waits for its next try of the sign-out, of which nothing has come yet.
async fn postponed() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).about("zhangsan").until_cleared()).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_postponed(&incident, 0, 1).await;
    (app, incident)
}

/// Something else goes all the way, so the executor has looked at everything.
async fn until_looked(app: &TestApp, number: u32) {
    let account = json!({"kind": "user_id", "value": format!("user{number:04}")});
    let wanted = json!({"account": account, "steps": ["disable"], "reason": "a drill", "expires_in_s": 60});
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let other = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until_contained(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_leaves_after_a_hold_was_answered_though_it_was_waiting_for_its_token() {
    let app = TestApp::start().await;
    until_looked(&app, 9).await;
    let dingtalk = app.dingtalk();
    dingtalk.inject(Fault::new(FaultKind::ExpiredToken).on(Api::SignOut).about("zhangsan")).unwrap();
    dingtalk.inject(Fault::new(FaultKind::HangBeforeWork).on(Api::AccessToken)).unwrap();
    let tokens = dingtalk.received(Api::AccessToken) + 1;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.when_called(Api::AccessToken, tokens).await;
    assert_eq!(hold(&app, &incident, RESPONDER).await.status, 200);
    app.dingtalk().release_hangs();
    app.until_told(&incident, &STOPPED).await;
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 0);
    assert_eq!(app.incident(&incident).status, Status::Held(HoldReason::Halted));

    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&STOPPED[..], &["approved"], &CONTAINED[2..]].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_between_two_tries_is_not_tried_again_until_somebody_lets_it_also_after_a_restart() {
    let (app, incident) = postponed().await;
    let held = hold(&app, &incident, RESPONDER).await;
    assert_eq!((held.status, &held.body["incident"]), (200, &json!(incident.as_str())), "{}", held.body);
    app.dingtalk().clear_faults();
    app.advance(std::time::Duration::from_secs(3_600));
    until_looked(&app, 2).await;
    let app = app.restart().await;
    until_looked(&app, 3).await;
    assert_eq!(app.incident(&incident).status, Status::Held(HoldReason::Halted));
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 0);
    let shown = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body;
    assert_eq!(shown["waiting"]["code"], "halted", "{shown}");

    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}

/// Whoever holds one incident wants to look first; the same rule is not to act on the person by the next alert.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_alert_of_the_same_rule_is_covered_by_what_is_held() {
    let (app, incident) = postponed().await;
    assert_eq!(hold(&app, &incident, RESPONDER).await.status, 200);
    app.dingtalk().clear_faults();
    let next = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    assert_eq!(next.status, 202, "{}", next.body);
    until_looked(&app, 3).await;
    assert_eq!(app.story(&incident).last().map(String::as_str), Some("covered"));
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    let dismissed = app.post(&format!("/v1/incidents/{incident}/dismiss"), DEPUTY, &json!({"reason": "a drill"})).await;
    assert_eq!(dismissed.status, 200, "{}", dismissed.body);
    assert_eq!(app.incident(&incident).status, Status::Closed(Outcome::Dismissed));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_holds_and_only_what_is_still_to_take_something() {
    let (app, incident) = postponed().await;
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(hold(&app, &incident, token).await.status, 403);
    }
    let path = format!("/v1/incidents/{incident}/hold");
    let unsaid = app.post(&path, RESPONDER, &json!({"reason": " "})).await;
    assert_eq!((unsaid.status, unsaid.code()), (422, "wrong_schema"));
    assert_eq!(hold(&app, &incident, RESPONDER).await.status, 200);
    let again = hold(&app, &incident, DEPUTY).await;
    assert_eq!((again.status, again.code()), (409, "wrong_state"), "it waits already");
    app.dingtalk().clear_faults();
    let contained = app.open(&Delivery::of_high_risk("li.si@example.com", 5, app.now())).await;
    app.until_contained(&contained).await;
    let late = hold(&app, &contained, RESPONDER).await;
    assert_eq!((late.status, late.code()), (409, "wrong_state"), "what is left gives the account back");
    let unknown = app.post("/v1/incidents/inc_0123456789abcdef/hold", RESPONDER, &json!({"reason": "a drill"})).await;
    assert_eq!(unknown.status, 404);
    let records = app.records_of("incident.halted");
    assert_eq!(records.len(), 1);
    let event = serde_json::to_value(&records[0].event).unwrap();
    assert_eq!((&event["actor"], &event["reason"]), (&json!("responder"), &json!("I am looking")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_command_hold_it_too_and_the_report_says_by_whom_it_was_let_go_on() {
    let (app, incident) = postponed().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    let path = format!("/incidents/{incident}");
    let sent = visitor.send_from(&path, &format!("{path}/hold"), &[("reason", "I am looking")]).await;
    assert_eq!((sent.status, sent.location()), (303, path.as_str()), "{}", sent.text);
    let page = visitor.get(&path).await.text;
    assert!(page.contains("a responder holds it") && page.contains(&format!("{path}/approve")), "{page}");
    assert!(!page.contains(&format!("{path}/hold")), "it waits already");
    app.approve(&incident).await;

    let (url, token) = (app.app.url(), app.folder().join("token"));
    std::fs::write(&token, RESPONDER).unwrap();
    let asked = ["incident", "hold", incident.as_str(), "--reason", "once more", "--server", &url, "--token-file"];
    let told = Process::run(&[&asked[..], &[token.to_str().unwrap()]].concat()).await;
    assert_eq!((told.code, told.said().contains("nothing more is done")), (Some(0), true), "{told:?}");
    assert_eq!(app.records_of("incident.halted").len(), 2);
    app.approve(&incident).await;
    let report = app.get("/v1/trail/reports/held", AUDITOR).await.body;
    let rows = report["rows"].as_array().unwrap();
    let halted: Vec<_> = rows.iter().filter(|row| row["reason"] == "halted").collect();
    assert_eq!(halted.len(), 2, "{report}");
    assert!(halted.iter().all(|row| row["became"] == "approved"), "{report}");
    app.end().await;
}
