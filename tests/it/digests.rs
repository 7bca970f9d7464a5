//! What senders said stands on the trail under the deployment's key only: nobody who has the trail finds it out by trying.

use portcullis::incident::{AlertId, AlertSummary, Assurance, Digest, Event, IncidentId, SourceName};
use portcullis::trail::{Draft, UniqueKey};
use serde_json::json;

use crate::harness::{Delivery, GITHUB, TestApp, harmless, high_risk, hook};

fn source() -> SourceName {
    SourceName::parse("okta").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_on_the_trail_can_be_made_again_of_what_was_said() {
    let app = TestApp::start().await;
    let (person, event) = ("zhang.san@example.com", high_risk("zhang.san@example.com", "event-1"));
    let delivery = Delivery::of_high_risk(person, 1, app.now());
    let incident = app.open(&delivery).await;
    app.until_contained(&incident).await;
    // Without any id, what it says is all that it is known by.
    let unnamed = Delivery::signed(&GITHUB, "", hook(&[harmless("a")]), app.now());
    assert_eq!(app.deliver(&unnamed).await.status, 202);
    let admitted = app.records_of("alert.admitted");
    let Event::AlertAdmitted { alert, .. } = &admitted[0].event else { panic!() };
    let guesses = [
        Digest::of(&delivery.body).to_string(),
        Digest::of_json(&event).to_string(),
        Digest::of(&unnamed.body).to_string(),
        Digest::of_json(&harmless("a")).to_string(),
        AlertId::derive(&source(), "event-1").to_string(),
        AlertId::derive(&SourceName::parse("github").unwrap(), &Digest::of(&unnamed.body).to_string()).to_string(),
        IncidentId::derive(&alert.id, &format!("email:{person}")).to_string(),
        person.to_owned(),
    ];
    let trail: Vec<String> = app.records().iter().map(|record| serde_json::to_string(&record.event).unwrap()).collect();
    for guess in guesses {
        assert!(!trail.iter().any(|record| record.contains(&guess)), "{guess}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_before_there_was_a_key_for_it_is_still_known() {
    let app = TestApp::start().await;
    let event = high_risk("zhang.san@example.com", "event-1");
    let alert = AlertSummary {
        id: AlertId::derive(&source(), "event-1"),
        source: source(),
        assurance: Assurance::A,
        event_type: None,
        occurred_at: None,
        received_at: app.now(),
        body_digest: Digest::of(b"then"),
        event_digest: Some(Digest::of_json(&event)),
        delivery_hints: [].into(),
        secret: "test".to_owned(),
    };
    let verdict = json!({"kind": "unmatched", "rules": Digest::of(b"")});
    let of_then = json!({"kind": "alert.admitted", "alert": alert, "verdict": verdict, "private": Digest::of(b"")});
    let event_of_then: Event = serde_json::from_str(&of_then.to_string().replace("_digest", "_sha256")).unwrap();
    let key = UniqueKey(Digest::of_parts(&[b"alert", b"okta", b"event-1"]));
    let draft = Draft { key: Some(key), ..Draft::of(app.now(), event_of_then) };
    app.app.trail().append(None, vec![draft]).await.unwrap();

    let again = app.deliver(&Delivery::of_events("msg_2", &[event], app.now())).await;
    assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)), "{}", again.body);
    assert_eq!(again.alert(), AlertId::derive(&source(), "event-1").to_string());
    let other = high_risk("li.si@example.com", "event-1");
    let other = app.deliver(&Delivery::of_events("msg_3", &[other], app.now())).await;
    assert_eq!((other.status, other.code()), (409, "conflict"));
    let calls = app.dingtalk().calls();
    app.end().await;
    assert_eq!(calls, [], "nothing is done for either");
}
