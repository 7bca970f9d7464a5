//! What a rule wanted to act on and could not open an incident for is seen by people: told, listed, and gone in time.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{robot, set, told};
use crate::harness::*;

async fn send(app: &TestApp, id: &str, people: &[&str]) -> Answer {
    let mut event = high_risk("zhang.san@example.com", id);
    event["target"] = people.iter().map(|person| json!({"type": "User", "alternateId": person})).collect();
    app.deliver(&Delivery::of_events(id, &[event], app.now())).await
}

async fn listed(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/v1/held-alerts", AUDITOR).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["held_alerts"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_names_nobody_or_several_is_told_and_listed_for_a_week() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""alert_held""#))).await;
    assert_eq!(listed(&app).await, [] as [Value; 0]);
    assert_eq!(send(&app, "msg_1", &[]).await.status, 202);
    let text = sink.received(1).await.remove(0).text();
    for words in ["a rule could not act on an alert", "Source: okta", "rule Impossible travel", "names no account"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('@'), "{text}");
    app.until_notices(&["started 1", "sent"]).await;
    app.advance(Duration::from_secs(60));
    assert_eq!(send(&app, "msg_2", &["zhang.san@example.com", "li.si@example.com"]).await.status, 202);
    assert_eq!(send(&app, "msg_3", &["wang.wu@example.com", "li.si@example.com"]).await.status, 202);

    let app = app.restart().await;
    let lines = listed(&app).await;
    let seen: Vec<_> =
        lines.iter().map(|line| (line["reason"].as_str().unwrap(), line["count"].as_u64().unwrap())).collect();
    assert_eq!(seen, [("account_ambiguous", 2), ("account_not_named", 1)], "{lines:?}");
    assert_eq!((lines[0]["source"].as_str(), lines[0]["record"].as_u64().is_some()), (Some("okta"), true));
    let page = app.get("/", AUDITOR).await.body;
    let page = page.as_str().unwrap();
    assert!(
        page.contains("Alerts held without an incident") && page.contains("more than one account answers"),
        "{page}"
    );
    assert!(!page.contains("example.com"), "no address");

    app.advance(Duration::from_secs(7 * 24 * 3_600 - 60));
    assert_eq!(listed(&app).await.len(), 1);
    app.advance(Duration::from_secs(60));
    assert_eq!(listed(&app).await.len(), 0);
    assert_eq!(app.dingtalk().calls_to(portcullis::sandbox::Api::SignOut), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_proves_too_little_is_listed_and_a_flood_of_it_is_one_line_and_few_notices() {
    let sink = Sink::start(&[]).await;
    let rules = |rules: &Path| edit(rules, "impossible-travel.yml", "assurance: B", "assurance: A");
    let app = TestApp::start_with(Set { rules, ..set(&robot(&sink, r#""alert_held""#)) }).await;
    for number in 0..30 {
        let body = hook(&[high_risk("zhang.san@example.com", &format!("event-{number}"))]);
        let answer = app.deliver(&Delivery::signed(&GITHUB, "", body, app.now())).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    let lines = listed(&app).await;
    assert_eq!((lines.len(), &lines[0]["reason"], &lines[0]["count"]), (1, &json!("assurance_too_low"), &json!(30)));
    app.when(|app| told(&app.records()).last().is_some_and(|word| word == "sent")).await;
    assert!(sink.posted().len() <= 5, "{:#?}", sink.posted());
    app.end().await;
}
