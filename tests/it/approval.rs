//! What people have to say first: one or two of them, by a time, never about themselves, and to the plan they have seen.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Event, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{ADMIN, AUDITOR, Answer, CONTAINED, DEPUTY, Delivery, ENGINEER, RESPONDER, Set, TestApp, edit};

const MINUTE: Duration = Duration::from_secs(60);
const ASKED: [&str; 3] = ["admitted", "resolved", "held: approval_wanted"];
const RULE: &str = "impossible-travel.yml";

fn wants(rules: &Path, approval: &str) {
    edit(rules, RULE, "    assurance: B", &format!("    assurance: B\n    approval: {approval}"));
}

fn one(rules: &Path) {
    wants(rules, "{people: 1, within: 30m, otherwise: drop}");
}

fn two(rules: &Path) {
    wants(rules, "{people: 2, within: 30m, otherwise: drop}");
}

async fn asked(rules: fn(&Path)) -> (TestApp, IncidentId) {
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_told(&incident, &ASKED).await;
    (app, incident)
}

async fn plan_of(incident: &IncidentId, app: &TestApp) -> Value {
    app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body["plan"].clone()
}

async fn approve(incident: &IncidentId, token: &str, app: &TestApp) -> Answer {
    let body = json!({"reason": "looked at it", "plan": plan_of(incident, app).await});
    app.post(&format!("/v1/incidents/{incident}/approve"), token, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_before_somebody_says_yes_and_then_all_of_it() {
    let (app, incident) = asked(one).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    assert_eq!(approve(&incident, RESPONDER, &app).await.status, 200);
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&ASKED[..], &["approved"], &CONTAINED[2..]].concat());
    let record = app.records_of("incident.approved").pop().unwrap();
    let Event::IncidentApproved { approver, plan, actor, .. } = &record.event else { unreachable!() };
    assert_eq!((approver.as_ref().unwrap().as_str(), actor.as_str()), ("user0197", "responder"));
    assert_eq!(*plan, Some(app.incident(&incident).plan.digest()));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_are_two_people_however_often_one_of_them_says_yes() {
    let (app, incident) = asked(two).await;
    assert_eq!(approve(&incident, RESPONDER, &app).await.status, 200);
    let again = approve(&incident, RESPONDER, &app).await;
    assert_eq!((again.status, again.code()), (409, "wrong_state"));
    let shown = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body;
    assert_eq!(shown["approval"]["by"], json!(["user0197"]));
    assert_eq!((&shown["approval"]["given"], &shown["approval"]["wanted"]["people"]), (&json!(false), &json!(2)));
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    assert_eq!(approve(&incident, DEPUTY, &app).await.status, 200);
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_approve_does_not() {
    let (app, incident) = asked(one).await;
    let path = format!("/v1/incidents/{incident}/approve");
    let plan = plan_of(&incident, &app).await;
    for (token, body, expected) in [
        (AUDITOR, json!({"reason": "a", "plan": plan}), (403, "forbidden")),
        (ENGINEER, json!({"reason": "a", "plan": plan}), (403, "forbidden")),
        (ADMIN, json!({"reason": "a", "plan": plan}), (403, "unknown_approver")),
        (RESPONDER, json!({"reason": "a"}), (409, "other_plan")),
        (RESPONDER, json!({"reason": "a", "plan": "0".repeat(64)}), (409, "other_plan")),
        (RESPONDER, json!({"reason": "", "plan": plan}), (422, "wrong_schema")),
        (RESPONDER, json!({"reason": "a", "plan": 1}), (400, "bad_json")),
    ] {
        let answer = app.post(&path, token, &body).await;
        assert_eq!((answer.status, answer.code()), expected, "{body}");
    }
    assert_eq!(app.story(&incident), ASKED);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_approves_what_is_done_to_themselves_or_by_a_rule_of_their_own() {
    let (app, incident) = asked(one).await;
    let app = app.restart_with_account("responder", "zhangsan").await;
    let own = approve(&incident, RESPONDER, &app).await;
    assert_eq!((own.status, own.code()), (403, "own_account"));
    app.end().await;

    let rules = |rules: &Path| {
        one(rules);
        edit(rules, RULE, "author: ", "author: Anna Berg (@responder), ");
    };
    let (app, incident) = asked(rules).await;
    let own = approve(&incident, RESPONDER, &app).await;
    assert_eq!((own.status, own.code()), (403, "own_rule"));
    assert_eq!(approve(&incident, DEPUTY, &app).await.status, 200);
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_approves_in_time_is_dropped_or_done_as_the_rule_says() {
    let (app, incident) = asked(one).await;
    app.advance(30 * MINUTE - Duration::from_secs(1));
    assert_eq!(app.story(&incident), ASKED);
    app.advance(Duration::from_secs(1));
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Dismissed)).await;
    assert_eq!(app.story(&incident), [&ASKED[..], &["lapsed: drop"]].concat());
    let late = approve(&incident, RESPONDER, &app).await;
    assert_eq!((late.status, late.code()), (409, "wrong_state"), "it is over");
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    app.end().await;

    let acts = |rules: &Path| wants(rules, "{people: 2, within: 1h, otherwise: act}");
    let (app, incident) = asked(acts).await;
    assert_eq!(approve(&incident, RESPONDER, &app).await.status, 200);
    app.advance(60 * MINUTE);
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&ASKED[..], &["approved", "lapsed: act"], &CONTAINED[2..]].concat());
    app.end().await;
}

