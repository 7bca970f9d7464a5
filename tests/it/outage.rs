//! DingTalk is down for all: calls stop but for one now and then, incidents wait and lose nothing by it, and go on
//! when it is back.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use portcullis::incident::{IncidentId, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{CONTAINED, Delivery, Set, TestApp, allow_much};

const METRICS: &str = "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n";

async fn start() -> TestApp {
    TestApp::start_with(Set { config: METRICS, ..Set::default() }).await
}

async fn open_two(app: &TestApp) -> [IncidentId; 2] {
    let one = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    [one, app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await]
}

async fn dingtalk(app: &TestApp) -> String {
    app.get("/readyz", "").await.body["dingtalk"].as_str().unwrap().to_owned()
}

async fn is_down(app: &TestApp, host: &str) -> bool {
    let page = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    page.contains(&format!("portcullis_dingtalk_down{{host=\"{host}\"}} 1"))
}

/// Lets time pass until the app says that DingTalk is down.
async fn until_down(app: &TestApp) {
    for _ in 0..200 {
        if dingtalk(app).await == "down" {
            return;
        }
        app.advance(Duration::from_secs(2));
    }
    panic!("it was never told that DingTalk is down");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_without_dingtalk_cost_few_calls_and_no_incident() {
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::UserGet).until_cleared()).unwrap();
    let incidents = open_two(&app).await;
    until_down(&app).await;
    assert!(is_down(&app, "oapi").await && !is_down(&app, "api").await);
    let before = app.dingtalk().received(Api::UserGet);
    for _ in 0..150 {
        let received = app.dingtalk().received(Api::UserGet);
        app.advance(Duration::from_secs(61));
        // Where the answer to the last call was not looked at before the clock moved, there is no call this time.
        let _ =
            tokio::time::timeout(Duration::from_millis(50), app.dingtalk().wait_for(Api::UserGet, received + 1)).await;
    }
    let calls = app.dingtalk().received(Api::UserGet) - before;
    assert!((61..=155).contains(&calls), "{calls} calls in two and a half hours");
    for incident in &incidents {
        assert_eq!(app.story(incident), ["admitted", "resolved"], "nobody is asked to help");
    }
    app.dingtalk().clear_faults();
    for incident in &incidents {
        app.until_in_time(incident, |state| state.is_containing()).await;
        assert_eq!(app.story(incident), CONTAINED);
    }
    assert_eq!(dingtalk(&app).await, "up");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_wait_without_an_intent_while_the_host_that_takes_them_is_down() {
    let app = start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut).until_cleared()).unwrap();
    let first = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    until_down(&app).await;
    assert!(is_down(&app, "api").await && !is_down(&app, "oapi").await);
    let second = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until(&second, |state| state.user_id.is_some()).await;
    app.dingtalk().clear_faults();
    app.until_in_time(&second, |state| state.is_containing()).await;
    app.until_in_time(&first, |state| state.is_containing()).await;
    let mut story = app.story(&second);
    // Where the clock ran ahead of the app, the order of the second was the one that asks whether it is back.
    if story.get(3).is_some_and(|line| line == "sign_out failed: busy") {
        story.drain(2..4);
    }
    assert_eq!(story, CONTAINED, "it waited and failed at nothing");
    assert_eq!(dingtalk(&app).await, "up");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_about_dingtalk_opens_nothing() {
    for kind in [FaultKind::Throttled, FaultKind::PermissionDenied] {
        let app = start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::UserGet).until_cleared()).unwrap();
        open_two(&app).await;
        app.until_called(Api::UserGet, 2).await;
        for _ in 0..30 {
            app.advance(Duration::from_secs(10));
        }
        assert_eq!(dingtalk(&app).await, "up", "{kind:?}");
        app.end().await;
    }
}

/// People of the sandbox who are in the identity map of a test about many.
const MANY: u32 = 8;

fn of_many(number: u32) -> String {
    format!("user{number:04}@example.com")
}

fn name_many(rules: &Path) {
    allow_much(rules);
    let mut identities = fs::read_to_string(rules.join("identities.csv")).unwrap();
    for number in 1..=MANY {
        writeln!(identities, "{},user{number:04}", of_many(number)).unwrap();
    }
    fs::write(rules.join("identities.csv"), identities).unwrap();
}

/// When calls came in, whatever they were.
fn called_at(app: &TestApp) -> Vec<Timestamp> {
    app.dingtalk().calls().iter().map(|call| call.at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_on_our_address_stops_every_call_of_every_incident_for_five_minutes() {
    let app = TestApp::start_with(Set { config: METRICS, rules: name_many, ..Set::default() }).await;
    // The token is there already, and so is whatever is looked at at a start.
    let earlier = app.open(&Delivery::of_high_risk("zhang.san@example.com", 99, app.now())).await;
    app.until_contained(&earlier).await;
    let before = called_at(&app).len();
    app.dingtalk().inject(Fault::new(FaultKind::AddressBlocked).until_cleared()).unwrap();
    let first = app.open(&Delivery::of_high_risk(&of_many(1), 1, app.now())).await;
    until_down(&app).await;
    assert!(is_down(&app, "api").await && is_down(&app, "oapi").await, "a ban is on an address and not on a host");
    let mut incidents = vec![first];
    for number in 2..=MANY {
        incidents.push(app.open(&Delivery::of_high_risk(&of_many(number), number, app.now())).await);
        app.until(incidents.last().unwrap(), |state| state.user_id.is_some()).await;
    }
    for _ in 0..50 {
        app.advance(Duration::from_secs(30));
        app.until_quiet().await;
    }
    let called = &called_at(&app)[before..];
    assert!((3..=6).contains(&called.len()), "one call each five minutes, to see whether it is over: {called:?}");
    assert!(called.windows(2).all(|pair| pair[1] >= pair[0] + Duration::from_secs(300)), "{called:?}");
    assert_eq!(dingtalk(&app).await, "down");
    app.dingtalk().clear_faults();
    for incident in &incidents {
        app.until_in_time(incident, |state| state.is_containing()).await;
        assert_eq!(app.story(incident), CONTAINED, "nobody was asked to help, and nothing was tried in vain");
    }
    assert_eq!(dingtalk(&app).await, "up");
    app.end().await;
}
