//! What is written loads, passes its tests, leaves nothing open, and is in the common form.

use proptest::prelude::*;
use serde_json::json;

use super::super::tests::folder;
use super::super::{Named, RuleSet, compile, formatted};
use super::*;

const ID: &str = "11111111-1111-4111-8111-111111111111";

fn written(event: &Value) -> Result<String, NoSkeleton> {
    let log_source = guessed_log_source(event);
    skeleton(&Sketch {
        event,
        log_source: &log_source,
        id: ID,
        title: None,
        owner: "test-team",
        date: "2026-01-31",
        employee_reason: "account-takeover",
        schema: Some("schema.json"),
        keeps_people: false,
    })
}

/// The rule that is written, after everything that must hold for any was looked at.
fn check(text: &str) -> RuleSet {
    let files = folder(&[("x.yml", text)]);
    let set = compile(&files).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(set.warnings(), [], "{text}");
    assert_eq!(formatted(text).as_deref(), Ok(text));
    set
}

fn okta() -> Value {
    json!({
        "uuid": "f7a9c2d0-0001-0002-0003-444455556666",
        "eventType": "user.risk.detect",
        "published": "2026-01-31T01:02:03.000Z",
        "severity": "WARN",
        "actor": {"type": "SystemPrincipal", "alternateId": "system@okta.com"},
        "client": {"userAgent": {"rawUserAgent": "curl"}, "ipAddress": "198.51.100.3"},
        "target": [
            {"type": "AppInstance", "alternateId": "app@corp.example"},
            {"type": "User", "alternateId": "Anna.Berg@corp.example", "displayName": "Anna Berg"},
        ],
    })
}

#[test]
fn a_rule_tests_what_tells_and_finds_the_person() {
    let text = written(&okta()).unwrap();
    let set = check(&text);
    assert!(text.starts_with("# yaml-language-server: $schema=schema.json\n# Written by"), "{text}");
    for part in [
        "    product: okta\n    service: okta\n",
        "    event_type:\n        eventType: user.risk.detect\n",
        "    condition: event_type and severity\n",
        "    account: { email: 'target[type=User].alternateId' }\n",
        "    # Also: target[type=AppInstance].alternateId\n",
        "    mode: shadow\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.to_lowercase().contains("anna") && !text.contains("198.51.100.3"), "{text}");
    let [detector] = set.detectors() else { panic!("one rule") };
    assert!(detector.matches(&okta()), "it finds the real event, too");
    let named = detector.rule.response.as_ref().unwrap().account_in_event(&okta());
    assert!(matches!(&named, Named::One(account) if account.value() == "anna.berg@corp.example"), "{named:?}");
}

#[test]
fn where_somebody_was_does_not_make_an_event_serious() {
    let mut event = okta();
    event["client"]["geographicalContext"] = json!({"state": "Ontario", "country": "Canada", "city": "Toronto"});
    let text = written(&event).unwrap();
    let (searches, _) = text.split_once("falsepositives").unwrap();
    assert!(!searches.contains("Ontario") && !searches.contains("geographicalContext"), "{text}");
    assert!(text.contains("    condition: event_type and severity\n"), "{text}");
    event["debugContext"] = json!({"state": "COMPROMISED"});
    assert!(written(&event).unwrap().contains("COMPROMISED"), "a state that is none on the map");
}

#[test]
fn what_is_made_up_is_not_tested() {
    let event =
        json!({"alertName": "the case of anna.berg", "type": "anna.berg", "user": {"email": "anna.berg@corp.example"}});
    let text = written(&event).unwrap();
    let (rule, alert) = text.split_once("tests:").unwrap();
    assert!(rule.contains("        type: anna.berg\n") && !rule.contains("the case of"), "{text}");
    assert!(alert.contains("the case of zhang.san") && rule.contains("# up, wherever else"), "{text}");
    assert!(check(&text).detectors()[0].matches(&event), "{text}");
}

#[test]
fn senders_are_known_by_their_shape() {
    for (event, product) in [
        (okta(), "okta"),
        (json!({"detail-type": "GuardDuty Finding", "source": "aws.guardduty"}), "aws"),
        (json!({"EventType": "org_admin_add", "CorpId": "c"}), "dingtalk"),
        (json!({"kind": "x"}), "siem"),
    ] {
        assert_eq!(guessed_log_source(&event).product.as_deref(), Some(product), "{event}");
    }
    let hook = json!({"eventType": "com.okta.event_hook", "data": {"events": [okta(), {}]}});
    assert_eq!(first_event(&hook), &okta());
    assert_eq!(first_event(&okta()), &okta());
}

#[test]
fn values_and_names_of_any_kind_are_written_so_that_they_are_found() {
    let event = json!({
        "type": "a*b?c\\d 'e' \"f\"",
        "my key: odd #1": {"severity": "null"},
        "level": 12,
        "result.user": {"e mail": "li.si@corp.example"},
        "odd": ["", {}, [], [[1, "- x"]], null, 1.5, true, "012", "line\nbreak\u{202e}", " edge "],
    });
    let text = written(&event).unwrap();
    check(&text);
    assert!(text.contains(r#"type: 'a\*b\?c\\d ''e'' "f"'"#), "{text}");
    assert!(text.contains("account: { email: '''result.user''.''e mail''' }"), "{text}");
}

#[test]
fn nothing_is_made_of_what_tells_nothing() {
    for event in [
        json!({}),
        json!({"message": "evil", "client": {"ip": "10.0.0.1"}}),
        json!({"outcome": "success", "at": "2026-01-31", "id": "9f86d081884c7d65"}),
        json!({"user": {"name": "anna"}}),
    ] {
        assert_eq!(written(&event), Err(NoSkeleton::NothingTelling), "{event}");
    }
    assert_eq!(written(&json!([1])), Err(NoSkeleton::NoObject));
    assert_eq!(written(&json!({"type": "account.stolen"})), Err(NoSkeleton::NobodyNamed));
    // Nobody is named: the rule leaves that to its source, whose kind finds the person.
    let text = written(&json!({"eventType": "account.stolen", "published": "2026-01-31T01:02:03.000Z"})).unwrap();
    assert!(text.contains("    # account: { email: user.email }\n"), "{text}");
    check(&text);
    // A known sender, and a place that is not known of it.
    let text = written(&json!({"riskEventType": "leakedCredentials", "who": {"email": "li.si@example.com"}})).unwrap();
    assert!(text.contains("    allow: [unknown-account-path]\n"), "{text}");
    check(&text);
}

fn any_event() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "[a-zé*?\\\\'\"#:{}-]{1,8}",
        Just("zhang.san@example.com".to_owned()),
        Just("success".to_owned()),
        Just("high".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    let name = prop_oneof![
        "[a-z.|'\\[\\] ]{0,5}",
        Just("type".to_owned()),
        Just("severity".to_owned()),
        Just("user".to_owned()),
        Just("email".to_owned())
    ];
    let inner = leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[a-zA-Z.]{1,6}|type|status", inner, 0..6)
        .prop_map(|members| members.into_iter().collect())
}

proptest! {
    #[test]
    fn whatever_the_event_what_is_written_loads_with_its_tests(event in any_event()) {
        if let Ok(text) = written(&event) {
            let set = compile(&folder(&[("x.yml", &text)]));
            prop_assert!(set.is_ok(), "{}\n{text}", set.unwrap_err());
            prop_assert_eq!(formatted(&text), Ok(text.clone()));
        }
    }
}
