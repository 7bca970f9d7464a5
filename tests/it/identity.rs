//! What is the same event and what is another one, through the door: within a delivery, under a known id, and over
//! midnight.

use std::path::Path;

use portcullis::incident::{Digest, Event, SenderEvent, Timestamp};
use portcullis::intake::SchemeName;
use serde_json::{Value, json};

use crate::harness::*;

/// A source for each sort of key.
const SOURCES: &str = r#"
[intake.sources.falcon]
kind = "crowdstrike"
secrets = [{ name = "test", file = "falcon-secret" }]
[intake.sources.monitor]
kind = "alertmanager"
signature = "standard-webhooks"
secrets = [{ name = "test", file = "monitor-secret" }]
[intake.sources.logs]
kind = "auth0"
allow_unsigned = true
secrets = [{ name = "test", file = "logs-secret" }]
"#;
/// Falcon's workflow, which signs body and time and has no id.
const FALCON: Source =
    Source { name: "falcon", scheme: SchemeName::Crowdstrike, secret: "test-only-secret-of-the-falcon-workflow" };
/// Alertmanager through a gateway that signs. The secret is base64 of `test-only-secret-of-the-monitor-1`.
const MONITOR: Source = Source {
    name: "monitor",
    scheme: SchemeName::StandardWebhooks,
    secret: "whsec_dGVzdC1vbmx5LXNlY3JldC1vZi10aGUtbW9uaXRvci0x",
};
/// Sources that show a secret: those whose key is an id, those whose key is none, and those of which operators say.
const KEYED: &str = r#"
[intake.sources.datadog]
kind = "datadog"
allow_unsigned = true
secrets = [{ name = "test", file = "datadog-secret" }]
[intake.sources.elastic]
kind = "elastic"
allow_unsigned = true
secrets = [{ name = "test", file = "elastic-secret" }]
[intake.sources.sentinel]
kind = "sentinel"
allow_unsigned = true
secrets = [{ name = "test", file = "sentinel-secret" }]
[intake.sources.azure]
kind = "azure-monitor"
secret_in = { header = "authorization" }
allow_unsigned = true
secrets = [{ name = "test", file = "azure-secret" }]
[intake.sources.elastalert]
kind = "elastalert2"
allow_unsigned = true
secrets = [{ name = "test", file = "elastalert-secret" }]
[intake.sources.panther]
kind = "panther"
allow_unsigned = true
secrets = [{ name = "test", file = "panther-secret" }]
[intake.sources.own]
kind = "generic"
secret_in = { header = "authorization" }
allow_unsigned = true
secrets = [{ name = "test", file = "own-secret" }]
mapping = { key = ["rule", "who"] }
[intake.sources.own-ids]
kind = "generic"
secret_in = { header = "authorization" }
allow_unsigned = true
secrets = [{ name = "test", file = "own-ids-secret" }]
mapping = { key = ["event.id"], own_ids = true }
[intake.sources.retold]
kind = "datadog"
allow_unsigned = true
secrets = [{ name = "test", file = "retold-secret" }]
mapping = { own_ids = false }
"#;
const NAMES: [&str; 9] =
    ["datadog", "elastic", "sentinel", "azure", "elastalert", "panther", "own", "own-ids", "retold"];
const LOGS_SECRET: &str = "Bearer test-only-secret-of-the-log-stream";

async fn start(rules: fn(&Path)) -> TestApp {
    let secrets = [("falcon-secret", FALCON.secret), ("monitor-secret", MONITOR.secret), ("logs-secret", LOGS_SECRET)];
    let files = secrets.map(|(file, secret)| (file, secret.to_owned())).to_vec();
    TestApp::start_with(Set { config: SOURCES, files, rules, ..Set::default() }).await
}

/// Source, digest of the other event, and place of the record of the one that is known.
fn conflicts(app: &TestApp) -> Vec<(String, Digest, u64)> {
    let told = app.records_of("delivery.conflict").into_iter().map(|record| match record.event {
        Event::Sender(SenderEvent::Conflict { source, event_digest: Some(other), first, .. }) => {
            (source.as_str().to_owned(), other, first)
        }
        other => panic!("{other:?}"),
    });
    told.collect()
}

