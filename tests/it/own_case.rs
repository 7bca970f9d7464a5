//! Nobody decides in their own case, whatever token they show and whatever they have turned in the rules meanwhile.

use std::path::Path;
use std::time::Duration;

use portcullis::access::{Role, TokenSettings};
use portcullis::config::Config;
use portcullis::incident::{Digest, HoldReason, IncidentId, Outcome, Status, UserId};
use portcullis::sandbox::{Api, Fault, FaultKind};
use serde_json::json;

use crate::harness::{ADMIN, AUDITOR, Answer, DEPUTY, Delivery, ENGINEER, RESPONDER, Set, TestApp, edit, rules_by_way};

const RULE: &str = "impossible-travel.yml";
/// Another token of the account that the responder has.
const SECOND: &str = "test-token-second-of-responder-00000000";
/// Another token of the account that the engineer has.
const ANOTHER: &str = "test-token-second-of-engineer-000000000";
/// A responder's, whose account rules act on.
const SUBJECT: &str = "test-token-of-the-subject-000000000000";

fn more_tokens(config: &mut Config) {
    let tokens = [
        ("bo", Role::Responder, SECOND, "user0197"),
        ("zhang", Role::Admin, SUBJECT, "zhangsan"),
        ("eve", Role::Admin, ANOTHER, "user0199"),
    ];
    config.access.tokens.extend(tokens.map(|(name, role, token, user_id)| TokenSettings {
        expires: None,
        name: name.to_owned(),
        role,
        sha256: Digest::of(token.as_bytes()),
        user_id: UserId::parse(user_id).ok(),
    }));
}

fn approved_by_one(rules: &Path) {
    edit(rules, RULE, "    assurance: B", "    assurance: B\n    approval: {people: 1, within: 30m, otherwise: drop}");
    edit(rules, RULE, "author: ", "author: Anna Berg (@responder), ");
}

async fn answer(app: &TestApp, incident: &IncidentId, what: &str, token: &str) -> Answer {
    let mut body = json!({"reason": "looked at it"});
    if what == "approve" {
        body["plan"] = json!(app.incident(incident).plan.digest());
    }
    app.post(&format!("/v1/incidents/{incident}/{what}"), token, &body).await
}

