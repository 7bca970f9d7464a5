//! Whoever is to say yes is asked in time, plan by plan, and told when it is too late.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, IncidentId, Lapse, Outcome, Status};
use serde_json::json;

use super::{robot, set};
use crate::harness::*;

const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn asks(rules: &Path) {
    rules_by_way(rules, &["user_id"]);
    allow_much(rules);
    let asked = "response:\n  approval: {people: 1, within: 1m, otherwise: drop}";
    edit(rules, "look-up-user_id.yml", "response:", asked);
}

pub(super) async fn open(app: &TestApp, user_id: &str) -> IncidentId {
    let event = json!({ "uuid": user_id, "eventType": "test.user_id", "who": user_id });
    let incident = app.open(&Delivery::of_events(user_id, &[event], app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    incident
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_plans_at_once_are_each_told_with_their_link_and_digest_before_any_lapses() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(Set { rules: asks, ..set(&robot(&sink, r#""approval_wanted""#)) }).await;
    let since = app.now();
    let mut incidents = Vec::new();
    for number in 1..=10 {
        incidents.push(open(&app, &format!("user{number:04}")).await);
    }
    let texts: Vec<String> = sink.received(10).await.iter().map(Posted::text).collect();
    for incident in &incidents {
        let link = format!("https://portcullis.example.com/incidents/{incident}");
        let plan = app.incident(incident).plan.digest().to_string();
        assert!(texts.iter().any(|text| text.contains(&link) && text.contains(&plan)), "{incident}: {texts:#?}");
    }
    assert!(app.now().duration_since(since).unsigned_abs() < MINUTE, "before the first of them lapses");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_asked_is_told_that_nobody_said_yes_in_time() {
    for (otherwise, says) in [("drop", Lapse::Drop.text()), ("act", Lapse::Act.text())] {
        let sink = Sink::start(&[]).await;
        let rules: fn(&Path) = match otherwise {
            "drop" => asks,
            _ => |rules| {
                asks(rules);
                edit(rules, "look-up-user_id.yml", "otherwise: drop", "otherwise: act");
            },
        };
        let app = TestApp::start_with(Set { rules, ..set(&robot(&sink, r#""approval_wanted""#)) }).await;
        let incident = open(&app, "user0001").await;
        sink.received(1).await;
        app.advance(MINUTE);
        app.until(&incident, |incident| {
            incident.status == Status::Closed(Outcome::Dismissed) || incident.outcome() == Some(Outcome::Done)
        })
        .await;
        let text = sink.received(2).await.remove(1).text();
        assert!(text.contains("nobody approved a plan in time") && text.contains(says), "{text}");
        assert!(text.contains(&format!("https://portcullis.example.com/incidents/{incident}")), "{text}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_as_soon_as_it_is_asked_for_by_hand_is_told() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, r#""incident_held""#))).await;
    app.steer("/v1/pause").await;
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "permanent": true, "reason": "test",
    });
    let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
    assert_eq!(answer.body["held"], json!({"code": "paused", "text": HoldReason::Paused.text()}), "{}", answer.body);
    let text = sink.received(1).await.remove(0).text();
    assert!(text.contains(HoldReason::Paused.text()) && text.contains(answer.body["incident"].as_str().unwrap()));
    assert!(app.records().iter().any(|record| matches!(record.event, Event::IncidentRequested { .. })));
    app.end().await;
}
