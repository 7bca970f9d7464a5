//! DingTalk's own event callbacks, through the door: recorded, acted on, and answered so that DingTalk can read it.

use std::path::Path;
use std::time::Duration;

use portcullis::incident::{Assurance, Event, SenderEvent};
use portcullis::intake::{DingTalkKey, Fresh, Push};
use portcullis::sandbox::Api;
use serde_json::{Value, json};

use crate::harness::*;

const SOURCE: &str = r#"
[intake.sources.dingtalk]
kind = "dingtalk-events"
dingtalk = { owner = "dingtestonlyappkey01" }
secrets = [{ name = "test", file = "dingtalk-token", aes_key_file = "dingtalk-aes-key" }]
"#;
const DEVICE_RULE: &str = "dingtalk/trusted-device-removed.yml";

fn key() -> DingTalkKey {
    DingTalkKey::new(DINGTALK_TOKEN, DINGTALK_AES_KEY, "dingtestonlyappkey01").unwrap()
}

/// What DingTalk sends now, with chance of its own each time.
fn pushed(app: &TestApp, key: &DingTalkKey, message: &[u8]) -> Delivery {
    let Push { query, body } = key.push(message, app.now(), &Fresh::random().unwrap());
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Delivery { source: format!("dingtalk?{query}"), headers, body }
}

async fn push(app: &TestApp, event: &Value) -> Answer {
    app.deliver(&pushed(app, &key(), event.to_string().as_bytes())).await
}

/// Status and what DingTalk reads.
fn read(answer: &Answer) -> (u16, String) {
    let text = key().read_answer(&answer.body).unwrap_or_else(|| panic!("DingTalk cannot read {answer:?}"));
    (answer.status, String::from_utf8(text).unwrap())
}

fn success() -> (u16, String) {
    (200, "success".to_owned())
}

fn device_removed(id: &str, user: &str) -> Value {
    json!({
        "EventType": "exclusive_delete_trusted_device", "EventTime": 1_795_229_999_567_u64, "eventId": id,
        "timeStamp": "1795229999999", "CorpId": "dingsandboxcorp0001", "staffId": user, "platform": "Win",
        "macAddress": "11-22-33-44-55-66", "title": "Laptop", "status": "2",
    })
}

fn device_rule_acts(rules: &Path) {
    edit(rules, DEVICE_RULE, "mode: shadow", "mode: enforce");
}

