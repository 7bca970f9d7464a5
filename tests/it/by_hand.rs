//! What a responder has done by hand goes through the same guard layer and trail as what rules ask for.

use std::path::Path;

use portcullis::api::Unfit;
use portcullis::incident::{Event, HoldReason, IncidentId, Outcome, Status};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use crate::harness::{AUDITOR, CONTAINED, DEPUTY, Delivery, ENGINEER, Process, RESPONDER, Set, Sink, TestApp, edit};
use crate::notices::{robot, set};

fn contain(user_id: &str) -> Value {
    json!({
        "account": {"kind": "user_id", "value": user_id},
        "steps": ["sign_out", "disable"],
        "employee_reason": "account-takeover",
        "expires_in_s": 28_800,
        "reason": "seen on the help desk",
    })
}

async fn open(app: &TestApp, wanted: &Value) -> IncidentId {
    let answer = app.post("/v1/incidents", RESPONDER, wanted).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    IncidentId::parse(answer.body["incident"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_contained_by_hand_is_signed_out_told_why_disabled_and_given_back_in_time() {
    let app = TestApp::start().await;
    let incident = open(&app, &contain("zhangsan")).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), [&["requested"], &CONTAINED[1..]].concat());
    let account = app.dingtalk().account("zhangsan").unwrap();
    assert!(account.disabled && account.sign_outs == 1);
    let record = app.records_of("incident.requested").pop().unwrap();
    let Event::IncidentRequested { actor, reason, opened, .. } = &record.event else { unreachable!() };
    assert_eq!((actor.as_str(), reason.as_str()), ("responder", "seen on the help desk"));
    assert_eq!((opened.plan.asked_by.as_deref(), opened.plan.rules.len()), (Some("responder"), 0));
    let shown = app.get(&format!("/v1/incidents/{incident}"), AUDITOR).await.body;
    assert_eq!(shown["asked_by"], "responder");
    app.advance(std::time::Duration::from_secs(28_800));
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_opens_one_incident_however_often_it_is_sent() {
    let app = TestApp::start().await;
    let mut wanted = contain("zhangsan");
    wanted["key"] = "ticket-4711".into();
    let first = open(&app, &wanted).await;
    app.until_contained(&first).await;
    let again = app.post("/v1/incidents", RESPONDER, &wanted).await;
    assert_eq!(again.body, json!({"incident": first.as_str(), "repeated": true}));
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    assert_eq!(app.records_of("incident.requested").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_under_a_known_key_is_a_conflict_and_does_nothing() {
    let app = TestApp::start().await;
    let mut wanted = contain("zhangsan");
    wanted["key"] = "ticket-4711".into();
    let first = open(&app, &wanted).await;
    app.until_contained(&first).await;
    let told = json!({"kind": "user_id", "value": "lisi"});
    for (name, value) in [
        ("account", told),
        ("steps", json!(["disable", "sign_out"])),
        ("expires_in_s", json!(3_600)),
        ("employee_reason", json!("leaked-credential")),
        ("reason", json!("something else")),
    ] {
        let mut other = wanted.clone();
        other[name] = value;
        let answer = app.post("/v1/incidents", RESPONDER, &other).await;
        assert_eq!((answer.status, answer.code()), (409, "conflict"), "{name}");
    }
    assert_eq!(app.records_of("incident.requested").len(), 1);
    // The key is its actor's own.
    let answer = app.post("/v1/incidents", DEPUTY, &wanted).await;
    assert_eq!((answer.status, &answer.body["repeated"]), (200, &json!(false)));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_guards_against_rules_guards_against_people() {
    let app = TestApp::start().await;
    for (user_id, reason) in [
        ("admin01", HoldReason::ProtectedLive),
        ("boss01", HoldReason::ProtectedLive),
        ("foreign01", HoldReason::ForeignOrganization),
        ("plain01", HoldReason::NotEnterpriseAccount),
    ] {
        let incident = open(&app, &contain(user_id)).await;
        app.until(&incident, |incident| incident.status == Status::Held(reason)).await;
    }
    app.steer("/v1/pause").await;
    let paused = open(&app, &contain("zhangsan")).await;
    assert_eq!(app.incident(&paused).status, Status::Held(HoldReason::Paused));
    assert_eq!(app.dingtalk().calls_to(Api::SignOut), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_organizations_budget_it_waits_with_the_numbers_until_somebody_says_why() {
    let rules = |rules: &Path| {
        let budgets = "protected: []\nbudgets: {organization: {per_hour: 1, per_day: 1}}\n";
        edit(rules, "guardrails.yml", "protected: []\n", budgets);
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let first = open(&app, &contain("zhangsan")).await;
    app.until_contained(&first).await;
    let second = open(&app, &contain("lisi")).await;
    assert_eq!(app.incident(&second).status, Status::Held(HoldReason::OrganizationBudget));
    let beyond = app.incident(&second).plan.spending.unwrap().beyond.unwrap();
    assert_eq!((beyond.spent.hour, beyond.spent.day, beyond.per_hour, beyond.per_day), (2, 2, 1, 1));
    assert!(!app.dingtalk().account("lisi").unwrap().disabled);
    // What rules ask for is counted with it.
    let by_rule = app.open(&Delivery::of_high_risk("wang.wu@example.com", 1, app.now())).await;
    assert_eq!(app.incident(&by_rule).status, Status::Held(HoldReason::OrganizationBudget));
    app.approve(&second).await;
    app.until_contained(&second).await;
    // Giving back takes nothing.
    let back =
        json!({"account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["enable"], "reason": "it was them"});
    let given = open(&app, &back).await;
    app.until(&given, |incident| matches!(incident.status, Status::Closed(_))).await;
    assert_eq!(app.incident(&given).plan.spending, None);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_plan_or_comes_from_nobody_opens_nothing() {
    let app = TestApp::start().await;
    let with = |name: &str, value: Value| {
        let mut wanted = contain("zhangsan");
        wanted[name] = value;
        wanted
    };
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(app.post("/v1/incidents", token, &contain("zhangsan")).await.status, 403);
    }
    for (wanted, code) in [
        (with("steps", json!([])), "wrong_steps"),
        (with("steps", json!(["sign_out", "sign_out"])), "wrong_steps"),
        (with("steps", json!(["sign_out", "enable"])), "wrong_steps"),
        (with("steps", json!(["erase"])), "wrong_steps"),
        (with("employee_reason", json!("no-such-reason")), "unknown_employee_reason"),
        (with("employee_reason", json!("No such reason")), "unknown_employee_reason"),
        (with("employee_reason", Value::Null), "unknown_employee_reason"),
        (with("expires_in_s", Value::Null), "wrong_expiry"),
        (with("expires_in_s", json!(59)), "wrong_expiry"),
        (with("permanent", json!(true)), "wrong_expiry"),
        (with("reason", json!("")), "wrong_reason"),
        (with("reason", json!("\u{200b}")), "wrong_reason"),
        (with("reason", json!("a\nb")), "wrong_reason"),
        (with("account", json!({"kind": "user_id", "value": ""})), "wrong_account"),
        (with("account", json!({"kind": "nick", "value": "a"})), "wrong_account"),
        (with("key", json!("")), "wrong_key"),
    ] {
        let answer = app.post("/v1/incidents", RESPONDER, &wanted).await;
        assert_eq!((answer.status, answer.code()), (422, code), "{wanted}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for (name, value) in [("extra", json!(1)), ("steps", json!("sign_out")), ("reason", json!(1))] {
        let answer = app.post("/v1/incidents", RESPONDER, &with(name, value)).await;
        assert_eq!((answer.status, answer.code()), (400, "bad_json"), "{name}");
    }
    assert_eq!(app.records_of("incident.requested").len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_what_is_wrong_with_what_is_asked_for() {
    let sink = Sink::start(&[]).await;
    let app = TestApp::start_with(set(&robot(&sink, ""))).await;
    let token = app.folder().join("token");
    std::fs::write(&token, RESPONDER).unwrap();
    let url = app.app.url();
    let place = ["--server", &url, "--token-file", token.to_str().unwrap()];
    let common = ["incident", "open", "--account", "user_id=zhangsan", "--reason", "seen on the help desk"];
    for (arguments, unfit) in [
        (&["--steps", "sign-out", "--employee-reason", "nope"][..], Unfit::EmployeeReason),
        (&["--steps", "sign-out"], Unfit::EmployeeReason),
        (&["--steps", "enable,disable", "--permanent"], Unfit::Steps),
        (&["--steps", "disable"], Unfit::Expiry),
        (&["--steps", "disable", "--expires-in", "9600h"], Unfit::Expiry),
        (&["--steps", "change-dingtalk-id", "--dingtalk-id", "1zhang"], Unfit::DingTalkId),
        (&["--steps", "notify"], Unfit::Notice),
        (&["--steps", "notify", "--channel", "soc", "--text", "Runbook R7"], Unfit::Channel),
        (&["--steps", "notify", "--channel", "group", "--text", "\u{200b}"], Unfit::Words),
        (&["--steps", "notify", "--channel", "group", "--text", "ask ZhangSan"], Unfit::NamesAccount),
        (&["--steps", "enable", "--key", ""], Unfit::Key),
    ] {
        let ended = Process::run(&[&common[..], arguments, &place].concat()).await;
        assert_eq!((ended.code, ended.stdout.len()), (Some(2), 0), "{ended:?}");
        let (_, title) = unfit.code_and_title();
        assert!(ended.stderr.contains(&format!("{title} (422")), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.to_lowercase().contains("zhangsan"), "{ended:?}");
    }
    assert_eq!(app.records_of("incident.requested").len(), 0);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_disabled_for_good_is_given_back_by_hand() {
    let app = TestApp::start().await;
    let mut wanted = contain("zhangsan");
    (wanted["expires_in_s"], wanted["permanent"]) = (Value::Null, true.into());
    let incident = open(&app, &wanted).await;
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    let back = json!({
        "account": {"kind": "user_id", "value": "zhangsan"}, "steps": ["enable"], "reason": "it was them",
    });
    let given = open(&app, &back).await;
    app.until(&given, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    assert!(!app.dingtalk().account("zhangsan").unwrap().disabled);
    app.end().await;
}

/// An enable leaves the account to the incident that is to give it back, and whoever asks for it is told of that one.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_an_enable_is_told_what_keeps_the_account_disabled() {
    let app = TestApp::start().await;
    let wanted = json!({
        "account": {"kind": "email", "value": "zhang.san@example.com"}, "steps": ["enable"], "reason": "a drill",
    });
    let free = app.post("/v1/incidents", RESPONDER, &wanted).await;
    assert_eq!((free.status, &free.body["kept_by"]), (200, &Value::Null), "{}", free.body);
    let contained = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&contained).await;
    let told = app.post("/v1/incidents", RESPONDER, &wanted).await;
    assert_eq!((told.status, &told.body["kept_by"]), (200, &json!(contained)), "{}", told.body);
    app.end().await;
}
