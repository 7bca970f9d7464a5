//! Windows through the door: what pushes out what, what comes late, and what a restart finds again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{
    Amount, Counted, Event, IncidentId, Mark, Status, Timestamp, Verdict, VerdictKind, WindowState,
};
use portcullis::trail::Record;
use serde_json::{Value, json};

use crate::concurrency::at_once;
use crate::harness::{Delivery, Kept, Set, TestApp, high_risk};

/// Rules `failed` and `ok`, and what these lines count of them.
fn write(rules: &Path, correlations: &[&str]) {
    let rule = |name: &str, number: u8, result: &str| {
        format!(
            "title: {name}\nid: 00000000-0000-4000-8000-00000000000{number}\nname: {name}\nlogsource: {{product: okta}}\ndetection:\n  s: {{eventType: test.sign_in, outcome.result: {result}}}\n  condition: s\n---\n"
        )
    };
    let correlations = correlations.iter().enumerate().map(|(number, correlation)| {
        format!("title: C{number}\nid: 00000000-0000-4000-8000-0000000001{number:02}\nowner: tests\n{correlation}\n")
    });
    let correlations: Vec<String> = correlations.collect();
    let text = format!("{}{}{}", rule("failed", 1, "FAILURE"), rule("ok", 2, "SUCCESS"), correlations.join("---\n"));
    fs::write(rules.join("windows.yml"), text).unwrap();
}

const THREE: &str = "correlation: {type: event_count, rules: [failed], group-by: [actor.alternateId], timespan: 5m, condition: {gte: 3}}";
const SPRAY: &str = "correlation: {type: value_count, rules: [failed], group-by: [actor.alternateId], timespan: 1h, condition: {field: client.ipAddress, gte: 3}}";
const ROW: &str =
    "correlation: {type: temporal_ordered, rules: [failed, ok], group-by: [actor.alternateId], timespan: 1h}";

fn failed(number: usize, who: &str, address: &str, published: Timestamp) -> Value {
    json!({
        "uuid": format!("event-{number}"),
        "eventType": "test.sign_in",
        "published": published.to_string(),
        "actor": { "type": "User", "alternateId": who },
        "outcome": { "result": "FAILURE" },
        "client": { "ipAddress": address },
    })
}

fn succeeded(number: usize, who: &str, published: Timestamp) -> Value {
    let mut event = failed(number, who, "1.1.1.1", published);
    event["outcome"]["result"] = json!("SUCCESS");
    event
}

/// Posts events as one delivery, and gives the answer's status and the incidents.
async fn post(app: &TestApp, id: &str, events: &[Value]) -> (u16, Vec<IncidentId>) {
    let answer = app.deliver(&Delivery::of_events(id, events, app.now())).await;
    let alerts = answer.body["alerts"].as_array().cloned().unwrap_or_default();
    let incidents = alerts.iter().flat_map(|alert| alert["incidents"].as_array().cloned().unwrap_or_default());
    (answer.status, incidents.map(|incident| IncidentId::parse(incident.as_str().unwrap()).unwrap()).collect())
}

