//! Deliveries of which only a part is understood, or proven, and ids that only an event has.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use portcullis::incident::{Digest, Event, SenderEvent};
use serde_json::{Value, json};

use crate::harness::*;

const SOURCES: &str = r#"
[intake.sources.hook]
kind = "okta-event-hook"
allow_unsigned = true
secrets = [{ name = "header", file = "hook-secret" }]
[intake.sources.graph]
kind = "graph"
allow_unsigned = true
secrets = [{ name = "state", file = "state-secret" }]
[intake.sources.logs]
kind = "auth0"
allow_unsigned = true
secrets = [{ name = "header", file = "logs-secret" }]
"#;
const HOOK_SECRET: &str = "test-secret-for-the-hook-of-okta-01";
const LOGS_SECRET: &str = "test-secret-for-the-logs-of-auth0-1";
const STATE_SECRET: &str = "test-secret-for-the-state-of-graph-1";

fn plain(source: &str, headers: &[(&str, &str)], body: &Value) -> Delivery {
    let headers = [("content-type", "application/json")].iter().chain(headers);
    let headers = headers.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Delivery { source: source.to_owned(), headers, body: body.to_string().into_bytes() }
}

fn hooked(events: &[Value]) -> Delivery {
    plain("hook", &[("authorization", HOOK_SECRET)], &json!({"data": {"events": events}}))
}

async fn start() -> TestApp {
    let files = vec![
        ("hook-secret", HOOK_SECRET.to_owned()),
        ("state-secret", STATE_SECRET.to_owned()),
        ("logs-secret", LOGS_SECRET.to_owned()),
    ];
    TestApp::start_with(Set { config: SOURCES, files, ..Set::default() }).await
}

/// Where nothing but the event has an id, that is one for what cannot be read as well.
#[tokio::test(flavor = "multi_thread")]
async fn b22_the_id_of_an_event_that_nobody_can_read_is_taken_and_the_other_way_round() {
    let app = start().await;
    let send = async |events: &[Value]| app.deliver(&hooked(events)).await;
    let unreadable = |id: &str| json!({"uuid": id, "published": "yesterday", "eventType": "user.risk.detect"});
    let first = send(&[unreadable("event-1")]).await;
    assert_eq!(first.status, 422, "{}", first.body);
    for _ in 0..2 {
        assert_eq!(send(&[high_risk("zhang.san@example.com", "event-1")]).await.status, 409);
    }
    let again = send(&[unreadable("event-1")]).await;
    assert_eq!((again.status, &again.body), (422, &first.body), "the same again is told the same");
    assert_eq!(send(&[harmless("event-2")]).await.status, 200);
    assert_eq!(send(&[unreadable("event-2")]).await.status, 409);
    assert_eq!(send(&[harmless("event-2")]).await.status, 200);
    let told = app.records_of("delivery.conflict");
    assert_eq!((told.len(), app.records_of("delivery.not_understood").len()), (2, 1));
    for record in told {
        let Event::Sender(SenderEvent::Conflict { event_digest: Some(_), .. }) = &record.event else {
            panic!("{record:?}")
        };
    }
    assert_eq!((app.records_of("alert.admitted").len(), app.dingtalk().calls()), (1, vec![]));
    app.end().await;
}

