//! The page on which auditors ask what is kept on a person, and administrators have it erased.

use std::time::Duration;

use portcullis::incident::{IncidentId, Status};
use serde_json::Value;

use crate::harness::{ADMIN, AUDITOR, Delivery, ENGINEER, Page, RESPONDER, TestApp, Visitor};

const PAGE: &str = "/trail/person";
const ERASE: &str = "/trail/person/erase";
const ZHANG: &str = "zhang.san@example.com";

async fn contained() -> (TestApp, IncidentId) {
    let app = TestApp::start().await;
    let incident = app.open(&Delivery::of_high_risk(ZHANG, 1, app.now())).await;
    app.until_contained(&incident).await;
    (app, incident)
}

async fn over(app: &TestApp, incident: &IncidentId) {
    app.advance(Duration::from_secs(8 * 3_600));
    app.until(incident, |state| matches!(state.status, Status::Closed(_))).await;
}

async fn find(visitor: &mut Visitor, value: &str) -> Page {
    visitor.send_from(PAGE, PAGE, &[("kind", "email"), ("value", value)]).await
}

fn wanted<'f>(confirm: &'f str, reason: &'f str) -> [(&'f str, &'f str); 4] {
    [("kind", "email"), ("value", ZHANG), ("confirm", confirm), ("reason", reason)]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_finds_what_is_kept_on_a_person_and_that_they_asked_is_on_the_trail() {
    let (app, incident) = contained().await;
    let mut auditor = Visitor::with(&app, AUDITOR).await;
    let asked = auditor.get(PAGE).await;
    assert!(asked.status == 200 && asked.text.contains("action=\"/trail/person\""), "{}", asked.text);
    assert!(app.records_of("personal_data.read").is_empty(), "nothing is shown yet");
    let page = find(&mut auditor, ZHANG).await;
    for part in ["user_id:zhangsan", "from the identity map", "still need it", incident.as_str(), "subject export"] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(!page.text.contains(ERASE), "auditors erase nothing");
    let read = app.records_of("personal_data.read").pop().unwrap();
    let event = serde_json::to_value(&read.event).unwrap();
    assert_eq!((&event["actor"], &event["way"]), (&Value::from("auditor"), &Value::from("find")));
    assert!(!event.to_string().contains("zhang"), "{event}");

    let only = [("kind", "email"), ("value", ZHANG), ("only", "yes")];
    let page = auditor.send_from(PAGE, PAGE, &only).await;
    assert!(page.status == 200 && !page.text.contains("user_id:zhangsan"), "{}", page.text);
    let nobody = find(&mut auditor, "nobody@example.com").await;
    assert!(nobody.status == 200 && nobody.text.contains("Nothing can be read under these names"), "{}", nobody.text);
    for unfit in ["", "no address", "a\u{202e}b@example.com"] {
        let refused = find(&mut auditor, unfit).await;
        assert!(refused.status == 422 && refused.text.contains("no name of this kind"), "{unfit:?}: {}", refused.text);
    }
    for token in [ENGINEER, RESPONDER] {
        let mut other = Visitor::with(&app, token).await;
        assert_eq!(other.get(PAGE).await.status, 403);
        assert!(!other.get("/trail").await.text.contains(PAGE));
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_erases_what_is_over_with_the_name_typed_again() {
    let (app, incident) = contained().await;
    let mut admin = Visitor::with(&app, ADMIN).await;
    let refused = admin.send_from(PAGE, ERASE, &wanted(ZHANG, "asked for")).await;
    assert!(refused.status == 409 && refused.text.contains(incident.as_str()), "{}", refused.text);
    over(&app, &incident).await;
    let mut admin = Visitor::with(&app, ADMIN).await;
    let page = find(&mut admin, ZHANG).await;
    assert!(page.text.contains(ERASE) && page.text.contains("The keys are destroyed"), "{}", page.text);
    for (confirm, reason) in [("", "asked for"), ("zhang", "asked for"), (ZHANG, " ")] {
        assert_eq!(admin.send_from(PAGE, ERASE, &wanted(confirm, reason)).await.status, 422, "{confirm} {reason}");
    }
    assert!(app.records_of("subject.erased").is_empty());
    let done = admin.send_from(PAGE, ERASE, &wanted(ZHANG, "asked for")).await;
    assert!(done.status == 200 && done.text.contains("lay beside 1 record"), "{}", done.text);
    let event = serde_json::to_value(&app.records_of("subject.erased").pop().unwrap().event).unwrap();
    assert_eq!((&event["actor"], &event["reason"]), (&Value::from("admin"), &Value::from("asked for")));
    assert!(find(&mut admin, ZHANG).await.text.contains("Nothing can be read under these names"));
    assert_eq!(admin.send_from(PAGE, ERASE, &wanted(ZHANG, "asked for")).await.status, 404, "it is gone");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_who_erases_has_to_have_shown_a_moment_ago_who_they_are() {
    let (app, incident) = contained().await;
    over(&app, &incident).await;
    let mut admin = Visitor::with(&app, ADMIN).await;
    app.advance(Duration::from_secs(5 * 60));
    assert!(find(&mut admin, ZHANG).await.text.contains("asked first to show once more"));
    let asked = admin.send_from(PAGE, ERASE, &wanted(ZHANG, "asked for")).await;
    assert_eq!((asked.status, asked.location()), (303, "/sign-in/again?to=%2Ftrail%2Fperson"));
    assert!(app.records_of("subject.erased").is_empty());
    let again = admin.send_from(asked.location(), "/sign-in/again", &[("token", ADMIN), ("to", PAGE)]).await;
    assert_eq!((again.status, again.location()), (303, PAGE));
    assert_eq!(admin.send_from(PAGE, ERASE, &wanted(ZHANG, "asked for")).await.status, 200);
    assert_eq!(app.records_of("subject.erased").len(), 1);
    app.end().await;
}
