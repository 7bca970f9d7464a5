//! Deliveries of sources that send any object: one alert each.

use serde_json::{Value, json};

use super::*;
use crate::incident::{Alert, AlertId, Digest, LogSource};

fn alert(source: &str, body: &Value) -> Alert {
    let delivery = Request::signed(source, body.to_string()).delivery(&Setup::usual().build());
    let [alert] = delivery.alerts.try_into().unwrap();
    alert
}

#[test]
fn the_signed_id_is_the_key_where_there_is_one() {
    let first = alert(SIEM, &json!({"n": 1}));
    assert_eq!(first.key, "delivery\tmsg_1");
    assert_eq!(first.summary.id, AlertId::derive(&SourceName::parse(SIEM).unwrap(), &first.key));
    assert_eq!(first.summary.id, alert(SIEM, &json!({"n": 2})).summary.id, "a conflict is for the trail to see");
}

#[test]
fn b19_without_a_signed_id_the_body_is_the_key() {
    let body = json!({"n": 1});
    let first = alert(GITHUB, &body);
    assert_eq!(first.key, Digest::of(body.to_string().as_bytes()).to_string());
    assert_ne!(first.summary.id, alert(GITHUB, &json!({"n": 2})).summary.id);

    let intake = Setup::usual().build();
    let renamed = Request::signed(GITHUB, body.to_string()).with("x-github-delivery", "another");
    assert_eq!(renamed.delivery(&intake).alerts[0].summary.id, first.summary.id, "an unsigned id changes nothing");
}

#[test]
fn the_event_is_the_document_as_it_was_sent() {
    let body = json!({"a": {"b.c": [1, 2.5, 18_446_744_073_709_551_615_u64, null]}, "type": "x"});
    let alert = alert(SIEM, &body);
    assert_eq!(alert.event, body);
    assert_eq!(alert.person, None);
    assert_eq!(alert.summary.occurred_at, None);
    assert_eq!(alert.summary.secret, "only");
    assert_eq!(alert.summary.received_at, now());
}

#[test]
fn the_type_is_taken_where_it_is_plain_text() {
    for (body, expected) in [
        (json!({"type": "a.b"}), Some("a.b")),
        (json!({"event_type": "c"}), Some("c")),
        (json!({"type": "a", "event_type": "c"}), Some("a")),
        (json!({"type": 7, "event_type": "c"}), Some("c")),
        (json!({"type": "x".repeat(128)}), Some("x".repeat(128).as_str())),
        (json!({"type": "x".repeat(129)}), None),
        (json!({"type": ""}), None),
        (json!({"type": "a\nb"}), None),
        (json!({"type": "登录 失败"}), Some("登录 失败")),
        (json!({"type": "a\u{202e}b"}), None),
        (json!({"type": "a\u{200b}"}), None),
        (json!({"type": ["a"]}), None),
        (json!({}), None),
    ] {
        assert_eq!(alert(SIEM, &body).summary.event_type.as_deref(), expected, "{body}");
    }
}

#[test]
fn the_log_source_is_the_configured_one_or_the_sources_name() {
    let expected = LogSource { product: Some(SIEM.to_owned()), ..LogSource::default() };
    assert_eq!(alert(SIEM, &json!({})).log_sources.as_ref(), [expected]);

    let mut setup = Setup::usual();
    let own = LogSource { category: Some("authentication".to_owned()), ..LogSource::default() };
    let another = LogSource { product: Some("siem".to_owned()), ..LogSource::default() };
    for several in [vec![own.clone()], vec![own, another]] {
        setup.settings_of(SIEM).log_source.clone_from(&several);
        let delivery = Request::signed(SIEM, "{}").delivery(&setup.build());
        assert_eq!(delivery.alerts[0].log_sources.as_ref(), several);
    }
}