/// One space of ids, whatever company an event comes in and however often it is asked.
#[tokio::test(flavor = "multi_thread")]
async fn b22_an_events_own_id_is_one_alone_and_in_company() {
    let app = start().await;
    let send = async |events: &[Value]| app.deliver(&hooked(events)).await;
    let (first, other) = (harmless("event-1"), high_risk("zhang.san@example.com", "event-1"));
    let unreadable = |id: &str| json!({"uuid": id, "published": "yesterday", "eventType": "user.risk.detect"});
    assert_eq!(send(&[first.clone(), harmless("event-2")]).await.status, 200);
    let kept = app.records_of("alert.admitted");
    for event in [&other, &other, &unreadable("event-1"), &unreadable("event-1")] {
        assert_eq!(send(std::slice::from_ref(event)).await.status, 409, "{event}");
    }
    let known = send(std::slice::from_ref(&first)).await;
    assert_eq!((known.status, &known.body["repeated"]), (200, &json!(true)), "{}", known.body);
    // Each names the record of the event, whatever was recorded between.
    for record in app.records_of("delivery.conflict") {
        let Event::Sender(SenderEvent::Conflict { first, event_digest, .. }) = &record.event else { unreachable!() };
        assert_eq!((*first, event_digest.is_some()), (kept[0].seq, true));
    }
    assert_eq!(app.records_of("delivery.conflict").len(), 2);
    // What was not understood alone is not another event beside others.
    assert_eq!(send(&[unreadable("event-3")]).await.status, 422);
    let told = send(&[high_risk("li.si@example.com", "event-3"), harmless("event-4")]).await;
    assert_eq!((told.status, &told.body["conflicts"]), (200, &json!(1)), "{}", told.body);
    assert_eq!(told.body["alerts"].as_array().unwrap().len(), 1, "only what is on record has an id: {}", told.body);
    assert_eq!((app.records_of("alert.admitted").len(), app.dingtalk().calls()), (3, vec![]));
    app.end().await;
}

/// Senders put events together anew whenever they try again.
#[tokio::test(flavor = "multi_thread")]
async fn b22_what_is_left_out_of_a_batch_takes_its_id_as_well() {
    let app = start().await;
    let send = async |events: &[Value]| app.deliver(&hooked(events)).await;
    let unreadable = |id: &str| json!({"uuid": id, "published": "yesterday", "eventType": "user.risk.detect"});
    let nameless = json!({"published": "yesterday", "eventType": "user.risk.detect"});
    let risk = |id: &str| high_risk("zhang.san@example.com", id);
    // In part and in whole, with and without what has no id.
    assert_eq!(send(&[unreadable("event-1"), harmless("event-2"), unreadable("event-3")]).await.status, 200);
    assert_eq!(send(&[unreadable("event-4"), unreadable("event-5")]).await.status, 422);
    assert_eq!(send(&[nameless.clone(), unreadable("event-6")]).await.status, 422);
    let kept = app.records_of("delivery.not_understood");
    assert_eq!(kept.len(), 3);
    for (id, record) in [("event-1", 0), ("event-3", 0), ("event-4", 1), ("event-5", 1), ("event-6", 2)] {
        assert_eq!(send(&[risk(id)]).await.status, 409, "{id}");
        assert_eq!(send(&[unreadable(id)]).await.status, 422, "the same again: {id}");
        let told = app.records_of("delivery.conflict").pop().unwrap();
        let Event::Sender(SenderEvent::Conflict { first, event_digest: Some(_), .. }) = told.event else { panic!() };
        assert_eq!(first, kept[record].seq, "{id}");
    }
    assert_eq!(send(&[unreadable("event-5"), unreadable("event-1")]).await.status, 422, "in other company");
    assert_eq!(app.records_of("delivery.not_understood").len(), 3, "nothing new in it");
    // The other way round: what is known comes as something that nobody can read.
    let other = json!({"uuid": "event-4", "published": "tomorrow", "eventType": "user.risk.detect"});
    let told = send(&[unreadable("event-2"), harmless("event-7"), other.clone(), unreadable("event-5")]).await;
    assert_eq!((told.status, &told.body["conflicts"]), (200, &json!(2)), "{}", told.body);
    assert_eq!(send(&[unreadable("event-2"), other.clone()]).await.status, 409);
    assert_eq!(send(&[nameless, unreadable("event-2")]).await.status, 422, "it has something else, too");
    // Within one delivery.
    let told = send(&[unreadable("event-8"), harmless("event-8")]).await;
    assert_eq!((told.status, &told.body["conflicts"]), (200, &json!(1)), "{}", told.body);
    let told = send(&[harmless("event-8")]).await;
    assert_eq!((told.status, &told.body["repeated"]), (200, &json!(true)), "{}", told.body);
    assert_eq!((app.records_of("alert.admitted").len(), app.dingtalk().calls()), (3, vec![]));
    assert_eq!(app.records_of("delivery.conflict").len(), 8, "each content once");
    app.end().await;
}

