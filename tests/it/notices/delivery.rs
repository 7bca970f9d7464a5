//! The two ways out that are not DingTalk's API: what leaves, how often it is tried, and that nothing is lost.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use portcullis::incident::{Event, HoldReason, Status};
use serde_json::Value;
use sha2::Sha256;

use super::{ROBOT_SECRET, TOKEN, robot, set, told, webhook};
use crate::harness::*;

/// An alert that is held because DingTalk says who that is.
async fn hold(app: &TestApp, person: &str) -> portcullis::incident::IncidentId {
    let number = app.records().len().try_into().unwrap();
    let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
    app.until(&incident, |state| state.status == Status::Held(HoldReason::ProtectedLive)).await;
    incident
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_incident_is_told_to_the_group_signed_and_once() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""incident_held""#))).await;
    let incident = hold(&app, "admin.one@example.com").await;
    let posted = sink.received(1).await.remove(0);
    app.until_notices(&["started 1", "sent"]).await;

    assert_eq!(posted.path, "/robot/send");
    assert_eq!(posted.query["access_token"], TOKEN);
    let time = &posted.query["timestamp"];
    assert_eq!(*time, app.now().as_millisecond().to_string());
    let mut mac = Hmac::<Sha256>::new_from_slice(ROBOT_SECRET.as_bytes()).unwrap();
    mac.update(format!("{time}\n{ROBOT_SECRET}").as_bytes());
    assert_eq!(posted.query["sign"], STANDARD.encode(mac.finalize().into_bytes()));
    let text = posted.text();
    assert!(text.starts_with("Portcullis: an incident waits for a human.\n"), "{text}");
    assert!(text.contains(HoldReason::ProtectedLive.text()), "{text}");
    assert!(text.contains(&format!("https://portcullis.example.com/incidents/{incident}")), "{text}");

    let app = app.restart().await;
    hold(&app, "boss.one@example.com").await;
    let posted = sink.received(2).await;
    app.until_notices(&["started 1", "sent", "started 1", "sent"]).await;
    assert_ne!(posted[0].id(), posted[1].id());
    assert_eq!(sink.posted().len(), 2, "what was told stays told");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_a_notice_carries_nothing_of_the_alert_and_nothing_of_the_person() {
    let sink = Sink::start(&[]).await;
    let app =
        TestApp::start_with(set(&format!("{}{}", robot(&sink, ""), webhook(&sink, "")).replace("topics = []\n", "")))
            .await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.steer("/v1/pause").await;
    let posted = sink.received(4).await;
    for secret in ["zhang", "example.com\"", "@", "Test Person", "Geo-Distance", "a drill", "responder", "okta.com"] {
        let leaks = |body: &String| body.replace("portcullis.example.com", "").contains(secret);
        assert!(!posted.iter().any(|posted| leaks(&posted.body)), "{secret}: {posted:#?}");
    }
    let hooks: Vec<Value> = posted.iter().filter(|posted| posted.path == "/in").map(Posted::json).collect();
    let types: Vec<&str> = hooks.iter().map(|hook| hook["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["portcullis.contained", "portcullis.actions_paused"]);
    assert_eq!(hooks[0]["data"]["incidents"][0]["id"], incident.as_str());
    assert_eq!(hooks[1]["data"]["facts"]["scope"], "all");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_get_there_is_sent_again_as_the_same_message_until_it_does() {
    let answers = [
        Answered::With(500, "", "{}"),
        Answered::With(302, "location: http://127.0.0.1:1/", ""),
        Answered::Cut,
        Answered::With(429, "retry-after: 3", ""),
        Answered::With(200, "", r#"{"errcode":-1}"#),
    ];
    let sink = Sink::start(&answers).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""actions_paused""#))).await;
    app.steer("/v1/pause").await;
    app.until_notices(&[
        "started 1",
        "failed http_500",
        "started 2",
        "failed redirect",
        "started 3",
        "failed connection_lost",
        "started 4",
        "failed http_429",
        "started 5",
        "failed -1",
        "started 6",
        "sent",
    ])
    .await;
    let posted = sink.posted();
    assert_eq!(posted.len(), 6, "a redirect is not followed");
    assert!(posted.iter().all(|again| again.id() == posted[0].id() && again.body == posted[0].body));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_down_costs_nobody_else_anything() {
    let (up, down) = (Sink::start(&[]).await, tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let nowhere = format!("http://{}", down.local_addr().unwrap());
    drop(down);
    let hook = webhook(&up, r#""actions_paused""#).replace(up.url(), &nowhere);
    let app = TestApp::start_with(set(&format!("{}{hook}", robot(&up, r#""actions_paused""#)))).await;
    app.steer("/v1/pause").await;
    up.received(1).await;
    app.when(|app| told(&app.records()).iter().any(|word| word == "failed connect_failed")).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |state| matches!(state.status, Status::Held(HoldReason::Paused))).await;
    let shown = app.get("/v1/notices", AUDITOR).await.body;
    assert_eq!(shown["channels"][0]["sent"], 1, "{shown}");
    assert_eq!(shown["channels"][1]["owed"], 1, "{shown}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_before_its_intent_is_durable() {
    let sink = Sink::start(&[Answered::Not]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""actions_paused""#))).await;
    app.steer("/v1/pause").await;
    sink.received(1).await;
    assert_eq!(told(&app.records()), ["started 1"]);
    app.until_notices(&["started 1", "failed timeout", "started 2", "sent"]).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_not_told_to_a_channel_that_comes_later() {
    let sink = Sink::start(&[]).await;
    let mut set = set(&robot(&sink, r#""actions_paused", "actions_resumed""#));
    set.adjust = |config| config.notices.channels.clear();
    let mut app = TestApp::start_with(set).await;
    app.steer("/v1/pause").await;
    app.config = portcullis::config::load(&app.folder().join("portcullis.toml"), &[]).unwrap();
    let app = app.restart().await;
    app.steer("/v1/resume").await;
    let posted = sink.received(1).await;
    assert!(posted[0].text().contains("may run again"), "{posted:?}");
    app.until_notices(&["started 1", "sent"]).await;
    let records = app.end().await;
    let configured = records.iter().filter(|record| record.event.kind() == "notices.configured").count();
    assert_eq!(configured, 1);
    assert!(records.iter().any(|record| matches!(record.event, Event::Notice(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_whose_secret_cannot_sign_keeps_the_server_from_starting() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&webhook(&sink, ""))).await;
    std::fs::write(app.folder().join("webhook-secret"), "whsec_dG9vLXNob3J0").unwrap();
    let refused = app.cannot_restart().await;
    assert!(refused.contains("[notices.channels.hook]") && !refused.contains("dG9vLXNob3J0"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_to_be_given_back_is_told_with_the_incident_and_why() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""release_offered""#))).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let rules = app.config.resolve(&app.config.rules.folder);
    std::fs::write(rules.join("guardrails.yml"), "protected: [{user_id: zhangsan, why: the chief}]\n").unwrap();
    app.post("/v1/rules/reload", ENGINEER, &serde_json::json!({})).await;
    let text = sink.received(1).await.remove(0).text();
    assert!(text.contains("give it back?"), "{text}");
    assert!(text.contains(HoldReason::ProtectedListed.text()), "{text}");
    assert!(text.contains(&format!("https://portcullis.example.com/incidents/{incident}")), "{text}");
    assert!(!text.contains("zhang") && !text.contains("chief"), "{text}");
    app.end().await;
}
