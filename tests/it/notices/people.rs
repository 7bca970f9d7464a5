//! Work notifications and messages to each one: who gets them, who must not, and what DingTalk drops without a word.

use portcullis::incident::{HoldReason, Status};
use portcullis::sandbox::{Api, Call, Fault, FaultKind};
use serde_json::Value;

use super::{robot, set, told, webhook, work};
use crate::harness::*;

async fn hold(app: &TestApp, person: &str) {
    let number = app.records().len().try_into().unwrap();
    let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
    app.until(&incident, |state| state.status == Status::Held(HoldReason::ProtectedLive)).await;
}

fn recipients(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.body["userid_list"].as_str().unwrap()).collect()
}

fn one_to_one(user_ids: &str) -> String {
    format!(
        "[notices.channels.each]\nkind = \"dingtalk-one-to-one\"\nrobot_code = \"dingtestrobot\"\n\
         user_ids = [{user_ids}]\ntopics = [\"incident_held\"]\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_notification_counts_only_once_somebody_got_it() {
    let app = TestApp::start_with(set(&work(r#""lisi", "ghost""#))).await;
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["started 1", "accepted", "sent, 1 missed"]).await;
    let call = app.dingtalk().calls_to(Api::WorkNotice).remove(0);
    assert_eq!(call.body["agent_id"], 4711);
    assert_eq!(call.body["userid_list"], "ghost,lisi");
    let text = call.body["msg"]["text"]["content"].as_str().unwrap();
    assert!(text.contains(HoldReason::ProtectedLive.text()), "{text}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_dingtalk_drops_without_a_word_is_sent_again() {
    let app = TestApp::start_with(set(&work(r#""lisi""#))).await;
    app.dingtalk().inject(Fault::new(FaultKind::DroppedSilently).on(Api::WorkNotice).times(2)).unwrap();
    hold(&app, "admin.one@example.com").await;
    let dropped = ["accepted", "failed dropped_silently"];
    let expected =
        ["started 1", dropped[0], dropped[1], "started 2", dropped[0], dropped[1], "started 3", "accepted", "sent"];
    app.until_notices(&expected).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_said_before_a_crash_is_not_taken_for_dropped() {
    let app = TestApp::start_with(set(&work(r#""lisi""#))).await;
    // Said, and nobody heard that it was.
    app.dingtalk().inject(Fault::new(FaultKind::ResetAfterWork).on(Api::WorkNotice)).unwrap();
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["started 1", "failed connection_lost", "started 2", "accepted", "sent"]).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_robots_message_that_reaches_nobody_is_no_message() {
    let app = TestApp::start_with(set(&one_to_one(r#""lisi", "wangwu""#))).await;
    app.dingtalk().inject(Fault::new(FaultKind::DroppedSilently).on(Api::RobotMessage)).unwrap();
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["started 1", "failed dropped_silently", "started 2", "sent"]).await;
    let call = app.dingtalk().calls_to(Api::RobotMessage).remove(1);
    assert_eq!(call.body["robotCode"], "dingtestrobot");
    let said: Value = serde_json::from_str(call.body["msgParam"].as_str().unwrap()).unwrap();
    assert!(said["content"].as_str().unwrap().contains("waits for a human"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_of_an_incident_about_themselves() {
    let app = TestApp::start_with(set(&work(r#""admin01", "lisi""#))).await;
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["started 1", "accepted", "sent"]).await;
    assert_eq!(recipients(&app.dingtalk().calls_to(Api::WorkNotice)), ["lisi"]);
    app.end().await;

    let app = TestApp::start_with(set(&work(r#""admin01""#))).await;
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["withheld OnlyTheSubject"]).await;
    hold(&app, "boss.one@example.com").await;
    app.until_notices(&["withheld OnlyTheSubject", "started 1", "accepted", "sent"]).await;
    assert_eq!(recipients(&app.dingtalk().calls_to(Api::WorkNotice)), ["admin01"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_before_the_account_was_looked_up() {
    let mut set = set(&work(r#""zhangsan""#));
    set.rules = |rules| {
        let listed = "protected:\n  - user_id: zhangsan\n    why: test\n";
        edit(rules, "guardrails.yml", "protected: []\n", listed);
    };
    let app = TestApp::start_with(set).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(app.story(&incident), ["admitted, held: protected_listed"]);
    app.until_notices(&["withheld OnlyTheSubject"]).await;
    assert_eq!(app.dingtalk().calls_to(Api::WorkNotice), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_nobody_by_any_way() {
    let sink = Sink::start(&[]).await;
    let topics = r#""incident_held", "step_given_up""#;
    let channels = [robot(&sink, topics), webhook(&sink, topics), work(r#""lisi""#), one_to_one(r#""lisi""#)];
    let mut set = set(&channels.concat());
    set.adjust = |config| config.directory.dry_run = true;
    let app = TestApp::start_with(set).await;
    hold(&app, "admin.one@example.com").await;
    app.until_notices(&["withheld DryRun"; 4]).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 9_999, app.now())).await;
    app.until(&incident, |state| matches!(state.status, Status::Closed(_))).await;
    app.until_notices(&["withheld DryRun"; 8]).await;
    assert!(sink.posted().is_empty());
    let only_reads = [Api::AccessToken, Api::UserGet, Api::OwnedOrganizations];
    let calls = app.dingtalk().calls();
    assert!(calls.iter().all(|call| only_reads.contains(&call.api)), "{calls:#?}");
    assert!(!told(&app.records()).iter().any(|word| word.starts_with("started")));
    app.end().await;
}
