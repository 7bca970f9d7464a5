//! Pages say what is so: what was refused, whom a held incident is about, what an approval has come to, and who may
//! stop what.

use std::time::Duration;

use portcullis::config::Config;
use portcullis::incident::{HoldReason, Status, UserId};

use crate::harness::{AUDITOR, CONTAINED, Delivery, ENGINEER, RESPONDER, Set, TestApp, Visitor};

const RULE: &str = "/rules/5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11";

#[tokio::test(flavor = "multi_thread")]
async fn one_source_or_one_rule_is_stopped_on_its_own_page_and_let_go_on_there() {
    let app = TestApp::start().await;
    let mut responder = Visitor::with(&app, RESPONDER).await;
    for (page, field) in [("/sources/okta", ("source", "okta")), (RULE, ("rule", RULE.split_once("s/").unwrap().1))] {
        let form = format!("type=\"hidden\" name=\"{}\" value=\"{}\"", field.0, field.1);
        assert!(responder.get(page).await.text.contains(&form), "{page}");
        let paused = responder.send_from(page, "/pause", &[field, ("reason", "it floods")]).await;
        assert_eq!(paused.status, 303, "{}", paused.text);
        let stopped = responder.get(page).await.text;
        assert!(stopped.contains("action=\"/resume\"") && stopped.contains(&form), "{stopped}");
        let now = responder.get("/").await.text;
        assert!(now.contains("Actions run, but not all of them"), "{now}");
        let resumed = responder.send_from(page, "/resume", &[field, ("reason", "it is calm")]).await;
        assert_eq!(resumed.status, 303, "{}", resumed.text);
    }
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    assert!(!auditor.get(RULE).await.text.contains("action=\"/pause\""));
    assert!(responder.get("/").await.text.contains("Matching alerts are acted on"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_stands_on_the_first_page() {
    let app = TestApp::start().await;
    let mut forged = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    forged.body.push(b' ');
    assert_eq!(app.deliver(&forged).await.status, 401);
    // Refusals are summed up, at the latest when the server ends.
    let app = app.restart().await;
    let now = Visitor::with(&app, AUDITOR).await.get("/").await.text;
    let (_, refused) = now.split_once("What was refused").unwrap_or_else(|| panic!("{now}"));
    assert!(refused.contains("/sources/okta") && refused.contains("signature_wrong"), "{refused}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_approves_what_is_refused_again_reads_that_it_was() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("admin.one@example.com", 1, app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ProtectedLive)).await;
    let mut responder = Visitor::with(&app, RESPONDER).await;
    let path = format!("/incidents/{incident}");
    let before = responder.get(&path).await;
    assert!(!before.text.contains("approving changes nothing"), "{}", before.text);
    let said = [("reason", "it is real"), ("plan", &before.field("plan"))];
    let approved = responder.send_from(&path, &format!("{path}/approve"), &said).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    let twice = ["admitted", "resolved", "held: protected_live", "approved", "held: protected_live"];
    app.until_told(&incident, &twice).await;
    let after = responder.get(&path).await.text;
    assert!(after.contains("<strong>responder</strong> approved this at"), "{after}");
    assert!(after.contains("approving changes nothing"), "{after}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_by_any_name_as_people_type_it() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    for page in ["/incidents", "/trail"] {
        for name in ["zhang.san@example.com", "email:zhang.san@example.com", "zhangsan", "user_id:zhangsan"] {
            let found = auditor.get(&format!("{page}?account={name}")).await;
            assert!(found.status == 200 && found.text.contains(incident.as_str()), "{page} {name}: {}", found.text);
        }
        let none = auditor.get(&format!("{page}?account=lisi")).await.text;
        assert!(!none.contains(incident.as_str()), "{page}: {none}");
    }
    assert_eq!(app.story(&incident), CONTAINED);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_says_by_what_name_the_alert_called_whom() {
    let rules: fn(&std::path::Path) = |rules| {
        std::fs::write(rules.join("guardrails.yml"), "protected: [{email: wang.wu@example.com, why: a test}]\n")
            .unwrap();
    };
    let app = TestApp::start_with(Set { rules, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("wang.wu@example.com", 1, app.now())).await;
    app.until(&incident, |incident| matches!(incident.status, Status::Held(_))).await;
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    for page in ["/", "/incidents", &format!("/incidents/{incident}")] {
        let shown = auditor.get(page).await.text;
        assert!(shown.contains(">email:") && !shown.contains("wang.wu"), "{page}: {shown}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_session_that_is_over_leads_back_to_its_page() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let mut responder = Visitor::with(&app, RESPONDER).await;
    app.advance(Duration::from_secs(13 * 3_600));
    let path = format!("/incidents/{incident}");
    let sent = responder.send(&format!("{path}/hold"), &[("csrf", "x"), ("reason", "a drill")]).await;
    let way = format!("/sign-in?to=%2Fincidents%2F{incident}");
    assert_eq!((sent.status, sent.location()), (303, way.as_str()), "{}", sent.text);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_headed_in_the_readers_language_and_taken_away_as_a_file() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    let report = "/trail/reports/containments-without-approval";
    let page = auditor.get(report).await.text;
    assert!(page.contains("<th scope=\"col\">Contained</th>") && page.contains("Take it away as CSV"), "{page}");
    let file = auditor.get(&format!("{report}?since=&until=&format=csv")).await;
    let lines: Vec<&str> = file.text.lines().collect();
    assert!(file.status == 200 && lines.len() == 2, "{}", file.text);
    assert!(lines[0].starts_with("\"contained_at\",\"record\"") && lines[1].contains(incident.as_str()), "{lines:?}");
    assert_eq!(auditor.get(&format!("{report}?format=exe")).await.status, 422);
    auditor.cookies.insert("portcullis-language".to_owned(), "zh-CN".to_owned());
    let page = auditor.get(report).await.text;
    assert!(page.contains("停用时间") && !page.contains("<th scope=\"col\">contained_at"), "{page}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_answer_is_protected_in_a_backtest_too() {
    let adjust = |config: &mut Config| {
        let responder = config.access.tokens.iter_mut().find(|token| token.name == "responder").unwrap();
        responder.user_id = UserId::parse("zhangsan").ok();
    };
    let app = TestApp::start_with(Set { adjust, ..Set::default() }).await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until(&incident, |incident| incident.status == Status::Held(HoldReason::ProtectedResponder)).await;
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let page = "/rules/backtest";
    assert_eq!(engineer.send_from(page, page, &[("days", "7")]).await.status, 303);
    let done = loop {
        let shown = engineer.get(page).await.text;
        if !shown.contains("It is under way") {
            break shown;
        }
    };
    assert!(done.contains("Everything would come out as it did"), "{done}");
    app.end().await;
}
