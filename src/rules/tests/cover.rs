//! What the index looks for of a rule, and what of it an event then passes without being asked.

use serde_json::json;

use super::super::cover::Cover;
use super::*;

fn cover(detection: &str) -> Cover {
    let set = load_rule(&detecting(detection)).unwrap();
    Cover::of(&set.detectors()[0].detection)
}

#[test]
fn a_rule_is_settled_when_it_asks_for_nothing_but_what_is_looked_for() {
    for (detection, needs, is_all) in [
        ("  s: {a: x}\n  condition: s\n", 1, true),
        ("  s: {a: x, b|contains: some}\n  condition: s\n", 2, true),
        ("  s: {a|contains|all: [some, more]}\n  condition: s\n", 2, true),
        ("  s: {a: [x, y], b: 5}\n  condition: s\n", 2, true),
        ("  s: [word, another]\n  condition: s\n", 1, true),
        ("  s: {a: x}\n  t: {b: y}\n  condition: s or t\n", 1, true),
        ("  s: {a: x}\n  t: [{b: y}, {c: z}]\n  condition: s and t\n", 2, true),
        // One alternative asks for more than its rarest need.
        ("  s: {a: x}\n  t: {b: y, c: z}\n  condition: s or t\n", 1, false),
        ("  s: {a: x}\n  t: {b: y}\n  condition: s and not t\n", 1, false),
        // Too short to be looked for beside a longer one.
        ("  s: {a|contains|all: [some, mo]}\n  condition: s\n", 1, false),
        ("  s: {a.b: x}\n  condition: s\n", 1, false),
        ("  s: {a|cased: x}\n  condition: s\n", 1, false),
        ("  s: {a: 'x*y'}\n  condition: s\n", 1, false),
        ("  s: {a: 5.0}\n  condition: s\n", 1, false),
        ("  s: {a: x, b|re: y}\n  condition: s\n", 2, false),
        ("  s: {a: [x, null]}\n  condition: s\n", 0, false),
        ("  s: {a|neq: x}\n  condition: s\n", 0, false),
    ] {
        let cover = cover(detection);
        assert_eq!((cover.needs.len(), cover.settled.is_all), (needs, is_all), "{detection}");
    }
}

/// The index finds all that these need, and none of them matches.
#[test]
fn what_is_found_is_asked_whatever_is_not_settled() {
    for (detection, event) in [
        ("  s: {a.b: x}\n  condition: s\n", json!({ "a.b": "y", "a": { "b": "x" } })),
        ("  s: {a|cased: X}\n  condition: s\n", json!({ "a": "x" })),
        ("  s: {a: 'x?y*'}\n  condition: s\n", json!({ "a": "xy" })),
        ("  s: {a: 5.0}\n  condition: s\n", json!({ "a": "5" })),
        ("  s: {a: 12345678901234567000}\n  condition: s\n", json!({ "a": 1.234_567_890_123_456_7e19 })),
        ("  s: {a: x, b|re: y}\n  condition: s\n", json!({ "a": "x", "b": "x" })),
        ("  s: {a: x, b|re: y, c: z}\n  condition: s\n", json!({ "a": "x", "b": "x", "c": "z" })),
        ("  s: {a: +5}\n  condition: s\n", json!({ "a": "5" })),
        ("  s: {a: x}\n  t: {b: y, c: z}\n  condition: s or t\n", json!({ "b": "y", "c": "y" })),
        ("  s: {a|contains|all: [some, mo]}\n  condition: s\n", json!({ "a": "some" })),
        (
            "  s: {a: x}\n  t: {b: y}\n  u: {c|re: z}\n  condition: s and t and u\n",
            json!({ "a": "x", "b": "y", "c": 1 }),
        ),
        ("  s: {a: x}\n  t: {b: y}\n  condition: s and not t\n", json!({ "a": "x", "b": "y" })),
    ] {
        let set = load_rule(&detecting(detection)).unwrap();
        assert!(set.matching(&event).is_empty(), "{detection} on {event}");
    }
}

#[test]
fn a_rule_of_filters_needs_the_fields_that_they_must_not_find_missing() {
    for (detection, needs) in [
        ("  f: {a: x}\n  g: {b: null}\n  condition: not f and not g\n", 1),
        ("  f: {a: x}\n  g: {b: [null, y]}\n  h: {c|exists: false}\n  condition: not 1 of them\n", 2),
        // Either may be the one that fails.
        ("  f: {a: null, b: null}\n  condition: not f\n", 1),
        ("  f: {a: x, b: null}\n  condition: not f\n", 0),
        ("  f: {a: null}\n  g: {b: x}\n  condition: not f or not g\n", 0),
        ("  f: {a|neq: null}\n  condition: not f\n", 0),
        ("  f: {a: null}\n  condition: not not f\n", 0),
        // What it asks for tells more.
        ("  s: {c: x}\n  g: {b: null}\n  condition: s and not g\n", 1),
    ] {
        let cover = cover(detection);
        assert_eq!(cover.needs.len(), needs, "{detection}");
    }
    let either = load_rule(&detecting("  f: {a: null, b: null}\n  condition: not f\n")).unwrap();
    for (event, count) in [(json!({ "b": 1 }), 1), (json!({ "a": [1] }), 1), (json!({ "a": null }), 0), (json!({}), 0)]
    {
        assert_eq!(either.matching(&event).len(), count, "{event}");
    }
}
