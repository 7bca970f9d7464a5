//! What the language means: one small rule and one event for each point.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{RuleSet, compile};
use super::*;

fn set(detection: &str) -> RuleSet {
    load_rule(&detecting(detection)).unwrap_or_else(|errors| panic!("{detection}\n{errors}"))
}

fn matches(detection: &str, event: Value) -> bool {
    !set(detection).evaluate(&alert(event)).matches.is_empty()
}

/// `selection` is the YAML of one search.
fn check(selection: &str, event: Value, expected: bool) {
    let shown = event.to_string();
    assert_eq!(matches(&format!("  s: {selection}\n  condition: s\n"), event), expected, "{selection} on {shown}");
}

#[test]
fn values_modifiers_lists_and_maps() {
    check("{f: AbC}", json!({"f": "aBc"}), true);
    check("{f|cased: AbC}", json!({"f": "aBc"}), false);
    check("{f|cased|contains: bC}", json!({"f": "xAbCx"}), true);
    check("{F: a}", json!({"f": "a"}), false);
    check("{f: [a, b]}", json!({"f": "b"}), true);
    check("{f: [a, b]}", json!({"f": ["x", "b"]}), true);
    check("{f|contains|all: [a, b]}", json!({"f": "xbxa"}), true);
    check("{f|contains|all: [a, b]}", json!({"f": ["xa", "xb"]}), true);
    check("{f|contains|all: [a, b]}", json!({"f": "xa"}), false);
    check("{f: a, g: b}", json!({"f": "a", "g": "x"}), false);
    check("[{f: a, g: b}, {h: c}]", json!({"h": "c"}), true);
    check("[{f: a, g: b}, {h: c}]", json!({"f": "a", "g": "x"}), false);
    check("{f|startswith: a, f|endswith: c}", json!({"f": "abc"}), true);
    check("{f|startswith: a, f|endswith: c}", json!({"f": "abx"}), false);
    check("{f|startswith|endswith: b}", json!({"f": "abc"}), true);
    check("{actor.type: User}", json!({"actor": {"type": "User"}}), true);
    check(r"{f|contains: '\Temp\'}", json!({"f": r"C:\Temp\x"}), true);
    check("{f: '%name%'}", json!({"f": "%name%"}), true);
}

#[test]
fn null_empty_and_missing() {
    check("{f: null}", json!({"g": 1}), true);
    check("{f: null}", json!({"f": null}), true);
    check("{f: null}", json!({"f": ""}), false);
    check("{f: }", json!({"f": "x"}), false);
    check("{f: null}", json!({"f": {"g": 1}}), false);
    check("{f: ''}", json!({"f": ""}), true);
    check("{f: ''}", json!({}), false);
    check("{f: '*'}", json!({"f": ""}), true);
    check("{f: '*'}", json!({"f": null}), false);
    check("{f: '*'}", json!({"g": 1}), false);
    check("{f: []}", json!({"g": 1}), true);
    check("{f: [a, null]}", json!({}), true);
    check("{f: [a, null]}", json!({"f": "a"}), true);
    check("{f: [a, null]}", json!({"f": "b"}), false);
}

#[test]
fn keywords_are_found_in_any_value_but_not_in_names() {
    check("['event::clear']", json!({"m": "xx event::CLEAR yy"}), true);
    check("[evil]", json!({"a": ["x", {"b": "evil"}]}), true);
    check("evil", json!({"a": "Evil."}), true);
    check("[4625]", json!({"a": 4625}), true);
    check("[secretkey]", json!({"secretkey": "x"}), false);
    check("[foobar]", json!({"a": "foo", "b": "bar"}), false);
    check("{'|all': [foo, bar]}", json!({"a": "foo", "b": "bar"}), true);
    check("{'|all': [foo, bar]}", json!({"a": "foo"}), false);
    check("[evil, {f: a}]", json!({"f": "a"}), true);
    check("[evil, {f: a}]", json!({"g": "evil"}), true);
    check("{'|cased': Evil}", json!({"g": "evil"}), false);
}

