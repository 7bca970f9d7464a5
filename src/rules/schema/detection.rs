//! The schema of what rules and filters look for.

use serde_json::{Value, json};

use super::super::modifier::NAMES;

/// What other parts refer to.
pub(super) fn definitions() -> Value {
    // A field's name, and behind it modifiers that there are. `|all` alone is for keywords.
    let key = format!(r"^[^|]*(\|({}))*$", NAMES.join("|"));
    json!({
        "detection": {
            "type": "object",
            "required": ["condition"],
            "minProperties": 2,
            "properties": { "condition": { "$ref": "#/$defs/condition" } },
            "additionalProperties": { "$ref": "#/$defs/search" },
        },
        "condition": {
            "description": "Searches joined by `and`, `or`, `not`, `1 of name_*`, `all of them`; of a list any.",
            "type": ["string", "array"],
            "minLength": 1,
            "minItems": 1,
            "items": { "type": "string", "minLength": 1 },
        },
        "search": {
            "description": "A mapping: each field must pass. A list: any of its mappings or keywords.",
            "anyOf": [
                { "$ref": "#/$defs/fields" },
                { "$ref": "#/$defs/scalar" },
                {
                    "type": "array",
                    "minItems": 1,
                    "items": { "anyOf": [{ "$ref": "#/$defs/fields" }, { "$ref": "#/$defs/scalar" }] },
                },
            ],
        },
        "fields": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": key },
            "additionalProperties": { "$ref": "#/$defs/values" },
        },
        "values": {
            "description": "A value, or several of which any will do; for `field[any]` also searches.",
            "anyOf": [
                { "type": "null" },
                { "$ref": "#/$defs/scalar" },
                { "type": "array", "items": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/search" }] } },
                { "type": "object", "minProperties": 1 },
            ],
        },
        "scalar": { "type": ["string", "number", "boolean"] },
    })
}

/// Which events it is for.
pub(super) fn log_source() -> Value {
    let name = |what: &str| json!({ "type": "string", "minLength": 1, "maxLength": 128, "description": what });
    json!({
        "type": "object",
        "description": "Which events it is for. One of category, product and service is needed.",
        "anyOf": [{ "required": ["category"] }, { "required": ["product"] }, { "required": ["service"] }],
        "properties": {
            "category": name("A kind of event, whatever the product: `process_creation`."),
            "product": name("Whose events: `okta`, `azure`, `siem`."),
            "service": name("Which of its logs: `okta`, `signinlogs`."),
            "definition": { "type": "string", "description": "What must be switched on to have the log, for people." },
        },
    })
}

/// What rules are narrowed to.
pub(super) fn filter() -> Value {
    let name = json!({ "type": "string", "minLength": 1 });
    json!({
        "type": "object",
        "description": "What the rules are narrowed to; an exclusion's condition begins with `not`.",
        "required": ["rules", "condition"],
        "minProperties": 3,
        "properties": {
            "rules": {
                "description": "Ids or names of rules, or `any`.",
                "anyOf": [name, { "type": "array", "minItems": 1, "maxItems": 1000, "items": name }],
            },
            "condition": { "$ref": "#/$defs/condition" },
        },
        "additionalProperties": { "$ref": "#/$defs/search" },
    })
}
