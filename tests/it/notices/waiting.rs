//! No notice waits for another one that waits for its own time: for its next attempt, for the word who got it, or for
//! what is kept of DingTalk's month.

use std::time::Duration;

use portcullis::directory::CALLS_FILE;
use portcullis::incident::Status;
use portcullis::sandbox::{Api, Fault, FaultKind};

use super::{approvals, robot, set, told, work};
use crate::harness::*;

const RESERVED: &str = "failed reserved_for_containment";
/// The last minutes of DingTalk's month, and its end.
const LATE: &str = "2026-11-30T15:50:00Z";
const MONTH_ENDS: &str = "2026-11-30T16:00:00Z";

/// Of ten calls a month people are told with five, and with three more what they have to act on.
fn narrow(channels: &str) -> Set {
    let adjust: fn(&mut portcullis::config::Config) = |config| {
        config.directory.monthly_quota = 10;
        config.directory.monthly_reserve_percent = 50;
    };
    Set { adjust, kept: Kept::BySled, ..set(channels) }
}

/// So many calls were counted in this month.
fn counted(app: &TestApp, calls: u32) {
    let file = app.config.resolve(&app.config.trail.path).join(CALLS_FILE);
    std::fs::write(file, format!("2026-11 {calls:010}\n")).unwrap();
}

async fn hold(app: &TestApp, person: &str) {
    let number = app.records().len().try_into().unwrap();
    let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
    app.until(&incident, |state| matches!(state.status, Status::Held(_))).await;
}

/// Waits until that was said of notices so often, while no time passes.
async fn at_once(app: &TestApp, word: &str, times: usize) {
    app.at_once(|app| count(app, word) >= times).await;
}

fn count(app: &TestApp, word: &str) -> usize {
    told(&app.records()).iter().filter(|told| *told == word).count()
}

