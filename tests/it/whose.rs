//! Only a disable of ours is undone: not one that somebody else has made before, between or after our own orders.

use std::time::Duration;

use portcullis::incident::{AccountWarning, Event, Finding, HoldReason, IncidentId, Outcome, Status, StepState};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{AUDITOR, CONTAINED, Delivery, RESPONDER, TestApp, leaked};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

async fn open(app: &TestApp) -> IncidentId {
    app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await
}

fn disable_by_another_hand(app: &TestApp) {
    app.dingtalk().change("zhangsan", |account| account.disabled = true);
}

fn enable_by_another_hand(app: &TestApp) {
    app.dingtalk().change("zhangsan", |account| account.disabled = false);
}

async fn say(app: &TestApp, incident: &IncidentId, what: &str) -> u16 {
    app.post(&format!("/v1/incidents/{incident}/{what}"), RESPONDER, &json!({"reason": "a drill"})).await.status
}

async fn shown(app: &TestApp) -> Value {
    app.get("/v1/containments", AUDITOR).await.body
}

/// Contained, then enabled by somebody else, which is seen within the hour, and disabled by them again.
async fn touched() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    enable_by_another_hand(&app);
    app.advance(HOUR);
    app.until(&incident, |incident| incident.found_enabled.is_some()).await;
    disable_by_another_hand(&app);
    (app, incident)
}

async fn until_held(app: &TestApp, incident: &IncidentId) {
    app.until(incident, |incident| incident.status == Status::Held(HoldReason::ChangedByOthers)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disable_that_was_refused_has_done_nothing_and_claims_nothing() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Disable)).unwrap();
    let incident = open(&app).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
    disable_by_another_hand(&app);
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.advance(8 * HOUR);
    let rest = [
        "disable failed: operator_needed",
        "held: operator_needed",
        "approved",
        "disable started",
        "disable already_so",
        "disable verified",
        "enable started",
        "enable not_ours",
        "closed: done",
    ];
    app.until_told(&incident, &[&CONTAINED[..5], &rest].concat()).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled, "by another hand");
    app.end().await;
}