#[test]
fn conditions_join_searches() {
    let searches = "  selection_a: {a: 1}\n  selection_b: {b: 1}\n  filter_x: {x: 1}\n  _hidden: {h: 1}\n";
    for (condition, event, expected) in [
        ("1 of selection_*", json!({"b": 1}), true),
        ("all of selection_*", json!({"a": 1}), false),
        ("all of them", json!({"a": 1, "b": 1, "x": 1}), true),
        ("1 of selection_* and not 1 of filter_*", json!({"a": 1, "x": 1}), false),
        ("1 of selection_* and not 1 of filter_*", json!({"a": 1}), true),
        ("(selection_a or selection_b) and filter_x", json!({"a": 1}), false),
        ("_hidden", json!({"h": 1}), true),
        ("[selection_a, selection_b]", json!({"b": 1}), true),
        ("selection_a or selection_b and filter_x", json!({"a": 1}), true),
    ] {
        assert_eq!(matches(&format!("{searches}  condition: {condition}\n"), event), expected, "{condition}");
    }
}

#[test]
fn a_rule_applies_to_the_log_sources_it_names() {
    let rule = |source: &str| detecting("  s: {a: 1}\n  condition: s\n").replace("{product: test}", source);
    for (rule_source, expected) in [
        ("{product: okta}", true),
        ("{product: Okta, service: okta, definition: any}", true),
        ("{service: okta}", true),
        ("{product: okta, service: other}", false),
        ("{product: okta, category: authentication}", false),
        ("{category: network, product: zeek}", true),
    ] {
        let set = load_rule(&rule(rule_source)).unwrap();
        let zeek = LogSource { category: Some("network".into()), ..log_source(Some("zeek"), Some("conn")) };
        let sources = [log_source(Some("okta"), Some("okta")), zeek];
        let evaluation = set.evaluate(&alert_from(json!({"a": 1}), &sources));
        assert_eq!(!evaluation.matches.is_empty(), expected, "{rule_source}");
        assert_eq!(set.evaluate(&alert_from(json!({"a": 1}), &[])).matches, []);
    }
}

#[test]
fn a_match_names_its_searches_and_a_miss_what_it_failed_on() {
    let set = set(
        "  s: {a.b|contains: x, c: 1}\n  other: {d: 1}\n  unwanted: {e: 1}\n  condition: (s or other) and not unwanted\n",
    );
    let matched = &set.evaluate(&alert(json!({"a": {"b": "X"}, "c": 1, "d": 1}))).matches[0].matched;
    assert_eq!(matched, &["s", "other"]);
    let miss = |event| {
        let alert = alert(event);
        let miss = set.evaluate(&alert).nearest.unwrap().miss(&alert.event).unwrap();
        (miss.passed, miss.tests, miss.field, miss.why)
    };
    let secret = json!({"a": {"b": "secret"}, "c": 1});
    assert_eq!(miss(secret), (2, 3, "a.b".into(), "the event has it, but no value passes `contains`".into()));
    assert_eq!(miss(json!({"c": 1})), (2, 3, "a.b".into(), "the event does not have it".into()));
    assert_eq!(miss(json!({"d": 1, "e": 1})), (1, 2, "e".into(), "it matches what the condition excludes".into()));
    assert_eq!(set.evaluate(&alert_from(json!({}), &[])).nearest, None);
}

#[test]
fn a_comparison_with_a_missing_field_says_that_it_is_missing() {
    let set = set("  s: {f|fieldref|neq: g}\n  condition: s\n");
    let why = |event| {
        let alert = alert(event);
        set.evaluate(&alert).nearest.unwrap().miss(&alert.event).unwrap().why
    };
    assert_eq!(why(json!({"g": 1})), "the event does not have it");
    assert_eq!(why(json!({"f": 1})), "the field it is compared with has no value to compare");
    assert_eq!(why(json!({"f": 1, "g": 1})), "it has a value that is not wanted");
}

