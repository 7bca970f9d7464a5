//! Correlations through the door: what several alerts come to, counted once each, over restarts and
//! whatever clock a sender claims.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Counted, Event, IncidentId, Timestamp, VerdictKind, WindowState};
use portcullis::trail::Record;
use serde_json::{Value, json};

use crate::concurrency::at_once;
use crate::harness::{ADMIN, Answer, Delivery, ENGINEER, Kept, Set, TestApp, edit};

const FILE: &str = "correlations/failed-sign-ins-then-success.yml";
const PERSON: &str = "zhang.san@example.com";

/// The shipped rules, with the correlation in force.
fn acting() -> Set {
    let rules = |folder: &Path| edit(folder, FILE, "mode: shadow", "mode: enforce");
    Set { rules, ..Set::default() }
}

fn sign_in(number: u32, result: &str, reason: &str, published: Option<Timestamp>) -> Value {
    let mut event = json!({
        "uuid": format!("sign-in-{number}"),
        "eventType": "user.session.start",
        "actor": { "type": "User", "alternateId": PERSON },
        "outcome": { "result": result, "reason": reason },
        "client": { "ipAddress": "203.0.113.7" },
    });
    if let Some(published) = published {
        event["published"] = json!(published.to_string());
    }
    event
}

fn failed(number: u32) -> Value {
    sign_in(number, "FAILURE", "INVALID_CREDENTIALS", None)
}

fn succeeded(number: u32) -> Value {
    sign_in(number, "SUCCESS", "", None)
}

async fn post(app: &TestApp, id: &str, events: &[Value]) -> Vec<String> {
    let answer = app.deliver(&Delivery::of_events(id, events, app.now())).await;
    assert!((200..300).contains(&answer.status), "{}: {}", answer.status, answer.body);
    let alerts = answer.body["alerts"].as_array().cloned().unwrap_or_default();
    let incidents = alerts.iter().flat_map(|alert| alert["incidents"].as_array().cloned().unwrap_or_default());
    incidents.filter_map(|incident| incident.as_str().map(str::to_owned)).collect()
}

fn counted(records: &[Record]) -> Vec<(VerdictKind, Vec<Counted>)> {
    let of = |record: &Record| match &record.event {
        Event::AlertAdmitted { verdict, counted, .. } => Some((verdict.kind, counted.clone())),
        _ => None,
    };
    records.iter().filter_map(of).collect()
}