fn admitted(records: &[Record]) -> Vec<(Verdict, Vec<Counted>, u32)> {
    let of = |record: &Record| match &record.event {
        Event::AlertAdmitted { verdict, counted, counted_left_out, .. } => {
            Some((Verdict::clone(verdict), counted.clone(), *counted_left_out))
        }
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

fn states(records: &[Record]) -> Vec<WindowState> {
    admitted(records).into_iter().flat_map(|(_, counted, _)| counted).map(|counted| counted.state).collect()
}

fn earlier(app: &TestApp, seconds: i64) -> Timestamp {
    Timestamp::from_second(app.now().as_second() - seconds).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn invented_people_push_nobody_out_and_the_records_say_who_gave_way() {
    let rules = |rules: &Path| write(rules, &[ROW, THREE]);
    let config = "[admission]\ngroups_per_correlation_max = 40\n";
    let app = TestApp::start_with(Set { rules, config, ..Set::default() }).await;
    post(&app, "before", &[failed(0, "real@example.com", "1.1.1.1", app.now())]).await;
    for delivery in 0..10 {
        let invented = |number: usize| {
            let number = 1 + delivery * 30 + number;
            failed(number, &format!("invented-{number}@example.com"), "2.2.2.2", app.now())
        };
        post(&app, &format!("flood-{delivery}"), &(0..30).map(invented).collect::<Vec<_>>()).await;
    }
    post(&app, "after", &[succeeded(1_000, "real@example.com", app.now())]).await;
    let records = app.end().await;
    let all: Vec<Counted> = admitted(&records).into_iter().flat_map(|(_, counted, _)| counted).collect();
    assert_eq!(all.last().unwrap().state, WindowState::Fired);
    assert_eq!(standing(&all), 80, "forty for each correlation");
}

/// How many windows are left by what the records say. What is said to have given way was there, and gave
/// way once.
fn standing(all: &[Counted]) -> usize {
    let mut standing: Vec<Mark> = Vec::new();
    for counted in all {
        for evicted in &counted.evicted {
            let place = standing.iter().position(|group| group == evicted).expect("it is there");
            standing.remove(place);
        }
        if !standing.contains(&counted.group) {
            standing.push(counted.group);
        }
    }
    standing.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_at_the_same_moment_name_nobody_twice() {
    let rules = |rules: &Path| write(rules, &[THREE]);
    let config = "[admission]\ngroups_per_correlation_max = 20\n";
    let app = TestApp::start_with(Set { rules, config, kept: Kept::BySled, ..Set::default() }).await;
    let delivery = |number: usize| {
        let events = [0, 1].map(|one| {
            let number = number * 2 + one;
            failed(number, &format!("invented-{number}@example.com"), "2.2.2.2", app.now())
        });
        Delivery::of_events(&format!("msg_{number}"), &events, app.now())
    };
    at_once(&app, (0..60).map(delivery).collect()).await;
    let records = app.end().await;
    let all: Vec<Counted> = admitted(&records).into_iter().flat_map(|(_, counted, _)| counted).collect();
    // What is recorded and not yet forgotten as under way may be taken for two.
    let left = standing(&all);
    assert!(all.len() == 120 && left <= 20 && left > 10, "{} {left}", all.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_window_knows_survives_a_restart() {
    let rules = |rules: &Path| write(rules, &[SPRAY]);
    let mut app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let who = "real@example.com";
    let put = |number: usize, address: &str, at: Timestamp| [failed(number, who, address, at)];
    post(&app, "0", &put(0, "1.1.1.1", app.now())).await;
    let repeats: Vec<Value> = (1..40).map(|number| failed(number, who, "2.2.2.2", app.now())).collect();
    post(&app, "1", &repeats).await;
    app = app.restart().await;
    post(&app, "2", &put(100, "3.3.3.3", app.now())).await;
    app = app.restart().await;
    app.clock.advance(Duration::from_mins(10));
    post(&app, "3", &put(101, "3.3.3.3", app.now())).await;
    // Comes late, before anything was told of; takes nothing back.
    post(&app, "4", &put(102, "3.3.3.3", earlier(&app, 14 * 60))).await;
    app = app.restart().await;
    post(&app, "5", &put(103, "1.1.1.1", app.now())).await;
    app.clock.advance(Duration::from_hours(2));
    post(&app, "6", &put(104, "1.1.1.1", app.now())).await;
    let states = states(&app.end().await);
    use WindowState::{Counting, Fired, Quiet};
    assert_eq!(states[..40], [Counting; 40]);
    assert_eq!(states[40..], [Fired, Quiet, Quiet, Quiet, Counting]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_late_makes_nothing_match_again() {
    let rules = |rules: &Path| write(rules, &[THREE]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let at = [app.now(), app.now(), app.now(), app.now(), earlier(&app, 600), app.now()];
    for (number, at) in at.into_iter().enumerate() {
        post(&app, &format!("msg_{number}"), &[failed(number, "real@example.com", "1.1.1.1", at)]).await;
    }
    use WindowState::{Counting, Fired, Quiet};
    assert_eq!(states(&app.end().await), [Counting, Counting, Fired, Quiet, Counting, Quiet]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_repeats_hide_nothing() {
    let rules = |rules: &Path| write(rules, &[SPRAY]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let put = |number: usize, address: &str| failed(number, "real@example.com", address, app.now());
    post(&app, "first", &[put(0, "1.1.1.1")]).await;
    for delivery in 0..11 {
        let repeats: Vec<Value> = (0..100).map(|number| put(1 + delivery * 100 + number, "2.2.2.2")).collect();
        post(&app, &format!("repeats-{delivery}"), &repeats).await;
    }
    post(&app, "last", &[put(5_000, "3.3.3.3")]).await;
    let records = app.end().await;
    let (_, counted, _) = admitted(&records).pop().unwrap();
    assert_eq!((counted[0].state, counted[0].shortened), (WindowState::Fired, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_counts_says_how_far_its_window_has_come() {
    let rules = |rules: &Path| write(rules, &[THREE, &SPRAY.replace("gte: 3", "gte: 10")]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let put = |number: usize| failed(number, "real@example.com", "1.1.1.1", app.now());
    post(&app, "both", &[put(0), put(1)]).await;
    let records = app.end().await;
    let (verdict, counted, _) = admitted(&records).pop().unwrap();
    assert_eq!(counted[0].found, Some(Amount::whole(2)));
    let nearest = verdict.nearest.unwrap();
    assert_eq!((verdict.kind, nearest.passed, nearest.tests), (VerdictKind::Counted, 2, 3));
    assert_eq!((nearest.rule.title.as_str(), nearest.field.as_str()), ("C0", "event_count"));
    assert!(nearest.why.contains("gte 3 within 5m, for each actor.alternateId"), "{}", nearest.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_counted_nowhere_says_why() {
    let rules = |rules: &Path| write(rules, &[&SPRAY.replace("client.ipAddress", "client.address")]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    post(&app, "one", &[failed(0, "real@example.com", "1.1.1.1", app.now())]).await;
    let (verdict, counted, _) = admitted(&app.end().await).pop().unwrap();
    let nearest = verdict.nearest.unwrap();
    assert_eq!((counted.len(), verdict.kind, nearest.passed, nearest.tests), (0, VerdictKind::Counted, 1, 2));
    assert_eq!((nearest.rule.title.as_str(), nearest.field.as_str()), ("C0", "client.address"));
    assert!(nearest.why.contains("does not have exactly one value there"), "{}", nearest.why);
}

const ACTING: &str = "correlation: {type: event_count, rules: [failed], group-by: [actor.alternateId], timespan: 1m, condition: {gte: 2}}
response:
  mode: enforce
  account: {email: actor.alternateId}
  cooldown: 1h
  steps:
    - sign_out: {reason: r, employee_reason: account-takeover}";

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_counts_for_as_many_correlations_as_its_record_holds_and_first_for_what_acts() {
    // Neither rule is counted by too many; an event that matches both is.
    let rules = |rules: &Path| {
        let of_ok = SPRAY.replace("[failed]", "[ok]");
        write(rules, &[[SPRAY; 8].as_slice(), [of_ok.as_str(); 7].as_slice(), &[ACTING]].concat());
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let both = |number: usize| {
        let mut event = failed(number, "zhang.san@example.com", "1.1.1.1", app.now());
        event["outcome"]["result"] = json!(["FAILURE", "SUCCESS"]);
        event
    };
    let (status, opened) = post(&app, "both", &[both(0), both(1)]).await;
    assert_eq!((status, opened.len()), (202, 1), "it fits, and the last of the file acts");
    let records = app.end().await;
    let (_, counted, left_out) = admitted(&records).pop().unwrap();
    assert_eq!((counted.len(), left_out), (Verdict::COUNTED_MAX, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correlation_rests_for_its_cooldown_and_acts_again_after_it() {
    let rules = |rules: &Path| write(rules, &[ACTING]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let mut number = 0;
    let mut two = || {
        number += 2;
        [number, number + 1].map(|number| failed(number, "zhang.san@example.com", "1.1.1.1", app.now()))
    };
    let (_, opened) = post(&app, "first", &two()).await;
    app.until(&opened[0], |state| matches!(state.status, Status::Closed(_))).await;
    app.clock.advance(Duration::from_mins(20));
    let (_, within) = post(&app, "within", &two()).await;
    app.clock.advance(Duration::from_mins(41));
    let (_, behind) = post(&app, "behind", &two()).await;
    assert_eq!((opened.len(), within.len(), behind.len()), (1, 0, 1));
    app.until(&behind[0], |state| matches!(state.status, Status::Closed(_))).await;
    let kinds: Vec<VerdictKind> = admitted(&app.end().await).into_iter().map(|(verdict, ..)| verdict.kind).collect();
    use VerdictKind::{Counted, Planned, Suppressed};
    assert_eq!(kinds, [Counted, Planned, Counted, Suppressed, Counted, Planned]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_too_many_live_incidents_what_only_counts_is_taken_and_what_would_act_is_not() {
    let rules = |rules: &Path| write(rules, &[ACTING]);
    let config = "[admission]\nlive_incidents_max = 1\n";
    let app = TestApp::start_with(Set { rules, config, ..Set::default() }).await;
    app.steer("/v1/pause").await;
    let (status, held) = post(&app, "held", &[high_risk("li.si@example.com", "one")]).await;
    assert_eq!((status, held.len()), (202, 1));
    let put = |number: usize| failed(number, "zhang.san@example.com", "1.1.1.1", app.now());
    assert_eq!(post(&app, "counts", &[put(0)]).await.0, 202);
    assert_eq!(post(&app, "acts", &[put(1)]).await.0, 503);
    assert_eq!(post(&app, "acts-too", &[high_risk("zhang.san@example.com", "two")]).await.0, 503);
    // What was refused has not counted: told again, it is the second.
    let records = app.end().await;
    assert_eq!(states(&records), [WindowState::Counting]);
}
