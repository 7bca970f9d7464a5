//! A responder keeps an account disabled for longer than its plan says.

use std::time::Duration;

use portcullis::incident::{Incident, IncidentId, Status, Timestamp};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{AUDITOR, Answer, CONTAINED, DEPUTY, Delivery, ENGINEER, Process, RESPONDER, TestApp, Visitor};

const HOUR: Duration = Duration::from_secs(3_600);
const GIVEN_BACK: [&str; 4] = ["enable started", "enable answered", "enable verified", "closed: done"];

async fn contained() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    (app, incident)
}

fn after(app: &TestApp, time: Duration) -> Timestamp {
    app.now().checked_add(jiff::SignedDuration::try_from(time).unwrap()).unwrap()
}

async fn extend(app: &TestApp, incident: &IncidentId, token: &str, until: Timestamp) -> Answer {
    let said = json!({"reason": "still looking", "until": until});
    app.post(&format!("/v1/incidents/{incident}/extend"), token, &said).await
}

fn is_closed(incident: &Incident) -> bool {
    matches!(incident.status, Status::Closed(_))
}

/// Something else goes all the way, so the executor has looked at this one as well.
async fn until_looked(app: &TestApp, number: u32) {
    let account = json!({"kind": "user_id", "value": format!("user{number:04}")});
    let wanted = json!({"account": account, "steps": ["disable"], "reason": "a drill", "expires_in_s": 60});
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let other = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until_contained(&other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_somebody_keeps_longer_is_given_back_when_that_is_over_also_after_a_restart() {
    let (app, incident) = contained().await;
    let until = after(&app, 20 * HOUR);
    let answer = extend(&app, &incident, RESPONDER, until).await;
    assert_eq!((answer.status, &answer.body["incident"]), (200, &json!(incident.as_str())), "{}", answer.body);
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    assert_eq!(shown["containments"][0]["expires_at"], json!(until), "{shown}");
    app.advance(9 * HOUR);
    until_looked(&app, 2).await;
    assert!(app.dingtalk().calls_to(Api::Enable).is_empty());
    let app = app.restart().await;
    app.advance(11 * HOUR - Duration::from_secs(60));
    until_looked(&app, 3).await;
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);

    app.advance(Duration::from_secs(60));
    app.until(&incident, is_closed).await;
    assert_eq!(app.story(&incident), [&CONTAINED[..], &["extended"], &GIVEN_BACK].concat());
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    let event = serde_json::to_value(&app.records_of("containment.extended").pop().unwrap().event).unwrap();
    assert_eq!((&event["actor"], &event["reason"]), (&json!("responder"), &json!("still looking")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_somebody_keeps_longer_can_still_be_given_back_at_once() {
    let (app, incident) = contained().await;
    assert_eq!(extend(&app, &incident, RESPONDER, after(&app, 20 * HOUR)).await.status, 200);
    app.steer(&format!("/v1/incidents/{incident}/release")).await;
    app.until(&incident, is_closed).await;
    assert_eq!(app.story(&incident), [&CONTAINED[..], &["extended", "released"], &GIVEN_BACK].concat());
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_put_off_by_who_may_and_never_brought_forward_or_put_off_for_months() {
    let (app, incident) = contained().await;
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(extend(&app, &incident, token, after(&app, 20 * HOUR)).await.status, 403);
    }
    for (time, told) in [
        (7 * HOUR, (409, "wrong_state")),
        (8 * HOUR - Duration::from_millis(1), (409, "wrong_state")),
        (Duration::ZERO, (422, "wrong_schema")),
        (31 * 24 * HOUR + Duration::from_secs(1), (422, "wrong_schema")),
    ] {
        let refused = extend(&app, &incident, RESPONDER, after(&app, time)).await;
        assert_eq!((refused.status, refused.code()), told, "{time:?}: {}", refused.body);
    }
    assert_eq!(extend(&app, &incident, RESPONDER, after(&app, 20 * HOUR)).await.status, 200);
    let shorter = extend(&app, &incident, DEPUTY, after(&app, 19 * HOUR)).await;
    assert_eq!((shorter.status, shorter.code()), (409, "wrong_state"), "a release gives back what is kept too long");
    app.steer(&format!("/v1/incidents/{incident}/release")).await;
    let late = extend(&app, &incident, RESPONDER, after(&app, 30 * HOUR)).await;
    assert_eq!((late.status, late.code()), (409, "wrong_state"));

    let mut wanted = json!({
        "account": {"kind": "user_id", "value": "lisi"}, "steps": ["disable"], "reason": "left", "permanent": true,
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let for_good = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&for_good, is_closed).await;
    assert_eq!(extend(&app, &for_good, RESPONDER, after(&app, 20 * HOUR)).await.status, 409, "it never ends");
    wanted["account"]["value"] = "wangwu".into();
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    let not_ours = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&not_ours, is_closed).await;
    assert_eq!(extend(&app, &not_ours, RESPONDER, after(&app, 20 * HOUR)).await.status, 409);
    app.end().await;
}

/// Once DingTalk may have been asked, nothing is promised any more.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_has_begun_is_not_put_off() {
    let (app, incident) = contained().await;
    app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::Enable)).unwrap();
    let calls = app.dingtalk().received(Api::Enable) + 1;
    app.advance(8 * HOUR);
    app.when_called(Api::Enable, calls).await;
    let late = extend(&app, &incident, RESPONDER, after(&app, 8 * HOUR)).await;
    assert_eq!((late.status, late.code()), (409, "wrong_state"));
    app.dingtalk().release_hangs();
    app.until(&incident, is_closed).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_command_keep_an_account_longer_too() {
    let (app, incident) = contained().await;
    let mut visitor = Visitor::with(&app, RESPONDER).await;
    let (path, until) = (format!("/incidents/{incident}"), after(&app, 12 * HOUR));
    let form = format!("{path}/extend");
    for hours in ["", "0", "745", "-3", "many"] {
        let refused = visitor.send_from(&path, &form, &[("reason", "a drill"), ("hours", hours)]).await;
        assert!(refused.status == 422 && refused.text.contains("longer than it may be"), "{hours}: {}", refused.text);
    }
    let sooner = visitor.send_from(&path, &form, &[("reason", "a drill"), ("hours", "1")]).await;
    assert!(sooner.status == 409 && sooner.text.contains("It ends later than that already"), "{}", sooner.text);
    let sent = visitor.send_from(&path, &form, &[("reason", "still looking"), ("hours", "12")]).await;
    assert_eq!((sent.status, sent.location()), (303, path.as_str()), "{}", sent.text);
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    assert_eq!(shown["containments"][0]["expires_at"], json!(until), "{shown}");

    let page = visitor.get(&path).await.text;
    assert!(page.contains("Somebody has put the end off: it is <time datetime=\"2026-11-21T15:00:00Z\""), "{page}");

    let (url, token) = (app.app.url(), app.folder().join("token"));
    std::fs::write(&token, RESPONDER).unwrap();
    let until = after(&app, 24 * HOUR);
    let asked = ["incident", "extend", incident.as_str(), "--reason", "once more", "--until", &until.to_string()];
    let at = ["--server", &url, "--token-file", token.to_str().unwrap()];
    let told = Process::run(&[&asked[..], &at].concat()).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    let shown = app.get("/v1/containments", AUDITOR).await.body;
    assert_eq!(shown["containments"][0]["expires_at"], json!(until), "{shown}");
    let neither = Process::run(&[&asked[..5], &at].concat()).await;
    assert_eq!(neither.code, Some(2), "{neither:?}");
    app.end().await;
}