/// A gateway signs an id of its own beside that of the event.
#[tokio::test(flavor = "multi_thread")]
async fn b22_an_events_own_id_is_taken_whatever_delivery_it_comes_in() {
    let app = start().await;
    let send = async |id: &str, events: &[Value]| app.deliver(&Delivery::of_events(id, events, app.now())).await.status;
    let unreadable = |id: &str| json!({"uuid": id, "published": "yesterday", "eventType": "user.risk.detect"});
    assert_eq!(send("msg_1", &[harmless("event-1")]).await, 202);
    assert_eq!(
        [send("msg_2", &[unreadable("event-1")]).await, send("msg_2", &[unreadable("event-1")]).await],
        [409; 2]
    );
    assert_eq!(send("msg_3", &[unreadable("event-2")]).await, 422);
    assert_eq!(send("msg_4", &[unreadable("event-2")]).await, 422, "the same");
    let other = [high_risk("zhang.san@example.com", "event-2")];
    assert_eq!([send("msg_5", &other).await, send("msg_5", &other).await], [409; 2]);
    assert_eq!((app.records_of("alert.admitted").len(), app.records_of("delivery.not_understood").len()), (1, 1));
    app.end().await;
}

/// Whoever sent it has an id to ask for.
#[tokio::test(flavor = "multi_thread")]
async fn c28_a_receipt_names_the_record_of_what_in_it_was_not_understood() {
    let app = start().await;
    let delivery = hooked(&[harmless("event-1"), json!({"uuid": "event-2"})]);
    for repeated in [false, true] {
        let answer = app.deliver(&delivery).await;
        assert_eq!(answer.body["repeated"], repeated, "{}", answer.body);
        let [record] = &app.records_of("delivery.not_understood")[..] else { panic!("once") };
        let Event::Sender(SenderEvent::NotUnderstood { delivery: Some(id), .. }) = &record.event else {
            unreachable!()
        };
        assert_eq!(answer.body["not_understood"], id.as_str());
    }
    let whole = app.deliver(&hooked(&[harmless("event-3")])).await;
    assert_eq!((whole.status, whole.body.get("not_understood")), (200, None));
    // A sender that would give up on a no is told in a receipt, too.
    let odd = plain("logs", &[("authorization", LOGS_SECRET)], &json!({"log_id": "a"}));
    for repeated in [false, true] {
        let answer = app.deliver(&odd).await;
        let told = (answer.status, &answer.body["repeated"], &answer.body["alerts"]);
        assert_eq!(told, (202, &json!(repeated), &json!([])), "{}", answer.body);
        let kept = app.records_of("delivery.not_understood").pop().unwrap();
        let Event::Sender(SenderEvent::NotUnderstood { delivery: Some(id), .. }) = &kept.event else { unreachable!() };
        assert_eq!(answer.body["not_understood"], id.as_str());
    }
    app.end().await;
}

/// Also where it comes behind another one that has taken its id.
#[tokio::test(flavor = "multi_thread")]
async fn b22_what_nobody_could_read_is_no_conflict_with_itself() {
    let app = start().await;
    let mut odd = harmless("event-1");
    odd["published"] = json!("yesterday");
    assert_eq!(app.deliver(&hooked(&[harmless("event-2"), odd.clone()])).await.status, 200);
    let told = app.deliver(&hooked(&[harmless("event-1"), odd, harmless("event-3")])).await;
    assert_eq!(
        (told.status, &told.body["conflicts"], &told.body["repeats"]),
        (200, &json!(1), &json!(1)),
        "{}",
        told.body
    );
    assert_eq!(app.records_of("delivery.conflict").len(), 1);
    app.end().await;
}

