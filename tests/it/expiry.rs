//! A disable that expires is undone when its time has come, if it was ours and still stands.

use std::time::Duration;

use portcullis::incident::{Incident, IncidentId, Status};
use portcullis::sandbox::Api;

use crate::harness::{CONTAINED, Delivery, TestApp, high_risk, leaked};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test(flavor = "multi_thread")]
async fn after_eight_hours_the_account_is_enabled_and_read_back() {
    let app = TestApp::start().await;
    let incident = open(&app, "zhang.san@example.com").await;
    app.advance(8 * HOUR - Duration::from_millis(1));
    // Another incident goes all the way, so the executor has looked at this one as well.
    open(&app, "li.si@example.com").await;
    assert_eq!(app.dingtalk().calls_to(Api::Enable), []);

    app.advance(Duration::from_millis(1));
    app.until(&incident, |state| !state.is_containing()).await;
    app.until_told(
        &incident,
        &[&CONTAINED[..], &["enable started", "enable answered", "enable verified", "closed: done"]].concat(),
    )
    .await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert!(app.dingtalk().account("lisi").unwrap().disabled, "whose time has not come");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_disabled_before_us_stays_disabled() {
    let app = TestApp::start().await;
    let incident = open(&app, "wang.wu@example.com").await;
    app.advance(8 * HOUR);
    let story = [
        &CONTAINED[..5],
        &["disable already_so", "disable verified", "enable started", "enable not_ours", "closed: done"],
    ];
    app.until_told(&incident, &story.concat()).await;
    assert!(app.dingtalk().account("wangwu").unwrap().disabled);
    assert_eq!((app.dingtalk().received(Api::Disable), app.dingtalk().received(Api::Enable)), (0, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_somebody_has_enabled_meanwhile_is_left_as_it_is() {
    let app = TestApp::start().await;
    let incident = open(&app, "zhang.san@example.com").await;
    app.enable_by_another_hand("zhangsan").await;
    app.advance(8 * HOUR);
    let rest = ["enable started", "enable already_so", "enable verified", "closed: done"];
    app.until_told(&incident, &[&CONTAINED[..], &rest].concat()).await;
    assert_eq!(app.dingtalk().received(Api::Enable), 1, "theirs, none of ours");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_overlapping_containments_the_one_that_expires_last_gives_the_account_back() {
    let app = TestApp::start().await;
    let short = open(&app, "zhang.san@example.com").await;
    let long = open_by_another_rule(&app, "zhang.san@example.com").await;

    app.advance(8 * HOUR);
    app.until(&short, is_closed).await;
    assert_eq!(
        app.story(&short)[10..],
        ["enable started", "enable given up: contained_by_another_incident", "closed: partly"]
    );
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled, "the other incident still contains it");

    app.advance(16 * HOUR);
    app.until(&long, is_closed).await;
    let rest = [
        "admitted",
        "resolved",
        "sign_out started",
        "sign_out already_ours",
        "disable started",
        "disable already_ours",
        "disable verified",
        "enable started",
        "enable answered",
        "enable verified",
        "closed: done",
    ];
    assert_eq!(app.story(&long), rest);
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_containments_overlap_a_disable_by_another_hand_is_not_undone() {
    let app = TestApp::start().await;
    let incidents = [open(&app, "wang.wu@example.com").await, open_by_another_rule(&app, "wang.wu@example.com").await];
    app.advance(24 * HOUR);
    for incident in &incidents {
        app.until(incident, is_closed).await;
    }
    assert!(app.dingtalk().account("wangwu").unwrap().disabled);
    assert_eq!(app.dingtalk().calls_to(Api::Enable), []);
    app.end().await;
}

async fn open_by_another_rule(app: &TestApp, person: &str) -> IncidentId {
    let incident = app.open(&Delivery::of_events("msg_leak", &[leaked(person, "leak")], app.now())).await;
    app.until_contained(&incident).await;
    incident
}

fn is_closed(incident: &Incident) -> bool {
    matches!(incident.status, Status::Closed(_))
}

async fn open(app: &TestApp, person: &str) -> IncidentId {
    let event = high_risk(person, person);
    let incident = app.open(&Delivery::of_events(&person.replace(['.', '@'], "_"), &[event], app.now())).await;
    app.until_contained(&incident).await;
    incident
}
