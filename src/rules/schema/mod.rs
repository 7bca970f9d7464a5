//! The JSON Schema of rule files, which editors use to complete keys, explain them and mark mistakes.
//! Made from the same lists as the loader; what it cannot say (conditions, paths, tests that come out)
//! `portcullis rules check` does.

mod acting;
mod counting;
mod detection;
mod sorts;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::rule::{Level, STATUSES};

/// The schema of one document of a rule file.
#[must_use]
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:portcullis:rule",
        "title": "Portcullis rule",
        "description": "A Sigma rule, filter or correlation; `response`, `tests`, `owner` and `lint` are Portcullis's own.",
        "type": "object",
        "required": ["title"],
        "properties": properties(),
        "dependentRequired": { "response": ["id", "owner"] },
        "oneOf": [sorts::rule(), sorts::filter(), sorts::correlation()],
        "$defs": detection::definitions(),
    })
}

fn properties() -> Map<String, Value> {
    let levels = Level::ALL.map(Level::as_str);
    let statuses = STATUSES.map(|(name, _)| name);
    let properties = [
        ("title", text("What it finds, in one line; it is on the trail and in notices.", 256)),
        (
            "id",
            json!({ "type": "string", "format": "uuid", "description": "A UUID, never used twice. The trail names rules by it." }),
        ),
        ("name", line("A name by which filters and correlations may call it.")),
        (
            "related",
            json!({ "type": "array", "description": "Rules it comes from or replaces, by `id` and `type`.", "items": { "type": "object" } }),
        ),
        (
            "sigma-version",
            json!({ "type": ["integer", "number", "string"], "description": "3 for array blocks such as `target[any]`." }),
        ),
        ("taxonomy", json!({ "const": "sigma", "description": "Fields are named as the event names them." })),
        (
            "status",
            json!({ "enum": statuses, "description": "How sure its authors are. Rules that are deprecated or unsupported are loaded only when the configuration asks for it." }),
        ),
        (
            "description",
            json!({ "type": "string", "description": "What it finds, why the answer is right, what to look at next." }),
        ),
        ("license", line("The rule's licence.")),
        ("references", lines("What to read about it.")),
        ("author", line("Who wrote it.")),
        ("owner", line("Whom to ask when it has locked somebody out.")),
        ("date", date("When it was written.")),
        ("modified", date("When it was changed last.")),
        ("tags", lines("ATT&CK techniques such as `attack.t1078.004`, and others.")),
        ("scope", lines("Where it applies, for people.")),
        ("logsource", detection::log_source()),
        ("detection", json!({ "$ref": "#/$defs/detection", "description": "What to look for." })),
        ("correlation", counting::correlation()),
        ("filter", detection::filter()),
        ("fields", lines("Fields to show with a match, for people.")),
        ("falsepositives", lines("What else may look like it, and how to tell.")),
        ("level", json!({ "enum": levels, "description": "How serious a match is." })),
        ("response", acting::response()),
        ("tests", acting::tests()),
        ("lint", acting::lint()),
        ("regression_tests_path", line("SigmaHQ's own tests; not used here.")),
        ("simulation", json!({ "description": "SigmaHQ's own; not used here." })),
    ];
    properties.map(|(key, schema)| (key.to_owned(), schema)).into_iter().collect()
}

fn line(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": r"^[^\n]*$", "description": description })
}

fn text(description: &str, chars_max: usize) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": chars_max, "description": description })
}

/// A list of texts; Sigma's rules sometimes have a single text.
fn lines(description: &str) -> Value {
    json!({ "type": ["string", "array"], "items": { "type": "string", "minLength": 1 }, "description": description })
}

fn date(description: &str) -> Value {
    json!({ "type": "string", "pattern": r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}$", "description": description })
}

/// A mapping of these keys only.
fn mapping<const N: usize>(description: &str, required: &[&str], properties: [(&str, Value); N]) -> Value {
    let properties: Map<String, Value> = properties.map(|(key, schema)| (key.to_owned(), schema)).into_iter().collect();
    json!({
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}
