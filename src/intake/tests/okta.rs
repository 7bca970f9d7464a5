//! Deliveries of Okta event hooks: several events in one, about the person in `target`.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::incident::{AccountKind, AccountRef, AlertId, LogSource};

/// A risk event as Okta writes it, shortened.
fn event(uuid: &str) -> Value {
    json!({
        "uuid": uuid,
        "published": "2023-03-26T21:05:32.159Z",
        "eventType": "user.risk.detect",
        "severity": "WARN",
        "actor": {"type": "SystemPrincipal", "alternateId": "system@okta.com"},
        "target": [
            {"type": "AppInstance", "alternateId": "Okta Admin Console"},
            {"type": "User", "alternateId": "Jane.Smith@example.com", "displayName": "Jane Smith"},
        ],
        "debugContext": {"debugData": {"risk": "{reasons=New Device, level=HIGH}"}},
    })
}

/// The event with one member changed.
fn with(member: &str, value: Value) -> Value {
    let mut event = event("e-1");
    event[member] = value;
    event
}

fn hook(events: &[Value]) -> String {
    json!({"eventType": "com.okta.event_hook", "eventId": "h-1", "data": {"events": events}}).to_string()
}

fn delivery(events: &[Value]) -> Delivery {
    Request::signed(OKTA, hook(events)).delivery(&Setup::usual().build())
}

fn person(event: Value) -> Option<AccountRef> {
    delivery(&[event]).alerts.remove(0).person
}

fn reason(body: impl AsRef<[u8]>) -> Unreadable {
    Request::signed(OKTA, body).unreadable(&Setup::usual().build())
}

fn email(text: &str) -> Option<AccountRef> {
    Some(AccountRef::parse(AccountKind::Email, text).unwrap())
}

#[test]
fn each_event_becomes_an_alert_about_its_person() {
    let delivery = delivery(&[event("e-1"), event("e-2")]);
    assert_eq!(delivery.id, Some("msg_1".to_owned()));
    assert_eq!(delivery.alerts.len(), 2);

    let first = &delivery.alerts[0];
    assert_eq!(first.key, "e-1");
    assert_eq!(first.summary.id, AlertId::derive(&SourceName::parse(OKTA).unwrap(), "e-1"));
    assert_eq!(first.summary.event_type.as_deref(), Some("user.risk.detect"));
    assert_eq!(first.summary.occurred_at.unwrap().as_millisecond(), 1_679_864_732_159);
    assert_eq!(first.summary.secret, "old");
    assert_eq!(first.person, email("jane.smith@example.com"));
    assert_eq!(first.event, event("e-1"));
    let okta = Some("okta".to_owned());
    assert_eq!(first.log_sources.as_ref(), [LogSource { category: None, product: okta.clone(), service: okta }]);
    assert_ne!(first.summary.id, delivery.alerts[1].summary.id);
}

#[test]
fn the_same_event_in_another_delivery_is_the_same_alert() {
    let intake = Setup::usual().build();
    let again = Request::signed_by(
        OKTA,
        SchemeName::StandardWebhooks,
        &whsec(SECRET_OKTA),
        "msg_2",
        hook(&[event("e-0"), event("e-1")]),
        now(),
    );
    let first = delivery(&[event("e-1")]).alerts.remove(0);
    assert_eq!(again.delivery(&intake).alerts[1].summary.id, first.summary.id);
}

#[test]
fn an_event_repeated_in_one_delivery_is_one_alert() {
    let delivery = delivery(&[event("e-1"), event("e-2"), event("e-1")]);
    let keys: Vec<_> = delivery.alerts.iter().map(|alert| alert.key.as_str()).collect();
    assert_eq!(keys, ["e-1", "e-2"]);
}

#[test]
fn c22_c23_a_person_who_is_not_exactly_one_usable_address_is_nobody() {
    let user = |alternate: Value| json!({"type": "User", "alternateId": alternate});
    for target in [
        json!([]),
        json!(null),
        json!({"type": "User", "alternateId": "a@example.com"}),
        json!(["User"]),
        json!([{"type": "AppInstance", "alternateId": "a@example.com"}]),
        json!([{"type": "user", "alternateId": "a@example.com"}]),
        json!([user(json!("a@example.com")), user(json!("b@example.com"))]),
        json!([user(json!("a@example.com")), {"type": "User"}]),
        json!([user(json!(null))]),
        json!([user(json!(["a@example.com"]))]),
        json!([user(json!(7))]),
        json!([user(json!(""))]),
        json!([user(json!("a@example.com\n"))]),
        json!([user(json!("a\u{0}@example.com"))]),
        json!([user(json!("a\u{1b}@example.com"))]),
        json!([user(json!("\u{202e}a@example.com"))]),
        json!([user(json!("a\u{200b}@example.com"))]),
        json!([user(json!("zh\u{430}ng@example.com"))]),
        json!([user(json!("a".repeat(10_240)))]),
    ] {
        assert_eq!(person(with("target", target.clone())), None, "{target}");
    }
}

#[test]
fn c24_one_person_however_the_address_is_written() {
    let written = |text: &str| with("target", json!([{"type": "User", "alternateId": text}]));
    assert_eq!(person(written("ALICE@EXAMPLE.COM")), email("alice@example.com"));
    assert_eq!(person(written("alice@example.com")), email("alice@example.com"));
}

