//! Tests of the path language: each step with its traps, what is refused, the laws and the page about it.

mod laws;
mod page;
mod parsing;
mod reading;

use serde_json::{Value, json};

use super::*;

/// All that the path reaches, as an array, when nothing on the way was unreadable.
fn all(path: &str, event: &Value) -> Value {
    match parsed(path).values(event) {
        Reached::All(values) => owned(values),
        other => panic!("{path}: {other:?}"),
    }
}

/// All that the path reaches beside what it could not read.
fn part(path: &str, event: &Value) -> Value {
    match parsed(path).values(event) {
        Reached::Part(values) => owned(values),
        other => panic!("{path}: {other:?}"),
    }
}

fn owned(values: Vec<Cow<'_, Value>>) -> Value {
    values.into_iter().map(Cow::into_owned).collect()
}

fn parsed(path: &str) -> Path {
    path.parse().unwrap_or_else(|problem| panic!("{path}: {problem}"))
}

fn check(path: &str, event: &Value, expected: &Value) {
    assert_eq!(all(path, event), *expected, "{path}");
}

#[test]
fn a_path_gives_every_value_it_reaches() {
    let event = json!({
        "actor": {"alternateId": "system@okta.com"},
        "target": [
            {"type": "AppInstance", "alternateId": "x"},
            {"type": "User", "alternateId": "a@example.com"},
            {"type": "User", "alternateId": "b@example.com"},
        ],
        "output_fields": {"user.name": "root", "user": {"name": "nested"}},
    });
    check("actor.alternateId", &event, &json!(["system@okta.com"]));
    check("target[type=User].alternateId", &event, &json!(["a@example.com", "b@example.com"]));
    check("target[0].type", &event, &json!(["AppInstance"]));
    check("target[*].type", &event, &json!(["AppInstance", "User", "User"]));
    check("output_fields.'user.name'", &event, &json!(["root"]));
    check("output_fields.user.name", &event, &json!(["nested"]));
    check("nobody.here", &event, &json!([]));
    check("target[type=User]|first.alternateId", &event, &json!(["a@example.com"]));
}

/// What lies behind the limit is not lost silently, also when a later step would have thinned it out.
#[test]
fn a_step_that_reaches_too_many_values_says_so() {
    let path = parsed("target[*].id");
    let target = |count: usize| {
        let others = std::iter::repeat_n(json!({}), count - 2);
        let all = std::iter::once(json!({"id": "a"})).chain(others).chain([json!({"id": "b"})]);
        json!({ "target": all.collect::<Vec<_>>() })
    };
    let (few, many) = (target(VALUES_MAX), target(VALUES_MAX + 1));
    assert_eq!(path.values(&few), Reached::All(vec![Cow::Borrowed(&json!("a")), Cow::Borrowed(&json!("b"))]));
    assert_eq!(path.values(&many), Reached::TooMany);
    assert_eq!(parsed("ids[*]").values(&json!({"ids": vec![1; VALUES_MAX + 1]})), Reached::TooMany);
    // Nor is the first of too many known to be the first that was meant.
    assert_eq!(parsed("target[*]|first.id").values(&many), Reached::TooMany);
    // Inside of what was decoded, and of lines, it is the same.
    for count in [VALUES_MAX, VALUES_MAX + 1] {
        let text = json!({"m": json!(vec![1; count]).to_string(), "l": "x\n".repeat(count)});
        for path in ["m|json[*]", "l|lines"] {
            assert_eq!(parsed(path).values(&text) == Reached::TooMany, count > VALUES_MAX, "{path} {count}");
        }
    }
}

/// Who asks for more gets them, and no more than that.
#[test]
fn a_reader_may_take_more_values_than_a_rule() {
    for count in [VALUES_MAX + 1, 1_000, 1_001] {
        let texts = json!({"m": json!(vec![1; count]).to_string(), "l": "1\n".repeat(count), "a": vec![1; count]});
        for path in ["m|json[*]", "l|lines|json", "a[*]", "a[*]|text"] {
            let Reached::All(taken) = parsed(path).take(texts.clone(), 1_000) else {
                assert_eq!(count, 1_001, "{path}");
                continue;
            };
            assert_eq!(taken.len(), count, "{path}");
        }
        assert_eq!(parsed("a[*]").take(texts, 1_000) == Reached::TooMany, count > 1_000);
    }
}

/// What is only selected is not copied.
#[test]
fn what_needs_no_decoding_is_borrowed() {
    let event = json!({"a": [{"b": "x"}], "s": "t"});
    for path in ["a[*].b", "$", "a[b=x]|first.b", "s|text"] {
        let path = parsed(path);
        let Reached::All(values) = path.values(&event) else { panic!() };
        assert!(values.iter().all(|value| matches!(value, Cow::Borrowed(_))), "{path:?}");
    }
}

#[test]
fn the_first_member_is_what_the_event_must_carry() {
    for (path, member) in [
        ("a.b", Some("a")),
        ("a[0].b", Some("a")),
        ("'a.b'.c", Some("a.b")),
        ("a|json.b", Some("a")),
        ("$", None),
        ("$[0].name", None),
        ("$|json.a", None),
        ("$schema", Some("$schema")),
        ("'$'.a", Some("$")),
    ] {
        assert_eq!(parsed(path).first_member(), member, "{path}");
    }
}
