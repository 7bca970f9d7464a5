//! What a running program makes of clocks and secrets that change under it, and of too much at once.

use std::time::Duration;

use jiff::SignedDuration;
use portcullis::incident::Status;
use portcullis::sandbox::Api;
use tokio::task::JoinSet;

use crate::harness::{Delivery, GITHUB, SLOW, SLOW_CONFIG, Set, Source, TestApp, harmless, hook};

const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);

#[tokio::test(flavor = "multi_thread")]
async fn b28_what_is_fresh_is_told_by_the_clock_and_what_is_known_is_not() {
    let app = TestApp::start().await;
    let noon = app.now();
    assert_eq!(app.get("/readyz", "").await.body["clock"], "steady");
    let at = |number, now| Delivery::of_high_risk("zhang.san@example.com", number, now);
    let first = app.deliver(&at(1, noon)).await;
    app.until_contained(&first.incident()).await;
    for (number, turned) in [(2, noon - TEN_MINUTES), (3, noon + TEN_MINUTES)] {
        app.clock.set(turned);
        assert_eq!(app.deliver(&at(number, noon)).await.status, 401, "not fresh by the clock");
        let known = app.deliver(&at(1, turned)).await;
        assert_eq!((known.status, known.alert()), (200, first.alert()), "known whatever the clock says");
        assert_eq!(app.deliver(&at(number, turned)).await.status, 202);
        assert_eq!(app.get("/readyz", "").await.body["clock"], "stepped");
    }
    assert_eq!((app.dingtalk().received(Api::SignOut), app.dingtalk().received(Api::Disable)), (1, 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b28_no_turn_of_the_clock_gives_a_source_more_than_its_rate() {
    let app = TestApp::start_with(Set { config: SLOW_CONFIG, ..Set::default() }).await;
    let noon = app.now();
    let mut number = 0;
    for turned in [noon, noon + TEN_MINUTES, noon - TEN_MINUTES] {
        app.clock.set(turned);
        let mut refused = 0;
        for _ in 0..12 {
            number += 1;
            let body = hook(&[harmless(&format!("event-{number}"))]);
            let status = app.deliver(&Delivery::signed(&SLOW, "", body, app.now())).await.status;
            assert!([202, 503].contains(&status), "{status}");
            refused += usize::from(status == 503);
        }
        assert!(refused > 0, "{turned}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b26_a_secret_that_is_replaced_while_requests_are_under_way_costs_none_an_error_of_ours() {
    let app = TestApp::start().await;
    let other = Source { secret: "test-secret-for-github-after-it-was-changed", ..GITHUB };
    let numbered = |source: &Source, number: usize, app: &TestApp| {
        Delivery::signed(source, "", hook(&[harmless(&format!("event-{number}"))]), app.now())
    };
    let mut under_way = JoinSet::new();
    for number in 0..200 {
        let delivery = numbered(if number % 2 == 0 { &GITHUB } else { &other }, number, &app);
        let mut request = app.client.post(format!("{}{}", app.app.url(), delivery.path())).body(delivery.body);
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        under_way.spawn(async move { request.send().await.map(|answer| answer.status().as_u16()) });
    }
    let mut answered = vec![under_way.join_next().await.unwrap().unwrap().unwrap()];
    std::fs::write(app.folder().join("github-secret"), other.secret).unwrap();
    app.app.renew_sources().await;
    answered.extend(under_way.join_all().await.into_iter().map(Result::unwrap));
    assert!(answered.len() == 200 && answered.iter().all(|status| [202, 401].contains(status)), "{answered:?}");
    assert_eq!(app.deliver(&numbered(&other, 201, &app)).await.status, 202);
    assert_eq!(app.deliver(&numbered(&GITHUB, 202, &app)).await.status, 401);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e07_more_than_can_be_held_is_told_to_come_again_and_leaves_nothing() {
    let app = TestApp::start_with(Set { config: "[admission]\nlive_incidents_max = 1\n", ..Set::default() }).await;
    let first = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&first).await;
    let records = app.records();
    for _ in 0..3 {
        let answer = app.deliver(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
        assert_eq!((answer.status, answer.code(), answer.header("retry-after")), (503, "unavailable", "1"));
    }
    assert_eq!(app.records(), records);
    assert_eq!(app.dingtalk().received(Api::SignOut), 1);
    assert_eq!(app.deliver(&Delivery::of_events("msg_3", &[harmless("a")], app.now())).await.status, 202);
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&first, |state| matches!(state.status, Status::Closed(_))).await;
    assert_eq!(app.deliver(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await.status, 202, "room again");
    app.end().await;
}