/// Whoever is throttled was not served either; whoever met an error may have been, though.
#[tokio::test(flavor = "multi_thread")]
async fn only_an_attempt_that_may_have_come_through_makes_a_disable_ours() {
    for (kind, finding) in [
        (FaultKind::Throttled, Finding::AlreadySo),
        (FaultKind::AddressBlocked, Finding::AlreadySo),
        (FaultKind::Busy, Finding::Recovered),
        (FaultKind::ResetBeforeWork, Finding::Recovered),
    ] {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(kind).on(Api::Disable)).unwrap();
        let incident = open(&app).await;
        let (_, retry_at) = app.until_postponed(&incident, 1, 1).await;
        disable_by_another_hand(&app);
        app.advance_to(retry_at);
        let state = app.until_contained(&incident).await;
        assert!(
            matches!(state.steps[1], StepState::Verified { finding: found, .. } if found == finding),
            "{kind:?}: {:?}",
            state.steps
        );
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_enabled_and_disabled_by_others_is_not_given_back_before_a_human_says_so() {
    let (app, incident) = touched().await;
    let found = &shown(&app).await["containments"][0]["found_enabled_at"];
    assert_eq!(*found, json!(app.now()));
    app.advance(7 * HOUR);
    until_held(&app, &incident).await;
    assert_eq!(app.story(&incident)[7..], ["found enabled", "held: changed_by_others"]);
    assert_eq!((app.dingtalk().received(Api::Enable), shown(&app).await["count"].clone()), (0, json!(1)));
    // Whoever disabled it last may have wanted that.
    assert_eq!(say(&app, &incident, "dismiss").await, 200);
    assert_eq!(app.incident(&incident).status, Status::Closed(Outcome::Dismissed));
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(shown(&app).await["count"], 0);
    let app = app.restart().await;
    assert_eq!((say(&app, &incident, "release").await, app.dingtalk().received(Api::Enable)), (409, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_asked_again_where_others_have_touched_the_account_and_then_does_it() {
    for answer in ["approve", "release"] {
        let (app, incident) = touched().await;
        assert_eq!(say(&app, &incident, "release").await, 200);
        until_held(&app, &incident).await;
        assert_eq!((app.dingtalk().received(Api::Enable), say(&app, &incident, answer).await), (0, 200));
        app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_enabled_by_others_and_still_is_needs_nobody_and_nothing() {
    let (app, incident) = touched().await;
    enable_by_another_hand(&app);
    app.advance(7 * HOUR);
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    assert_eq!(app.story(&incident)[8..], ["enable started", "enable already_so", "enable verified", "closed: done"]);
    app.end().await;
}

/// What others have touched is no disable of ours to share.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_incident_does_not_take_over_what_others_have_touched() {
    let (app, _) = touched().await;
    let later = app.open(&Delivery::of_events("msg_leak", &[leaked("zhang.san@example.com", "leak")], app.now())).await;
    app.until_contained(&later).await;
    assert!(app.story(&later).contains(&"disable already_so".to_owned()), "{:?}", app.story(&later));
    app.advance(24 * HOUR);
    app.until(&later, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert_eq!(
        (app.story(&later).contains(&"enable not_ours".to_owned()), app.dingtalk().received(Api::Enable)),
        (true, 0)
    );
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// What comes after others have enabled the account was not answered by the incident before it.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_alert_about_whom_others_have_enabled_is_acted_on() {
    let app = TestApp::start().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    let covered = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    assert!(covered.body["alerts"][0]["incidents"].is_null(), "{}", covered.body);
    enable_by_another_hand(&app);
    app.advance(HOUR);
    app.until(&incident, |incident| incident.found_enabled.is_some()).await;
    let next = app.open(&Delivery::of_high_risk("zhang.san@example.com", 3, app.now())).await;
    app.until_contained(&next).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// What a later incident has disabled anew is its own, whatever an earlier one, which others have undone, still waits for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_disabled_anew_after_others_have_enabled_it_is_given_back_in_its_own_time() {
    let app = TestApp::start().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    enable_by_another_hand(&app);
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "expires_in_s": 3_600,
        "reason": "a drill",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let later = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until_contained(&later).await;
    assert!(app.incident(&incident).found_enabled.is_some());
    app.advance(HOUR);
    app.until(&later, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert_eq!(app.incident(&later).status, Status::Closed(Outcome::Done), "{:?}", app.story(&later));
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_incident_sees_that_others_have_enabled_the_account() {
    let app = TestApp::start().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    enable_by_another_hand(&app);
    let later = app.open(&Delivery::of_events("msg_leak", &[leaked("zhang.san@example.com", "leak")], app.now())).await;
    app.until_contained(&later).await;
    assert_eq!(app.records_of("account.warned").len(), 1);
    assert!(app.incident(&incident).found_enabled.is_some() && app.incident(&later).found_enabled.is_none());
    assert!(app.story(&later).contains(&"disable answered".to_owned()), "{:?}", app.story(&later));
    // The first to end leaves it to the other, whose own disable it is by now.
    app.advance(8 * HOUR);
    app.until(&incident, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.advance(16 * HOUR);
    app.until(&later, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// With a disable that DingTalk has taken and that cannot be read back.
async fn claimed() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserGet).from_call(3)).unwrap();
    let incident = open(&app).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::OperatorNeeded)).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled && !app.incident(&incident).is_containing());
    (app, incident)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_enabled_before_the_disable_was_read_back_is_not_disabled_again() {
    let (app, incident) = claimed().await;
    enable_by_another_hand(&app);
    app.approve(&incident).await;
    until_held(&app, &incident).await;
    assert_eq!((app.dingtalk().received(Api::Disable), say(&app, &incident, "dismiss").await), (1, 200));
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(app.incident(&incident).status, Status::Closed(Outcome::Dismissed));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_and_not_read_back_is_shown_and_given_back_by_hand_or_in_time() {
    for is_released in [true, false] {
        let (app, incident) = claimed().await;
        let document = shown(&app).await;
        let one = &document["containments"][0];
        assert_eq!(
            (&document["count"], &one["user_id"], &one["verified_at"]),
            (&json!(1), &json!("zhangsan"), &Value::Null)
        );
        assert_eq!((&one["expires_at"], &one["undo"]["is"]), (&json!(app.now() + 8 * HOUR), &json!("held")));
        assert!(app.get("/", AUDITOR).await.body.as_str().unwrap().contains("not yet"));
        if is_released {
            assert_eq!(say(&app, &incident, "release").await, 200);
        } else {
            app.advance(8 * HOUR);
        }
        app.until(&incident, |incident| matches!(incident.status, Status::Closed(_))).await;
        let how = if is_released { "released" } else { "expired" };
        let rest = [how, "enable started", "enable answered", "enable verified", "closed: partly"];
        assert_eq!(app.story(&incident)[7..], rest);
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
        app.end().await;
    }
}

/// Nobody acts on what is covered, so it is looked at whether that is true.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_taken_for_covered_has_the_account_looked_at() {
    let app = TestApp::start().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    let send = async |number: u32| {
        let told = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", number, app.now())).await;
        assert_eq!(told.status, 202, "{}", told.body);
        told
    };
    let looks = || app.dingtalk().calls_to(Api::UserGet).len() as u64;
    let before = looks();
    app.advance(2 * MINUTE);
    send(2).await;
    app.until_called(Api::UserGet, before + 1).await;
    // Many alerts are one look, and one that was followed by a look that found all as it was is not told of later.
    for number in 3..6 {
        send(number).await;
    }
    assert_eq!((looks(), app.records_of("incident.opened").len()), (before + 1, 0));
    app.advance(2 * MINUTE);
    app.until_called(Api::UserGet, before + 2).await;
    enable_by_another_hand(&app);
    app.advance(HOUR);
    app.until(&incident, |incident| incident.found_enabled.is_some()).await;
    assert_eq!(covered(&app), [None], "no alert has come since");

    let again = app.open(&Delivery::of_high_risk("zhang.san@example.com", 6, app.now())).await;
    app.until_contained(&again).await;
    enable_by_another_hand(&app);
    app.advance(2 * MINUTE);
    let missed = send(7).await.alert().to_owned();
    app.until(&again, |incident| incident.found_enabled.is_some()).await;
    assert_eq!(covered(&app), [None, Some(missed)]);
    let third = app.open(&Delivery::of_high_risk("zhang.san@example.com", 8, app.now())).await;
    app.until_contained(&third).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// Also where the look leaves out whether the account is disabled.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_on_whom_others_have_enabled_acts_also_where_the_look_does_not_say_so() {
    let app = TestApp::start().await;
    app.dingtalk().change("zhangsan", |account| account.hides_disabled = true);
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    enable_by_another_hand(&app);
    app.advance(2 * MINUTE);
    let told = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 2, app.now())).await;
    app.until(&incident, |incident| incident.found_enabled.is_some()).await;
    assert_eq!(covered(&app), [Some(told.alert().to_owned())]);
    let next = app.open(&Delivery::of_high_risk("zhang.san@example.com", 3, app.now())).await;
    app.until_contained(&next).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// The alerts that were taken for covered, of all incidents whose accounts were found enabled.
fn covered(app: &TestApp) -> Vec<Option<String>> {
    let found = app.records_of("account.warned").into_iter().map(|record| match record.event {
        Event::AccountWarned { warning: AccountWarning::FoundEnabled { covered }, .. } => covered,
        other => panic!("{other:?}"),
    });
    found.map(|alert| alert.map(|alert| alert.to_string())).collect()
}

/// An app that is not shown of Zhang San, by the look at users, whether he is disabled.
async fn hiding() -> TestApp {
    let app = TestApp::start().await;
    app.dingtalk().change("zhangsan", |account| account.hides_disabled = true);
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_disabled_is_not_ours_where_only_the_status_call_shows_it() {
    let app = hiding().await;
    disable_by_another_hand(&app);
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    app.advance(8 * HOUR);
    let rest = ["disable started", "disable already_so", "disable verified"];
    let end = ["enable started", "enable not_ours", "closed: done"];
    app.until_told(&incident, &[&CONTAINED[..4], &rest, &end].concat()).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!((app.dingtalk().received(Api::Disable), app.dingtalk().received(Api::Enable)), (0, 0));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_for_good_stays_so_where_only_the_status_call_shows_it() {
    let app = hiding().await;
    let wanted = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["disable"], "permanent": true, "reason": "left",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let for_good = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&for_good, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    assert!(app.story(&incident).contains(&"disable already_ours".to_owned()), "{:?}", app.story(&incident));
    app.advance(8 * HOUR);
    app.until(&incident, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!((app.dingtalk().received(Api::Disable), app.dingtalk().received(Api::Enable)), (1, 0));
    let kept = shown(&app).await;
    assert_eq!((&kept["count"], &kept["containments"][0]["incident"]), (&json!(1), &json!(for_good)), "{kept}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_disabled_of_whom_nobody_says_whether_they_are_already() {
    let app = hiding().await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Status).until_cleared()).unwrap();
    let incident = open(&app).await;
    app.until_told(&incident, &[&CONTAINED[..4], &["held: operator_needed"]].concat()).await;
    assert_eq!(app.dingtalk().received(Api::Disable), 0);
    app.dingtalk().clear_faults();
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    assert_eq!(app.dingtalk().received(Api::Disable), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_their_account_because_nobody_says_whether_it_is_enabled_already() {
    let app = hiding().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::Status).until_cleared()).unwrap();
    assert_eq!(say(&app, &incident, "release").await, 200);
    app.when_called(Api::Enable, 1).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled, "nobody could read it back, and it is done");
    app.dingtalk().clear_faults();
    app.approve(&incident).await;
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    app.end().await;
}

/// Who has touched an account shows where the status call says it, too.
#[tokio::test(flavor = "multi_thread")]
async fn whom_somebody_else_has_enabled_is_not_enabled_again_where_only_the_status_call_shows_it() {
    let app = hiding().await;
    let incident = open(&app).await;
    app.until_contained(&incident).await;
    enable_by_another_hand(&app);
    app.advance(8 * HOUR);
    let rest = ["enable started", "enable already_so", "enable verified", "closed: done"];
    app.until_told(&incident, &[&CONTAINED[..], &rest].concat()).await;
    assert_eq!(app.dingtalk().received(Api::Enable), 0);
    app.end().await;
}
