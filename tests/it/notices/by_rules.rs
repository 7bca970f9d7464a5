//! What rules have told: to the channel that they name, in their words, once, and never to whom it is about.

use std::path::Path;

use portcullis::incident::{HoldReason, Incident, IncidentId, Outcome, Status};
use portcullis::sandbox::Api;
use serde_json::json;

use super::{robot, set, webhook, work};
use crate::harness::*;

const RULE: &str = "impossible-travel.yml";
const STEPS: &str = "expires_in: 8h\n";
const TEXT: &str = "{{ incident.id }} of {{ alert.source }}: {{ rule.title }}; call the duty desk";
const TOLD: [&str; 3] = ["notify started", "owed to group", "notify owed"];

/// The rule also tells that channel, after the disable.
fn telling(rules: &Path, channel: &str) {
    let step = format!("{STEPS}        - notify: {{ channel: {channel}, text: '{TEXT}' }}\n");
    edit(rules, RULE, STEPS, &step);
    edit(rules, RULE, "steps: [sign_out, disable]", "steps: [sign_out, disable, notify]");
}

pub(super) fn group(rules: &Path) {
    telling(rules, "group");
}

/// The rule does nothing else than tell.
fn only_telling(rules: &Path) {
    group(rules);
    let text = std::fs::read_to_string(rules.join(RULE)).unwrap();
    let (first, last) = (text.find("        - sign_out:").unwrap(), text.find("        - notify:").unwrap());
    edit(rules, RULE, &text[first..last], "");
    edit(rules, RULE, "steps: [sign_out, disable, notify]", "steps: [notify]");
}

fn is_told(state: &Incident) -> bool {
    state.steps.last().is_some_and(|step| step.is_final(state.plan.actions.last().unwrap()))
        || state.steps.len() > 2 && state.steps[2].is_final(&state.plan.actions[2])
}

async fn opened(app: &TestApp, person: &str) -> IncidentId {
    let number = app.records().len().try_into().unwrap();
    app.open(&Delivery::of_high_risk(person, number, app.now())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rules_words_reach_the_channel_that_it_names_whatever_that_hears() {
    let sink = Sink::start(&[]).await;
    // It hears of nothing by itself.
    let app = TestApp::start_with(Set { rules: group, ..set(&robot(&sink, "")) }).await;
    let incident = opened(&app, "zhang.san@example.com").await;
    let posted = sink.received(1).await.remove(0);
    app.until_notices(&["owed", "started 1", "sent"]).await;
    assert_eq!(app.story(&incident), [&CONTAINED[..], &TOLD].concat());
    let text = posted.text();
    assert!(text.starts_with("Portcullis: a rule has something told.\n"), "{text}");
    let words = format!("{incident} of okta: Impossible travel on an Enterprise Account; call the duty desk");
    assert!(text.contains(&words), "{text}");
    assert!(!text.contains("zhang") && !text.contains('@'), "{text}");
    // Nothing is told anew.
    let app = app.restart().await;
    app.advance(std::time::Duration::from_secs(8 * 3_600));
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    assert_eq!(sink.posted().len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_them_as_a_value() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(Set { rules: |rules| telling(rules, "hook"), ..set(&webhook(&sink, "")) }).await;
    let incident = opened(&app, "zhang.san@example.com").await;
    let posted = sink.received(1).await.remove(0).json();
    assert_eq!(posted["type"], "portcullis.rule_notice");
    assert_eq!(posted["data"]["incidents"][0]["id"], incident.as_str());
    assert!(posted["data"]["facts"]["text"].as_str().unwrap().ends_with("; call the duty desk"), "{posted}");
    app.until(&incident, is_told).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_is_about_is_not_told() {
    let duty = |rules: &Path| telling(rules, "duty");
    let app = TestApp::start_with(Set { rules: duty, ..set(&work(r#""zhangsan", "lisi""#)) }).await;
    let incident = opened(&app, "zhang.san@example.com").await;
    app.until_notices(&["owed", "started 1", "accepted", "sent"]).await;
    assert_eq!(app.dingtalk().calls_to(Api::WorkNotice)[0].body["userid_list"], "lisi");
    app.until(&incident, is_told).await;
    app.end().await;

    let app = TestApp::start_with(Set { rules: duty, ..set(&work(r#""zhangsan""#)) }).await;
    opened(&app, "zhang.san@example.com").await;
    app.until_notices(&["owed", "withheld OnlyTheSubject"]).await;
    assert_eq!(app.dingtalk().calls_to(Api::WorkNotice), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_only_tells_touches_nobody_and_is_kept_from_nothing_that_protects() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(Set { rules: only_telling, ..set(&robot(&sink, "")) }).await;
    for (count, person) in ["zhang.san@example.com", "admin.one@example.com"].into_iter().enumerate() {
        let incident = opened(&app, person).await;
        app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
        sink.received(count + 1).await;
    }
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    // Paused is paused.
    app.steer("/v1/pause").await;
    let held = opened(&app, "li.si@example.com").await;
    app.until(&held, |state| state.status == Status::Held(HoldReason::Paused)).await;
    assert_eq!(sink.posted().len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_been_contained_is_not_told_of_as_if() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(Set { rules: group, ..set(&robot(&sink, "")) }).await;
    let incident = opened(&app, "admin.one@example.com").await;
    app.until(&incident, |state| state.status == Status::Held(HoldReason::ProtectedLive)).await;
    assert_eq!(sink.posted().len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_nobody_and_contains_nobody() {
    let sink = Sink::start(&[]).await;
    let adjust = |config: &mut portcullis::config::Config| config.directory.dry_run = true;
    let app = TestApp::start_with(Set { rules: group, adjust, ..set(&robot(&sink, "")) }).await;
    let incident = opened(&app, "zhang.san@example.com").await;
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Failed)).await;
    app.until_notices(&["owed", "withheld DryRun"]).await;
    assert_eq!(sink.posted().len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_name_no_channel_are_refused_and_those_in_force_stay() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, ""))).await;
    let rules = app.config.resolve(&app.config.rules.folder);
    telling(&rules, "soc");
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert!(answer.body.to_string().contains("tells people by `soc`, which is not configured"), "{}", answer.body);
    let incident = opened(&app, "zhang.san@example.com").await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), CONTAINED);
    let refused = app.cannot_restart().await;
    assert!(refused.contains("which has group"), "{refused}");
}