#[test]
fn the_actor_is_never_the_person() {
    let mut event = event("e-1");
    event["actor"] = json!({"type": "User", "alternateId": "admin@example.com"});
    event["target"] = json!([]);
    assert_eq!(person(event), None);
}

#[test]
fn c22_c25_a_time_is_a_timestamp_or_absent() {
    let occurred = |value: Value| delivery(&[with("published", value)]).alerts.remove(0).summary.occurred_at;
    assert_eq!(occurred(json!(null)), None);
    assert_eq!(occurred(json!("2023-03-26T21:05:32.159999+01:00")).unwrap().as_millisecond(), 1_679_861_132_159);
    for stored_as_given in ["0001-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
        assert_eq!(occurred(json!(stored_as_given)).unwrap().to_string(), stored_as_given);
    }
    for bad in [json!("yesterday"), json!("2023-03-26T21:05:32"), json!(""), json!(1_679_864_732), json!(["x"])] {
        assert_eq!(reason(hook(&[with("published", bad.clone())])), Unreadable::SchemaTime, "{bad}");
    }
}

#[test]
fn c13_unknown_members_are_kept_for_the_rules() {
    let alert = delivery(&[with("somethingNew", json!({"a": 1}))]).alerts.remove(0);
    assert_eq!(alert.event["somethingNew"]["a"], 1);
}

#[test]
fn c22_an_event_without_usable_id_or_type_is_not_understood() {
    for bad in [json!(null), json!(""), json!(" "), json!(1.5), json!(true), json!([])] {
        assert_eq!(reason(hook(&[with("uuid", bad.clone())])), Unreadable::SchemaKey, "{bad}");
    }
    for bad in [json!(null), json!(7), json!(""), json!("a\n"), json!("a\u{202e}"), json!("x".repeat(129)), json!([])] {
        assert_eq!(reason(hook(&[with("eventType", bad.clone())])), Unreadable::SchemaEventType, "{bad}");
    }
    let mut without = event("e-1");
    without.as_object_mut().unwrap().remove("uuid");
    assert_eq!(reason(hook(&[without])), Unreadable::SchemaKey);
}

#[test]
fn c22_the_list_of_events_must_be_one() {
    for body in [
        "{}",
        r#"{"data":null}"#,
        r#"{"data":[]}"#,
        r#"{"data":{}}"#,
        r#"{"data":{"events":null}}"#,
        r#"{"data":{"events":{}}}"#,
        r#"{"data":{"events":[]}}"#,
        r#"{"Data":{"Events":[{}]}}"#,
    ] {
        assert_eq!(reason(body), Unreadable::SchemaEvents, "{body}");
    }
    for body in [r#"{"data":{"events":[null]}}"#, r#"{"data":{"events":[["uuid","e-1"]]}}"#] {
        assert_eq!(reason(body), Unreadable::SchemaObject, "{body}");
    }
}

#[test]
fn c28_what_can_be_read_of_a_batch_is_taken_and_what_cannot_is_told() {
    let small = |number: usize| json!({"uuid": format!("e-{number}"), "eventType": "a"});
    let events: Vec<_> = (0..1_000).map(small).collect();
    assert_eq!(delivery(&events).alerts.len(), 1_000);

    let mut one_bad = events.clone();
    one_bad[999] = json!({"uuid": "e-999"});
    let taken = delivery(&one_bad);
    assert_eq!((taken.alerts.len(), taken.left_out.unwrap().reason), (999, Unreadable::SchemaEventType));

    let too_many: Vec<_> = (0..1_001).map(small).collect();
    assert_eq!(reason(hook(&too_many)), Unreadable::SchemaEvents);
}

#[test]
fn a_full_body_of_ordinary_events_is_within_the_limits_of_a_document() {
    let bytes = event("e-1000").to_string().len() + 1;
    let events: Vec<_> =
        (0..Settings::default().body_bytes_max / bytes - 1).map(|n| event(&format!("e-{n}"))).collect();
    assert_eq!(delivery(&events).alerts.len(), events.len());
}

#[test]
fn j02_what_is_printed_for_debugging_names_nobody() {
    let intake = Setup::usual().build();
    let printed = format!("{:?} {intake:?}", Request::signed(OKTA, hook(&[event("e-1")])).send(&intake));
    for private in ["jane", "Jane", "example.com", "level=HIGH", "test-only"] {
        assert!(!printed.contains(private), "{printed}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn however_an_event_is_bent_nothing_panics_and_nobody_is_invented(
        member in prop_oneof![Just("target"), Just("uuid"), Just("eventType"), Just("published")],
        value in prop_oneof![
            ".{0,20}".prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::collection::vec(".{0,4}", 0..4).prop_map(|texts| json!(texts)),
            ".{0,20}".prop_map(|text| json!([{"type": "User", "alternateId": text}])),
        ],
    ) {
        let bent = Request::signed(OKTA, hook(&[with(member, value.clone())])).send(&Setup::usual().build());
        if let Ok(Received::Understood(delivery)) = bent {
            let person = &delivery.get().alerts[0].person;
            let original = email("jane.smith@example.com");
            let given = value.pointer("/0/alternateId").and_then(Value::as_str);
            let named = given.and_then(|text| AccountRef::parse(AccountKind::Email, text).ok());
            let expected = if member == "target" { named } else { original };
            prop_assert_eq!(person, &expected);
        }
    }
}