async fn start() -> TestApp {
    TestApp::start_with(Set { config: SOURCE, rules: device_rule_acts, ..Set::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_trusted_device_was_removed_is_signed_out_once_however_often_it_is_told() {
    let app = start().await;
    for _ in 0..3 {
        assert_eq!(read(&push(&app, &device_removed("e1", "zhangsan")).await), success());
    }
    let admitted = app.records_of("alert.admitted");
    let [record] = &admitted[..] else { panic!("{admitted:#?}") };
    let Event::AlertAdmitted { alert, opened, .. } = &record.event else { unreachable!() };
    assert_eq!((alert.assurance, alert.secret.as_str()), (Assurance::A, "test"));
    assert_eq!(alert.event_type.as_deref(), Some("exclusive_delete_trusted_device"));
    app.until_called(Api::SignOut, 1).await;
    app.until(&opened[0].plan.incident, |incident| incident.outcome().is_some()).await;
    assert_eq!(app.dingtalk().account("zhangsan").unwrap().sign_outs, 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_id_with_another_content_is_a_conflict_unless_only_its_stamp_is_another() {
    let app = start().await;
    push(&app, &device_removed("e1", "nobody")).await;
    let mut stamped = device_removed("e1", "nobody");
    stamped["timeStamp"] = "1795230000999".into();
    assert_eq!(read(&push(&app, &stamped).await), success());
    let other = push(&app, &device_removed("e1", "zhangsan")).await;
    assert_eq!(read(&other), success(), "DingTalk knows no other answer, and our people are told");
    assert_eq!(app.records_of("delivery.conflict").len(), 1);
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_the_url_in_the_console_is_answered_and_leaves_nothing() {
    let app = start().await;
    let before = app.records().len();
    assert_eq!(read(&push(&app, &json!({"EventType": "check_url"})).await), success());
    let random = json!({"EventType": "check_update_suite_url", "Random": "Aedr5LMW", "TestSuiteKey": "suite4x"});
    assert_eq!(read(&push(&app, &random).await), (200, "Aedr5LMW".to_owned()));
    assert_eq!(app.records().len(), before);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_out_is_answered_as_what_is_taken() {
    let app = start().await;
    let opened = app.post("/v1/sources/dingtalk/test", ENGINEER, &json!({"reason": "set-up", "minutes": 5})).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(read(&push(&app, &device_removed("e1", "zhangsan")).await), success());
    app.advance(Duration::from_secs(5 * 60));
    assert_eq!(read(&push(&app, &device_removed("e1", "zhangsan")).await), success(), "a repeat");
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_two_answers_are_alike() {
    let app = start().await;
    let check = json!({"EventType": "check_url"});
    let (first, second) = (push(&app, &check).await, push(&app, &check).await);
    assert_eq!(first.body["timeStamp"], app.now().as_millisecond().to_string());
    for member in ["msg_signature", "nonce", "encrypt"] {
        assert_ne!(first.body[member], second.body[member], "{member}");
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forged_leaves_no_record_and_every_refusal_looks_the_same() {
    let app = start().await;
    let event = device_removed("e1", "zhangsan").to_string();
    let of = |token: &str, aes_key: &str, owner: &str| {
        pushed(&app, &DingTalkKey::new(token, aes_key, owner).unwrap(), event.as_bytes())
    };
    let good = pushed(&app, &key(), event.as_bytes());
    let other_aes_key = DINGTALK_AES_KEY.replace("Nobody", "NoBody");
    let forged = [
        of("testonly9wPn2xRbLd8tokenB", DINGTALK_AES_KEY, "dingtestonlyappkey01"),
        of(DINGTALK_TOKEN, &other_aes_key, "dingtestonlyappkey01"),
        of(DINGTALK_TOKEN, DINGTALK_AES_KEY, "dingtestonlyappkey02"),
        good.clone().to("dingtalk"),
        good.clone().to(&good.source.replace("dingtalk?", "nobody?")),
        Delivery { body: event.clone().into_bytes(), ..good },
    ];
    let mut looks = Vec::new();
    for delivery in &forged {
        let answer = app.deliver(delivery).await;
        assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{delivery:?}");
        looks.push(answer.body);
    }
    looks.dedup();
    assert_eq!(looks.len(), 1);
    assert_eq!(app.records_of("alert.admitted").len() + app.records_of("delivery.not_understood").len(), 0);
    assert_eq!(app.dingtalk().calls(), []);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_authentic_and_not_understood_is_kept_readable_and_answered() {
    let app = start().await;
    for _ in 0..2 {
        assert_eq!(read(&app.deliver(&pushed(&app, &key(), b"{\"EventType\":")).await), success());
    }
    let kept = app.records_of("delivery.not_understood");
    assert_eq!(kept.len(), 1, "once, though it is encrypted with another chance each time");
    let Event::Sender(SenderEvent::NotUnderstood { reason, private, .. }) = &kept[0].event else { unreachable!() };
    assert_eq!(reason, "json_syntax");
    let beside = app.app.trail().private(kept[0].seq, private).unwrap().unwrap();
    assert_eq!(beside, b"{\"EventType\":");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_nothing_can_be_recorded_dingtalk_is_not_told_success() {
    let app = start().await;
    app.refuse_appends(true);
    for message in [device_removed("e1", "zhangsan").to_string(), "{".to_owned()] {
        let answer = app.deliver(&pushed(&app, &key(), message.as_bytes())).await;
        assert_eq!((answer.status, answer.code()), (503, "unavailable"), "{message}");
    }
    app.refuse_appends(false);
    assert_eq!(read(&push(&app, &device_removed("e1", "zhangsan")).await), success());
    assert_eq!(app.records_of("alert.admitted").len(), 1);
    app.end().await;
}
