//! Somebody says no while an order waits for its token: nothing leaves after that, and what was begun is not done.

use std::time::Duration;

use portcullis::incident::{Action, HoldReason, Incident, IncidentId, Outcome, Status, StepState};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{CONTAINED, Delivery, ENGINEER, RESPONDER, Set, TestApp, edit};

const RULE: &str = "impossible-travel.yml";
const HELD: [&str; 5] = ["admitted", "resolved", "sign_out started", "sign_out failed: not_sent", "held: paused"];

async fn high_risk(app: &TestApp, person: &str, number: u32) -> IncidentId {
    app.open(&Delivery::of_high_risk(person, number, app.now())).await
}

/// An app in which the next order to `api` about Zhang San will be refused for its token, and gets no other until the
/// hangs are released.
async fn without_a_token(app: &TestApp, api: Api) -> u64 {
    let dingtalk = app.dingtalk();
    dingtalk.inject(Fault::new(FaultKind::ExpiredToken).on(api).about("zhangsan")).unwrap();
    dingtalk.inject(Fault::new(FaultKind::HangBeforeWork).on(Api::AccessToken)).unwrap();
    dingtalk.received(Api::AccessToken) + 1
}

/// With the token that everything else needs.
async fn start_with(set: Set) -> TestApp {
    let app = TestApp::start_with(set).await;
    let other = high_risk(&app, "li.si@example.com", 9).await;
    app.until_contained(&other).await;
    app
}

/// An incident whose first order waits for its token.
async fn waiting() -> (TestApp, IncidentId) {
    let app = start_with(Set::default()).await;
    let tokens = without_a_token(&app, Api::SignOut).await;
    let incident = high_risk(&app, "zhang.san@example.com", 1).await;
    app.when_called(Api::AccessToken, tokens).await;
    assert_eq!(app.story(&incident), HELD[..3]);
    (app, incident)
}

/// How many of the calls that were not refused for their token were about Zhang San.
fn received(app: &TestApp, api: Api) -> usize {
    let calls = app.dingtalk().calls_to(api).into_iter();
    let is_taken = |code: Option<&str>| code != Some("InvalidAuthentication");
    calls.filter(|call| call.user_id.as_deref() == Some("zhangsan") && is_taken(call.code.as_deref())).count()
}

fn is_closed(incident: &Incident) -> bool {
    matches!(incident.status, Status::Closed(_))
}

async fn release(app: &TestApp, incident: &IncidentId) {
    app.steer(&format!("/v1/incidents/{incident}/release")).await;
}

