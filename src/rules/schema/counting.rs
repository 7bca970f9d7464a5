//! The schema of correlations and of their tests.

use serde_json::{Map, Value, json};

use super::super::correlation::{COMPARISONS, GROUP_BY_MAX, RULES_MAX, TYPES, own_tests};
use super::acting::DURATION;
use super::{line, mapping};

/// Sigma's own lengths of time, with weeks, months and years.
const TIMESPAN: &str = r"^\d+[smhdwMy]$";

pub(super) fn correlation() -> Value {
    let names = |means: &str, least: usize, most: usize| {
        let name = json!({ "type": "string", "minLength": 1 });
        json!({
            "type": ["string", "array"], "minLength": 1, "items": name, "minItems": least, "maxItems": most,
            "description": means,
        })
    };
    let types = TYPES.map(|(name, _)| name);
    let mut rules = names("The rules by name or id; correlations too.", 1, RULES_MAX);
    let mut group_by = names("The fields, or aliases, whose values make a group.", 0, GROUP_BY_MAX);
    for list in [&mut rules, &mut group_by].into_iter().filter_map(Value::as_object_mut) {
        list.insert("uniqueItems".to_owned(), json!(true));
    }
    let aliases = json!({
        "type": "object",
        "description": "A name for the field that means the same in each rule.",
        "additionalProperties": { "type": "object", "additionalProperties": { "type": "string", "minLength": 1 } },
    });
    let timespan = json!({
        "type": "string", "pattern": TIMESPAN,
        "description": "How long the window is: a number and s, m, h, d, w, M or y.",
    });
    let generate = json!({ "type": "boolean", "description": "Whether the rules are matches of their own as well." });
    let mut correlation = mapping(
        "Matches of several rules, or several of one, within a time and for one group.",
        &["type", "rules", "timespan"],
        [
            ("type", json!({ "enum": types, "description": "What is counted." })),
            ("rules", rules),
            ("group-by", group_by),
            ("timespan", timespan),
            ("condition", condition()),
            ("aliases", aliases),
            ("field", names("The field that is counted, where not in the condition.", 1, GROUP_BY_MAX)),
            ("generate", generate),
            ("percentile", percentile("Where not in the condition.")),
        ],
    );
    if let Some(correlation) = correlation.as_object_mut() {
        correlation.insert("allOf".to_owned(), needs());
    }
    correlation
}

/// What each type needs, and what only one may have.
fn needs() -> Value {
    let types = |of: fn(&str) -> bool| TYPES.iter().map(|(name, _)| *name).filter(|name| of(name)).collect::<Vec<_>>();
    let if_one_of = |types: Vec<&str>, then: Value, otherwise: Value| json!({ "if": { "properties": { "type": { "enum": types } } }, "then": then, "else": otherwise });
    let inside_or_beside = |key: &str| {
        json!({ "anyOf": [
            { "required": [key] },
            { "required": ["condition"], "properties": { "condition": { "type": "object", "required": [key] } } },
        ] })
    };
    let neither = |key: &str| {
        let inside = Map::from_iter([(key.to_owned(), json!(false))]);
        let mut both = inside.clone();
        both.insert("condition".to_owned(), json!({ "properties": inside }));
        json!({ "properties": both })
    };
    json!([
        if_one_of(types(|name| name.starts_with("temporal")), json!(true), json!({ "required": ["condition"] })),
        if_one_of(vec!["temporal"], json!(true), json!({ "properties": { "condition": { "type": "object" } } })),
        if_one_of(types(|name| name.starts_with("value_")), inside_or_beside("field"), neither("field")),
        if_one_of(vec!["value_percentile"], inside_or_beside("percentile"), neither("percentile")),
        if_one_of(
            vec!["value_count"],
            json!(true),
            json!({ "properties": {
            "field": { "maxItems": 1 },
            "condition": { "properties": { "field": { "maxItems": 1 } } },
        } })
        ),
    ])
}

fn condition() -> Value {
    let numbers = COMPARISONS.map(|(word, _)| (word.to_owned(), json!({ "type": "number" })));
    let mut properties = Map::from_iter(numbers);
    let field = json!({
        "type": ["string", "array"], "minLength": 1, "items": { "type": "string", "minLength": 1 },
        "minItems": 1, "maxItems": GROUP_BY_MAX, "description": "The field that is counted.",
    });
    properties.insert("field".to_owned(), field);
    properties.insert("percentile".to_owned(), percentile("The value below which this part lies, in percent."));
    let one_of = |words: &[&str]| {
        let each: Vec<Value> = words.iter().map(|word| json!({ "required": [word] })).collect();
        json!({ "oneOf": each })
    };
    let single = one_of(&COMPARISONS.map(|(word, _)| word));
    let mut range = json!({ "allOf": [one_of(&["gt", "gte"]), one_of(&["lt", "lte"])] });
    if let Some(range) = range.as_object_mut() {
        range.insert("properties".to_owned(), json!({ "eq": false, "neq": false }));
    }
    json!({
        "type": ["object", "string"],
        "minLength": 1,
        "description": "One of gt, gte, lt, lte, eq, neq, or a range of two; `field` and `percentile` where the type \
                        needs them; of `temporal` also words that join the rules' names.",
        "properties": properties,
        "additionalProperties": false,
        "if": { "type": "object" },
        "then": { "anyOf": [single, range] },
    })
}

fn percentile(means: &str) -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 100, "description": means })
}

/// A test of a correlation.
pub(super) fn row() -> Value {
    let alert = mapping(
        "An alert of the row.",
        &["alert"],
        [
            (
                "after",
                json!({
                    "type": "string", "pattern": DURATION,
                    "description": "How long after the one before: `90s`, `15m`, `8h`, `2d`.",
                }),
            ),
            (
                "times",
                json!({
                    "type": "integer", "minimum": 1, "maximum": own_tests::ALERTS_MAX,
                    "description": "How often, each so long after the last.",
                }),
            ),
            ("alert", json!({ "type": "object", "description": "The event as the sender writes it." })),
        ],
    );
    mapping(
        "Alerts one after the other, and whether the correlation matches by the last of them.",
        &["name", "alerts", "expect"],
        [
            ("name", line("What it shows, as a fact.")),
            ("alerts", json!({ "type": "array", "items": alert, "minItems": 1 })),
            ("expect", json!({ "enum": ["none", "match"] })),
        ],
    )
}
