//! What only a rule, a filter or a correlation may have, and must.

use serde_json::{Map, Value, json};

use super::super::correlation::own_tests::TESTS_MAX;
use super::super::correlation::{COMPARISONS, KEYS};

pub(super) fn rule() -> Value {
    // What a test may expect depends on what the rule does, and on whether it says to whom.
    let expecting =
        |expect: Value| json!({ "properties": { "tests": { "items": { "properties": { "expect": expect } } } } });
    let account = |then: Value| expecting(json!({ "if": { "type": "object" }, "then": then }));
    json!({
        "title": "A rule",
        "required": ["detection", "logsource"],
        "properties": {
            "correlation": false,
            "filter": false,
            "tests": { "items": { "required": ["alert"] } },
        },
        "if": { "required": ["response"] },
        "then": {
            "allOf": [
                expecting(json!({ "not": { "const": "match" } })),
                {
                    "if": { "properties": { "response": { "required": ["account"] } } },
                    "then": account(json!({ "required": ["account"] })),
                    "else": account(json!({ "properties": { "account": false } })),
                },
            ],
        },
        "else": expecting(json!({ "type": "string" })),
    })
}

pub(super) fn filter() -> Value {
    json!({
        "title": "A filter",
        "required": ["filter", "logsource"],
        "properties": { "correlation": false, "detection": false, "response": false, "tests": false },
    })
}

pub(super) fn correlation() -> Value {
    let mut properties = Map::from_iter([
        ("response".to_owned(), json!({ "required": ["account"], "properties": { "each": { "const": false } } })),
        ("tests".to_owned(), json!({ "maxItems": TESTS_MAX, "items": { "required": ["alerts"] } })),
    ]);
    // The keys of others, and its own one level too high.
    let elsewhere = ["detection", "filter", "logsource"].iter().chain(&KEYS);
    properties.extend(elsewhere.map(|key| ((*key).to_owned(), json!(false))));
    let acting = json!({ "required": ["group-by"], "properties": { "condition": threshold() } });
    json!({
        "title": "A correlation",
        "required": ["correlation"],
        "properties": properties,
        "dependentSchemas": { "response": { "properties": { "correlation": acting } } },
    })
}

/// A condition that holds only by what has come, as one that acts has to have; of words that is not told.
fn threshold() -> Value {
    let mut properties = Map::from_iter(COMPARISONS.map(|(word, _)| (word.to_owned(), json!(false))));
    properties.insert("gt".to_owned(), json!({ "minimum": 0 }));
    properties.insert("gte".to_owned(), json!({ "exclusiveMinimum": 0 }));
    json!({ "properties": properties })
}
