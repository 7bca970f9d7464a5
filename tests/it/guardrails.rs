//! What must not be touched is held for a human, with the reason on the trail and no order sent.

use std::path::Path;

use portcullis::incident::{Event, HoldReason, IncidentId, Outcome, Status, VerdictKind};
use portcullis::sandbox::Api;
use serde_json::json;

use crate::harness::{
    DEPUTY, Delivery, GITHUB, RESPONDER, Set, TestApp, edit, harmless, high_risk, hook, reported, rules_by_way,
};

#[tokio::test(flavor = "multi_thread")]
async fn f09_administrators_bosses_seniors_and_accounts_that_are_not_ours_are_held() {
    let people = [
        ("admin.one@example.com", HoldReason::ProtectedLive, "protected_live"),
        ("boss.one@example.com", HoldReason::ProtectedLive, "protected_live"),
        ("senior.one@example.com", HoldReason::ProtectedLive, "protected_live"),
        ("foreign.one@example.com", HoldReason::ForeignOrganization, "foreign_organization"),
        ("plain.one@example.com", HoldReason::NotEnterpriseAccount, "not_enterprise_account"),
        ("Ghost@Example.com", HoldReason::AccountNotFound, "account_not_found"),
    ];
    let rules = |rules: &Path| edit(rules, "identities.csv", "lisi\n", "lisi\nghost@example.com,ghost99\n");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for (number, (person, reason, word)) in (1..).zip(people) {
        let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
        app.until(&incident, |state| state.status == Status::Held(reason)).await;
        assert_eq!(app.story(&incident), ["admitted", "resolved", &format!("held: {word}")], "{person}");

        app.approve(&incident).await;
        app.until(&incident, |_| app.story(&incident).len() == 5).await;
        assert_eq!(app.story(&incident)[3..], ["approved", &format!("held: {word}")], "{person}: asked again");
    }
    assert_no_orders(&app);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_a_listed_account_is_held_by_whatever_name_the_alert_gives_it() {
    let rules = |rules: &Path| {
        let listed = "protected:\n  - user_id: zhangsan\n    why: test\n  - email: li.si@example.com\n    why: test\n";
        edit(rules, "guardrails.yml", "protected: []\n", listed);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    for (number, person) in (1..).zip(["zhang.san@example.com", "LI.SI@example.com"]) {
        let incident = app.open(&Delivery::of_high_risk(person, number, app.now())).await;
        assert_eq!(app.story(&incident), ["admitted, held: protected_listed"]);
        app.approve(&incident).await;
        app.until(&incident, |state| matches!(state.status, Status::Held(_))).await;
        app.until_told(
            &incident,
            &["admitted, held: protected_listed", "approved", "resolved", "held: protected_listed"],
        )
        .await;
    }
    assert_no_orders(&app);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_the_account_of_whoever_may_answer_is_held_by_whatever_name_the_alert_gives_it() {
    let rules = |rules: &Path| rules_by_way(rules, &["user_id", "mobile"]);
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let open = async |way: &str, who: &str| {
        let event = json!({ "uuid": format!("{way}-{who}"), "eventType": format!("test.{way}"), "who": who });
        app.open(&Delivery::of_events(&format!("{way}-{who}"), &[event], app.now())).await
    };
    let at_planning = open("user_id", "user0197").await;
    assert_eq!(app.story(&at_planning), ["admitted, held: protected_responder"]);
    let path = format!("/v1/incidents/{at_planning}/approve");
    assert_eq!(app.post(&path, DEPUTY, &json!({"reason": "a test"})).await.status, 200);
    app.until_told(
        &at_planning,
        &["admitted, held: protected_responder", "approved", "resolved", "held: protected_responder"],
    )
    .await;
    let mobile = app.dingtalk().account("user0198").unwrap().mobile;
    let at_dispatch = open("mobile", &mobile).await;
    app.until_told(&at_dispatch, &["admitted", "resolved", "held: protected_responder"]).await;
    let by_hand = json!({
        "account": {"kind": "user_id", "value": "user0198"}, "steps": ["disable"], "permanent": true, "reason": "test",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &by_hand).await;
    let opened = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    assert_eq!(app.incident(&opened).status, Status::Held(HoldReason::ProtectedResponder));
    assert_no_orders(&app);
    // An auditor and an engineer answer to no incident.
    let reader = open("user_id", "user0199").await;
    app.until(&reader, |state| state.status == Status::Closed(Outcome::Done) || state.is_containing()).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_account_is_held_by_another_name_that_the_identity_map_knows_for_it() {
    let rules = |rules: &Path| {
        let listed = "protected:\n  - email: zhang.san@example.com\n    why: test\n";
        edit(rules, "guardrails.yml", "protected: []\n", listed);
        edit(rules, "identities.csv", "lisi\n", "lisi\nzhang@subsidiary.example.com,zhangsan\n");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang@subsidiary.example.com", 1, app.now())).await;
    assert_eq!(app.story(&incident), ["admitted, held: protected_listed"]);
    assert_no_orders(&app);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_in_the_identity_map_is_held_and_nobody_is_guessed() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.org", 1, app.now())).await;
    app.until_told(&incident, &["admitted", "held: account_unresolvable"]).await;
    assert_eq!(app.dingtalk().calls(), [], "not even a look-up");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_names_nobody_or_several_people_is_held_without_an_incident() {
    let app = TestApp::start().await;
    let mut nobody = high_risk("zhang.san@example.com", "a");
    nobody["target"] = json!([{ "type": "AppInstance", "alternateId": "zhang.san@example.com" }]);
    let mut two = high_risk("zhang.san@example.com", "b");
    two["target"] = json!([
        { "type": "User", "alternateId": "zhang.san@example.com" },
        { "type": "User", "alternateId": "li.si@example.com" },
    ]);
    let look_alike = high_risk("zh\u{430}ng.san@example.com", "c");
    let cases = [
        (nobody, HoldReason::AccountNotNamed),
        (two, HoldReason::AccountAmbiguous),
        (look_alike, HoldReason::AccountNotNamed),
    ];
    for (number, (event, expected)) in cases.into_iter().enumerate() {
        let answer = app.deliver(&Delivery::of_events(&format!("msg_{number}"), &[event], app.now())).await;
        assert_eq!((answer.status, &answer.body["alerts"][0]["incidents"]), (202, &json!(null)));
        let (kind, reason) = last_decision(&app);
        assert_eq!((kind, reason), (VerdictKind::Held, Some(expected)));
    }
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_proves_less_than_the_rule_demands_does_not_act() {
    let rules = |rules: &Path| edit(rules, "impossible-travel.yml", "assurance: B", "assurance: A");
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let body = hook(&[high_risk("zhang.san@example.com", "a")]);
    let weak = app.deliver(&Delivery::signed(&GITHUB, "", body, app.now())).await;
    assert_eq!((weak.status, &weak.body["alerts"][0]["incidents"]), (202, &json!(null)));
    assert_eq!(last_decision(&app), (VerdictKind::Held, Some(HoldReason::AssuranceTooLow)));
    assert_eq!(app.dingtalk().calls(), []);

    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_rule_is_recorded_and_does_nothing() {
    let app = TestApp::start().await;
    let answer = app.deliver(&Delivery::of_events("msg_1", &[reported("li.si@example.com", "a")], app.now())).await;
    assert_eq!((answer.status, &answer.body["alerts"][0]["incidents"]), (202, &json!(null)));
    assert_eq!(last_decision(&app), (VerdictKind::Shadow, None));
    app.deliver(&Delivery::of_events("msg_2", &[harmless("b")], app.now())).await;
    let calls = app.dingtalk().calls();
    let records = app.end().await;
    assert_eq!(calls, []);
    assert!(records.iter().all(|record| record.event.incidents().is_empty()));
}

fn last_decision(app: &TestApp) -> (VerdictKind, Option<HoldReason>) {
    let admitted = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { verdict, .. } = admitted.event else { unreachable!() };
    (verdict.kind, verdict.decisions[0].reason)
}

fn assert_no_orders(app: &TestApp) {
    for api in [Api::SignOut, Api::Disable, Api::Enable] {
        assert_eq!(app.dingtalk().calls_to(api), []);
    }
}
