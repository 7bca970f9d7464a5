//! What a responder has told by hand: to the channel that they name, once, behind the same guard layer and never with
//! whom it is about.

use portcullis::incident::{Event, HoldReason, IncidentId, NoticeEvent, Outcome, Status};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use super::{robot, set, webhook, work};
use crate::harness::*;

const WORDS: &str = "Runbook R7, call the duty desk";

fn asked(user_id: &str, channel: &str) -> Value {
    json!({
        "account": {"kind": "user_id", "value": user_id},
        "steps": ["sign_out", "disable", "notify"],
        "employee_reason": "account-takeover",
        "expires_in_s": 28_800,
        "reason": "seen on the help desk",
        "channel": channel,
        "text": WORDS,
    })
}

fn only_told(user_id: &str, channel: &str) -> Value {
    let account = json!({"kind": "user_id", "value": user_id});
    json!({"account": account, "steps": ["notify"], "reason": "a drill", "channel": channel, "text": WORDS})
}

async fn open(app: &TestApp, wanted: &Value) -> IncidentId {
    let answer = app.post("/v1/incidents", RESPONDER, wanted).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_told_reaches_the_channel_once_with_their_step_on_the_trail() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, ""))).await;
    let incident = open(&app, &asked("zhangsan", "group")).await;
    app.until_contained(&incident).await;
    let text = sink.received(1).await.remove(0).text();
    app.until_notices(&["owed", "started 1", "sent"]).await;
    let told = ["notify started", "owed to group", "notify owed"];
    assert_eq!(app.story(&incident), [&["requested"], &CONTAINED[1..], &told].concat());
    let opens = format!("Portcullis: a responder has something told.\n{incident}\nhttps://portcullis.example.com/");
    assert!(text.starts_with(&opens), "{text}");
    assert!(text.contains(&format!("A responder says: {WORDS}\n")), "{text}");
    assert!(!text.contains("zhang") && !text.contains("help desk"), "{text}");
    let record = app.records_of("notice.owed").pop().unwrap();
    let Event::Notice(NoticeEvent::Owed { step, channel, .. }) = record.event else { unreachable!() };
    assert_eq!((step, channel.as_str()), (2, "group"));
    let app = app.restart().await;
    app.advance(std::time::Duration::from_secs(8 * 3_600));
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    assert_eq!(sink.posted().len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_it_as_a_value() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&webhook(&sink, ""))).await;
    let incident = open(&app, &only_told("zhangsan", "hook")).await;
    let posted = sink.received(1).await.remove(0).json();
    assert_eq!((&posted["type"], &posted["data"]["facts"]["text"]), (&json!("portcullis.rule_notice"), &json!(WORDS)));
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_whom_it_is_about_is_not_told_by_hand_either() {
    let app = TestApp::start_with(set(&work(r#""zhangsan""#))).await;
    open(&app, &only_told("zhangsan", "duty")).await;
    app.until_notices(&["owed", "withheld OnlyTheSubject"]).await;
    assert_eq!(app.dingtalk().calls_to(Api::WorkNotice), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_rules_from_telling_keeps_people_from_it() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, ""))).await;
    // Who is protected is not contained, and what was to be told behind that is not.
    let held = open(&app, &asked("admin01", "group")).await;
    app.until(&held, |state| state.status == Status::Held(HoldReason::ProtectedLive)).await;
    app.steer("/v1/pause").await;
    let paused = open(&app, &only_told("zhangsan", "group")).await;
    assert_eq!(app.incident(&paused).status, Status::Held(HoldReason::Paused));
    assert_eq!(sink.posted().len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_words_for_nobody_or_with_the_person_in_them_open_nothing() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, ""))).await;
    let with = |name: &str, value: Value| {
        let mut wanted = only_told("zhangsan", "group");
        wanted[name] = value;
        wanted
    };
    let about = |kind: &str, value: &str, text: &str| {
        let mut wanted = with("account", json!({"kind": kind, "value": value}));
        wanted["text"] = text.into();
        wanted
    };
    for (wanted, code) in [
        (with("channel", json!("soc")), "unknown_channel"),
        (with("channel", json!("no channel")), "unknown_channel"),
        (with("channel", Value::Null), "wrong_notice"),
        (with("text", Value::Null), "wrong_notice"),
        (with("text", json!("")), "wrong_text"),
        (with("text", json!(" ")), "wrong_text"),
        (with("text", json!("\u{200b}\u{feff}")), "wrong_text"),
        (with("text", json!("a\nb")), "wrong_text"),
        (with("text", json!("turned \u{202e}")), "wrong_text"),
        (with("text", json!("x".repeat(201))), "wrong_text"),
        (with("text", json!("ZhangSan has left")), "text_names_account"),
        (with("steps", json!(["sign_out"])), "wrong_notice"),
        (with("steps", json!(["notify", "notify"])), "wrong_steps"),
        (with("steps", json!(["enable", "notify"])), "wrong_steps"),
        (about("email", "Zhang.San@example.com", "zhang.san is away"), "text_names_account"),
        (about("email", "zhang.san@example.com", "mail ZHANG.SAN@EXAMPLE.COM"), "text_names_account"),
        (about("mobile", "+86-13800000001", "call 138 0000 0001"), "text_names_account"),
    ] {
        let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
        assert_eq!((answer.status, answer.code()), (422, code), "{wanted}");
        assert!(!answer.body.to_string().to_lowercase().contains("zhang"), "{}", answer.body);
    }
    let both = with("steps", json!(["notify"]));
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(app.post("/v1/incidents", token, &both).await.status, 403);
    }
    assert_eq!(app.records_of("incident.requested").len(), 0);
    assert_eq!(sink.posted().len(), 0);
    app.end().await;
}