#[test]
fn the_nearest_rule_is_the_one_of_which_most_passed() {
    let rule = |id: u8, detection: &str| {
        detecting(&format!("  s: {detection}\n  condition: s\n"))
            .replace("11111111-1", &format!("{id}{id}111111-1"))
            .replace("title: T", &format!("title: T{id}"))
    };
    let (far, near, equal) = (rule(1, "{a: 1, b: 1}"), rule(2, "{a: 1, b: 2, c: 3}"), rule(3, "{a: 1, b: 2, d: 4}"));
    for files in [
        [("a.yml", far.as_str()), ("b.yml", near.as_str()), ("c.yml", equal.as_str())],
        [("c.yml", equal.as_str()), ("b.yml", near.as_str()), ("a.yml", far.as_str())],
    ] {
        let set = compile(&folder(&files)).unwrap();
        let event = json!({"a": 1, "b": 2});
        let nearest = set.evaluate(&alert(event.clone())).nearest.unwrap().miss(&event).unwrap();
        assert_eq!((nearest.rule.title.as_str(), nearest.passed, nearest.tests), ("T2", 2, 3));
    }
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    for (detection, warning) in [
        (
            "  s: {a: [x, null]}\n  condition: s\n",
            "x.yml:5:10: null in a list is one more alternative; write a search of its own for it",
        ),
        ("  s: {a: []}\n  condition: s\n", "x.yml:5:10: an empty list means null; write `null` if that is meant"),
        (
            "  s: {a|all: x}\n  condition: s\n",
            "x.yml:5:14: `all` with a single value changes nothing; leave it out or list the values",
        ),
        (
            "  s: {a: 1}\n  t: {a: 2}\n  condition: s\n",
            "x.yml:7:14: the condition does not use `t`; use it or remove it",
        ),
        (
            "  s: {a: 1}\n  condition: NOT s\n",
            "x.yml:6:14: operators are written in lower case; write `and`, `or`, `not`, `of`",
        ),
        (
            "  s: {a: 0x17}\n  condition: s\n",
            "x.yml:5:10: `0x17` without quotes is the number 23; quote it if the text is meant",
        ),
    ] {
        let set = set(detection);
        assert_eq!(set.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), [warning]);
    }
}

/// The obvious evaluator for one field, without compiling anything.
fn naive(values: &[String], event: Option<&str>) -> bool {
    event.is_some_and(|found| values.iter().any(|value| value.to_lowercase() == found.to_lowercase()))
}

proptest! {
    #[test]
    fn the_order_of_files_keys_and_values_decides_nothing(
        mut values in prop::collection::vec("[a-cA-C]{1,2}", 1..5), found in prop::option::of("[a-cA-C]{1,2}"), flip in any::<bool>(),
    ) {
        let event = found.as_ref().map_or(json!({"g": 1}), |found| json!({"f": found, "g": 1}));
        let expected = naive(&values, found.as_deref());
        let list = |values: &[String]| values.iter().map(|v| format!("'{v}'")).collect::<Vec<_>>().join(", ");
        let forward = format!("  s: {{f: [{}], g: 1}}\n  condition: s\n", list(&values));
        values.reverse();
        let backward = format!("  s: {{g: 1, f: [{}]}}\n  condition: s\n", list(&values));
        let second = detecting(&backward).replace("11111111-1", "22222222-1");
        let first = detecting(&forward);
        let mut files = [("a.yml", first.as_str()), ("b.yml", second.as_str())];
        if flip {
            files.reverse();
        }
        let set = compile(&folder(&files)).unwrap();
        let matched: Vec<&str> = set.evaluate(&alert(event)).matches.iter().map(|m| m.rule.file.as_str()).collect();
        prop_assert_eq!(matched, if expected { vec!["a.yml", "b.yml"] } else { vec![] });
    }
}