fn digest(event: &Value) -> Digest {
    kept(event.to_string().as_bytes())
}

/// How many events each of a receipt's counts has: alerts, repeats, conflicts.
fn counts(answer: &Answer) -> [u64; 3] {
    let count = |name: &str| answer.body.get(name).map_or(0, |count| count.as_u64().unwrap());
    [u64::try_from(answer.body["alerts"].as_array().unwrap().len()).unwrap(), count("repeats"), count("conflicts")]
}

#[tokio::test(flavor = "multi_thread")]
async fn b22_of_two_events_with_one_id_in_one_delivery_the_first_acts_and_the_other_is_told_of() {
    let app = start(|_| {}).await;
    let (first, other) = (high_risk("zhang.san@example.com", "event-1"), high_risk("li.si@example.com", "event-1"));
    let batch = [first.clone(), first.clone(), other.clone(), harmless("event-2"), other.clone()];
    let answer = app.deliver(&Delivery::of_events("msg_1", &batch, app.now())).await;
    assert_eq!((answer.status, counts(&answer)), (202, [2, 1, 2]), "{}", answer.body);
    app.until_contained(&answer.incident()).await;
    let admitted = app.records_of("alert.admitted");
    assert_eq!(admitted.len(), 2);
    let told = [("okta".to_owned(), digest(&other), admitted[0].seq)];
    assert_eq!(conflicts(&app), told, "once for each other event");
    let source = app.get("/v1/sources/okta", AUDITOR).await.body.to_string();
    assert!(source.contains("conflict"), "operators see it: {source}");

    // The same delivery, and the same events in another one.
    let again = app.deliver(&Delivery::of_events("msg_1", &batch, app.now())).await;
    assert_eq!((again.status, counts(&again)), (200, [2, 0, 2]));
    let again = app.deliver(&Delivery::of_events("msg_2", &batch, app.now())).await;
    assert_eq!((again.status, counts(&again)), (200, [2, 0, 2]), "{}", again.body);
    assert_eq!(conflicts(&app), told);
    assert_eq!(app.dingtalk().account("lisi").unwrap().sign_outs, 0);
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn b22_what_is_known_from_before_is_the_first_also_of_a_delivery_that_begins_with_another_one() {
    let app = start(|_| {}).await;
    let (known, other) = (harmless("event-1"), high_risk("li.si@example.com", "event-1"));
    let first = app.deliver(&Delivery::of_events("msg_1", std::slice::from_ref(&known), app.now())).await;
    let seq = app.records_of("alert.admitted")[0].seq;
    let answer = app.deliver(&Delivery::of_events("msg_2", &[other.clone(), known.clone()], app.now())).await;
    assert_eq!((answer.status, answer.alert(), counts(&answer)), (200, first.alert(), [1, 0, 1]));
    assert_eq!(conflicts(&app), [("okta".to_owned(), digest(&other), seq)], "what is known is no other event");

    let third = high_risk("wang.wu@example.com", "event-1");
    let all = app.deliver(&Delivery::of_events("msg_3", &[other, third], app.now())).await;
    assert_eq!((all.status, all.code()), (409, "conflict"), "none of them is the one that is known");
    assert_eq!(conflicts(&app).len(), 2);
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_event_twice_in_one_delivery_is_one_alert_and_counted_as_a_repeat() {
    let app = start(|_| {}).await;
    let line = json!({"log_id": "900", "data": {"type": "fp"}}).to_string();
    let more = json!({"log_id": "901", "data": {"type": "fp"}}).to_string();
    // In other words, but the same.
    let same = r#"{ "data": {"type": "fp"}, "log_id": "900" }"#;
    let headers = [("content-type", "application/json"), ("authorization", LOGS_SECRET)];
    let headers: Vec<_> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let sent = |lines: &[&str]| Delivery {
        source: "logs".to_owned(),
        headers: headers.clone(),
        body: lines.join("\n").into_bytes(),
    };
    let answer = app.deliver(&sent(&[&line, &line, same])).await;
    assert_eq!((answer.status, counts(&answer)), (202, [1, 2, 0]), "{}", answer.body);
    let answer = app.deliver(&sent(&[&line, &more, &line])).await;
    assert_eq!((answer.status, counts(&answer)), (202, [2, 2, 0]), "{}", answer.body);
    assert_eq!((app.records_of("alert.admitted").len(), conflicts(&app)), (2, vec![]));
    app.end().await;
}

/// It tells of the same again with other words while that lasts, but not at one stroke.
#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_lasts_may_change_its_words_from_delivery_to_delivery_and_not_within_one() {
    let app = start(|_| {}).await;
    let alert = |summary: &str| {
        json!({"status": "firing", "labels": {"alertname": "A"}, "annotations": {"summary": summary},
               "startsAt": "2026-11-20T21:58:23Z", "fingerprint": "f"})
    };
    let mut number = 0;
    let mut sent = |alerts: &[Value]| {
        number += 1;
        let body = json!({ "alerts": alerts }).to_string().into_bytes();
        Delivery::signed(&MONITOR, &format!("msg_{number}"), body, app.now())
    };
    assert_eq!(app.deliver(&sent(&[alert("one")])).await.status, 202);
    let seq = app.records_of("alert.admitted")[0].seq;
    let later = app.deliver(&sent(&[alert("two")])).await;
    assert_eq!((later.status, counts(&later), conflicts(&app)), (200, [1, 0, 0], vec![]));
    let both = app.deliver(&sent(&[alert("three"), alert("four")])).await;
    assert_eq!((both.status, counts(&both)), (200, [1, 0, 1]), "{}", both.body);
    assert_eq!(conflicts(&app), [("monitor".to_owned(), digest(&alert("four")), seq)]);
    app.end().await;
}

/// Each with its own value, and what it is known by in two bodies that differ.
fn keyed(source: &str, body: &Value) -> Delivery {
    let headers = [("content-type", "application/json".to_owned()), ("authorization", shown(source))];
    let headers = headers.map(|(name, value)| (name.to_owned(), value)).to_vec();
    Delivery { source: source.to_owned(), headers, body: body.to_string().into_bytes() }
}

fn shown(source: &str) -> String {
    format!("Bearer test-only-secret-that-is-shown-by-{source}")
}

#[tokio::test(flavor = "multi_thread")]
async fn b22_other_content_is_a_conflict_where_the_key_is_an_id_and_a_repeat_where_it_is_none() {
    const FILES: [&str; 9] = [
        "datadog-secret",
        "elastic-secret",
        "sentinel-secret",
        "azure-secret",
        "elastalert-secret",
        "panther-secret",
        "own-secret",
        "own-ids-secret",
        "retold-secret",
    ];
    let files = FILES.iter().zip(NAMES).map(|(file, name)| (*file, shown(name))).collect();
    let app = TestApp::start_with(Set { config: KEYED, files, ..Set::default() }).await;
    let essentials = json!({"alertId": "/s/1", "monitorCondition": "Fired"});
    let cases = [
        ("datadog", json!({"id": "1", "title": "a"}), "title", 409),
        ("elastic", json!({"alert_id": "a", "date": "2026-11-20T21:58:23Z", "rule_id": "r"}), "rule_id", 409),
        ("sentinel", json!({"eventUniqueId": "u", "object": {}}), "object", 409),
        ("azure", json!({"data": {"essentials": essentials}, "schemaId": "a"}), "schemaId", 409),
        ("elastalert", json!({"rule": "r", "_id": "d", "num_hits": 1}), "num_hits", 200),
        ("panther", json!({"alertId": "5c8f", "runbook": "a"}), "runbook", 200),
        ("own", json!({"rule": "r", "who": "w", "count": 1}), "count", 200),
        ("own-ids", json!({"event": {"id": 7}, "count": 1}), "count", 409),
        ("retold", json!({"id": "1", "title": "a"}), "title", 200),
    ];
    let mut told = Vec::new();
    for (source, body, changing, status) in cases {
        let first = app.deliver(&keyed(source, &body)).await;
        assert_eq!(first.status, 202, "{source}: {}", first.body);
        assert_eq!(app.deliver(&keyed(source, &body)).await.status, 200, "{source}: the same again");
        let mut other = body.clone();
        other[changing] = json!("other");
        for _ in 0..2 {
            let answer = app.deliver(&keyed(source, &other)).await;
            assert_eq!(answer.status, status, "{source}: {}", answer.body);
        }
        if status == 409 {
            told.push((source.to_owned(), digest(&other)));
        }
        let again = app.deliver(&keyed(source, &body)).await;
        assert_eq!((again.status, again.alert()), (200, first.alert()), "{source}: the first stays known");
    }
    let conflicts: Vec<_> = conflicts(&app).into_iter().map(|(source, other, _)| (source, other)).collect();
    assert_eq!(conflicts, told, "each other event once");
    assert_eq!(app.records_of("alert.admitted").len(), NAMES.len());
    app.end().await;
}

fn falcon_acts(rules: &Path) {
    edit(rules, "crowdstrike/true-positive-user.yml", "mode: shadow", "mode: enforce");
}

fn judged(title: &str) -> Vec<u8> {
    let body = json!({"status": "true_positive", "severity": "High", "title": title,
                      "user_email": "zhang.san@example.com"});
    body.to_string().into_bytes()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn b21_what_is_signed_anew_over_midnight_acts_once() {
    let app = start(falcon_acts).await;
    let sent = |text: &str| {
        app.clock.set(time(text));
        Delivery::signed(&FALCON, "", judged("a"), time(text))
    };
    let first = app.open(&sent("2026-11-21T23:59:30Z")).await;
    app.until_contained(&first).await;
    let alert = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { alert, .. } = alert.event else { unreachable!() };
    for retry in ["2026-11-21T23:59:50Z", "2026-11-22T00:00:30Z", "2026-11-22T23:59:30Z"] {
        let again = app.deliver(&sent(retry)).await;
        assert_eq!((again.status, &again.body["repeated"]), (200, &json!(true)), "{retry}");
        assert_eq!(again.alert(), alert.id.as_str(), "{retry}: the id that it had at first");
    }
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 1);
    let other = app.deliver(&Delivery::signed(&FALCON, "", judged("b"), app.now())).await;
    assert_eq!(other.status, 202, "another body is another alert");
    let later = app.deliver(&sent("2026-11-23T00:00:30Z")).await;
    assert_eq!(later.status, 202, "a day lies between: the same words mean another alert");
    assert_eq!(app.records_of("alert.admitted").len(), 3);
    app.end().await;
}

/// The first attempt may be on its way for longer than the second.
#[tokio::test(flavor = "multi_thread")]
async fn b21_an_attempt_of_the_day_before_that_comes_late_is_known_too() {
    let app = start(falcon_acts).await;
    app.clock.set(time("2026-11-22T00:00:30Z"));
    let sent = |at: &str| Delivery::signed(&FALCON, "", judged("a"), time(at));
    let first = app.open(&sent("2026-11-22T00:00:20Z")).await;
    app.until_contained(&first).await;
    let late = app.deliver(&sent("2026-11-21T23:59:50Z")).await;
    assert_eq!((late.status, &late.body["repeated"]), (200, &json!(true)));
    let admitted = app.end().await.into_iter().filter(|record| record.event.kind() == "alert.admitted");
    assert_eq!(admitted.count(), 1);
}

/// Neither has been recorded when the other is decided.
#[tokio::test(flavor = "multi_thread")]
async fn b21_two_attempts_at_once_on_either_side_of_midnight_act_once() {
    let app = start(falcon_acts).await;
    app.clock.set(time("2026-11-22T00:00:00Z"));
    let sent = |at: &str| Delivery::signed(&FALCON, "", judged("a"), time(at));
    let (before, after) = (sent("2026-11-21T23:59:59Z"), sent("2026-11-22T00:00:00Z"));
    let (before, after) = tokio::join!(app.deliver(&before), app.deliver(&after));
    let mut statuses = [before.status, after.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 202]);
    assert_eq!(before.alert(), after.alert());
    let admitted = app.end().await.into_iter().filter(|record| record.event.kind() == "alert.admitted");
    assert_eq!(admitted.count(), 1);
}
