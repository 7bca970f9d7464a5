//! What an operator says of documents that no kind knows: where the events are, when they happened, what they are known
//! by.

use serde_json::{Value, json};

use super::kinds::{SOURCE, sent};
use super::*;
use crate::incident::Alert;

/// Whatever is sent with [`sent`], read by this mapping.
fn intake(kind: SourceKind, mapping: &Value) -> Result<Intake, SetupError> {
    let mut setup = Setup::empty();
    let secrets = vec![setup.secret(SOURCE, "only", "test-only-shown-secret-7yQm4vTzKc1")];
    let settings = SourceSettings {
        allow_unsigned: true,
        signature: (kind == SourceKind::Generic).then(|| SchemeName::GithubHmac.into()),
        mapping: serde_json::from_value(mapping.clone()).unwrap(),
        ..SourceSettings::of(kind, secrets)
    };
    setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), settings);
    setup.try_build()
}

fn delivered(mapping: &Value, body: &str) -> Delivery {
    sent(SourceKind::Generic, body).delivery(&intake(SourceKind::Generic, mapping).unwrap())
}

fn refused(mapping: &Value, body: &str) -> Unreadable {
    sent(SourceKind::Generic, body).unreadable(&intake(SourceKind::Generic, mapping).unwrap())
}

fn keys(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.key.as_str()).collect()
}