/// What stands in one event somebody else may have written than the sender.
#[tokio::test(flavor = "multi_thread")]
async fn c10_c17_c18_what_is_odd_in_one_event_takes_nothing_from_the_others() {
    let app = start().await;
    let odd = [
        "1e30",
        "18446744073709551616",
        r#"{"a":1,"a":2}"#,
        r#""\ud800""#,
        &format!("{}{}", "[".repeat(33), "]".repeat(33)),
    ];
    for (number, odd) in odd.iter().enumerate() {
        let (count, kept) = (app.records_of("alert.admitted").len(), app.records_of("delivery.not_understood").len());
        let log = |name: &str| json!({"log_id": format!("{name}-{number}"), "data": {"type": "pwd_leak"}});
        let events = |name: &str| harmless(&format!("{name}-{number}"));
        let bodies = [
            plain(
                "logs",
                &[("authorization", LOGS_SECRET)],
                &json!([log("one"), {"log_id": format!("odd-{number}"), "x": "ODD"}, log("two")]),
            ),
            hooked(&[
                events("one"),
                json!({"uuid": format!("odd-{number}"), "eventType": "a", "x": "ODD"}),
                events("two"),
            ]),
        ];
        for mut delivery in bodies {
            let body = String::from_utf8(delivery.body).unwrap().replace("\"ODD\"", odd);
            delivery.body = body.clone().into_bytes();
            let told = app.deliver(&delivery).await;
            let taken = (&told.body["repeated"], told.body["alerts"].as_array().map(Vec::len));
            assert_eq!(taken, (&json!(false), Some(2)), "{odd:.40}: {}", told.body);
            assert!(told.body["not_understood"].is_string(), "{}", told.body);
            assert_eq!(app.deliver(&delivery).await.status, 200, "the same again");
            // Its id is taken by what it was.
            let other = body.replace(odd, "1e31").replace("one-", "three-");
            delivery.body = other.into_bytes();
            let told = app.deliver(&delivery).await;
            assert_eq!((told.status / 100, &told.body["conflicts"]), (2, &json!(1)), "{odd:.40}: {}", told.body);
        }
        // What has come under a known id is kept beside its record, whatever it is.
        let Event::Sender(SenderEvent::Conflict { private: Some(digest), .. }) =
            app.records_of("delivery.conflict").pop().unwrap().event
        else {
            panic!("nothing is kept")
        };
        assert!(kept_beside(&app, &digest).contains("1e31"));
        // Where nobody can say what else it changes, nothing is read.
        let outside = format!(r#"{{"data":{{"events":[{}]}},"other":{odd}}}"#, events("four"));
        let delivery = Delivery { body: outside.into_bytes(), ..hooked(&[]) };
        assert!(matches!(app.deliver(&delivery).await.status, 400 | 422), "{odd:.40}");
        assert_eq!(app.records_of("alert.admitted").len() - count, 6);
        assert!(app.records_of("delivery.not_understood").len() > kept);
    }
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

/// What lies beside the last record of a conflict.
fn kept_beside(app: &TestApp, digest: &Digest) -> String {
    let kept = app.app.trail().private(app.records_of("delivery.conflict").pop().unwrap().seq, digest);
    String::from_utf8(kept.unwrap().unwrap()).unwrap()
}

/// Also what of it nobody can read, which is on no record of its own.
#[tokio::test(flavor = "multi_thread")]
async fn b22_all_that_comes_under_a_known_deliverys_id_is_kept_beside_the_conflict() {
    let app = start().await;
    let send = async |events: &[Value]| app.deliver(&Delivery::of_events("msg_1", events, app.now())).await.status;
    assert_eq!(send(&[harmless("a")]).await, 202);
    let unreadable = json!({"uuid": "c", "published": "yesterday", "eventType": "user.risk.detect"});
    assert_eq!(send(&[harmless("b"), unreadable]).await, 409);
    let Event::Sender(SenderEvent::Conflict { private: Some(digest), .. }) =
        app.records_of("delivery.conflict").pop().unwrap().event
    else {
        panic!("nothing is kept")
    };
    assert!(kept_beside(&app, &digest).contains("yesterday"));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_does_not_show_the_secret_is_refused_and_counted_beside_those_that_do() {
    let app = start().await;
    let item = |id: &str, state: Value| json!({"id": id, "clientState": state, "changeType": "created"});
    let items =
        [item("a", json!(STATE_SECRET)), item("b", json!("test-only-of-somebody-else")), item("c", json!(null))];
    let answer = app.deliver(&plain("graph", &[], &json!({ "value": items }))).await;
    assert_eq!((answer.status, app.records_of("alert.admitted").len()), (202, 1));
    let trail = app.app.trail().clone();
    assert_eq!(app.get("/v1/sources/graph", AUDITOR).await.body["refused"]["reason"], "secret_wrong");
    app.end().await;
    let records = trail.read(0, usize::MAX).unwrap();
    let counted = records.into_iter().find_map(|record| match record.event {
        Event::Sender(SenderEvent::Refused { source: Some(source), reason, count, .. })
            if source.as_str() == "graph" =>
        {
            Some((reason, count))
        }
        _ => None,
    });
    assert_eq!(counted, Some(("secret_wrong".to_owned(), 2)));
}

/// A gateway signs each attempt under an id of its own, and what it passes on stays the same message.
#[tokio::test(flavor = "multi_thread")]
async fn b22_what_a_gateway_passes_on_is_known_by_its_own_id() {
    let config = r#"
[intake.sources.billing]
kind = "stripe-style"
signature = "standard-webhooks"
secrets = [{ name = "gateway", file = "gateway-secret" }]
"#;
    let gateway = Source { name: "billing", secret: "whsec_dGVzdC1zZWNyZXQtZm9yLWEtZ2F0ZXdheS0tLS0=", ..OKTA };
    let files = vec![("gateway-secret", gateway.secret.to_owned())];
    let app = TestApp::start_with(Set { config, files, ..Set::default() }).await;
    let said = |id: &str, what: &str| {
        let body = json!({"id": "evt_1", "type": "test.event", "created": 1_795_230_000, "data": {"what": what}});
        Delivery::signed(&gateway, id, body.to_string().into_bytes(), app.now())
    };
    assert_eq!(app.deliver(&said("msg_1", "first")).await.status, 202);
    for (id, what, status) in
        [("msg_1", "first", 200), ("msg_2", "first", 200), ("msg_3", "second", 409), ("msg_3", "second", 409)]
    {
        let told = app.deliver(&said(id, what)).await;
        assert_eq!(told.status, status, "{id} {what}: {}", told.body);
    }
    // What cannot be read of it has its id as well, either way round.
    let of = |id: &str, own: &str, created: Value| {
        let body = json!({"id": own, "type": "test.event", "created": created});
        Delivery::signed(&gateway, id, body.to_string().into_bytes(), app.now())
    };
    assert_eq!(app.deliver(&of("msg_4", "evt_2", json!("nope"))).await.status, 422);
    assert_eq!(app.deliver(&of("msg_5", "evt_2", json!(1_795_230_000))).await.status, 409);
    assert_eq!(app.deliver(&of("msg_6", "evt_1", json!("nope"))).await.status, 409);
    assert_eq!((app.records_of("alert.admitted").len(), app.records_of("delivery.conflict").len()), (1, 3));
    app.end().await;
}

/// One message has one content, however many events there are in it, and whether or not it can be read.
#[tokio::test(flavor = "multi_thread")]
async fn b22_a_message_that_is_passed_on_conflicts_as_a_whole() {
    let config = r#"
[intake.sources.topic]
kind = "google-pubsub"
signature = "standard-webhooks"
secrets = [{ name = "gateway", file = "gateway-secret" }]
[intake.sources.sns]
kind = "sns"
signature = "standard-webhooks"
secrets = [{ name = "gateway", file = "other-secret" }]
"#;
    let topic = Source { name: "topic", secret: "whsec_dGVzdC1zZWNyZXQtZm9yLWEtZ2F0ZXdheS0tLS0=", ..OKTA };
    let sns = Source { name: "sns", secret: "whsec_dGVzdC1zZWNyZXQtb2YtdGhlLW90aGVyLW9uZS0=", ..OKTA };
    let files = vec![("gateway-secret", topic.secret.to_owned()), ("other-secret", sns.secret.to_owned())];
    let app = TestApp::start_with(Set { config, files, ..Set::default() }).await;
    let event = |number: u64| json!({"number": number, "createTime": "2026-07-26T10:00:00Z"});
    let bad = json!({"createTime": "yesterday"});
    let send = async |gateway: &Source, id: &str, own: &str, events: &[Value]| {
        let events = if let [only] = events { only.clone() } else { json!(events) };
        let body = match gateway.name {
            "sns" => json!({"Type": "Notification", "MessageId": own, "Message": events.to_string()}),
            _ => json!({"message": {"messageId": own, "data": STANDARD.encode(events.to_string())}}),
        };
        let told = app.deliver(&Delivery::signed(gateway, id, body.to_string().into_bytes(), app.now())).await;
        told.status
    };
    for gateway in [&topic, &sns] {
        let admitted = || app.records_of("alert.admitted").len();
        let before = admitted();
        assert_eq!(send(gateway, "msg_1", "own_1", &[event(1)]).await, 202);
        assert_eq!(send(gateway, "msg_2", "own_1", &[event(1)]).await, 200);
        assert_eq!(send(gateway, "msg_3", "own_1", &[event(2), event(3)]).await, 409, "{}", gateway.name);
        assert_eq!(send(gateway, "msg_2", "own_2", &[event(1)]).await, 409, "an id that came again is taken as well");
        assert_eq!(send(gateway, "msg_4", "own_3", &[event(2), event(3)]).await, 202);
        for events in
            [&[event(2)][..], &[event(3), event(2)], &[event(2), event(3), event(4)], std::slice::from_ref(&bad)]
        {
            assert_eq!(send(gateway, "msg_5", "own_3", events).await, 409, "{events:?}");
        }
        // The gateway's ids and those of messages are ids of two.
        assert_eq!(send(gateway, "own_1", "msg_1", &[event(5)]).await, 202);
        assert_eq!(admitted() - before, 4);
    }
    // Understood in part or not at all, it has taken its id, and is what it was when it is understood.
    let kept = async |events: &[Value], status: u16| {
        let own = format!("unread_{}", events.len());
        assert_eq!(send(&topic, &format!("{own}_1"), &own, events).await, status);
        assert_eq!(send(&topic, &format!("{own}_2"), &own, &[event(9)]).await, 409);
    };
    let (alone, beside) = ([bad.clone()], [event(1), bad]);
    kept(&alone, 422).await;
    kept(&beside, 202).await;
    let path = app.folder().join("portcullis.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let mapped = "[intake.sources.topic]\nmapping = { occurred_at = \"nowhere\" }";
    std::fs::write(&path, settings.replace("[intake.sources.topic]", mapped)).unwrap();
    app.app.renew_sources().await;
    assert_eq!(send(&topic, "unread_1_3", "unread_1", &alone).await, 202);
    assert_eq!(send(&topic, "unread_1_3", "unread_1_3", &[event(7)]).await, 409, "its new id is taken as well");
    assert_eq!(send(&topic, "unread_1_3", "unread_1", &alone).await, 200);
    assert_eq!(send(&topic, "unread_2_3", "unread_2", &beside).await, 202);
    assert_eq!(send(&topic, "unread_2_1", "unread_2", &beside).await, 200);
    app.end().await;
}
