//! A rule that is turned off stops what it has planned and not done yet, and takes nothing back from what it gave back.

use std::path::PathBuf;
use std::time::Duration;

use portcullis::incident::{Assurance, HoldReason, IncidentId, Outcome, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{Delivery, ENGINEER, GITHUB, TestApp, edit, high_risk, hook};

const RULE: &str = "impossible-travel.yml";

fn folder(app: &TestApp) -> PathBuf {
    app.config.resolve(&app.config.rules.folder)
}

async fn reload(app: &TestApp) {
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert_eq!((answer.status, &answer.body["result"]), (200, &json!("replaced")), "{}", answer.body);
}

fn turn_off(app: &TestApp) {
    edit(&folder(app), RULE, "mode: enforce", "mode: shadow");
}

/// An incident whose disable waits to be tried again.
async fn postponed(app: &TestApp) -> IncidentId {
    app.dingtalk().inject(Fault::new(FaultKind::ThrottledMinute).on(Api::Disable)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_postponed(&incident, 1, 1).await;
    incident
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_planned_is_held_once_it_only_watches_or_is_gone() {
    let ways: [fn(&TestApp); 2] = [turn_off, |app| std::fs::remove_file(folder(app).join(RULE)).unwrap()];
    for way in ways {
        let app = TestApp::start().await;
        let incident = postponed(&app).await;
        way(&app);
        reload(&app).await;
        app.advance(Duration::from_secs(120));
        app.until(&incident, |state| state.status == Status::Held(HoldReason::RuleOff)).await;
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
        assert_eq!(app.dingtalk().received(Api::Disable), 1, "the one that was refused");
        app.approve(&incident).await;
        app.until(&incident, |_| app.story(&incident).iter().filter(|told| *told == "held: rule_off").count() == 2)
            .await;
        assert_eq!(app.dingtalk().received(Api::Disable), 1, "asked again, and still off");
        app.end().await;
    }
}

/// What is planned is judged by the rule as it is, where that demands more by now.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_planned_is_held_once_it_wants_more_to_be_proven_or_said() {
    let tightened = [
        ("    assurance: B", "    assurance: A", HoldReason::AssuranceTooLow),
        (
            "    assurance: B",
            "    assurance: B\n    approval: {people: 2, within: 30m, otherwise: drop}",
            HoldReason::RuleOff,
        ),
    ];
    for (old, new, reason) in tightened {
        let app = TestApp::start().await;
        app.dingtalk().inject(Fault::new(FaultKind::ThrottledMinute).on(Api::Disable)).unwrap();
        let body = hook(&[high_risk("zhang.san@example.com", "event-1")]);
        let incident = app.open(&Delivery::signed(&GITHUB, "", body, app.now())).await;
        app.until_postponed(&incident, 1, 1).await;
        assert_eq!(app.incident(&incident).plan.assurance, Assurance::B);
        edit(&folder(&app), RULE, old, new);
        reload(&app).await;
        app.advance(Duration::from_secs(120));
        app.until(&incident, |state| state.status == Status::Held(reason)).await;
        assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
        app.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_rule_goes_on_once_it_acts_again() {
    let app = TestApp::start().await;
    let incident = postponed(&app).await;
    turn_off(&app);
    reload(&app).await;
    app.advance(Duration::from_secs(120));
    app.until(&incident, |state| state.status == Status::Held(HoldReason::RuleOff)).await;
    edit(&folder(&app), RULE, "mode: shadow", "mode: enforce");
    reload(&app).await;
    app.approve(&incident).await;
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_rule_has_contained_comes_back_in_time_although_it_is_off() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    turn_off(&app);
    reload(&app).await;
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(&incident, |state| state.status == Status::Closed(Outcome::Done)).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}
