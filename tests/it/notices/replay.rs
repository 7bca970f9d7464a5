//! What could not be told is not forgotten: it is shown, and sent again when somebody says so.

use portcullis::incident::{Event, NoticeEvent};
use serde_json::json;

use super::{set, told, webhook};
use crate::harness::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_shown_and_sent_again_on_request() {
    let gone = Answered::With(410, "", "");
    let sink = Sink::start(&[gone, gone]).await;
    let mut set = set(&webhook(&sink, r#""actions_paused", "actions_resumed""#));
    set.files.push(("responder-token", RESPONDER.to_owned()));
    set.adjust = |config| config.http.listen = ([127, 0, 0, 1], 0).into();
    let app = TestApp::start_with(set).await;
    app.steer("/v1/pause").await;
    app.steer("/v1/resume").await;
    app.until_notices(&["started 1", "given up http_410", "started 1", "given up http_410"]).await;

    let token = app.folder().join("responder-token");
    let (url, token) = (app.app.url(), token.to_str().unwrap().to_owned());
    let of = ["--server", &url, "--token-file", &token];
    let listed = Process::run(&[&["notices", "list"], of.as_slice()].concat()).await.well();
    assert!(listed.stdout[0].starts_with("hook  0 owed, 0 sent, 2 failed attempts, 2 given up"), "{listed:?}");
    assert!(listed.said().contains("actions_paused of record"), "{listed:?}");

    let app = app.restart().await;
    let shown = app.get("/v1/notices", AUDITOR).await.body;
    let first = &shown["channels"][0]["given_up_last"][0];
    assert_eq!((&first["topic"], &first["code"]), (&json!("actions_paused"), &json!("http_410")), "{shown}");
    let (url, seq) = (app.app.url(), first["of"].to_string());
    let of = ["--server", &url, "--token-file", &token, "--reason", "the receiver is back"];
    let one = [["notices", "replay"].as_slice(), &of, &["--of", &seq, "--channel", "hook"]].concat();
    assert_eq!(Process::run(&one).await.well().said(), "One notice is sent again.");
    let posted = sink.received(3).await;
    assert_eq!(posted[2].id(), posted[0].id(), "it is the same message");
    assert_eq!(posted[2].body, posted[0].body);
    app.when(|app| told(&app.records()).last().is_some_and(|word| word == "sent")).await;

    let all = json!({ "reason": "the rest" });
    assert_eq!(app.post("/v1/notices/replay", RESPONDER, &all).await.body, json!({ "replayed": 1 }));
    sink.received(4).await;
    app.when(|app| told(&app.records()).iter().filter(|word| *word == "sent").count() == 2).await;
    assert_eq!(app.post("/v1/notices/replay", RESPONDER, &all).await.body, json!({ "replayed": 0 }));
    let unknown = json!({ "reason": "x", "channel": "nowhere" });
    assert_eq!(app.post("/v1/notices/replay", RESPONDER, &unknown).await.status, 404);
    assert_eq!(app.post("/v1/notices/replay", AUDITOR, &all).await.status, 403);
    assert_eq!(app.post("/v1/notices/replay", RESPONDER, &json!({ "reason": " " })).await.status, 422);

    let records = app.end().await;
    let replayed = records.iter().filter_map(|record| match &record.event {
        Event::Notice(NoticeEvent::Replayed { actor, reason, .. }) => Some((actor.as_str(), reason.as_str())),
        _ => None,
    });
    assert_eq!(replayed.collect::<Vec<_>>(), [("responder", "the receiver is back"), ("responder", "the rest")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_by_channel() {
    let sink = Sink::start(&[Answered::With(410, "", "")]).await;
    let channels = webhook(&sink, r#""actions_paused", "actions_resumed""#);
    let app = TestApp::start_with(set(&format!("{channels}[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n"))).await;
    app.steer("/v1/pause").await;
    app.steer("/v1/resume").await;
    app.when(|app| told(&app.records()).len() >= 4).await;
    let page = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    for line in ["owed{channel=\"hook\"} 0", "given_up{channel=\"hook\"} 1", "sent_total{channel=\"hook\"} 1"] {
        assert!(page.contains(&format!("portcullis_notices_{line}")), "{line}\n{page}");
    }
    app.end().await;
}
