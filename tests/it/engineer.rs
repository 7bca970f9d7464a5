//! What engineers read and do on the pages: why an alert did not match, what a rule has seen, what a new set changed, and
//! trying a source out; and tokens, which administrators give out there.

use portcullis::incident::{Event, SenderEvent};
use serde_json::json;

use crate::harness::{ADMIN, AUDITOR, Delivery, ENGINEER, OKTA, RESPONDER, TestApp, Visitor, edit, high_risk, hook};

const RULE: &str = "/rules/5d0c7b0e-8a3e-4b7e-9a55-6f2a1c1f9c11";

/// An event that the rule about high risk looks at and does not match.
pub(crate) fn of_low_risk(app: &TestApp) -> Delivery {
    let mut event = high_risk("zhang.san@example.com", "event-1");
    event["debugContext"]["debugData"]["risk"] = json!("{reasons=Anomalous Geo-Distance, level=LOW}");
    Delivery::signed(&OKTA, "msg_1", hook(&[event]), app.now())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_finds_out_why_an_alert_did_not_match() {
    let app = TestApp::start().await;
    assert_eq!(app.deliver(&of_low_risk(&app)).await.status, 202);
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let sources = engineer.get("/sources").await;
    assert!(sources.text.contains("<a href=\"/sources/okta\">okta"), "{}", sources.text);
    let page = engineer.get("/sources/okta").await.text;
    for part in [
        "No rule matched",
        "Closest came",
        "Impossible travel on an Enterprise Account",
        "<code>debugContext.debugData.risk</code>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("zhang.san") && !page.contains("/trail/records/"), "nothing of people: {page}");
    let by = app.records_of("trail.read").into_iter().map(|record| match record.event {
        Event::TrailRead { actor, .. } => actor,
        other => panic!("{other:?}"),
    });
    assert_eq!(by.collect::<Vec<_>>(), ["engineer"], "who has looked is recorded");
    assert_eq!(engineer.get("/sources/nobody").await.status, 404);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_says_what_it_asks_for_and_what_it_has_matched() {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&incident).await;
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let list = engineer.get("/rules").await.text;
    assert!(list.contains(RULE) && list.contains("acts (enforce)"), "{list}");
    assert!(list.contains("1 of 10 in an hour, 1 of 30 in a day"), "{list}");
    let page = engineer.get(RULE).await.text;
    for part in [
        "impossible-travel.yml",
        "<code>sign_out</code>",
        "Steps were planned",
        "Its own tests",
        "all of them passed",
        incident.as_str(),
        "eventType is",
        "risk_event and",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let now = engineer.get("/").await.text;
    assert!(now.contains("Alerts: 1, at most 1 in an hour") && now.contains("<rect "), "{now}");
    assert!(now.contains("Steps that succeeded: "), "{now}");
    for unknown in ["/rules/5d0c7b0e-0000-4b7e-9a55-6f2a1c1f9c11", "/rules/nothing"] {
        assert_eq!(engineer.get(unknown).await.status, 404, "{unknown}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_set_of_rules_is_compared_with_the_one_before() {
    let app = TestApp::start().await;
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let first = engineer.get("/rules/versions").await.text;
    assert!(first.contains("Nothing older is here to compare with."), "{first}");
    let rules = app.config.resolve(&app.config.rules.folder);
    edit(&rules, "impossible-travel.yml", "title: Impossible travel on an Enterprise Account", "title: Another title");
    let answer = app.post("/v1/rules/reload", ENGINEER, &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = engineer.get("/rules/versions").await.text;
    assert!(page.contains("Changed: 1") && page.contains("Another title"), "{page}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_tried_out_from_its_page_and_nothing_is_acted_on() {
    let app = TestApp::start().await;
    let mut responder = Visitor::with(&app, RESPONDER).await;
    assert!(!responder.get("/sources/okta").await.text.contains("action=\"/sources/okta/test\""));
    let mut engineer = Visitor::with(&app, ENGINEER).await;
    let to = "/sources/okta/test";
    let tried = engineer.send_from("/sources/okta", to, &[("minutes", "10"), ("reason", "a new sender")]).await;
    assert_eq!((tried.status, tried.location()), (303, "/sources/okta"), "{}", tried.text);
    let answer = app.deliver(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    assert_eq!(answer.status, 202);
    let mut wrong = Delivery::of_high_risk("zhang.san@example.com", 2, app.now());
    wrong.body.push(b' ');
    assert_eq!(app.deliver(&wrong).await.status, 401);
    let page = engineer.get("/sources/okta").await.text;
    for part in ["being tried out", "nothing is acted on. 2 deliveries so far.", "with 1 alerts", "Refused:"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(app.dingtalk().calls(), []);
    for (minutes, reason, status) in [("61", "too long", 422), ("x", "no number", 400), ("10", " ", 422)] {
        let refused = engineer.send_from("/sources/okta", to, &[("minutes", minutes), ("reason", reason)]).await;
        assert_eq!(refused.status, status, "{minutes}: {}", refused.text);
    }
    let over = engineer.send_from("/sources/okta", to, &[("minutes", "0"), ("reason", "it works")]).await;
    assert_eq!(over.status, 303);
    let kinds = app.records_of("source.tried").into_iter().map(|record| match record.event {
        Event::Sender(SenderEvent::Tried { actor, reason, .. }) => (actor, reason),
        other => panic!("{other:?}"),
    });
    let wanted = [("engineer", "a new sender"), ("engineer", "it works")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(kinds.collect::<Vec<_>>(), wanted);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_a_token_is_given_out_on_a_page_shown_once_and_taken_back() {
    let app = TestApp::start().await;
    let mut admin = Visitor::with(&app, ADMIN).await;
    let fields = [("name", "exporter"), ("role", "auditor"), ("user_id", ""), ("days", "30"), ("reason", "for a SIEM")];
    let given = admin.send_from("/settings", "/settings/tokens", &fields).await;
    assert_eq!(given.status, 200, "{}", given.text);
    let token = given.text.split("<pre tabindex=\"0\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(app.get("/v1/trail", &token).await.status, 200);
    let page = admin.get("/settings").await.text;
    assert!(page.contains("exporter") && !page.contains(&token), "{page}");
    let again = admin.send_from("/settings", "/settings/tokens", &fields).await;
    assert_eq!(again.status, 409, "{}", again.text);
    for (field, value, status) in
        [("role", "king", 400), ("days", "400", 422), ("user_id", "a b c/", 422), ("reason", "", 422)]
    {
        let mut fields = fields.map(|(name, own)| (name, if name == field { value } else { own }));
        if field != "name" {
            fields[0].1 = "another";
        }
        let refused = admin.send_from("/settings", "/settings/tokens", &fields).await;
        assert_eq!(refused.status, status, "{field}: {}", refused.text);
    }
    let unwanted = [("name", "exporter"), ("reason", "no SIEM any more")];
    let taken = admin.send_from("/settings", "/settings/tokens/revoke", &unwanted).await;
    assert_eq!((taken.status, taken.location()), (303, "/settings"), "{}", taken.text);
    assert_eq!(app.get("/v1/trail", &token).await.status, 401);
    let gone = admin.send_from("/settings", "/settings/tokens/revoke", &unwanted).await;
    assert_eq!(gone.status, 404);
    // A session that was left open gives nothing out: they have to show once more who they are.
    app.advance(std::time::Duration::from_secs(20 * 60));
    let stale = admin.send_from("/settings", "/settings/tokens", &fields).await;
    assert_eq!((stale.status, stale.location()), (303, "/sign-in/again?to=%2Fsettings"));
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    let page = auditor.get("/settings").await.text;
    assert!(page.contains("Budgets") && !page.contains("Give out a token"), "{page}");
    app.end().await;
}