async fn by_hand(app: &TestApp, steps: &[&str]) -> IncidentId {
    let mut wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": steps, "reason": "a drill", "expires_in_s": 28_800,
    });
    if steps.contains(&"sign_out") {
        wanted["employee_reason"] = "account-takeover".into();
    }
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    IncidentId::parse(opened.body["incident"].as_str().unwrap_or_else(|| panic!("{}", opened.body))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_leaves_after_a_pause_was_answered_though_it_was_waiting_for_its_token() {
    let (app, incident) = waiting().await;
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();
    app.until_told(&incident, &HELD).await;
    assert_eq!((received(&app, Api::SignOut), app.dingtalk().account("zhangsan").unwrap().sign_outs), (0, 0));

    app.steer("/v1/resume").await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&HELD[..], &["approved"], &CONTAINED[2..]].concat());
    assert_eq!(received(&app, Api::SignOut), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_that_waits_for_its_token_is_stopped_like_a_sign_out_and_is_not_taken_for_done() {
    let app = start_with(Set::default()).await;
    let tokens = without_a_token(&app, Api::Disable).await;
    let incident = high_risk(&app, "zhang.san@example.com", 1).await;
    app.when_called(Api::AccessToken, tokens).await;
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();
    let held = [&CONTAINED[..5], &["disable failed: not_sent", "held: paused"]].concat();
    app.until_told(&incident, &held).await;
    assert_eq!(received(&app, Api::Disable), 0);
    // By another hand, and no attempt of ours can have done it.
    app.dingtalk().change("zhangsan", |account| account.disabled = true);
    app.steer("/v1/resume").await;
    app.approve(&incident).await;
    let rest = ["approved", "disable started", "disable already_so", "disable verified"];
    app.until_told(&incident, &[&held[..], &rest].concat()).await;
    app.end().await;
}

/// What the rules say when the token is there counts, and not what they said when the step was begun.
#[tokio::test(flavor = "multi_thread")]
async fn whom_a_new_list_protects_and_what_a_rule_no_longer_asks_for_is_left_alone_though_it_was_waiting() {
    let protected = "\nprotected:\n  - {user_id: zhangsan, why: a drill}";
    let changes = [
        ("guardrails.yml", "\nprotected: []", protected, HoldReason::ProtectedListed),
        (RULE, "mode: enforce", "mode: shadow", HoldReason::RuleOff),
    ];
    for (file, old, new, reason) in changes {
        let (app, incident) = waiting().await;
        edit(&app.config.resolve(&app.config.rules.folder), file, old, new);
        let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
        assert_eq!((answer.status, &answer.body["result"]), (200, &json!("replaced")), "{}", answer.body);
        app.dingtalk().release_hangs();
        app.until(&incident, |incident| incident.status == Status::Held(reason)).await;
        assert_eq!(app.story(&incident)[3], "sign_out failed: not_sent");
        assert_eq!(received(&app, Api::SignOut), 0, "{reason:?}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_released_while_an_order_waits_is_given_back_and_not_signed_out_before() {
    let app = start_with(Set::default()).await;
    let tokens = without_a_token(&app, Api::SignOut).await;
    let incident = by_hand(&app, &["disable", "sign_out"]).await;
    app.when_called(Api::AccessToken, tokens).await;
    release(&app, &incident).await;
    app.dingtalk().release_hangs();
    app.until(&incident, is_closed).await;
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sign_outs, account.disabled, received(&app, Api::Enable)), (0, false, 1));
    assert!(app.story(&incident).contains(&"sign_out failed: not_sent".to_owned()));
    app.end().await;
}

/// It goes on by itself when the pause is over, as it does where the pause came before it was begun.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_given_back_in_a_pause_that_came_while_that_waited_for_its_token() {
    let app = start_with(Set::default()).await;
    let incident = high_risk(&app, "zhang.san@example.com", 1).await;
    app.until_contained(&incident).await;
    let tokens = without_a_token(&app, Api::Enable).await;
    release(&app, &incident).await;
    app.when_called(Api::AccessToken, tokens).await;
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();
    let stopped = [&CONTAINED[..], &["released", "enable started", "enable failed: not_sent"]].concat();
    app.until_told(&incident, &stopped).await;
    app.until_quiet().await;
    assert_eq!((app.incident(&incident).status, received(&app, Api::Enable)), (Status::Open, 0));

    app.steer("/v1/resume").await;
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    assert_eq!(received(&app, Api::Enable), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_signs_out_once_more_is_stopped_too_and_is_not_tried_again() {
    let rules = |rules: &std::path::Path| {
        edit(rules, RULE, "expires_in: 8h\n", "expires_in: 8h\n        - sign_out\n");
        edit(rules, RULE, "steps: [sign_out, disable]", "steps: [sign_out, disable, sign_out]");
    };
    let app = start_with(Set { rules, ..Set::default() }).await;
    let refused = Fault::new(FaultKind::ExpiredToken).on(Api::SignOut).about("zhangsan").from_call(2);
    app.dingtalk().inject(refused).unwrap();
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::AccessToken)).unwrap();
    let tokens = app.dingtalk().received(Api::AccessToken) + 1;
    let incident = high_risk(&app, "zhang.san@example.com", 1).await;
    app.when_called(Api::AccessToken, tokens).await;
    app.steer("/v1/pause").await;
    app.dingtalk().release_hangs();
    let rest = ["sign_out started", "sign_out given up: paused"];
    app.until_told(&incident, &[&CONTAINED[..], &rest].concat()).await;
    assert_eq!(received(&app, Api::SignOut), 1);
    let incident = app.incident(&incident);
    let again =
        incident.plan.actions.iter().zip(&incident.steps).find(|(action, _)| **action == Action::SignOutAgain {});
    assert!(matches!(again, Some((_, StepState::Failed { .. }))), "{again:?}");
    app.advance(Duration::from_secs(60));
    assert_eq!(received(&app, Api::SignOut), 1);
    app.end().await;
}
