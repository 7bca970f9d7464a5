//! Whoever is contained again within a time is contained for longer, where the rule says so.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Action, IncidentId, Repeat, Status};
use serde_json::json;

use crate::harness::{Delivery, Kept, RESPONDER, Set, TestApp, edit, leaked};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const WHO: &str = "zhang.san@example.com";

/// Four hours, then a day, then a week, for those contained before within thirty days.
fn ladder(rules: &Path) {
    let ladder = "expires_in: 4h\n              repeated: { within: 30d, expires_in: [24h, 7d] }";
    edit(rules, "impossible-travel.yml", "expires_in: 8h", ladder);
    edit(rules, "identities.csv", "lisi\n", "lisi\nsan.zhang@example.com,zhangsan\n");
}

async fn started() -> TestApp {
    TestApp::start_with(Set { rules: ladder, ..Set::default() }).await
}

/// Contained, with which time it is and for how many hours.
async fn contained(who: &str, number: u32, app: &TestApp) -> (IncidentId, u32, u64) {
    let incident = app.open(&Delivery::of_high_risk(who, number, app.now())).await;
    let plan = app.until_contained(&incident).await.plan;
    let Repeat { nth, within_s } = plan.repeat.unwrap();
    assert_eq!(within_s, 30 * 86_400);
    let Some(Action::Enable { after_s }) = plan.actions.last() else { panic!("{plan:?}") };
    (incident, nth, after_s / 3_600)
}

async fn until_closed(incident: &IncidentId, app: &TestApp) {
    app.until(incident, |state| matches!(state.status, Status::Closed(_))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_time_lasts_longer_until_it_has_been_calm() {
    let app = started().await;
    for (number, nth, hours) in [(1, 1, 4), (2, 2, 24), (3, 3, 168), (4, 4, 168)] {
        let (incident, was_nth, was_for) = contained(WHO, number, &app).await;
        assert_eq!((was_nth, was_for), (nth, hours));
        app.advance(HOUR * u32::try_from(hours).unwrap());
        until_closed(&incident, &app).await;
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    }
    let (_, nth, hours) = contained("li.si@example.com", 5, &app).await;
    assert_eq!((nth, hours), (1, 4), "somebody else's times count for nobody else");
    app.advance(30 * DAY);
    let (_, nth, hours) = contained(WHO, 6, &app).await;
    assert_eq!((nth, hours), (1, 4));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_counts_by_whatever_name_the_identity_map_knows_and_also_after_a_restart() {
    let app = TestApp::start_with(Set { rules: ladder, kept: Kept::BySled, ..Set::default() }).await;
    let (first, ..) = contained(WHO, 1, &app).await;
    app.advance(4 * HOUR);
    until_closed(&first, &app).await;
    let app = app.restart().await;
    let (_, nth, hours) = contained("san.zhang@example.com", 2, &app).await;
    assert_eq!((nth, hours), (2, 24));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_alarm_does_not_count_and_any_other_release_does() {
    for (said, nth_after) in
        [(json!({ "reason": "it was me", "false_alarm": true }), 1), (json!({ "reason": "enough" }), 2)]
    {
        let app = started().await;
        let (first, ..) = contained(WHO, 1, &app).await;
        let released = app.post(&format!("/v1/incidents/{first}/release"), RESPONDER, &said).await;
        assert_eq!(released.status, 200, "{}", released.body);
        until_closed(&first, &app).await;
        app.advance(2 * HOUR);
        let (_, nth, _) = contained(WHO, 2, &app).await;
        assert_eq!(nth, nth_after, "{said}");
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_found_in_place_and_what_only_makes_another_longer_are_no_further_times() {
    let app = started().await;
    // Disabled by another hand.
    let (theirs, ..) = contained("wang.wu@example.com", 1, &app).await;
    // One containment, by two rules.
    let (ours, ..) = contained(WHO, 2, &app).await;
    let longer = app.open(&Delivery::of_events("leak", &[leaked(WHO, "leak")], app.now())).await;
    app.until_contained(&longer).await;
    app.advance(DAY);
    for incident in [&theirs, &ours, &longer] {
        until_closed(incident, &app).await;
    }
    assert_eq!(contained("wang.wu@example.com", 3, &app).await.1, 1);
    assert_eq!(contained(WHO, 4, &app).await.1, 2);
    app.end().await;
}
