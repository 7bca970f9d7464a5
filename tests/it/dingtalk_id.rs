//! A DingTalk ID is changed once a year, never unless somebody says yes, and never twice by mistake.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{HoldReason, Incident, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{ADMIN, AUDITOR, Answer, CONTAINED, DEPUTY, Delivery, RESPONDER, Set, TestApp, edit};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const RULE: &str = "impossible-travel.yml";
const STEPS: &str = "expires_in: 8h\n        - change_dingtalk_id: { prefix: sec }\n";
const ASKED: [&str; 3] = ["admitted", "resolved", "held: approval_wanted"];
const CHANGED: [&str; 3] = ["change_dingtalk_id started", "change_dingtalk_id answered", "change_dingtalk_id verified"];

/// The rule changes the id after the disable, and says nothing of an approval.
fn rules(folder: &Path) {
    edit(folder, RULE, "expires_in: 8h\n", STEPS);
    edit(folder, RULE, "steps: [sign_out, disable]", "steps: [sign_out, disable, change_dingtalk_id]");
}

async fn start() -> TestApp {
    TestApp::start_with(Set { rules, ..Set::default() }).await
}

async fn asked(app: &TestApp, number: u32) -> IncidentId {
    app.open(&Delivery::of_high_risk("zhang.san@example.com", number, app.now())).await
}

async fn approve(incident: &IncidentId, token: &str, app: &TestApp) -> Answer {
    let plan = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body["plan"].clone();
    let body = json!({"reason": "looked at it", "plan": plan});
    app.post(&format!("/v1/incidents/{incident}/approve"), token, &body).await
}

/// Waits until the incident is held for that, and has somebody let it go on.
async fn let_go_on(incident: &IncidentId, reason: HoldReason, token: &str, app: &TestApp) {
    app.until_in_time(incident, |state| state.status == Status::Held(reason)).await;
    let answer = approve(incident, token, app).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn is_at_its_end(index: usize) -> impl Fn(&Incident) -> bool {
    move |state| state.steps[index].is_final(&state.plan.actions[index])
}

fn by_hand(more: Value) -> Value {
    let mut wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["change_dingtalk_id"], "reason": "it was sold",
    });
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    wanted
}

