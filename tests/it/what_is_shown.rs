//! Whoever has to decide is shown what about: what waits and why, what a plan comes to, and what an answer has not done.

use std::path::Path;

use portcullis::incident::{HoldReason, IncidentId, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{AUDITOR, DEPUTY, Delivery, ENGINEER, Process, RESPONDER, Set, TestApp, edit};

const RULE: &str = "impossible-travel.yml";

async fn page(app: &TestApp, path: &str) -> String {
    app.get(path, AUDITOR).await.body.as_str().unwrap().to_owned()
}

async fn shown(app: &TestApp, incident: &IncidentId) -> Value {
    app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body
}

async fn by_hand(app: &TestApp, wanted: &Value) -> IncidentId {
    let answer = app.post("/v1/incidents", RESPONDER, wanted).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap()
}

fn contain() -> Value {
    json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "expires_in_s": 28_800,
        "reason": "seen on the help desk",
    })
}

/// The command line's words, with the responder's token.
async fn said(app: &TestApp, arguments: &[&str]) -> Vec<String> {
    let token = app.folder().join("a-token");
    std::fs::write(&token, RESPONDER).unwrap();
    let server = ["--server", &app.app.url(), "--token-file", token.to_str().unwrap()];
    Process::run(&[&["incident"], arguments, &server].concat()).await.well().stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_dry_run_the_page_does_not_say_that_actions_run() {
    let app = TestApp::start_with(Set { adjust: |config| config.directory.dry_run = true, ..Set::default() }).await;
    let page = page(&app, "/").await;
    assert!(page.contains("A dry run.") && !page.contains("Actions run."), "{page}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_yes_is_shown_to_what() {
    let rules: fn(&Path) = |rules| {
        edit(
            rules,
            RULE,
            "    assurance: B",
            "    assurance: B\n    approval: {people: 2, within: 30m, otherwise: drop}",
        );
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let asked = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    let change = json!({
        "account": {"kind": "user_id", "value": "lisi"}, "steps": ["change_dingtalk_id"], "dingtalk_id": "secure4711",
        "reason": "leaked",
    });
    let change = by_hand(&app, &change).await;
    for incident in [&asked, &change] {
        app.until(incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    }
    let told = said(&app, &["show", asked.as_str()]).await.join("\n");
    for words in ["held: it wants to be approved first", "for 8 h, the log says: Impossible travel", "lapses"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let (of_rule, of_hand) = (format!("/incidents/{asked}"), format!("/incidents/{change}"));
    assert!(page(&app, &of_rule).await.contains("for 8 hours, the log says: Impossible travel"));
    assert!(page(&app, &of_hand).await.contains("to secure4711"));

    let plan = shown(&app, &asked).await["plan"].as_str().unwrap().to_owned();
    let first = said(&app, &["approve", asked.as_str(), "--plan", &plan, "--reason", "seen"]).await;
    assert!(first[0].contains("approved by 1 of 2"), "{first:?}");
    let path = format!("/v1/incidents/{asked}/approve");
    let second = app.post(&path, DEPUTY, &json!({"reason": "seen", "plan": plan})).await;
    assert_eq!(second.body, json!({"incident": asked.as_str()}));
    app.until_contained(&asked).await;
    let told = said(&app, &["show", asked.as_str()]).await;
    assert!(told[1].contains("the account is contained until 2026-11-21T11:"), "{told:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_listed_page_by_page_with_why() {
    let app = TestApp::start().await;
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let mut held = Vec::new();
    for (number, person) in (2..).zip(["admin.one@example.com", "boss.one@example.com", "foreign.one@example.com"]) {
        let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
        app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
        held.push(incident);
    }
    let mut from = Some(0);
    let mut listed = Vec::new();
    while let Some(first) = from {
        let page = app.get(&format!("/v1/live-incidents?held=true&limit=2&from={first}"), ENGINEER).await.body;
        let incidents = page["incidents"].as_array().unwrap();
        assert!(incidents.len() <= 2);
        listed.extend(incidents.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        from = page["next"].as_u64();
    }
    assert_eq!(listed, held.iter().map(ToString::to_string).collect::<Vec<_>>());
    let all = app.get("/v1/live-incidents", AUDITOR).await.body;
    assert_eq!(all["incidents"].as_array().unwrap().len(), 4);
    assert_eq!(all["incidents"][1]["waiting"]["code"], "protected_live");
    let told = said(&app, &["list", "--held"]).await.join("\n");
    assert!(told.contains(&format!("{}  held: {}", held[0], HoldReason::ProtectedLive.text())), "{told}");
    assert!(!told.contains(contained.as_str()), "{told}");
    assert_eq!(app.get("/v1/live-incidents?held=perhaps", AUDITOR).await.status, 400);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_shown_with_the_failure_behind_it_and_said_at_once_by_hand() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Disable).until_cleared()).unwrap();
    let incident = by_hand(&app, &contain()).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
    let code = shown(&app, &incident).await["waiting"]["failure"]["code"].as_str().unwrap().to_owned();
    let told = said(&app, &["show", incident.as_str()]).await.join("\n");
    assert!(told.contains(&format!("failure  {code}")), "{told}");
    assert!(page(&app, &format!("/incidents/{incident}")).await.contains(&code));

    app.steer("/v1/pause").await;
    let open = ["open", "--account", "user_id=lisi", "--steps", "disable", "--permanent", "--reason", "test"];
    let told = said(&app, &open).await;
    assert_eq!(told[1], format!("  held: {}", HoldReason::Paused.text()));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_says_what_keeps_the_account_disabled() {
    let app = TestApp::start().await;
    let first = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&first).await;
    let second = by_hand(&app, &contain()).await;
    app.until_contained(&second).await;
    let told = said(&app, &["release", first.as_str(), "--reason", "it was them"]).await;
    assert!(told[0].contains(&format!("stays disabled, as {second} contains it too")), "{told:?}");
    app.steer("/v1/pause").await;
    let told = said(&app, &["release", second.as_str(), "--reason", "it was them"]).await;
    assert!(told[0].contains("as soon as actions are no longer paused"), "{told:?}");
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}