#[test]
fn events_are_on_any_path_that_a_path_can_be() {
    let text = |value: Value| value.to_string();
    let in_text = |events: &str| text(json!({ "logs": events }));
    for (mapping, body, expected) in [
        (json!({"events": "$"}), r#"[{"id":"1"},{"id":"2"}]"#.to_owned(), vec!["1", "2"]),
        (json!({"events": "$"}), r#"{"id":"1"}"#.to_owned(), vec!["1"]),
        (json!({"events": "$[*]"}), r#"[{"id":"1"},{"id":"2"}]"#.to_owned(), vec!["1", "2"]),
        (json!({"events": "$[*]"}), r#"[[{"id":"1"},{"id":"2"}],{"id":"3"}]"#.to_owned(), vec!["1", "2", "3"]),
        (json!({"events": "$[0].rows"}), r#"[{"rows":[{"id":"1"}]},{"rows":[{"id":"2"}]}]"#.to_owned(), vec!["1"]),
        (
            json!({"events": "$[*].rows"}),
            r#"[{"rows":[{"id":"1"}]},{"rows":{"id":"2"}},{}]"#.to_owned(),
            vec!["1", "2"],
        ),
        (
            json!({"events": "$[kind=risk]"}),
            r#"[{"kind":"x","id":"1"},{"kind":"risk","id":"2"}]"#.to_owned(),
            vec!["2"],
        ),
        (json!({"events": "rows"}), r#"{"rows":[{"id":"1"},{"id":"2"}]}"#.to_owned(), vec!["1", "2"]),
        (json!({"events": "rows[*]"}), r#"{"rows":[{"id":"1"},{"id":"2"}]}"#.to_owned(), vec!["1", "2"]),
        (json!({"events": "logs|lines|json"}), in_text("{\"id\":\"1\"}\r\n\r\n{\"id\":\"2\"}\n"), vec!["1", "2"]),
        (json!({"events": "logs|json"}), in_text("[{\"id\":\"1\"},{\"id\":\"2\"}]"), vec!["1", "2"]),
        (
            json!({"events": "$", "format": "json-lines"}),
            "[{\"id\":\"1\"},{\"id\":\"2\"}]\n{\"id\":\"3\"}\n".to_owned(),
            vec!["1", "2", "3"],
        ),
        (
            json!({"events": "rows", "format": "json-lines"}),
            "{\"rows\":[{\"id\":\"1\"}]}\n{\"rows\":{\"id\":\"2\"}}".to_owned(),
            vec!["1", "2"],
        ),
    ] {
        let mut mapping = mapping;
        mapping["key"] = json!(["id"]);
        let delivery = delivered(&mapping, &body);
        assert_eq!((keys(&delivery.alerts), delivery.left_out.is_none()), (expected, true), "{mapping}: {body}");
    }
}

#[test]
fn what_is_not_where_the_events_are_is_not_understood() {
    for (events, body, reason) in [
        ("rows", "[]", Unreadable::SchemaObject),
        ("rows", r#"[{"rows":[{"id":"1"}]}]"#, Unreadable::SchemaObject),
        ("rows", r#"{"other":[{"id":"1"}]}"#, Unreadable::SchemaEvents),
        ("rows", r#"{"rows":"text"}"#, Unreadable::SchemaEvents),
        ("rows", r#"{"rows":[7]}"#, Unreadable::SchemaObject),
        ("$", "[]", Unreadable::SchemaEvents),
        ("$", "7", Unreadable::SchemaEvents),
        ("$", "null", Unreadable::SchemaEvents),
        ("$", "[7]", Unreadable::SchemaObject),
        ("$", "[{}]", Unreadable::SchemaKey),
        ("$[*]", "{}", Unreadable::SchemaEvents),
        ("$[*]", "[]", Unreadable::SchemaEvents),
        ("$[2]", r#"[{"id":"1"}]"#, Unreadable::SchemaEvents),
        ("logs|lines|json", r#"{"logs":"no\njson"}"#, Unreadable::SchemaEvents),
        ("logs|lines|json", r#"{"logs":""}"#, Unreadable::SchemaEvents),
        ("logs|lines|json", r#"{"logs":["{\"id\":\"1\"}"]}"#, Unreadable::SchemaEvents),
    ] {
        assert_eq!(refused(&json!({"events": events, "key": ["id"]}), body), reason, "{events}: {body}");
    }
    // Who does not say so sends none.
    assert_eq!(refused(&json!({"key": ["id"]}), r#"[{"id":"1"}]"#), Unreadable::SchemaObject);
    let lines = json!({"key": ["id"], "format": "json-lines"});
    assert_eq!(refused(&lines, r#"[{"id":"1"}]"#), Unreadable::SchemaObject);
}

#[test]
fn as_many_events_as_a_kind_reads_are_read_on_a_path() {
    let text = |count: usize| "{\"id\":\"1\"}\n".repeat(count);
    let array = |count: usize| Value::from(vec![json!({"id": "1"}); count]);
    for (events, body) in [
        ("$", &(|count| array(count).to_string()) as &dyn Fn(usize) -> String),
        ("$[*]", &|count| array(count).to_string()),
        ("logs|lines|json", &|count| json!({"logs": text(count)}).to_string()),
        ("logs|json", &|count| json!({"logs": array(count).to_string()}).to_string()),
    ] {
        let mapping = json!({ "events": events });
        assert_eq!(delivered(&mapping, &body(1_000)).alerts.len(), 1_000, "{events}");
        assert_eq!(refused(&mapping, &body(1_001)), Unreadable::SchemaEvents, "{events}");
    }
}

/// Some of what is in it, somebody else has written than the sender: nothing of that may hide another.
#[test]
fn what_cannot_be_read_on_the_way_to_the_events_hides_no_other() {
    for (events, body) in [
        ("logs|lines|json", json!({"logs": "{\"id\":\"1\"}\n{\"id\":\"2"})),
        ("logs|lines|json", json!({"logs": "{\"id\":\"2\",\"id\":\"3\"}\n{\"id\":\"1\"}"})),
        ("logs|lines|json", json!({"logs": "7\n{\"id\":\"1\"}"})),
        ("$[*].rows", json!([{"rows": {"id": "1"}}, {"rows": 7}])),
        ("$[*].text|json", json!([{"text": "none"}, {"text": "{\"id\":\"1\"}"}])),
    ] {
        let body = body.to_string();
        let delivery = delivered(&json!({"events": events, "key": ["id"]}), &body);
        let left_out = delivery.left_out.unwrap();
        assert_eq!((keys(&delivery.alerts), left_out.reason), (vec!["1"], Unreadable::SchemaEvents), "{body}");
        assert_eq!(left_out.body, body.as_bytes(), "it is kept");
    }
    let lines = json!({"events": "$", "format": "json-lines", "key": ["id"]});
    let delivery = delivered(&lines, "[{\"id\":\"1\"}]\n7\n[{\"id\":\"2\"},{}]");
    assert_eq!((keys(&delivery.alerts), delivery.left_out.is_some()), (vec!["1", "2"], true));
}

/// What a line is that is no event, and whatever is odd in it, is the same to the others.
#[test]
fn a_line_that_is_no_event_takes_nothing_from_the_others_whatever_is_in_it() {
    let lines = json!({"format": "json-lines", "key": ["id"]});
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    for odd in ["[1]", "[1e30]", r#"[{"id":"q","x":1e30}]"#, r#"[{"id":"q","id":"r"}]"#, "1e30", &deep, "none"] {
        let delivery = delivered(&lines, &format!("{{\"id\":\"1\"}}\n{odd}\n{{\"id\":\"2\"}}"));
        assert_eq!((keys(&delivery.alerts), delivery.left_out.is_some()), (vec!["1", "2"], true), "{odd:.40}");
    }
}

/// In every way in which any kind has it.
#[test]
fn an_operators_time_is_read_however_senders_write_it() {
    const AT_S: i64 = 1_795_211_903;
    for (kind, own) in [
        (SourceKind::Generic, false),
        (SourceKind::Pagerduty, false),
        (SourceKind::Falco, false),
        (SourceKind::Datadog, true),
        (SourceKind::Onelogin, true),
    ] {
        let intake = intake(kind, &json!({"occurred_at": "when"})).unwrap();
        let request = |when: &Value| {
            let event = json!({"when": when, "id": "a", "uuid": "a", "event": {"id": "a", "event_type": "b"}});
            sent(kind, &event.to_string())
        };
        for when in [
            json!("2026-11-20T21:58:23Z"),
            json!("2026-11-20T22:58:23.000+01:00"),
            json!("2026-11-20 21:58:23 UTC"),
            json!(AT_S),
            json!(AT_S * 1_000),
            json!("1795211903"),
            json!("1795211903000"),
        ] {
            let read = request(&when).delivery(&intake).alerts[0].summary.occurred_at;
            assert_eq!(read.map(|at| at.as_second()), Some(AT_S), "{kind:?}: {when}");
        }
        assert_eq!(request(&json!(null)).delivery(&intake).alerts[0].summary.occurred_at, None, "{kind:?}");
        for when in [
            json!("2026-11-20T21:58:23"),
            json!("2026-11-20 21:58:23 CET"),
            json!("2026-11-20T21:58:23Z UTC"),
            json!("1795211903 UTC"),
            json!("-1795211903"),
            json!("1795211903.5"),
            json!("1.795e9"),
            json!(" 1795211903"),
            json!("179521190317952119031795211903"),
            json!("$DATE"),
            json!(" UTC"),
            json!(""),
            json!(1.5),
            json!(true),
            json!([AT_S]),
            json!({"at": AT_S}),
        ] {
            let request = request(&when);
            if own {
                assert_eq!(request.delivery(&intake).alerts[0].summary.occurred_at, None, "{kind:?}: {when}");
            } else if kind == SourceKind::Pagerduty {
                assert!(matches!(request.send(&intake), Ok(Received::NotUnderstood(_))), "{when}");
            } else {
                assert_eq!(request.unreadable(&intake), Unreadable::SchemaTime, "{kind:?}: {when}");
            }
        }
    }
}

/// With two lines nobody had looked for it.
#[test]
fn b22_an_id_of_the_delivery_is_for_a_body_that_is_one_document() {
    let said = "id: `json-lines` has no one document in which the delivery's id is";
    for (kind, mapping) in [
        (SourceKind::Generic, json!({"format": "json-lines", "id": "batch"})),
        (SourceKind::Auth0, json!({"id": "batch"})),
        (SourceKind::Pagerduty, json!({"format": "json-lines"})),
        (SourceKind::Keycloak, json!({"format": "json-lines", "key": ["id"]})),
    ] {
        let error = intake(kind, &mapping).unwrap_err().to_string();
        assert!(error.starts_with("source source: mapping: ") && error.contains(said), "{kind:?}: {error}");
    }
    for (kind, mapping) in [
        (SourceKind::Generic, json!({"format": "json", "id": "batch"})),
        (SourceKind::Auth0, json!({"format": "json", "id": "batch"})),
        (SourceKind::Generic, json!({"format": "json-lines", "key": ["batch", "id"]})),
    ] {
        assert!(intake(kind, &mapping).is_ok(), "{kind:?}: {mapping}");
    }
}

/// Two ids of one delivery would be two deliveries to one, and a repeat to the other.
#[test]
fn a_second_id_beside_one_that_is_signed_is_refused_at_the_start() {
    let problem = |scheme: SchemeName, secret: String, mapping: serde_json::Value| {
        let mut setup = Setup::empty();
        let secrets = vec![setup.secret(SOURCE, "only", &secret)];
        let settings = SourceSettings {
            signature: Some(scheme.into()),
            mapping: serde_json::from_value(mapping).unwrap(),
            ..SourceSettings::of(SourceKind::Generic, secrets)
        };
        setup.settings.sources.insert(SourceName::parse(SOURCE).unwrap(), settings);
        setup.try_build().err().map(|problem| problem.to_string())
    };
    let by_id = || json!({"id": "delivery.id", "key": ["rule.id"]});
    let refused = problem(SchemeName::StandardWebhooks, whsec(SECRET_SIEM), by_id()).unwrap();
    assert!(refused.contains("the signature has an id for each delivery already"), "{refused}");
    let other = json!({"key": ["rule.id"]});
    assert_eq!(problem(SchemeName::StandardWebhooks, whsec(SECRET_SIEM), other), None);
    assert_eq!(problem(SchemeName::GithubHmac, SECRET_GITHUB.to_owned(), by_id()), None);
}
