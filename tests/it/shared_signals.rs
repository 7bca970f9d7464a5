//! Shared Signals end to end: a transmitter's SETs over the wire, what DingTalk received, and what the transmitter is
//! told (RFC 8935).

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use portcullis::incident::{Assurance, Event, SenderEvent, Status, StreamStatus};
use portcullis::intake::TokenSigner;
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use crate::harness::*;

const ISSUER: &str = "https://idp.example.com/";
const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const STREAM_UPDATED: &str = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

static KEY: LazyLock<TokenSigner> = LazyLock::new(|| key("transmitter-1"));

fn key(kid: &str) -> TokenSigner {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    TokenSigner::new(kid, pkcs8.as_ref()).unwrap()
}

fn acts(rules: &Path) {
    edit(rules, "ssf/session-revoked.yml", "mode: shadow", "mode: enforce");
    let reason = "employee_reason: suspicious-activity";
    edit(rules, "ssf/session-revoked.yml", reason, &format!("{reason}\n              reason_user: true"));
}

async fn start() -> TestApp {
    let jwks = publish(json!({ "keys": [KEY.jwk()] }).to_string()).await;
    let config = format!(
        "[telemetry]\nmetrics_listen = \"127.0.0.1:0\"\n[intake]\ntest_only_plain_http = true\n[intake.sources.idp]\nkind = \"ssf\"\nset = {{ issuer = \"{ISSUER}\", audience = \
         [\"https://us.example.com/\"], jwks = \"{jwks}\", algorithms = [\"ES256\"] }}\n"
    );
    TestApp::start_with(Set { config: Box::leak(config.into_boxed_str()), rules: acts, ..Set::default() }).await
}

fn claims(app: &TestApp, jti: &str, uri: &str, event: Value) -> Value {
    json!({
        "iss": ISSUER, "aud": "https://us.example.com/", "jti": jti, "iat": app.now().as_second(),
        "sub_id": {"format": "email", "email": "zhang.san@example.com"}, "events": {uri: event},
    })
}

fn revoked(app: &TestApp, jti: &str) -> Value {
    let event = json!({
        "initiating_entity": "policy", "event_timestamp": app.now().as_second(),
        "reason_user": {
            "en": "Your session was ended by policy.", "en-GB-oxendict": "By a policy of another region.",
            "zh-CN": "hidden \u{202e}words", "ja": "\u{200b}\u{2060}",
        },
    });
    claims(app, jti, SESSION_REVOKED, event)
}