fn refused(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.code())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_token_of_the_rules_author_is_the_same_person() {
    let app = TestApp::start_with(Set { rules: approved_by_one, adjust: more_tokens, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    for token in [RESPONDER, SECOND] {
        assert_eq!(refused(&answer(&app, &incident, "approve", token).await), (403, "own_rule"));
    }
    assert_eq!(answer(&app, &incident, "approve", DEPUTY).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_their_name_out_of_a_rule_is_still_the_author_of_the_plan_it_made() {
    let app = TestApp::start_with(Set { rules: approved_by_one, adjust: more_tokens, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    let rules = app.folder().join("rules");
    edit(&rules, RULE, "author: Anna Berg (@responder), ", "author: Bo (@deputy), ");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
    for token in [RESPONDER, SECOND, DEPUTY] {
        assert_eq!(refused(&answer(&app, &incident, "approve", token).await), (403, "own_rule"));
    }
    edit(&rules, RULE, "author: Bo (@deputy), ", "author: Cy, ");
    assert_eq!(app.post("/v1/rules/reload", ENGINEER, &json!({})).await.body["result"], "replaced");
    assert_eq!(refused(&answer(&app, &incident, "approve", RESPONDER).await), (403, "own_rule"));
    assert_eq!(answer(&app, &incident, "approve", DEPUTY).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_dismisses_what_is_asked_for_against_themselves() {
    let app = TestApp::start_with(Set { adjust: more_tokens, ..Set::default() }).await;
    // Before anybody has looked up whom it is about.
    app.steer("/v1/pause").await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(app.incident(&incident).user_id, None);
    for what in ["dismiss", "approve"] {
        assert_eq!(refused(&answer(&app, &incident, what, SUBJECT).await), (403, "own_account"), "{what}");
    }
    assert_eq!(answer(&app, &incident, "dismiss", RESPONDER).await.status, 200);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_themselves_their_account_back() {
    let mut app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    // It was not theirs yet, or nothing would have been done.
    more_tokens(&mut app.config);
    let app = app.restart().await;
    assert_eq!(refused(&answer(&app, &incident, "release", SUBJECT).await), (403, "own_account"));
    for (kind, value) in [("user_id", "zhangsan"), ("email", "zhang.san@example.com"), ("mobile", &mobile(&app))] {
        let wanted = json!({
            "account": {"kind": kind, "value": value}, "steps": ["enable"], "reason": "it was me",
        });
        let answer = app.post("/v1/incidents", SUBJECT, &wanted).await;
        assert_eq!(refused(&answer), (403, "own_account"), "{kind}");
    }
    assert!(app.dingtalk().account("zhangsan").unwrap().disabled);
    assert_eq!(answer(&app, &incident, "release", RESPONDER).await.status, 200);
    app.until(&incident, |incident| incident.status == Status::Closed(Outcome::Done)).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_lets_a_rule_act_that_they_have_written_under_another_name() {
    let rules: fn(&Path) = |rules| {
        edit(rules, RULE, "mode: enforce", "mode: shadow");
        edit(rules, RULE, "author: ", "author: Eve (@engineer), ");
    };
    let app = TestApp::start_with(Set { rules, adjust: more_tokens, ..Set::default() }).await;
    let shown = app.get("/v1/rules", ENGINEER).await.body;
    let mut rules = shown["rules"].as_array().unwrap().iter();
    let rule = rules.find(|rule| rule["title"] == "Impossible travel on an Enterprise Account").unwrap();
    let path = format!("/v1/rules/{}/promote", rule["id"].as_str().unwrap());
    let body = json!({"behaviour": rule["behaviour"], "despite": "it is mine"});
    for token in [ENGINEER, ANOTHER] {
        assert_eq!(refused(&app.post(&path, token, &body).await), (403, "own_rule"));
    }
    assert_eq!(app.post(&path, ADMIN, &body).await.status, 200);
    app.end().await;
}

fn mobile(app: &TestApp) -> String {
    app.dingtalk().account("zhangsan").unwrap().mobile
}

/// A token is called otherwise from one start to the next, and whose it is stays.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_for_it_is_the_same_person_under_a_new_name() {
    let mut app = TestApp::start_with(Set { adjust: more_tokens, ..Set::default() }).await;
    let wanted = json!({
        "account": {"kind": "user_id", "value": "lisi"},
        "steps": ["change_dingtalk_id"],
        "dingtalk_id_prefix": "moved",
        "reason": "their id is known to somebody else",
    });
    let opened = app.post("/v1/incidents", RESPONDER, &wanted).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let incident = IncidentId::parse(opened.body["incident"].as_str().unwrap()).unwrap();
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    assert_eq!(refused(&answer(&app, &incident, "approve", SECOND).await), (403, "own_request"));
    for token in app.config.access.tokens.iter_mut().filter(|token| ["responder", "bo"].contains(&token.name.as_str()))
    {
        token.name.push_str("-next-year");
    }
    let app = app.restart().await;
    for token in [RESPONDER, SECOND] {
        assert_eq!(refused(&answer(&app, &incident, "approve", token).await), (403, "own_request"));
    }
    assert_eq!(answer(&app, &incident, "approve", DEPUTY).await.status, 200);
    app.end().await;
}

/// It takes a while to find out whose account it is, and what was judged before holds for what was there before only.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_was_begun_before_the_plan_asked_for_one_is_judged_anew() {
    let rules = |rules: &Path| {
        rules_by_way(rules, &["mobile"]);
        let approval = "mode: enforce\n  approval: {people: 1, within: 30m, otherwise: drop}";
        edit(rules, "look-up-mobile.yml", "mode: enforce", approval);
        edit(rules, "look-up-mobile.yml", "owner: tests", "owner: tests\nauthor: Anna Berg (@responder)");
    };
    let app = TestApp::start_with(Set { rules, adjust: more_tokens, ..Set::default() }).await;
    for (what, user_id, told) in [("approve", "user0001", (403, "own_rule")), ("dismiss", "user0002", (200, ""))] {
        app.steer("/v1/pause").await;
        let who = app.dingtalk().account(user_id).unwrap().mobile;
        let event = json!({ "uuid": what, "eventType": "test.mobile", "who": who });
        let incident = app.open(&Delivery::of_events(what, &[event], app.now())).await;
        app.until(&incident, |incident| incident.status == Status::Held(HoldReason::Paused)).await;
        app.steer("/v1/resume").await;
        let asked = app.dingtalk().calls_to(Api::UserGetByMobile).len() as u64;
        app.dingtalk().inject(Fault::new(FaultKind::HangBeforeWork).on(Api::UserGetByMobile)).unwrap();
        let early = answer(&app, &incident, what, SECOND);
        let meanwhile = async {
            app.dingtalk().wait_for(Api::UserGetByMobile, asked + 1).await;
            assert_eq!(answer(&app, &incident, "approve", DEPUTY).await.status, 200, "it was only paused");
            app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
            app.dingtalk().release_hangs();
        };
        let (early, ()) = tokio::join!(early, meanwhile);
        assert_eq!((early.status, early.body["code"].as_str().unwrap_or_default()), told, "{}", early.body);
        assert_eq!(app.incident(&incident).assent.by, []);
        if what == "approve" {
            assert_eq!(answer(&app, &incident, "dismiss", DEPUTY).await.status, 200);
        }
    }
    assert_eq!(app.dingtalk().calls_to(Api::Disable), []);
    app.end().await;
}

/// Also where no index says whose it is: their own account does.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_dismisses_what_is_against_themselves_while_the_index_cannot_tell() {
    let rules = |rules: &Path| rules_by_way(rules, &["job_number", "email"]);
    for config in ["", "[directory.index]\n"] {
        let app = TestApp::start_with(Set { rules, adjust: more_tokens, config, ..Set::default() }).await;
        app.dingtalk().inject(Fault::new(FaultKind::PermissionDenied).on(Api::UserList).times(1_000)).unwrap();
        app.advance(Duration::from_secs(8 * 86_400));
        let own = app.dingtalk().account("zhangsan").unwrap();
        for (way, who) in [("job_number", own.job_number), ("email", own.email)] {
            let event = json!({ "uuid": way, "eventType": format!("test.{way}"), "who": who });
            let incident = app.open(&Delivery::of_events(way, &[event], app.now())).await;
            app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
            assert_eq!(app.incident(&incident).user_id, None);
            for what in ["dismiss", "approve"] {
                assert_eq!(
                    refused(&answer(&app, &incident, what, SUBJECT).await),
                    (403, "own_account"),
                    "{way} {what}"
                );
            }
            assert_eq!(answer(&app, &incident, "dismiss", RESPONDER).await.status, 200);
        }
        app.end().await;
    }
}

/// Waits until the organization was read.
async fn until_read(app: &TestApp) {
    let read = async {
        while app.get("/v1/directory", AUDITOR).await.body["is_pending"] == true {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("it never came");
}

fn shows_no_address(app: &TestApp, user_id: &str) {
    app.dingtalk().change(user_id, |account| account.email.clear());
}

/// Who asks, where an alert names an address that the index does not have.
async fn dismissing(app: TestApp) -> (u16, String) {
    let event = json!({ "uuid": "1", "eventType": "test.email", "who": "zhangsan@example.com" });
    let incident = app.open(&Delivery::of_events("1", &[event], app.now())).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    let said = answer(&app, &incident, "dismiss", SUBJECT).await;
    let said = (said.status, said.code().to_owned());
    let of_nobody = answer(&app, &incident, "dismiss", ADMIN).await;
    assert_eq!(of_nobody.status, if said.0 == 200 { 409 } else { 200 }, "a token of nobody's");
    app.end().await;
    said
}

async fn with_addresses(config: &'static str) -> TestApp {
    let rules = |rules: &Path| rules_by_way(rules, &["email"]);
    TestApp::start_with(Set { rules, adjust: more_tokens, config, ..Set::default() }).await
}

/// A name that somebody has got since, or that nobody shows, may be theirs.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_dismisses_what_may_be_against_themselves() {
    let app = with_addresses("[directory.index]\n").await;
    until_read(&app).await;
    for user_id in ["zhangsan", "user0197", "user0198"] {
        app.dingtalk().change(user_id, |account| account.email = format!("{user_id}@example.com"));
    }
    assert_eq!(dismissing(app).await, (403, "own_account".to_owned()));

    let app = with_addresses("").await;
    shows_no_address(&app, "zhangsan");
    assert_eq!(dismissing(app).await, (503, "whose_unknown".to_owned()));
}

/// Where DingTalk keeps all addresses from us, an index without theirs says nothing; where it shows others', it does.
#[tokio::test(flavor = "multi_thread")]
async fn an_index_without_any_address_says_of_nobody_that_it_is_not_theirs() {
    for (is_kept_from_us, told) in [(true, (503, "whose_unknown")), (false, (200, ""))] {
        let app = with_addresses("[directory.index]\n").await;
        until_read(&app).await;
        for account in app.dingtalk().accounts() {
            if is_kept_from_us || account.user_id == "zhangsan" {
                shows_no_address(&app, &account.user_id);
            }
        }
        assert_eq!(app.post("/v1/directory/sync", ADMIN, &json!({"reason": "a test"})).await.status, 200);
        until_read(&app).await;
        assert_eq!(dismissing(app).await, (told.0, told.1.to_owned()));
    }
}

/// Whoever has written what a correlation counts has said on whom it acts.
#[tokio::test(flavor = "multi_thread")]
async fn the_author_of_what_a_correlation_counts_is_one_of_its_own() {
    const FILE: &str = "correlations/failed-sign-ins-then-success.yml";
    let rules = |rules: &Path| {
        edit(rules, FILE, "mode: shadow", "mode: enforce\n    approval: {people: 1, within: 30m, otherwise: drop}");
        let of = "By itself it is nothing.\nreferences:\n    - https://developer.okta.com/docs/reference/api/event-types/#user-session-start\nauthor: ";
        edit(rules, FILE, of, &format!("{of}Anna Berg (@responder), "));
    };
    let app = TestApp::start_with(Set { rules, adjust: more_tokens, ..Set::default() }).await;
    let sign_in = |number: u32, result: &str, reason: &str| {
        json!({
            "uuid": format!("sign-in-{number}"),
            "eventType": "user.session.start",
            "actor": { "type": "User", "alternateId": "li.si@example.com" },
            "outcome": { "result": result, "reason": reason },
            "client": { "ipAddress": "203.0.113.7" },
        })
    };
    let failed: Vec<_> = (0..12).map(|number| sign_in(number, "FAILURE", "INVALID_CREDENTIALS")).collect();
    assert_eq!(app.deliver(&Delivery::of_events("failed", &failed, app.now())).await.status, 202);
    let incident = app.open(&Delivery::of_events("right", &[sign_in(12, "SUCCESS", "")], app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ApprovalWanted)).await;
    assert_eq!(refused(&answer(&app, &incident, "approve", SECOND).await), (403, "own_rule"));
    assert_eq!(answer(&app, &incident, "approve", DEPUTY).await.status, 200);
    app.end().await;
}
