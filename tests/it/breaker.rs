//! One verdict over many accounts in a short time: the breaker trips, and a human has to release it.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, Incident, IncidentId, PauseScope, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use super::concurrency::at_once;
use crate::harness::{AUDITOR, CONTAINED, Delivery, GITHUB, Kept, RESPONDER, Set, TestApp, edit, high_risk, hook};

const MINUTE: Duration = Duration::from_secs(60);
const RULE: &str = "5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11";

fn person(number: u32) -> String {
    format!("person{number}@example.com")
}

/// Gives thirty people an account each and sets these breakers, with budgets that hold nothing.
fn set(rules: &Path, breakers: &str) {
    let mut people = String::from("lisi\n");
    (1..=30).for_each(|number| writeln!(people, "{},user{number:04}", person(number)).unwrap());
    edit(rules, "identities.csv", "lisi\n", &people);
    let wide = "{per_hour: 1000, per_day: 1000}";
    let text = format!(
        "protected: []\nbudgets: {{organization: {wide}, each_source: {wide}, each_rule: {wide}}}\nbreakers: {breakers}\n"
    );
    std::fs::write(rules.join("guardrails.yml"), text).unwrap();
}

fn three_of_a_rule(rules: &Path) {
    set(rules, "{each_rule: {accounts: 3, within: 10m}}");
}

async fn start() -> TestApp {
    TestApp::start_with(Set { rules: three_of_a_rule, ..Set::default() }).await
}

async fn open(number: u32, app: &TestApp) -> IncidentId {
    app.open(&Delivery::of_high_risk(&person(number), number, app.now())).await
}

fn is_held(incident: &IncidentId, app: &TestApp) -> bool {
    app.incident(incident).status == Status::Held(HoldReason::BreakerTripped)
}

async fn contain(numbers: std::ops::RangeInclusive<u32>, app: &TestApp) {
    for number in numbers {
        let incident = open(number, app).await;
        app.until_contained(&incident).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_too_many_trips_it_until_a_human_releases_it() {
    let app = start().await;
    contain(1..=3, &app).await;
    let fourth = open(4, &app).await;
    assert_eq!(app.story(&fourth), ["admitted, held: breaker_tripped"]);
    app.advance(60 * MINUTE);
    let fifth = open(5, &app).await;
    assert!(is_held(&fifth, &app), "an hour of calm releases nothing");
    let tripped = app.records_of("breaker.tripped");
    let [record] = &tripped[..] else { panic!("{tripped:#?}") };
    let Event::BreakerTripped { trip } = &record.event else { unreachable!() };
    assert!(matches!(&trip.scope, PauseScope::Rule(rule) if rule.to_string() == RULE));
    assert_eq!((trip.accounts, trip.within_s.seconds()), (4, 600));
    let page = app.get("/", AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("The breaker has tripped") && page.contains(RULE), "{page}");
    assert!(page.contains("03:00:00 UTC</time>: 4 accounts were to be acted on within 10 minutes"), "{page}");
    assert!(page.contains("Actions run, but not all of them") && !page.contains("{$"), "{page}");

    for (body, status) in [
        (json!({"reason": "looked"}), 422),
        (json!({"reason": "looked", "source": "okta"}), 404),
        (json!({"reason": " ", "rule": RULE}), 422),
    ] {
        assert_eq!(app.post("/v1/breaker/release", RESPONDER, &body).await.status, status, "{body}");
    }
    let release = json!({"reason": "the sender is mended", "rule": RULE});
    assert_eq!(app.post("/v1/breaker/release", AUDITOR, &release).await.status, 403);
    let released = app.post("/v1/breaker/release", RESPONDER, &release).await;
    assert_eq!((released.status, &released.body["tripped"]), (200, &json!([])));
    assert_eq!(app.post("/v1/breaker/release", RESPONDER, &release).await.status, 404);

    app.advance(Duration::from_secs(1));
    contain(6..=8, &app).await;
    assert!(is_held(&fourth, &app) && is_held(&fifth, &app), "what was held waits for somebody");
    app.approve(&fourth).await;
    app.until_contained(&fourth).await;
    assert!(is_held(&open(9, &app).await, &app), "and counting began anew");
    assert_eq!(app.records_of("breaker.tripped").len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_no_more_are_acted_on_and_it_is_told_once() {
    for kept in [Kept::InMemory, Kept::BySled] {
        let app = TestApp::start_with(Set { rules: three_of_a_rule, kept, ..Set::default() }).await;
        let all = (1..=30).map(|number| Delivery::of_high_risk(&person(number), number, app.now())).collect();
        assert!(at_once(&app, all).await.iter().all(|answer| answer.status == 202));
        for record in app.records_of("alert.admitted") {
            let Event::AlertAdmitted { opened, .. } = &record.event else { unreachable!() };
            let rests = |incident: &Incident| incident.is_containing() || incident.status != Status::Open;
            app.until(&opened[0].plan.incident, rests).await;
        }
        assert!(app.dingtalk().calls_to(Api::Disable).len() <= 3);
        assert_eq!(app.records_of("breaker.tripped").len(), 1);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planned_and_not_done_when_it_trips_is_not_done_and_who_approves_lets_it() {
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::SignOut)).unwrap();
    let first = open(1, &app).await;
    app.when_called(Api::SignOut, 1).await;
    for number in 2..=4 {
        open(number, &app).await;
    }
    app.dingtalk().release_hangs();
    let held = ["admitted", "resolved", "sign_out started", "sign_out answered", "held: breaker_tripped"];
    app.until_told(&first, &held).await;
    app.approve(&first).await;
    app.until_contained(&first).await;
    assert_eq!(app.story(&first), [&held[..], &["approved"], &CONTAINED[4..]].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_asks_for_by_several_rules_trips_it_and_other_sources_go_on() {
    let rules = |rules: &Path| set(rules, "{each_source: {accounts: 3, within: 10m}}");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    contain(1..=3, &app).await;
    assert!(is_held(&open(4, &app).await, &app));
    let record = app.records_of("breaker.tripped").pop().unwrap();
    let Event::BreakerTripped { trip } = &record.event else { unreachable!() };
    assert!(matches!(&trip.scope, PauseScope::Source(source) if source.as_str() == "okta"));
    let body = hook(&[high_risk(&person(5), "event-5")]);
    let other = app.open(&Delivery::signed(&GITHUB, "", body, app.now())).await;
    app.until_contained(&other).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_gives_back_what_it_took_although_it_has_tripped_and_outlives_a_restart() {
    let app = TestApp::start_with(Set { rules: three_of_a_rule, kept: Kept::BySled, ..Set::default() }).await;
    contain(1..=3, &app).await;
    open(4, &app).await;
    let app = app.restart().await;
    app.advance(8 * 60 * MINUTE);
    app.until_called(Api::Enable, 3).await;
    assert!(is_held(&open(5, &app).await, &app));
    app.end().await;
}