fn states(records: &[Record]) -> Vec<WindowState> {
    counted(records).into_iter().flat_map(|(_, counted)| counted).map(|counted| counted.state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guessed_password_is_contained_over_a_restart_and_however_often_it_is_told() {
    let mut app = TestApp::start_with(acting()).await;
    for number in 0..6 {
        assert_eq!(post(&app, &format!("msg_{number}"), &[failed(number)]).await, [""; 0]);
        // Redelivered, under the same and under another id of the delivery: it counts once.
        post(&app, &format!("msg_{number}"), &[failed(number)]).await;
        post(&app, &format!("again_{number}"), &[failed(number)]).await;
    }
    app = app.restart().await;
    post(&app, "the_rest", &[failed(6), failed(7), failed(8), failed(9)]).await;
    let opened = post(&app, "the_right_one", &[succeeded(10)]).await;
    assert_eq!(opened.len(), 1, "the correlation opens one incident");
    app.until_contained(&IncidentId::parse(&opened[0]).unwrap()).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().last_sign_out.is_some());
    let records = app.end().await;
    let all = counted(&records);
    assert_eq!(all.len(), 11, "each alert is one record");
    assert!(all[..9].iter().all(|(kind, counted)| *kind == VerdictKind::Counted && counted.len() == 1), "{all:?}");
    assert_eq!(all[9].1[0].state, WindowState::Fired, "the tenth makes the first correlation match");
    assert_eq!((all[10].0, all[10].1.last().unwrap().state), (VerdictKind::Planned, WindowState::Fired));
    let text = serde_json::to_string(&all.iter().map(|(_, counted)| counted).collect::<Vec<_>>()).unwrap();
    assert!(!text.contains("zhang") && !text.contains("203.0.113"), "no person and no address in the clear: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nine_failures_and_a_success_are_nothing() {
    let app = TestApp::start_with(acting()).await;
    let events: Vec<Value> = (0..9).map(failed).chain([succeeded(9)]).collect();
    assert_eq!(post(&app, "all", &events).await, [""; 0]);
    let records = app.end().await;
    assert!(states(&records).iter().all(|state| *state == WindowState::Counting));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_s_clock_neither_holds_a_window_open_nor_fills_an_old_one() {
    let app = TestApp::start_with(acting()).await;
    let shifted = |seconds: i64| Timestamp::from_second(app.now().as_second() + seconds).unwrap();
    // From tomorrow: counted as now. From yesterday: too late to count. Four minutes old: in its place.
    let events = [
        sign_in(0, "FAILURE", "INVALID_CREDENTIALS", Some(shifted(86_400))),
        sign_in(1, "FAILURE", "INVALID_CREDENTIALS", Some(shifted(-86_400))),
        sign_in(2, "FAILURE", "INVALID_CREDENTIALS", Some(shifted(-240))),
    ];
    let now = app.now();
    let before = shifted(-240);
    post(&app, "clocks", &events).await;
    let records = app.end().await;
    let entries: Vec<_> = counted(&records).into_iter().flat_map(|(_, counted)| counted).collect();
    assert!(entries[0].at <= now && entries[0].at > before, "{entries:?}");
    assert_eq!(entries[1].state, WindowState::Late);
    assert_eq!(entries[2].at, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_at_the_same_moment_are_all_counted() {
    // On disk, where an append takes long enough for others to come between; in shadow, so that no
    // account keeps them apart.
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let delivery = |number: u32| Delivery::of_events(&format!("msg_{number}"), &[failed(number)], app.now());
    at_once(&app, (0..40).map(delivery).collect()).await;
    let records = app.end().await;
    let firsts: Vec<_> = counted(&records).into_iter().map(|(_, counted)| counted[0].state).collect();
    let count = |wanted: WindowState| firsts.iter().filter(|state| **state == wanted).count();
    assert_eq!([WindowState::Counting, WindowState::Fired, WindowState::Quiet].map(count), [9, 1, 30]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_alert_counts_nothing_for_its_delivery_either() {
    let app = TestApp::start_with(acting()).await;
    post(&app, "nine", &(0..9).map(failed).collect::<Vec<_>>()).await;
    assert_eq!(post(&app, "again", &[failed(0), failed(1), succeeded(9)]).await, [""; 0]);
    assert!(!states(&app.end().await).contains(&WindowState::Fired));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_told_once_until_its_window_has_emptied() {
    let app = TestApp::start_with(acting()).await;
    let first: Vec<Value> = (0..12).map(failed).collect();
    post(&app, "first", &first).await;
    app.clock.advance(Duration::from_hours(1));
    let second: Vec<Value> = (12..22).map(failed).collect();
    post(&app, "second", &second).await;
    let records = app.end().await;
    // What the correlation counts that builds on this one is left out.
    let firsts = counted(&records).into_iter().map(|(_, counted)| counted[0].state);
    let of_a_row = |fired: usize, quiet: usize| {
        let row = [(WindowState::Counting, 9), (WindowState::Fired, fired), (WindowState::Quiet, quiet)];
        row.into_iter().flat_map(|(state, times)| std::iter::repeat_n(state, times)).collect::<Vec<_>>()
    };
    assert_eq!(firsts.collect::<Vec<_>>(), [of_a_row(1, 2), of_a_row(1, 0)].concat());
}

async fn reload(app: &TestApp) -> Answer {
    app.post("/v1/rules/reload", ENGINEER, &json!({})).await
}

/// What the server says of the rule with this id.
async fn row(app: &TestApp, id: &str) -> Value {
    let rules = app.get("/v1/rules", ENGINEER).await.body;
    rules["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == id).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_let_a_correlation_act_let_it_act_by_what_it_counted_then() {
    let rules = |rules: &Path| {
        let acting = [
            "impossible-travel.yml",
            "leaked-credential.yml",
            "entra/confirmed-compromised.yml",
            "generic/confirmed-compromise.yml",
        ];
        acting.iter().for_each(|file| edit(rules, file, "mode: enforce", "mode: shadow"));
    };
    let config = "[rules]\nrequire_promotion = true\npromotion_days = 0\npromotion_matches = 0\n";
    let app = TestApp::start_with(Set { rules, config, ..Set::default() }).await;
    let folder = app.config.resolve(&app.config.rules.folder);
    let id = "283fa88f-b141-433c-ba85-7597a4dc7387";
    let body = json!({ "behaviour": row(&app, id).await["behaviour"] });
    let promoted = app.post(&format!("/v1/rules/{id}/promote"), ADMIN, &body).await;
    assert_eq!(promoted.status, 200, "{}", promoted.body);
    edit(&folder, FILE, "mode: shadow", "mode: enforce");
    assert_eq!(reload(&app).await.status, 200);
    // The rule that is counted by the correlation that is counted by this one.
    edit(&folder, FILE, "outcome.reason: INVALID_CREDENTIALS", "outcome.reason: [INVALID_CREDENTIALS, EXPIRED]");
    let answer = reload(&app).await;
    let refused = answer.body["refused"]["problems"][0].as_str().unwrap_or_default();
    assert!(answer.status == 422 && refused.contains("nobody has let it act as it is"), "{}", answer.body);
    app.end().await;
}
