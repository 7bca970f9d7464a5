//! Departments whose members no rule touches, as DingTalk shows them right before the step.

use std::path::Path;

use portcullis::incident::{HoldReason, Incident, Status};
use portcullis::sandbox::{Api, Fault, FaultKind};

use crate::harness::{AUDITOR, Delivery, Set, TestApp};

fn guard(rules: &Path, lines: &str) {
    std::fs::write(rules.join("guardrails.yml"), format!("protected: []\n{lines}\n")).unwrap();
}

/// What becomes of an alert about somebody who is in the department of platforms, which is part of engineering.
async fn becomes(rules: fn(&Path), expected: Result<(), HoldReason>) -> TestApp {
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("wang.wu@example.com", 1, app.now())).await;
    match expected {
        Ok(()) => app.until_contained(&incident).await,
        Err(reason) => app.until(&incident, |incident: &Incident| incident.status == Status::Held(reason)).await,
    };
    if expected.is_err() {
        assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    }
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_protected_department_are_left_alone_and_those_of_all_below_it() {
    let protected = Err(HoldReason::ProtectedGroup);
    becomes(|rules| guard(rules, "protected_departments: [{id: 31, why: they run it}]"), protected).await.end().await;
    becomes(|rules| guard(rules, "protected_departments: [{id: 3, why: all of them}]"), protected).await.end().await;
    let others = |rules: &Path| guard(rules, "protected_departments: [{id: 32, why: a}, {id: 4, why: b}]");
    becomes(others, Ok(())).await.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_say_whose_members_are_left_alone_and_what_trips_a_breaker() {
    let rules: fn(&Path) = |rules| {
        let roles = "protected_roles: [{name: 财务主管, why: money}, {id: 77, why: more money}]";
        guard(rules, &format!("protected_departments: [{{id: 31, why: they run it}}]\n{roles}"));
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let page = app.get("/settings", AUDITOR).await.body.as_str().unwrap().to_owned();
    for part in ["or in one below: <strong>31</strong>", "<strong>财务主管, 77</strong>", "The breaker of a rule trips"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_department_cannot_be_told_is_left_alone() {
    let rules: fn(&Path) = |rules| guard(rules, "protected_departments: [{id: 4, why: a}]");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::DepartmentGet)).unwrap();
    let incident = app.open(&Delivery::of_high_risk("wang.wu@example.com", 1, app.now())).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    app.end().await;
}
