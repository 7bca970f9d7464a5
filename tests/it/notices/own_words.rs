//! What people read in the operator's own words: filled in, with what they must have, and nothing about the person.

use std::path::Path;

use portcullis::incident::{HoldReason, Status};
use serde_json::json;

use super::by_rules::group;
use super::{robot, set};
use crate::harness::*;

const RULE: &str = "impossible-travel.yml";
const TITLE: &str = "Impossible travel on an Enterprise Account";
const LINK: &str = "https://portcullis.example.com/incidents";

/// A group's robot that hears these topics, each in words of its own.
fn saying(sink: &Sink, texts: &[(&str, &str)]) -> String {
    let topics: Vec<String> =
        texts.iter().filter(|(topic, _)| *topic != "rule_notice").map(|(topic, _)| format!("{topic:?}")).collect();
    let texts: Vec<String> = texts.iter().map(|(topic, text)| format!("{topic} = \"\"\"\n{text}\n\"\"\"\n")).collect();
    format!("{}[notices.channels.group.templates]\n{}", robot(sink, &topics.join(", ")), texts.concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_a_hold_is_read_in_the_operators_words_and_nothing_of_the_person_is_in_them() {
    let sink = Sink::start(&[]).await;
    let text = "事件 {{ incident.id }}：{{ rule.title }}\n原因：{{ reason }}，故障：{{ failure }}\n{{ link }}";
    let app = TestApp::start_with(set(&saying(&sink, &[("incident_held", text)]))).await;
    let incident = app.open(&Delivery::of_high_risk("admin.one@example.com", 1, app.now())).await;
    let said = sink.received(1).await.remove(0).text();
    let reason = HoldReason::ProtectedLive.text();
    assert_eq!(said, format!("事件 {incident}：{TITLE}\n原因：{reason}，故障：-\n{LINK}/{incident}"));
    app.until_notices(&["started 1", "sent"]).await;
    app.end().await;
}

fn approved_first(rules: &Path) {
    let approval = "    approval: {people: 1, within: 30m, otherwise: drop}";
    edit(rules, RULE, "    assurance: B", &format!("    assurance: B\n{approval}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_in_the_operators_words_can_say_yes_to_the_plan_that_they_name() {
    let sink = Sink::start(&[]).await;
    let channel = saying(&sink, &[("approval_wanted", "Duty: say yes to {{ plan }} at {{ link }}")]);
    let app = TestApp::start_with(Set { rules: approved_first, ..set(&channel) }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |state| state.status == Status::Held(HoldReason::ApprovalWanted)).await;
    let said = sink.received(1).await.remove(0).text();
    let (plan, link) = said.strip_prefix("Duty: say yes to ").unwrap().split_once(" at ").unwrap();
    assert_eq!(link, format!("{LINK}/{incident}"));
    let body = json!({ "reason": "looked at it", "plan": plan });
    let answer = app.post(&format!("/v1/incidents/{incident}/approve"), RESPONDER, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rules_words_stand_in_the_operators() {
    let sink = Sink::start(&[]).await;
    let channel = saying(&sink, &[("rule_notice", "R7 ({{ incident.id }}): {{ text }}")]);
    let app = TestApp::start_with(Set { rules: group, ..set(&channel) }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    let said = sink.received(1).await.remove(0).text();
    assert_eq!(said, format!("R7 ({incident}): {incident} of okta: {TITLE}; call the duty desk"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_no_incident_has_its_own_names() {
    let sink = Sink::start(&[]).await;
    let texts = [("actions_paused", "Paused: {{ scope }}, see {{ link }}"), ("rules_refused", "{{ count }} problems")];
    let app = TestApp::start_with(set(&saying(&sink, &texts))).await;
    app.steer("/v1/pause").await;
    assert_eq!(sink.received(1).await[0].text(), "Paused: all, see https://portcullis.example.com");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_leave_out_what_is_approved_keep_the_server_from_starting() {
    let sink = Sink::start(&[]).await;
    let mut app = TestApp::start_with(set(&robot(&sink, ""))).await;
    let file = app.folder().join("portcullis.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{config}templates = {{ approval_wanted = \"see {{{{ link }}}}\" }}\n")).unwrap();
    app.config = portcullis::config::load(&file, &[]).unwrap();
    let refused = app.cannot_restart().await;
    let problem = "[notices.channels.group] `templates.approval_wanted` leaves out `{{ plan }}`";
    assert!(refused.contains(problem), "{refused}");
}