fn personal(kind: &str, topics: &str) -> String {
    let code = if kind == "work" { "agent_id = 4711" } else { "robot_code = \"dingtestrobot\"" };
    format!("[notices.channels.each]\nkind = \"dingtalk-{kind}\"\n{code}\nuser_ids = [\"lisi\"]\ntopics = [{topics}]\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_plans_at_once_are_told_by_work_notifications_before_it_is_asked_who_got_the_first() {
    let channel = personal("work", r#""approval_wanted""#);
    let app = TestApp::start_with(Set { rules: approvals::asks, ..set(&channel) }).await;
    for number in 1..=10 {
        approvals::open(&app, &format!("user{number:04}")).await;
    }
    at_once(&app, "accepted", 10).await;
    assert_eq!(app.dingtalk().received(Api::WorkNoticeResult), 0);

    let app = app.restart().await;
    app.when(|app| count(app, "sent") == 10).await;
    assert_eq!(app.dingtalk().received(Api::WorkNotice), 10, "what was taken is not sent again");
    let asked: Vec<u64> = app
        .dingtalk()
        .calls_to(Api::WorkNoticeResult)
        .iter()
        .map(|call| call.body["task_id"].as_u64().unwrap())
        .collect();
    assert!(asked.len() == 10 && asked.is_sorted(), "{asked:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nobody_can_say_who_got_one_the_next_are_told() {
    let app = TestApp::start_with(set(&work(r#""lisi""#))).await;
    app.dingtalk().inject(Fault::new(FaultKind::Throttled).on(Api::WorkNoticeResult).until_cleared()).unwrap();
    hold(&app, "admin.one@example.com").await;
    at_once(&app, "accepted", 1).await;
    app.advance(Duration::from_secs(10));
    at_once(&app, "accepted", 2).await;
    hold(&app, "boss.one@example.com").await;
    at_once(&app, "accepted", 3).await;
    assert_eq!(app.dingtalk().received(Api::WorkNotice), 2);
    app.dingtalk().clear_faults();
    app.when(|app| count(app, "sent") == 2).await;
    assert_eq!(app.dingtalk().received(Api::WorkNotice), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_for_its_next_attempt_keeps_no_other_waiting_by_any_way() {
    let down = Answered::With(429, "retry-after: 3600", "");
    let sink = Sink::start(&[down]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""incident_held""#))).await;
    hold(&app, "admin.one@example.com").await;
    at_once(&app, "failed http_429", 1).await;
    hold(&app, "boss.one@example.com").await;
    at_once(&app, "sent", 1).await;
    let shown = app.get("/v1/notices", AUDITOR).await.body;
    assert_eq!(shown["channels"][0]["under_way"][0]["state"], "postponed", "{shown}");
    app.until_notices(&["started 1", "failed http_429", "started 1", "sent", "started 2", "sent"]).await;
    let posted = sink.posted();
    assert_eq!(posted[2].id(), posted[0].id(), "it is the same message");
    app.end().await;

    for (kind, api) in [("work", Api::WorkNotice), ("one-to-one", Api::RobotMessage)] {
        let app = TestApp::start_with(set(&personal(kind, r#""incident_held""#))).await;
        app.dingtalk().inject(Fault::new(FaultKind::ThrottledMinute).on(api)).unwrap();
        hold(&app, "admin.one@example.com").await;
        app.when_called(api, 1).await;
        hold(&app, "boss.one@example.com").await;
        app.when_called(api, 2).await;
        app.when(|app| count(app, "sent") == 2).await;
        assert_eq!(count(&app, "started 2"), 1, "{kind}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_to_act_is_told_with_half_of_what_is_kept_and_everybody_else_when_there_is_more() {
    let app = TestApp::start_with(narrow(&personal("one-to-one", r#""incident_held", "actions_paused""#))).await;
    app.advance_to(LATE.parse().unwrap());
    counted(&app, 6);
    app.steer("/v1/pause").await;
    at_once(&app, RESERVED, 1).await;
    hold(&app, "zhang.san@example.com").await;
    at_once(&app, "sent", 1).await;
    counted(&app, 8);
    hold(&app, "wang.wu@example.com").await;
    at_once(&app, RESERVED, 2).await;
    assert_eq!(app.dingtalk().received(Api::RobotMessage), 1);
    app.advance_to(MONTH_ENDS.parse().unwrap());
    app.when(|app| count(app, "sent") == 3).await;
    assert_eq!(app.dingtalk().received(Api::RobotMessage), 3);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_all_the_while_is_given_up_only_after_all_attempts() {
    let app = TestApp::start_with(narrow(&personal("one-to-one", r#""actions_paused""#))).await;
    counted(&app, 6);
    app.steer("/v1/pause").await;
    app.when(|app| count(app, "given up reserved_for_containment") == 1).await;
    let words = told(&app.records());
    assert_eq!((count(&app, RESERVED), words.len()), (9, 20), "{words:?}");
    let since = app.records_of("notice.started").remove(0).at;
    assert!(app.now().duration_since(since).as_mins() >= 30, "no sooner than anything else");
    assert_eq!(app.dingtalk().received(Api::RobotMessage), 0);
    counted(&app, 0);
    app.post("/v1/notices/replay", RESPONDER, &serde_json::json!({ "reason": "more calls" })).await;
    app.when(|app| count(app, "sent") == 1).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_may_not_be_asked_about_keeps_no_other_waiting() {
    let app = TestApp::start_with(narrow(&personal("work", r#""incident_held", "actions_paused""#))).await;
    app.advance_to(LATE.parse().unwrap());
    app.steer("/v1/pause").await;
    at_once(&app, "accepted", 1).await;
    counted(&app, 6);
    app.advance(Duration::from_secs(10));
    at_once(&app, "accepted", 2).await;
    assert_eq!(app.dingtalk().received(Api::WorkNoticeResult), 0, "what people have only to know gives way");
    hold(&app, "zhang.san@example.com").await;
    at_once(&app, "accepted", 3).await;
    assert_eq!(app.dingtalk().received(Api::WorkNotice), 2);
    app.advance(Duration::from_secs(10));
    at_once(&app, "sent", 1).await;
    assert_eq!(app.dingtalk().received(Api::WorkNoticeResult), 1);
    counted(&app, 0);
    app.when(|app| count(app, "sent") == 2).await;
    assert_eq!(app.dingtalk().received(Api::WorkNotice), 2, "neither is sent again");
    app.end().await;
}
