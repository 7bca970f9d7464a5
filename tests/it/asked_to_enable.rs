//! An enable that a rule asks for may undo what somebody did on purpose, so that all of the guard layer stands before it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{HoldReason, Incident, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{Delivery, ENGINEER, RESPONDER, Set, TestApp, edit};

const RULE: &str = "let-in.yml";

fn rules(folder: &Path) {
    let rule = "title: Let somebody in again
id: 00000000-0000-4000-8000-000000000009
level: high
owner: tests
logsource: { product: okta }
detection:
  selection: { eventType: test.let_in }
  condition: selection
response:
  mode: enforce
  account: { user_id: who }
  steps: [enable]
tests:
  - name: it matches
    alert: { eventType: test.let_in, who: zhangsan }
    expect: { account: zhangsan, steps: [enable] }
  - name: another does not
    alert: { eventType: test.other, who: zhangsan }
    expect: none
lint: { allow: [unknown-account-path], reason: the events are made up }
";
    fs::write(folder.join(RULE), rule).unwrap();
}

fn with_approval(folder: &Path) {
    rules(folder);
    let approval = "  steps: [enable]\n  approval: { people: 1, within: 1h, otherwise: drop }\n";
    edit(folder, RULE, "  steps: [enable]\n", approval);
}

async fn start(rules: fn(&Path)) -> TestApp {
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for account in ["zhangsan", "lisi", "wangwu", "admin01"] {
        app.dingtalk().change(account, |account| account.disabled = true);
    }
    app
}

async fn ask(app: &TestApp, who: &str) -> IncidentId {
    let event = json!({ "uuid": who, "eventType": "test.let_in", "who": who });
    app.open(&Delivery::of_events(&format!("msg_{who}"), &[event], app.now())).await
}

async fn until_held(app: &TestApp, incident: &IncidentId, reason: HoldReason) {
    app.until(incident, |incident| incident.status == Status::Held(reason)).await;
}

fn is_done(incident: &Incident) -> bool {
    incident.status == Status::Closed(Outcome::Done)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_an_approval_that_its_rule_wants() {
    let app = start(with_approval).await;
    let incident = ask(&app, "zhangsan").await;
    until_held(&app, &incident, HoldReason::ApprovalWanted).await;
    assert_eq!(app.dingtalk().received(Api::Enable), 0);
    let said = json!({"reason": "looked at it", "plan": app.incident(&incident).plan.digest()});
    let approved = app.post(&format!("/v1/incidents/{incident}/approve"), RESPONDER, &said).await;
    assert_eq!(approved.status, 200, "{}", approved.body);
    app.until(&incident, is_done).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_is_protected_is_let_in_by_a_rule() {
    let app = start(rules).await;
    let incident = ask(&app, "admin01").await;
    until_held(&app, &incident, HoldReason::ProtectedLive).await;
    assert_eq!(app.dingtalk().received(Api::Enable), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_not_done_once_its_rule_is_gone() {
    let app = start(rules).await;
    app.dingtalk().inject(Fault::new(FaultKind::ThrottledMinute).on(Api::Enable)).unwrap();
    let incident = ask(&app, "zhangsan").await;
    app.until_postponed(&incident, 0, 1).await;
    let folder = app.config.resolve(&app.config.rules.folder);
    fs::remove_file(folder.join(RULE)).unwrap();
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.status, 200);
    app.advance(Duration::from_secs(120));
    until_held(&app, &incident, HoldReason::RuleOff).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

fn with_a_breaker(folder: &Path) {
    rules(folder);
    let breaker = "protected: []\nbreakers: {each_rule: {accounts: 2, within: 10m}}\n";
    edit(folder, "guardrails.yml", "protected: []\n", breaker);
}

fn with_a_budget(folder: &Path) {
    rules(folder);
    let budget = "protected: []\nbudgets: {each_rule: {per_hour: 2, per_day: 2}}\n";
    edit(folder, "guardrails.yml", "protected: []\n", budget);
}

async fn a_third_is_held(rules: fn(&Path), reason: HoldReason) {
    let app = start(rules).await;
    for who in ["zhangsan", "lisi"] {
        let incident = ask(&app, who).await;
        app.until(&incident, is_done).await;
    }
    let third = ask(&app, "wangwu").await;
    until_held(&app, &third, reason).await;
    assert!(app.dingtalk().account("wangwu").unwrap().disabled, "{reason:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_of_them_use_up_a_budget_and_trip_the_breaker() {
    a_third_is_held(with_a_breaker, HoldReason::BreakerTripped).await;
    a_third_is_held(with_a_budget, HoldReason::RuleBudget).await;
}
