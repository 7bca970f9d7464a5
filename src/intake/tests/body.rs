//! Authentic requests whose body is not what it should be.

use super::*;

fn reason(source: &str, body: impl AsRef<[u8]>) -> Unreadable {
    Request::signed(source, body).unreadable(&Setup::usual().build())
}

#[test]
fn c01_c08_encodings_and_other_types_are_refused_alike_for_known_and_unknown_sources() {
    let intake = Setup::usual().build();
    for source in [SIEM, "nobody", "Not a name"] {
        let request = Request { source: source.to_owned(), ..Request::signed(SIEM, "{}") };
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
            let request = request.clone().with("content-type", content_type);
            assert_eq!(request.refusal(&intake), Some(Refusal::ContentType), "{source} {content_type}");
        }
        assert_eq!(request.clone().without("content-type").refusal(&intake), Some(Refusal::ContentType));
        assert_eq!(request.with("content-encoding", "gzip").refusal(&intake), Some(Refusal::ContentEncoding));
    }
}

#[test]
fn c03_the_largest_body_is_taken_and_one_byte_more_is_not() {
    let mut setup = Setup::usual();
    setup.settings.body_bytes_max = 1_000;
    let intake = setup.build();
    let body = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2));
    assert_eq!(Request::signed(SIEM, body(1_000)).refusal(&intake), None);
    assert_eq!(Request::signed(SIEM, body(1_001)).refusal(&intake), Some(Refusal::BodyTooLarge));
}

#[test]
fn c10_c11_duplicate_names_are_not_understood() {
    assert_eq!(reason(SIEM, r#"{"user":"alice","user":"bob"}"#), Unreadable::JsonDuplicateKey);
    assert_eq!(reason(GITHUB, r#"{"user":"alice","\u0075ser":"bob"}"#), Unreadable::JsonDuplicateKey);
    let hidden = r#"{"data":{"events":[{"uuid":"1","eventType":"a","uuid":"2"}]}}"#;
    assert_eq!(reason(OKTA, hidden), Unreadable::JsonDuplicateKey);
}

#[test]
fn c14_c15_the_document_must_be_an_object() {
    for source in [SIEM, OKTA, GITHUB] {
        for body in [r#"["alice",7]"#, "[]", r#""text""#, "7", "null", "true"] {
            assert_eq!(reason(source, body), Unreadable::SchemaObject, "{body}");
        }
        for body in ["", "  \n", "{", "{}{}"] {
            assert_eq!(reason(source, body), Unreadable::JsonSyntax, "{body}");
        }
    }
}

#[test]
fn c16_c17_c18_c19_c21_each_kind_of_bad_json_has_its_reason() {
    for (body, expected) in [
        (b"{'a':1}".to_vec(), Unreadable::JsonSyntax),
        (b"\xef\xbb\xbf{}".to_vec(), Unreadable::JsonSyntax),
        (br#"{"a":"\ud800"}"#.to_vec(), Unreadable::JsonSyntax),
        ("[".repeat(100_000).into_bytes(), Unreadable::JsonLimits),
        (format!(r#"{{"{}":1}}"#, "n".repeat(257)).into_bytes(), Unreadable::JsonLimits),
        (br#"{"a":18446744073709551616}"#.to_vec(), Unreadable::JsonNumber),
        (br#"{"$serde_json::private::RawValue":"{}"}"#.to_vec(), Unreadable::JsonReservedKey),
    ] {
        assert_eq!(reason(SIEM, body), expected);
    }
}

#[test]
fn what_is_not_understood_can_still_be_recorded() {
    let intake = Setup::usual().build();
    let body = b"\xff not json";
    let Ok(Received::NotUnderstood(delivery)) = Request::signed(SIEM, body).send(&intake) else {
        panic!("understood");
    };
    let expected = NotUnderstood {
        source: SourceName::parse(SIEM).unwrap(),
        id: Some("msg_1".to_owned()),
        passed_on_as: None,
        reason: Unreadable::JsonSyntax,
        assurance: crate::incident::Assurance::A,
        body_digest: crate::incident::Digest::of(body),
        content: crate::incident::Digest::of(body),
        by_body: Vec::new(),
        events: Vec::new(),
        by_content: Vec::new(),
        has_only_those: false,
        manner: Manner::Receipt,
        proven: None,
        answer: None,
        of_others: 0,
        is_tried: false,
    };
    assert_eq!(delivery.into_inner(), expected);
}

#[test]
fn c09_json_lines_by_their_own_name_are_for_those_who_send_them() {
    let lines = "{\"log_id\":\"1\",\"data\":{\"type\":\"a\"}}\n{\"log_id\":\"2\",\"data\":{\"type\":\"b\"}}\n";
    let mut setup = Setup::usual();
    let auth0 =
        SourceSettings::of(SourceKind::Auth0, vec![setup.secret("logs", "only", "test-only 7yQm4vTzKc1 of logs")]);
    let auth0 = SourceSettings { allow_unsigned: true, ..auth0 };
    setup.settings.sources.insert(SourceName::parse("logs").unwrap(), auth0);
    let siem = setup.settings.sources.get_mut(&SourceName::parse(GITHUB).unwrap()).unwrap();
    siem.mapping = serde_json::from_value(serde_json::json!({"format": "json-lines"})).unwrap();
    let intake = setup.build();
    for name in ["application/x-ndjson", "application/jsonl", "application/jsonlines; charset=utf-8"] {
        let logs = Request::unsigned("logs", lines).with("authorization", "test-only 7yQm4vTzKc1 of logs");
        assert_eq!(logs.with("content-type", name).delivery(&intake).alerts.len(), 2, "{name}");
        let described = Request::signed(GITHUB, lines).with("content-type", name);
        assert_eq!(described.delivery(&intake).alerts.len(), 2, "{name}");
        let other = Request::signed(SIEM, "{}").with("content-type", name);
        assert_eq!(other.refusal(&intake), Some(Refusal::ContentType), "{name}");
    }
    // Where nobody sends any, nobody is asked who it is.
    let nobody = Request::signed(SIEM, "{}").with("content-type", "application/x-ndjson");
    assert_eq!(nobody.refusal(&Setup::usual().build()), Some(Refusal::ContentType));
}