async fn open(app: &TestApp, wanted: &Value) -> IncidentId {
    let answer = app.post("/v1/incidents", RESPONDER, wanted).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_a_yes_although_the_rule_asks_for_none_and_is_read_back() {
    let app = start().await;
    let incident = asked(&app, 1).await;
    app.until_told(&incident, &ASKED).await;
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId), []);
    assert_eq!(approve(&incident, RESPONDER, &app).await.status, 200);
    app.until(&incident, is_at_its_end(2)).await;
    assert_eq!(app.story(&incident), [&ASKED[..], &["approved"], &CONTAINED[2..], &CHANGED].concat());
    let id = app.dingtalk().account("zhangsan").unwrap().dingtalk_id;
    assert!(id.len() == 20 && id.starts_with("sec") && !id.contains(&incident.as_str()[4..]), "{id}");
    // What takes the disable back leaves the id as it is.
    app.advance(8 * HOUR);
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.disabled, account.dingtalk_id), (false, id));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_are_in_the_order_of_the_rule() {
    let rules = |folder: &Path| {
        rules(folder);
        edit(folder, RULE, STEPS, &STEPS.replace("        - change", "        - sign_out\n        - change"));
        edit(folder, RULE, "[sign_out, disable, change", "[sign_out, disable, sign_out, change");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = asked(&app, 1).await;
    let kinds: Vec<_> = app.incident(&incident).plan.actions.iter().map(|action| action.kind().as_str()).collect();
    assert_eq!(kinds, ["sign_out", "disable", "sign_out", "change_dingtalk_id", "enable"]);
    app.until_told(&incident, &ASKED).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_yes_within_a_day_and_it_is_dropped() {
    let app = start().await;
    let incident = asked(&app, 1).await;
    app.until_told(&incident, &ASKED).await;
    app.advance(DAY);
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Dismissed)).await;
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_subject_nor_the_rules_author_nor_who_asked_for_it_says_yes() {
    let app = TestApp::start_with(Set {
        rules: |folder| {
            rules(folder);
            edit(folder, RULE, "author: ", "author: Anna Berg (@responder), ");
        },
        ..Set::default()
    })
    .await;
    let incident = asked(&app, 1).await;
    app.until_told(&incident, &ASKED).await;
    for (token, code) in [(RESPONDER, "own_rule"), (ADMIN, "unknown_approver")] {
        let refused = approve(&incident, token, &app).await;
        assert_eq!((refused.status, refused.code()), (403, code));
    }
    let own = open(&app, &by_hand(json!({"dingtalk_id_prefix": "sec"}))).await;
    app.until(&own, |state| state.status == Status::Held(HoldReason::ApprovalWanted)).await;
    let refused = approve(&own, RESPONDER, &app).await;
    assert_eq!((refused.status, refused.code()), (403, "own_request"));
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId), []);
    assert_eq!(approve(&own, DEPUTY, &app).await.status, 200);
    app.until(&own, |state| state.status == Status::Closed(Outcome::Done)).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().dingtalk_id.starts_with("sec"));
    let app = app.restart_with_account("deputy", "zhangsan").await;
    let refused = approve(&incident, DEPUTY, &app).await;
    assert_eq!((refused.status, refused.code()), (403, "own_account"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_within_a_year_is_held_whatever_the_account_is_called_and_by_whomever() {
    let app = start().await;
    let first = asked(&app, 1).await;
    let_go_on(&first, HoldReason::ApprovalWanted, RESPONDER, &app).await;
    app.until(&first, is_at_its_end(2)).await;
    app.advance(8 * HOUR);
    app.until(&first, |state| state.status == Status::Closed(Outcome::Done)).await;
    let id = app.dingtalk().account("zhangsan").unwrap().dingtalk_id;

    // Under the same name when the plan is made, and after a restart; under another before the dispatch.
    let app = app.restart().await;
    let second = asked(&app, 2).await;
    assert_eq!(app.story(&second), ["admitted, held: dingtalk_id_changed"]);
    let other = open(&app, &by_hand(json!({"dingtalk_id": "zhang2027"}))).await;
    app.until_told(&other, &["requested", "resolved", "held: dingtalk_id_changed"]).await;

    // Whoever lets it go on has the rest done, without that.
    let_go_on(&second, HoldReason::DingTalkIdChanged, RESPONDER, &app).await;
    let_go_on(&second, HoldReason::ApprovalWanted, DEPUTY, &app).await;
    app.until(&second, is_at_its_end(2)).await;
    let told = app.story(&second);
    assert_eq!(told.last().unwrap(), "change_dingtalk_id given up: changed_within_a_year", "{told:?}");
    app.advance(8 * HOUR);
    app.until(&second, |state| state.status == Status::Closed(Outcome::Partly)).await;
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId).len(), 1);
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().dingtalk_id, id);

    app.advance(367 * DAY);
    let later = asked(&app, 3).await;
    let_go_on(&later, HoldReason::ApprovalWanted, RESPONDER, &app).await;
    app.until(&later, is_at_its_end(2)).await;
    assert_ne!(app.dingtalk().account("zhangsan").unwrap().dingtalk_id, id);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_refuses_is_given_up_and_hinders_nobody_later() {
    let app = start().await;
    for (new, code) in [("dtlisi", "incorrect.reserved"), ("DingTalk", "incorrect.reserved")] {
        let incident = open(&app, &by_hand(json!({"dingtalk_id": new, "key": new}))).await;
        let_go_on(&incident, HoldReason::ApprovalWanted, DEPUTY, &app).await;
        app.until(&incident, |state| state.status == Status::Closed(Outcome::Failed)).await;
        assert!(app.story(&incident).contains(&format!("change_dingtalk_id given up: {code}")));
    }
    // DingTalk knows of a change that we do not.
    app.change_by_another_hand("zhangsan", "zhang2026").await;
    let incident = open(&app, &by_hand(json!({"dingtalk_id": "zhang2027", "key": "last"}))).await;
    let_go_on(&incident, HoldReason::ApprovalWanted, DEPUTY, &app).await;
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Failed)).await;
    assert!(app.story(&incident).contains(&"change_dingtalk_id given up: have.been.set".to_owned()));
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().dingtalk_id, "zhang2026");
    // Not by the end that asks for the order behind each call: the other hand's has none.
    drop(app.leave().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_lies_is_found_out_by_reading_back() {
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::FalseSuccess).on(Api::ChangeDingtalkId)).unwrap();
    let incident = open(&app, &by_hand(json!({"dingtalk_id_prefix": "sec"}))).await;
    let_go_on(&incident, HoldReason::ApprovalWanted, DEPUTY, &app).await;
    app.until_in_time(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    let told = app.story(&incident);
    let [started, answered, verified] = CHANGED;
    let lied = [started, answered, "change_dingtalk_id failed: not_in_effect"];
    assert_eq!(told[4..], [&lied[..], &[started, answered, verified, "closed: done"]].concat());
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId).len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_change_is_not_taken_by_hand() {
    let app = start().await;
    for (more, code) in [
        (json!({}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id": "zhang"}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id": "1zhang2027"}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id_prefix": "sec-"}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id_prefix": "sec", "dingtalk_id": "zhang2027"}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id_prefix": "sec", "steps": ["enable"]}), "wrong_dingtalk_id"),
        (json!({"dingtalk_id_prefix": "sec", "steps": ["change_dingtalk_id", "enable"]}), "wrong_steps"),
    ] {
        let answer = app.post("/v1/incidents", RESPONDER, &by_hand(more.clone())).await;
        assert_eq!((answer.status, answer.code()), (422, code), "{more}");
    }
    assert_eq!(app.records_of("incident.requested").len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_and_counts_for_no_year() {
    let adjust = |config: &mut portcullis::config::Config| config.directory.dry_run = true;
    let app = TestApp::start_with(Set { rules, adjust, ..Set::default() }).await;
    for number in 1..=2 {
        let incident = asked(&app, number).await;
        let_go_on(&incident, HoldReason::ApprovalWanted, RESPONDER, &app).await;
        app.until(&incident, |state| state.status == Status::Closed(Outcome::Failed)).await;
        assert!(app.story(&incident).contains(&"change_dingtalk_id given up: dry_run".to_owned()));
    }
    assert_eq!(app.dingtalk().calls_to(Api::ChangeDingtalkId), []);
    app.end().await;
}
