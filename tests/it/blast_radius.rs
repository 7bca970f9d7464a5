//! However many people or rules one alert, or a flood of them, is about: rules act on so many as their
//! budgets allow, and the rest waits for a human.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, Opened, Status};
use portcullis::sandbox::Api;
use portcullis::trail::Record;

use serde_json::json;

use crate::harness::{Delivery, RESPONDER, Set, TestApp, edit, leaked};

const PEOPLE: usize = 1_000;
const RULES: usize = 500;
/// How an incident is held that the breaker has stopped.
const STOPPED: Status = Status::Held(HoldReason::BreakerTripped);
/// What a rule may do in an hour, unless it is told otherwise.
const EACH_RULE_AN_HOUR: usize = 10;

fn person(number: usize) -> String {
    format!("person{number}@example.com")
}

/// Everybody in the identity map; the budgets are those that are shipped.
fn everybody(rules: &Path) {
    let mut people = String::from("lisi\n");
    (1..=PEOPLE).for_each(|number| writeln!(people, "{},user{number:04}", person(number)).unwrap());
    edit(rules, "identities.csv", "lisi\n", &people);
}

/// Many rules that are one but for their names.
fn one_rule_many_times(rules: &Path) {
    let text = std::fs::read_to_string(rules.join("impossible-travel.yml")).unwrap();
    // One proves itself by its own tests; those of the others would prove the same again.
    let (text, _) = text.split_once("\ntests:").unwrap();
    for number in 1..RULES {
        let text = text
            .replace("title: Impossible travel on an Enterprise Account", &format!("title: Impossible travel {number}"))
            .replace("6f2a1c1f9c11", &format!("6f2a1c20{number:04x}"))
            + "\n";
        std::fs::write(rules.join(format!("impossible-travel-{number}.yml")), text).unwrap();
    }
}

fn opened(records: &[Record]) -> Vec<&Opened> {
    let opened = records.iter().filter_map(|record| match &record.event {
        Event::AlertAdmitted { opened, .. } => Some(opened.iter()),
        _ => None,
    });
    opened.flatten().collect()
}

fn assert_capped(records: &[Record], people: usize) {
    let (held, planned): (Vec<_>, Vec<_>) = opened(records).into_iter().partition(|opened| opened.held.is_some());
    assert_eq!((planned.len(), held.len()), (EACH_RULE_AN_HOUR, people - EACH_RULE_AN_HOUR));
    // The harness's responders are among them.
    let waits = |reason: HoldReason| reason.is_budget() || reason == HoldReason::ProtectedResponder;
    assert!(held.iter().all(|opened| opened.held.is_some_and(waits)));
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_one_delivery_about_a_thousand_people_acts_on_a_few() {
    let app = TestApp::start_with(Set { rules: everybody, ..Set::default() }).await;
    let events: Vec<_> = (1..=PEOPLE).map(|number| leaked(&person(number), &format!("e{number}"))).collect();
    let answer = app.deliver(&Delivery::of_events("msg_1", &events, app.now())).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    for opened in opened(&app.records()).into_iter().filter(|opened| opened.held.is_none()) {
        app.until(&opened.plan.incident, |incident| incident.status == STOPPED).await;
    }
    assert_eq!(app.dingtalk().calls_to(Api::Disable), [], "it tripped before anything was done");
    let records = app.end().await;
    assert_capped(&records, PEOPLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_five_hundred_rules_about_one_person_act_once() {
    let app = TestApp::start_with(Set { rules: one_rule_many_times, ..Set::default() }).await;
    let answer = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    app.until_called(Api::Disable, 1).await;
    app.until_contained(&answer.incident()).await;
    assert_eq!(app.dingtalk().received(Api::SignOut), 1);
    assert_eq!(app.dingtalk().received(Api::Disable), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e09_of_five_hundred_people_within_ten_minutes_a_few_are_disabled_and_the_rest_waits_for_a_human() {
    let app = TestApp::start_with(Set { rules: everybody, ..Set::default() }).await;
    let mut last = None;
    for number in 1..=500 {
        let sent = u32::try_from(number).unwrap();
        last = Some(app.open(&Delivery::of_high_risk(&person(number), sent, app.now())).await);
        app.advance(Duration::from_secs(1));
    }
    let disabled = app.dingtalk().calls_to(Api::Disable).len();
    assert!((1..=EACH_RULE_AN_HOUR).contains(&disabled), "what was under way when it tripped is stopped: {disabled}");
    let last = last.unwrap();
    assert_eq!(app.story(&last).len(), 1, "it waits: {:?}", app.story(&last));
    let known = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 501, app.now())).await.incident();
    for tripped in [("rule", "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11"), ("source", "okta")] {
        let release = json!({"reason": "looked at it", tripped.0: tripped.1});
        assert_eq!(app.post("/v1/breaker/release", RESPONDER, &release).await.status, 200);
    }
    app.approve(&known).await;
    app.until_contained(&known).await;
    let records = app.end().await;
    assert_capped(&records, 501);
}
