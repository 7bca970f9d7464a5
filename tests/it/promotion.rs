//! From watching to acting: what a rule in shadow has seen is counted, and somebody with a name lets
//! it act when that is enough, or says why all the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use portcullis::incident::{Event, HoldReason, ShadowEvidence};
use serde_json::{Value, json};

use crate::harness::{
    ADMIN, AUDITOR, Answer, Delivery, ENGINEER, Ended, Kept, Process, RESPONDER, Set, TestApp, edit, high_risk,
    reported,
};

/// It only watches as it is shipped.
const RULE: &str = "suspicious-activity-reported.yml";
/// It acts as it is shipped.
const ACTING: &str = "impossible-travel.yml";
const DAY: Duration = Duration::from_secs(86_400);

fn folder(app: &TestApp) -> PathBuf {
    app.config.resolve(&app.config.rules.folder)
}

/// What the server says of the rule in this file.
async fn row(app: &TestApp, file: &str) -> Value {
    let rules = app.get("/v1/rules", ENGINEER).await.body;
    let found = rules["rules"].as_array().unwrap().iter().find(|rule| rule["file"] == file);
    found.unwrap_or_else(|| panic!("no {file}")).clone()
}

/// Delivers an employee's report, and gives the alert's id.
async fn report(app: &TestApp, person: &str, number: u32) -> String {
    let event = reported(person, &format!("report-{number}"));
    let answer = app.deliver(&Delivery::of_events(&format!("report_{number}"), &[event], app.now())).await;
    assert!([200, 202].contains(&answer.status), "{}", answer.body);
    answer.alert().to_owned()
}

async fn promote(app: &TestApp, token: &str, file: &str, despite: Option<&str>) -> Answer {
    let row = row(app, file).await;
    let mut body = json!({ "behaviour": row["behaviour"] });
    if let Some(reason) = despite {
        body["despite"] = json!(reason);
    }
    app.post(&format!("/v1/rules/{}/promote", row["id"].as_str().unwrap()), token, &body).await
}

async fn dispute(app: &TestApp, token: &str, alert: &str) -> u16 {
    let id = row(app, RULE).await["id"].as_str().unwrap().to_owned();
    let body = json!({ "alert": alert, "reason": "she was on the telephone with us" });
    app.post(&format!("/v1/rules/{id}/dispute"), token, &body).await.status
}

async fn reload(app: &TestApp) -> Answer {
    app.post("/v1/rules/reload", ENGINEER, &json!({})).await
}