fn pushed(token: String) -> Delivery {
    let headers = vec![("content-type".to_owned(), "application/secevent+jwt".to_owned())];
    Delivery { source: "idp".to_owned(), headers, body: token.into_bytes() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_session_signs_the_person_out_once_however_often_it_is_pushed() {
    let app = start().await;
    let set = revoked(&app, "jti-1");
    let answer = app.deliver(&pushed(KEY.set(&set).unwrap())).await;
    assert_eq!((answer.status, &answer.body), (202, &json!("")), "202 and an empty body");
    let admitted = app.records_of("alert.admitted").pop().unwrap();
    let Event::AlertAdmitted { alert, opened, .. } = admitted.event else { unreachable!() };
    assert_eq!((alert.assurance, alert.event_type.as_deref()), (Assurance::A, Some(SESSION_REVOKED)));
    let incident = opened[0].plan.incident.clone();
    app.until(&incident, |incident| matches!(incident.status, Status::Closed(_))).await;
    let calls = app.dingtalk().calls_to(Api::SignOut);
    assert_eq!(calls.len(), 1);
    let read = format!("{:?}", calls[0]);
    assert!(read.contains("Your session was ended by policy."), "in the sender's words: {read}");
    assert!(!read.contains("another region"), "the longer tag fits less: {read}");
    let texts = app.dingtalk().account("zhangsan").unwrap().last_sign_out.unwrap().texts;
    assert!(texts["ja_JP"].contains(incident.as_str()), "words that show nothing are none: {texts:?}");
    assert!(!read.contains("hidden"), "what cannot be read is ours: {read}");

    // Signed anew, so other bytes that say the same.
    let again = app.deliver(&pushed(KEY.set(&set).unwrap())).await;
    assert_eq!(again.status, 202);
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    // A time of issue is the envelope's: signed anew later, it is the same.
    app.advance(Duration::from_secs(30));
    let mut later = set.clone();
    later["iat"] = app.now().as_second().into();
    assert_eq!(app.deliver(&pushed(KEY.set(&later).unwrap())).await.status, 202);
    assert_eq!((app.records_of("alert.admitted").len(), app.records_of("delivery.conflict").len()), (1, 0));
    // The same id with other content is no repetition. RFC 8935 knows 202 and 400: our people are told.
    let mut other = set.clone();
    other["sub_id"]["email"] = "li.si@example.com".into();
    let answer = app.deliver(&pushed(KEY.set(&other).unwrap())).await;
    assert_eq!((answer.status, &answer.body), (202, &json!("")));
    let [record] = &app.records_of("delivery.conflict")[..] else { panic!("it is told once") };
    let Event::Sender(SenderEvent::Conflict { assurance, .. }) = &record.event else { unreachable!() };
    assert_eq!((*assurance, app.records_of("alert.admitted").len()), (Some(Assurance::A), 1));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transmitter_is_told_what_is_wrong_in_the_words_of_the_standard() {
    let app = start().await;
    let mut audience = revoked(&app, "jti-1");
    audience["aud"] = "https://others.example.com/".into();
    let mut issuer = revoked(&app, "jti-1");
    issuer["iss"] = "https://evil.example.com/".into();
    let mut events = revoked(&app, "jti-1");
    events["events"] = json!({});
    for (set, code) in [(audience, "invalid_audience"), (issuer, "invalid_issuer"), (events, "invalid_request")] {
        let answer = app.deliver(&pushed(KEY.set(&set).unwrap())).await;
        assert_eq!((answer.status, answer.body["err"].as_str()), (400, Some(code)), "{}", answer.body);
        assert_eq!((answer.header("content-type"), answer.header("content-language")), ("application/json", "en"));
        assert!(answer.body["description"].is_string());
    }
    // Another key under the same name may be a new one; it is looked for, but not all the time.
    let forged = pushed(key("transmitter-1").set(&revoked(&app, "jti-2")).unwrap());
    let answer = app.deliver(&forged).await;
    assert_eq!(answer.status, 503);
    assert!(!answer.header("retry-after").is_empty());
    app.advance(Duration::from_secs(61));
    let answer = app.deliver(&forged).await;
    assert_eq!((answer.status, answer.body["err"].as_str()), (400, Some("invalid_key")));
    assert_eq!(app.records_of("alert.admitted").len(), 0);
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

/// Whoever has signed it has used the id, whatever we make of the rest.
#[tokio::test(flavor = "multi_thread")]
async fn b22_a_set_that_nobody_can_read_is_kept_and_its_id_is_taken() {
    let app = start().await;
    let push = async |set: &Value| app.deliver(&pushed(KEY.set(set).unwrap())).await;
    let with = |jti: &str, events: Value| {
        let mut set = revoked(&app, jti);
        set["events"] = events;
        set
    };
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    let mut sub = revoked(&app, "sub");
    sub["sub"] = "zhang.san".into();
    for (number, (set, reason)) in [
        (with("none", json!({})), "set_events"),
        (with("two", json!({"urn:a": {}, "urn:b": {}})), "set_events"),
        (with("blank", json!({"urn: a": {}})), "set_events"),
        (with("text", json!({"urn:a": "x"})), "set_events"),
        (with("deep", json!({"urn:a": {"x": deep}})), "json_limits"),
        (with("number", json!({"urn:a": {"x": 1e300}})), "json_number"),
        (sub, "set_subject_claim"),
    ]
    .into_iter()
    .enumerate()
    {
        let jti = set["jti"].as_str().unwrap();
        for _ in 0..2 {
            let answer = push(&set).await;
            let told = (answer.status, answer.body["err"].as_str());
            assert_eq!(told, (400, Some("invalid_request")), "{jti}: {}", answer.body);
        }
        let kept = app.records_of("delivery.not_understood");
        assert_eq!(kept.len(), number + 1, "{jti}: once");
        let Event::Sender(SenderEvent::NotUnderstood { reason: found, assurance, .. }) = &kept[number].event else {
            unreachable!()
        };
        assert_eq!((found.as_str(), *assurance), (reason, Some(Assurance::A)), "{jti}");
        assert_eq!(push(&revoked(&app, jti)).await.status, 202, "RFC 8935 has no other word for it");
        assert_eq!(app.records_of("delivery.conflict").len(), number + 1, "{jti}: its id is taken");
    }
    // The other way round.
    assert_eq!(push(&revoked(&app, "first")).await.status, 202);
    assert_eq!(push(&with("first", json!({}))).await.status, 202);
    assert_eq!((app.records_of("delivery.conflict").len(), app.records_of("alert.admitted").len()), (8, 1));
    // What is for another, or whose it is nobody can tell, proves nothing to us.
    let mut other = with("other", json!({}));
    other["aud"] = "https://others.example.com/".into();
    let mut twice = with("x", json!({}));
    twice["jti"] = 7.into();
    assert_eq!((push(&other).await.status, push(&twice).await.status), (400, 400));
    assert_eq!(app.records_of("delivery.not_understood").len(), 8, "without an id it is known by what it says");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_is_acknowledged_and_is_no_alert() {
    let app = start().await;
    let mut set = claims(&app, "jti-1", VERIFICATION, json!({"state": "VGhpcyBpcyBhIHRlc3Q"}));
    set["sub_id"] = json!({"format": "opaque", "id": "stream-1"});
    assert_eq!(app.deliver(&pushed(KEY.set(&set).unwrap())).await.status, 202);
    assert_eq!(app.records_of("alert.admitted").len(), 0);
    app.end().await;
}

/// Otherwise the source would fall silent, and nobody would know why.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_paused_by_its_transmitter_shows_where_sources_are_listed() {
    let app = start().await;
    let stream = async || app.get("/v1/sources/idp", AUDITOR).await.body["stream"].clone();
    assert_eq!(stream().await, json!(null));
    for (status, shown) in [("paused", "paused"), ("enabled", "enabled"), ("odd", "other"), ("disabled", "disabled")] {
        let updated = claims(&app, status, STREAM_UPDATED, json!({ "status": status }));
        assert_eq!(app.deliver(&pushed(KEY.set(&updated).unwrap())).await.status, 202);
        assert_eq!(stream().await["status"], shown);
    }
    let enabled = claims(&app, "forged", STREAM_UPDATED, json!({"status": "enabled"}));
    let forged = pushed(key("transmitter-1").set(&enabled).unwrap());
    assert_ne!(app.deliver(&forged).await.status, 202);
    let shown = stream().await;
    assert_eq!((&shown["status"], &shown["at"]), (&json!("disabled"), &json!(app.now())));
    app.app.renew_sources().await;
    assert_eq!(stream().await, shown, "also when the sources are read anew");
    let app = app.restart().await;
    assert_eq!(app.get("/v1/sources/idp", AUDITOR).await.body["stream"], shown, "and after a restart");
    let told = app.records_of("source.stream").into_iter().map(|record| match record.event {
        Event::Sender(SenderEvent::Stream { status, assurance: Assurance::A, .. }) => status,
        other => panic!("{other:?}"),
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [StreamStatus::Paused, StreamStatus::Enabled, StreamStatus::Other, StreamStatus::Disabled,]
    );
    let paused = claims(&app, "why", STREAM_UPDATED, json!({"status": "paused", "reason": "no \u{202e}licence"}));
    assert_eq!(app.deliver(&pushed(KEY.set(&paused).unwrap())).await.status, 202);
    assert_eq!(app.get("/v1/sources/idp", AUDITOR).await.body["stream"]["reason"], "no licence");
    let metrics = app.client.get(app.app.metrics_url().unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("portcullis_source_stream{source=\"idp\",status=\"paused\"} 1"), "{metrics}");
    assert_eq!(app.records_of("alert.admitted").len(), 0);
    app.end().await;
}

/// Whoever has caught an old one could otherwise have us believe that a silent stream is a quiet one.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_stream_counts_once_and_in_the_order_it_was_said() {
    let app = start().await;
    let stream = async || app.get("/v1/sources/idp", AUDITOR).await.body["stream"]["status"].clone();
    let updated = |jti: &str, status: &str| claims(&app, jti, STREAM_UPDATED, json!({ "status": status }));
    let push = async |set: &Value| app.deliver(&pushed(KEY.set(set).unwrap())).await.status;
    let (enabled, overtaken) = (updated("1", "enabled"), updated("2", "paused"));
    assert_eq!(push(&enabled).await, 202);
    app.advance(Duration::from_secs(5));
    let mut disabled = claims(&app, "3", STREAM_UPDATED, json!({"status": "disabled"}));
    assert_eq!((push(&disabled).await, stream().await), (202, json!("disabled")));
    for again in [&enabled, &overtaken, &enabled] {
        assert_eq!((push(again).await, stream().await), (202, json!("disabled")));
    }
    assert_eq!(app.records_of("source.stream").len(), 3, "what came again is no record");
    // Signed anew later, it is the same.
    app.advance(Duration::from_secs(5));
    disabled["iat"] = app.now().as_second().into();
    assert_eq!((push(&disabled).await, app.records_of("source.stream").len()), (202, 3));
    assert_eq!(app.records_of("delivery.conflict").len(), 0);
    // An id is a message's, be it of the stream or of somebody.
    assert_eq!(push(&revoked(&app, "3")).await, 202);
    assert_eq!((app.records_of("delivery.conflict").len(), app.records_of("alert.admitted").len()), (1, 0));
    assert_eq!(push(&revoked(&app, "4")).await, 202);
    assert_eq!(push(&claims(&app, "4", STREAM_UPDATED, json!({"status": "enabled"}))).await, 202);
    assert_eq!((app.records_of("delivery.conflict").len(), stream().await), (2, json!("disabled")));
    app.end().await;
}

/// Whoever sets a transmitter up must not take for recorded what was not.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_stream_that_is_tried_out_is_shown_with_what_became_of_it() {
    let app = start().await;
    let opened = app.post("/v1/sources/idp/test", ENGINEER, &json!({"reason": "set-up", "minutes": 5})).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let push = async |jti: &str, status: &str| {
        let set = claims(&app, jti, STREAM_UPDATED, json!({ "status": status }));
        app.deliver(&pushed(KEY.set(&set).unwrap())).await.status
    };
    assert_eq!([push("1", "paused").await, push("1", "paused").await, push("1", "enabled").await], [202; 3]);
    app.refuse_appends(true);
    assert_eq!(push("2", "enabled").await, 503);
    app.refuse_appends(false);
    let shown = app.get("/v1/sources/idp", AUDITOR).await.body;
    let tried = shown["trial"]["tried"].as_array().unwrap();
    let found: Vec<_> = tried
        .iter()
        .map(|tried| [&tried["found"], &tried["status"], &tried["became"]].map(|word| word.as_str()))
        .collect();
    let expected =
        [("paused", "recorded"), ("paused", "repeated"), ("enabled", "conflict"), ("enabled", "not_admitted")];
    assert_eq!(found, expected.map(|(status, became)| [Some("stream"), Some(status), Some(became)]));
    assert_eq!((&shown["stream"]["status"], app.records_of("delivery.conflict").len()), (&json!("paused"), 1));
    app.end().await;
}
