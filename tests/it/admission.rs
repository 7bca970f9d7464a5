//! A signed alert is admitted once and acted on once; what cannot be understood is kept.

use std::time::Duration;

use portcullis::incident::{Assurance, Event, IncidentId, SenderEvent, Verdict, VerdictKind};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use crate::harness::{CONTAINED, Delivery, GITHUB, OKTA, SIEM, TestApp, harmless, high_risk, hook, kept};

#[tokio::test(flavor = "multi_thread")]
async fn b01_a_signed_alert_signs_the_account_out_and_disables_it() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    let incident = app.open(&delivery).await;
    app.until_contained(&incident).await;
    assert_eq!(app.story(&incident), CONTAINED);

    let account = app.dingtalk().account("zhangsan").unwrap();
    assert_eq!((account.sessions, account.disabled), (0, true));
    let texts = account.last_sign_out.unwrap().texts;
    assert_eq!(texts.len(), 15);
    assert!(texts["zh_CN"].contains(incident.as_str()) && texts["en_US"].contains(incident.as_str()));
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    assert_eq!(app.dingtalk().calls_to(Api::Disable).len(), 1);

    let admitted = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { alert, .. } = admitted.event else { unreachable!() };
    assert_eq!(alert.body_digest, kept(&delivery.body));
    assert_eq!((alert.secret.as_str(), alert.source.as_str()), ("test", "okta"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b19_a_repeat_is_answered_with_the_same_alert_and_nothing_is_done_again() {
    let app = TestApp::start().await;
    let delivery = Delivery::of_high_risk("zhang.san@example.com", 1, app.now());
    let first = app.deliver(&delivery).await;
    assert_eq!((first.status, &first.body["repeated"]), (202, &json!(false)));
    app.until_contained(&first.incident()).await;
    let (records, calls) = (app.records(), app.dingtalk().calls());

    for _ in 0..3 {
        let again = app.deliver(&delivery).await;
        assert_eq!(again.status, 200);
        assert_eq!(again.body, json!({ "repeated": true, "alerts": [{ "id": first.alert() }] }));
    }
    assert_eq!(app.records(), records);
    assert_eq!(app.dingtalk().calls(), calls);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b21_a_repeat_with_a_new_time_and_signature_is_known_long_after_the_replay_window() {
    let app = TestApp::start().await;
    let first = app.deliver(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
    app.until_contained(&first.incident()).await;
    for minutes in [1, 10, 60] {
        app.advance(Duration::from_secs(minutes * 60));
        let retry = app.deliver(&Delivery::of_high_risk("li.si@example.com", 1, app.now())).await;
        assert_eq!((retry.status, retry.alert()), (200, first.alert()));
    }
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    assert_eq!(app.dingtalk().calls_to(Api::SignOut).len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b22_a_known_id_with_other_content_is_a_conflict_that_is_recorded_once() {
    let app = TestApp::start().await;
    let first = app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await;
    let other = |person: &str| Delivery::of_events("msg_1", &[high_risk(person, "b")], app.now());
    let people = ["zhang.san@example.com", "li.si@example.com"];
    for person in [people[0], people[0], people[1], people[0]] {
        app.advance(Duration::from_secs(1));
        let answer = app.deliver(&other(person)).await;
        assert_eq!((answer.status, answer.code()), (409, "conflict"));
    }
    let refused = kept(&other(people[0]).body);
    let trail = app.app.trail().clone();
    let again = app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await;
    assert_eq!((again.status, again.alert()), (200, first.alert()), "the first content stays known");

    let calls = app.dingtalk().calls();
    let records = app.end().await;
    assert_eq!(calls, [], "nothing of a conflicting delivery is acted on");
    let conflicts: Vec<_> = records.iter().filter(|record| record.event.kind() == "delivery.conflict").collect();
    assert_eq!(conflicts.len(), 2, "one for each other content, however often it comes");
    let Event::Sender(SenderEvent::Conflict { source, assurance, first, body_digest, event_digest, private, tried }) =
        &conflicts[0].event
    else {
        unreachable!()
    };
    assert!(!tried);
    assert_eq!((source.as_str(), *assurance, *event_digest), ("okta", Some(Assurance::A), None));
    let beside = trail.private(conflicts[0].seq, &private.unwrap()).unwrap().unwrap();
    let beside: Value = serde_json::from_slice(&beside).unwrap();
    assert_eq!(beside, json!([high_risk(people[0], "b")]), "whoever is warned can see what was said");
    assert_eq!(records[usize::try_from(*first).unwrap()].event.kind(), "alert.admitted");
    assert_eq!(*body_digest, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn b23_the_same_id_from_two_sources_is_two_deliveries() {
    let app = TestApp::start().await;
    let okta = app.deliver(&Delivery::of_events("msg_1", &[harmless("a")], app.now())).await;
    let siem = app.deliver(&Delivery::signed(&SIEM, "msg_1", hook(&[harmless("a")]), app.now())).await;
    let github = app.deliver(&Delivery::signed(&GITHUB, "", hook(&[harmless("a")]), app.now())).await;
    assert_eq!([okta.status, siem.status, github.status], [202; 3]);
    assert!(okta.alert() != siem.alert() && okta.alert() != github.alert());
    assert_eq!(app.end().await.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_are_known_already_are_passed_over_in_a_retry_with_another_batch() {
    let app = TestApp::start().await;
    let (risk, quiet) = (high_risk("zhang.san@example.com", "a"), harmless("b"));
    let more = high_risk("li.si@example.com", "c");
    let first = app.deliver(&Delivery::of_events("msg_1", &[risk.clone(), quiet.clone()], app.now())).await;
    assert_eq!(first.status, 202);

    let batch = [quiet.clone(), more.clone(), risk.clone()];
    let second = app.deliver(&Delivery::of_events("msg_2", &batch, app.now())).await;
    assert_eq!(second.status, 202, "one of its events is new");
    let incidents = |at: usize| second.body["alerts"][at]["incidents"].as_array().map_or(0, Vec::len);
    assert_eq!([incidents(0), incidents(1), incidents(2)], [0, 1, 0]);

    let third = app.deliver(&Delivery::of_events("msg_3", &[more, risk, quiet], app.now())).await;
    assert_eq!((third.status, &third.body["repeated"]), (200, &json!(true)));
    let opened = second.body["alerts"][1]["incidents"][0].as_str().unwrap();
    for incident in [first.incident(), IncidentId::parse(opened).unwrap()] {
        app.until_contained(&incident).await;
        assert_eq!(app.story(&incident), CONTAINED);
    }
    assert_eq!(app.records_of("alert.admitted").len(), 3);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_what_can_be_read_of_a_batch_is_admitted_at_one_stroke_with_what_cannot() {
    let app = TestApp::start().await;
    let mut batch: Vec<Value> = (0..1_000).map(|number| harmless(&format!("event-{number}"))).collect();
    let good = Delivery::of_events("msg_good", &batch, app.now());
    batch[999] = json!({ "uuid": "event-999" });
    let bad = Delivery::of_events("msg_bad", &batch, app.now());
    for status in [202, 200] {
        let answer = app.deliver(&bad).await;
        assert_eq!((answer.status, answer.body["alerts"].as_array().unwrap().len()), (status, 999));
        let told = (app.records_of("alert.admitted").len(), app.records_of("delivery.not_understood").len());
        assert_eq!(told, (999, 1));
    }

    // The last one's id has come with something else by now.
    let answer = app.deliver(&good).await;
    let told = (answer.status, answer.body["alerts"].as_array().unwrap().len(), &answer.body["conflicts"]);
    assert_eq!(told, (200, 999, &json!(1)));
    assert_eq!(app.end().await.iter().filter(|record| record.event.kind() == "alert.admitted").count(), 999);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_matches_nothing_has_a_stored_verdict_with_the_nearest_miss() {
    let app = TestApp::start().await;
    let mut fallen = high_risk("zhang.san@example.com", "a");
    fallen["debugContext"]["debugData"]["risk"] = json!("{reasons=Anomalous Geo-Distance, level=LOW}");
    assert_eq!(app.deliver(&Delivery::of_events("msg_1", &[fallen], app.now())).await.status, 202);
    let verdict = only_verdict(&app);
    assert_eq!((verdict.kind, verdict.decisions.len()), (VerdictKind::Unmatched, 0));
    assert_eq!(verdict.rules, app.app.rules().now().set.digest());
    let nearest = verdict.nearest.unwrap();
    assert_eq!(nearest.rule.title, "Impossible travel on an Enterprise Account");
    assert!(nearest.passed > 0 && nearest.passed < nearest.tests, "{nearest:?}");
    assert_eq!(nearest.field, "debugContext.debugData.risk");
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_authentic_but_not_understood_is_kept_once_with_its_reason_and_its_body() {
    let app = TestApp::start().await;
    let long_key = format!("{{\"{}\":1}}", "k".repeat(257));
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let no_id = String::from_utf8(hook(&[json!({ "eventType": "user.risk.detect" })])).unwrap();
    let no_list = json!({ "data": { "events": {} } }).to_string();
    let cases = [
        ("{\"data\":", 400, "json_syntax"),
        ("{\"data\":{}} {}", 400, "json_syntax"),
        ("\u{feff}{}", 400, "json_syntax"),
        ("{\"data\":1,\"\\u0064ata\":2}", 422, "json_duplicate_key"),
        (&long_key, 422, "json_limits"),
        (&deep, 422, "json_limits"),
        ("{\"a\":18446744073709551616}", 422, "json_number"),
        ("[]", 422, "schema_object"),
        ("null", 422, "schema_object"),
        (&no_list, 422, "schema_events"),
        (&no_id, 422, "schema_key"),
    ];
    for (number, (body, status, reason)) in cases.into_iter().enumerate() {
        let delivery = Delivery::signed(&OKTA, &format!("msg_{number}"), body.as_bytes().to_vec(), app.now());
        let mut told = String::new();
        for _ in 0..2 {
            let answer = app.deliver(&delivery).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{body}");
            told = answer.body["delivery"].as_str().unwrap().to_owned();
        }
        let kept = app.records_of("delivery.not_understood");
        assert_eq!(kept.len(), number + 1, "{body}: once, however often it comes");
        let Event::Sender(SenderEvent::NotUnderstood { delivery, reason: recorded, private, .. }) = &kept[number].event
        else {
            unreachable!()
        };
        assert_eq!(delivery.as_ref().unwrap().as_str(), told, "what the sender is told is on the record");
        assert_eq!(recorded, reason, "{body}");
        let beside = app.app.trail().private(kept[number].seq, private).unwrap().unwrap();
        assert_eq!(String::from_utf8(beside).unwrap(), body);
    }
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

/// An id stands for one content, whether that was understood or not.
#[tokio::test(flavor = "multi_thread")]
async fn b22_an_id_that_came_with_what_is_not_understood_is_taken_by_it_and_the_other_way_round() {
    let app = TestApp::start().await;
    let bad = |id: &str, body: &[u8]| Delivery::signed(&OKTA, id, body.to_vec(), app.now());
    let good = |id: &str| Delivery::of_events(id, &[high_risk("zhang.san@example.com", id)], app.now());
    let first = app.deliver(&bad("msg_1", b"[]")).await;
    assert_eq!(first.status, 422);
    for (other, records) in [(good("msg_1"), 1), (bad("msg_1", b"{"), 2), (bad("msg_1", b"{"), 2)] {
        let answer = app.deliver(&other).await;
        assert_eq!((answer.status, answer.code()), (409, "conflict"));
        assert_eq!(app.records_of("delivery.conflict").len(), records);
    }
    let again = app.deliver(&bad("msg_1", b"[]")).await;
    assert_eq!((again.status, &again.body), (422, &first.body), "the same again is told the same");
    assert_eq!(app.deliver(&bad("msg_2", b"[]")).await.status, 422, "another id is another delivery");
    assert_eq!(app.deliver(&good("msg_3")).await.status, 202);
    assert_eq!(app.deliver(&bad("msg_3", b"[]")).await.status, 409);
    let kept = app.records_of("delivery.conflict").pop().unwrap();
    let Event::Sender(SenderEvent::Conflict { private: Some(private), .. }) = &kept.event else { unreachable!() };
    assert_eq!(app.app.trail().private(kept.seq, private).unwrap().unwrap(), b"[]", "nothing is lost");
    assert_eq!((app.records_of("delivery.not_understood").len(), app.records_of("alert.admitted").len()), (2, 1));
    app.end().await;
}

fn only_verdict(app: &TestApp) -> Verdict {
    let admitted = app.records_of("alert.admitted");
    match &admitted[..] {
        [record] => match &record.event {
            Event::AlertAdmitted { verdict, .. } => Verdict::clone(verdict),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// What is known by its own id is not another event under the same id, whatever delivery it comes in.
#[tokio::test(flavor = "multi_thread")]
async fn b22_another_event_under_a_known_id_is_a_conflict_and_told_once() {
    let app = TestApp::start().await;
    let first = app.open(&Delivery::of_high_risk("zhang.san@example.com", 1, app.now())).await;
    app.until_contained(&first).await;
    let other = high_risk("li.si@example.com", "event-1");
    for id in ["msg_2", "msg_3"] {
        let answer = app.deliver(&Delivery::of_events(id, std::slice::from_ref(&other), app.now())).await;
        assert_eq!((answer.status, answer.code()), (409, "conflict"), "{id}");
    }
    let told = app.records_of("delivery.conflict");
    let [record] = &told[..] else { panic!("each such event once: {told:?}") };
    let Event::Sender(SenderEvent::Conflict { body_digest, event_digest, private, .. }) = &record.event else {
        unreachable!()
    };
    let body = Delivery::of_events("msg_2", std::slice::from_ref(&other), app.now()).body;
    let digests = (*body_digest, *event_digest);
    assert_eq!(digests, (kept(&body), Some(kept(other.to_string().as_bytes()))));
    let beside = app.app.trail().private(record.seq, &private.unwrap()).unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&beside).unwrap(), json!([other]));

    let same = high_risk("zhang.san@example.com", "event-1");
    let again = app.deliver(&Delivery::of_events("msg_4", &[same], app.now())).await;
    assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)), "{}", again.body);
    let beside = app.deliver(&Delivery::of_events("msg_5", &[other, harmless("event-2")], app.now())).await;
    assert_eq!(beside.status, 202, "what is new is taken");
    assert_eq!(app.records_of("alert.admitted").len(), 2);
    assert_eq!(app.dingtalk().account("lisi").unwrap().sign_outs, 0);
    app.end().await;
}