fn promotions(app: &TestApp) -> Vec<(String, ShadowEvidence, Option<String>)> {
    let promotion = |event: Event| match event {
        Event::RulePromoted { actor, evidence, despite, .. } => Some((actor, evidence, despite)),
        _ => None,
    };
    app.records().into_iter().filter_map(|record| promotion(record.event)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_watching_rule_would_have_done_is_counted_and_survives_a_restart() {
    let app = TestApp::start_with(Set { kept: Kept::BySled, ..Set::default() }).await;
    let nothing = row(&app, RULE).await["shadow"].clone();
    assert_eq!((&nothing["matches"], &nothing["days"], &nothing["first"]), (&json!(0), &json!(0), &json!(null)));
    let tag = app.get("/v1/rules", ENGINEER).await.header("etag").to_owned();
    report(&app, "zhang.san@example.com", 1).await;
    report(&app, "zhang.san@example.com", 2).await;
    assert_ne!(app.get("/v1/rules", ENGINEER).await.header("etag"), tag, "a match changes the answer");
    app.advance(DAY * 2);
    report(&app, "li.si@example.com", 3).await;
    // Told again, so not counted again.
    report(&app, "li.si@example.com", 3).await;
    let before = row(&app, RULE).await["shadow"].clone();
    assert_eq!((&before["matches"], &before["accounts"], &before["days"]), (&json!(3), &json!(2), &json!(2)));
    let per_day: Vec<_> = before["per_day"].as_array().unwrap().iter().map(|day| day["matches"].clone()).collect();
    assert_eq!(per_day, [2, 1]);
    assert_eq!(before["lacks"], json!(["it has watched for 2 days as it is now, of 7"]));
    let page = app.get("/rules", AUDITOR).await.body.as_str().unwrap().to_owned();
    assert!(page.contains("watches (shadow)") && page.contains("it has watched for 2 days"), "{page}");
    assert!(page.contains("4 act without a promotion on the trail"), "{page}");
    assert_eq!(app.dingtalk().calls(), []);

    let app = app.restart().await;
    assert_eq!(row(&app, RULE).await["shadow"], before);
    let watched = app.records_of("rules.watched");
    assert_eq!(watched.len(), 1, "nothing begins anew at a restart");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_has_shown_enough_is_let_act_by_somebody_else() {
    let app = TestApp::start().await;
    report(&app, "zhang.san@example.com", 1).await;
    let answer = promote(&app, ENGINEER, RULE, None).await;
    assert_eq!((answer.status, &answer.body["result"]), (422, &json!("refused")));
    assert_eq!(answer.body["lacks"], json!(["it has watched for 0 days as it is now, of 7"]));
    app.advance(DAY * 7);
    for token in [AUDITOR, RESPONDER] {
        assert_eq!(promote(&app, token, RULE, None).await.status, 403);
    }
    let answer = promote(&app, ENGINEER, RULE, Some("not needed")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let [(actor, evidence, despite)] = &promotions(&app)[..] else { panic!("one promotion") };
    assert_eq!((actor.as_str(), despite), ("engineer", &None));
    assert_eq!((evidence.days, evidence.matches, evidence.accounts), (7, 1, 1));

    edit(&folder(&app), RULE, "mode: shadow", "mode: enforce");
    assert_eq!(reload(&app).await.status, 200);
    let row = row(&app, RULE).await;
    assert_eq!(
        (&row["promoted"]["by"], &row["shadow"], &row["mode"]),
        (&json!("engineer"), &json!(null), &json!("enforce"))
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_let_act_says_why() {
    let rules = |rules: &Path| {
        let text = fs::read_to_string(rules.join(RULE)).unwrap();
        let owner = text.lines().find(|line| line.starts_with("owner:")).unwrap().to_owned();
        edit(rules, RULE, &owner, "owner: li, Engineer <engineer@example.com>");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    report(&app, "zhang.san@example.com", 1).await;
    app.advance(DAY * 8);
    let own = promote(&app, ENGINEER, RULE, Some("mine")).await;
    assert_eq!((own.status, own.code()), (403, "own_rule"));
    let acting = promote(&app, ADMIN, ACTING, None).await;
    assert_eq!((acting.status, acting.code()), (409, "not_watching"));
    let id = row(&app, RULE).await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/rules/{id}/promote");
    let other = app.post(&path, ADMIN, &json!({ "behaviour": "0".repeat(64) })).await;
    assert_eq!((other.status, other.code()), (409, "other_rule"));
    for body in [json!({}), json!({ "behaviour": 1 }), json!({ "behaviour": "0".repeat(64), "more": 1 })] {
        assert_eq!(app.post(&path, ADMIN, &body).await.status, 400, "{body}");
    }
    for reason in ["", " ", "a\nb"] {
        assert_eq!(promote(&app, ADMIN, RULE, Some(reason)).await.status, 422, "{reason:?}");
    }
    assert_eq!(app.post("/v1/rules/nothing/promote", ADMIN, &json!({})).await.status, 404);
    assert_eq!(promotions(&app), []);
    assert_eq!(promote(&app, ADMIN, RULE, None).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_that_was_wrong_or_protected_speaks_against_a_rule() {
    let rules = |rules: &Path| {
        edit(rules, "guardrails.yml", "protected: []\n", "protected:\n  - user_id: lisi\n    why: test\n");
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let alert = report(&app, "zhang.san@example.com", 1).await;
    let protected = report(&app, "li.si@example.com", 2).await;
    app.advance(DAY * 8);
    for token in [AUDITOR, ENGINEER] {
        assert_eq!(dispute(&app, token, &alert).await, 403);
    }
    assert_eq!(dispute(&app, RESPONDER, &alert).await, 200);
    assert_eq!(dispute(&app, RESPONDER, &alert).await, 404, "once is enough");
    let unmatched = Delivery::of_events("x", &[high_risk("wang.wu@example.com", "x")], app.now());
    let unmatched = app.deliver(&unmatched).await.alert().to_owned();
    assert_eq!(dispute(&app, RESPONDER, &unmatched).await, 404, "the rule did not match it");

    let shadow = row(&app, RULE).await["shadow"].clone();
    let [held, disputed] = ["held", "disputed"].map(|name| shadow["against"][name]["listed"][0].clone());
    assert_eq!((&held["alert"], &held["why"]), (&json!(protected), &json!(HoldReason::ProtectedListed.text())));
    assert_eq!((&disputed["alert"], &disputed["why"]), (&json!(alert), &json!("she was on the telephone with us")));
    let answer = promote(&app, ENGINEER, RULE, None).await;
    assert_eq!((answer.status, answer.body["lacks"].as_array().unwrap().len()), (422, 2), "{}", answer.body);
    let answer = promote(&app, ENGINEER, RULE, Some("both were drills")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let [(_, evidence, despite)] = &promotions(&app)[..] else { panic!("one promotion") };
    assert_eq!((evidence.held, evidence.disputed), (1, 1));
    assert_eq!(despite.as_deref(), Some("both were drills"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_does_something_else_begins_anew_and_one_with_another_text_does_not() {
    let app = TestApp::start().await;
    report(&app, "zhang.san@example.com", 1).await;
    app.advance(DAY * 8);
    let title = row(&app, RULE).await["title"].as_str().unwrap().to_owned();
    edit(&folder(&app), RULE, &format!("title: {title}"), "title: Said otherwise");
    assert_ne!(reload(&app).await.body["result"], "refused");
    assert_eq!(row(&app, RULE).await["shadow"]["matches"], 1);
    let behaviour = row(&app, RULE).await["behaviour"].clone();
    edit(&folder(&app), RULE, "cooldown: ", "cooldown: 2h #");
    assert_ne!(reload(&app).await.body["result"], "refused");
    let anew = row(&app, RULE).await;
    assert_ne!(anew["behaviour"], behaviour);
    assert_eq!((&anew["shadow"]["matches"], &anew["shadow"]["days"]), (&json!(0), &json!(0)));
    fs::remove_file(folder(&app).join(RULE)).unwrap();
    assert_ne!(reload(&app).await.body["result"], "refused");
    let ended = app.records_of("rules.watched").pop().unwrap();
    assert!(matches!(&ended.event, Event::RulesWatched { started, ended } if started.is_empty() && ended.len() == 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_asked_for_no_rule_acts_that_nobody_let() {
    let rules = |rules: &Path| {
        for file in
            [ACTING, "leaked-credential.yml", "entra/confirmed-compromised.yml", "generic/confirmed-compromise.yml"]
        {
            edit(rules, file, "mode: enforce", "mode: shadow");
        }
    };
    let config = "[rules]\nrequire_promotion = true\npromotion_days = 0\npromotion_matches = 0\n";
    let app = TestApp::start_with(Set { rules, config, ..Set::default() }).await;
    edit(&folder(&app), ACTING, "mode: shadow", "mode: enforce");
    let answer = reload(&app).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let problem = answer.body["refused"]["problems"][0].as_str().unwrap();
    assert!(problem.contains("nobody has let it act as it is; set it to `mode: shadow` and use"), "{problem}");
    assert_eq!(row(&app, ACTING).await["mode"], "shadow", "what was in force stays");
    assert_eq!(promote(&app, ADMIN, ACTING, None).await.status, 200);
    assert_eq!(reload(&app).await.status, 200);
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let app = app.restart().await;
    assert_eq!(row(&app, ACTING).await["promoted"]["by"], "admin");
    edit(&folder(&app), ACTING, "expires_in: 8h", "expires_in: 9h");
    assert_eq!(reload(&app).await.status, 422, "what it does has changed since");
    edit(&folder(&app), ACTING, "expires_in: 9h", "expires_in: 8h");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tool_asks_the_server_and_edits_one_word() {
    let app = TestApp::start().await;
    let place = tempfile::tempdir().unwrap();
    let token = place.path().join("token");
    fs::write(&token, format!("{ENGINEER}\n")).unwrap();
    let (rules, url) = (folder(&app), app.app.url());
    let before = fs::read_to_string(rules.join(RULE)).unwrap();
    let tool = async |more: &[&str]| -> Ended {
        let (rules, token) = (rules.to_str().unwrap(), token.to_str().unwrap());
        let arguments = ["rules", "promote", RULE, "--folder", rules, "--server", &url, "--token-file", token];
        Process::run(&[&arguments, more].concat()).await
    };
    let ended = tool(&[]).await;
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stdout.contains(&"  ✗ it has matched 0 alerts, of 1".to_owned()), "{ended:?}");
    assert!(ended.stderr.contains("--despite"), "{ended:?}");
    assert_eq!(fs::read_to_string(rules.join(RULE)).unwrap(), before);

    let ended = tool(&["--despite", "a drill"]).await.well();
    assert!(ended.stdout.last().unwrap().contains("A server that watches this folder loads it at once"), "{ended:?}");
    assert_eq!(fs::read_to_string(rules.join(RULE)).unwrap(), before.replacen("mode: shadow", "mode: enforce", 1));
    assert_eq!(promotions(&app)[0].2.as_deref(), Some("a drill"));
    assert_eq!(reload(&app).await.status, 200);
    assert_eq!(row(&app, RULE).await["promoted"]["despite"], true);
    let ended = tool(&[]).await;
    assert_eq!(ended.code, Some(2), "it acts already: {ended:?}");
    app.end().await;
}