/// Nobody has said yes, and its rule does not go on without any more.
#[tokio::test(flavor = "multi_thread")]
async fn what_lapses_does_not_act_when_its_rule_would_have_it_dropped_by_now() {
    let acts = |rules: &Path| wants(rules, "{people: 1, within: 1h, otherwise: act}");
    for (says, held) in [("drop", true), ("act", false)] {
        let (app, incident) = asked(acts).await;
        let (of, drops) = ("otherwise: act}", format!("otherwise: {says}}} # edited"));
        edit(&app.folder().join("rules"), RULE, of, &drops);
        assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
        app.advance(60 * MINUTE);
        if held {
            app.until_told(&incident, &[&ASKED[..], &["lapsed: act", "held: rule_off"]].concat()).await;
            assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
        } else {
            app.until_contained(&incident).await;
        }
        app.end().await;
    }
    // Whoever said yes has said it, whatever would have become of it otherwise.
    let (app, incident) = asked(acts).await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::SignOut)).unwrap();
    assert_eq!(approve(&incident, DEPUTY, &app).await.status, 200);
    app.until_postponed(&incident, 0, 1).await;
    edit(&app.folder().join("rules"), RULE, "otherwise: act}", "otherwise: drop}");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
    app.advance(60 * MINUTE);
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_outlives_a_restart_and_a_pause_holds_what_lapses() {
    let acts = |rules: &Path| wants(rules, "{people: 1, within: 1h, otherwise: act}");
    let app = TestApp::start_with(Set { rules: acts, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_told(&incident, &ASKED).await;
    app.steer("/v1/pause").await;
    let app = app.restart().await;
    app.advance(60 * MINUTE);
    app.until_told(&incident, &[&ASKED[..], &["lapsed: act", "held: paused"]].concat()).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_protected_is_refused_before_anybody_is_asked() {
    let app = TestApp::start_with(Set { rules: one, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("boss@example.com", 1, app.now())).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    assert!(!app.story(&incident).iter().any(|word| word.contains("approval_wanted")), "{:?}", app.story(&incident));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_can_be_dismissed_and_what_is_contained_cannot() {
    let (app, incident) = asked(one).await;
    let dismiss = |incident: &IncidentId| format!("/v1/incidents/{incident}/dismiss");
    let why = json!({"reason": "a test of the sender's"});
    assert_eq!(app.post(&dismiss(&incident), AUDITOR, &why).await.status, 403);
    assert_eq!(app.post(&dismiss(&incident), RESPONDER, &why).await.status, 200);
    assert_eq!(app.story(&incident), [&ASKED[..], &["dismissed"]].concat());
    assert_eq!(app.incident(&incident).status, Status::Closed(Outcome::Dismissed));
    let again = app.post(&dismiss(&incident), RESPONDER, &why).await;
    assert_eq!((again.status, again.code()), (409, "wrong_state"));
    app.end().await;

    let app = TestApp::start().await;
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let refused = app.post(&dismiss(&contained), RESPONDER, &why).await;
    assert_eq!((refused.status, refused.code()), (409, "wrong_state"));
    app.end().await;
}

/// Nobody is contained after a human has said that nothing is to be done.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_next_try_can_be_dismissed_and_is_not_tried_again() {
    let app = TestApp::start().await;
    app.dingtalk().inject(Fault::new(FaultKind::Busy).on(Api::Disable).until_cleared()).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_postponed(&incident, 1, 1).await;
    let why = json!({"reason": "a false alarm"});
    let dismissed = app.post(&format!("/v1/incidents/{incident}/dismiss"), RESPONDER, &why).await;
    assert_eq!(dismissed.status, 200, "{}", dismissed.body);
    app.dingtalk().clear_faults();
    app.advance(60 * MINUTE);
    // Something else goes all the way, so the executor has looked.
    let other = app.open(&Delivery::of_high_risk("li.si@example.com", 2, app.now())).await;
    app.until_contained(&other).await;
    assert_eq!(app.incident(&incident).status, Status::Closed(Outcome::Dismissed));
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_contained_is_released_before_their_time() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let path = format!("/v1/incidents/{incident}/release");
    assert_eq!(app.post(&path, ENGINEER, &json!({"reason": "it was them"})).await.status, 403);
    assert_eq!(app.post(&path, RESPONDER, &json!({"reason": "it was them"})).await.status, 200);
    app.until(&incident, |incident| incident.outcome().is_some()).await;
    let given_back = ["released", "enable started", "enable answered", "enable verified", "closed: done"];
    app.until_told(&incident, &[&CONTAINED[..], &given_back].concat()).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}
