//! The schema of what is Portcullis's own: response, tests, lint.

use serde_json::{Map, Value, json};

use super::super::allowed;
use super::super::approval;
use super::super::lint::{Lint, LintLevel};
use super::super::own_tests::TESTS_MAX;
use super::super::repeated::{self, RUNGS_MAX};
use super::super::response::{ACCOUNTS_MAX, ASSURANCES, KINDS, MODES};
use super::super::step::{STEPS, STEPS_MAX};
use super::{counting, line, mapping};
use crate::incident::{Approval, Budget, Plan};

/// A length of time.
pub(super) const DURATION: &str = r"^\d+[smhd]$";

pub(super) fn response() -> Value {
    let modes = MODES.map(|(name, _)| name);
    let assurances = ASSURANCES.map(|(name, _)| name);
    let mut response = mapping(
        "What to do on a match.",
        &["steps"],
        [
            (
                "mode",
                json!({ "enum": modes, "default": "shadow", "description": "shadow only records; enforce acts." }),
            ),
            ("account", account()),
            ("steps", steps()),
            (
                "cooldown",
                json!({
                    "type": "string", "pattern": DURATION, "default": "1h",
                    "description": "How long the rule then leaves the account alone: 0s to 30d.",
                }),
            ),
            (
                "each",
                json!({ "type": "boolean", "default": false, "description": "Whether to act on each of several accounts." }),
            ),
            (
                "limit",
                json!({
                    "type": "integer", "minimum": 1, "maximum": ACCOUNTS_MAX,
                    "description": "With `each`: how many accounts one alert may name.",
                }),
            ),
            (
                "assurance",
                json!({
                    "enum": assurances, "default": "B",
                    "description": "What a source must prove: A body, time and id signed; B body signed; C caller known; D secret in the URL.",
                }),
            ),
            ("budget", budget()),
            ("approval", approval()),
        ],
    );
    if let Some(response) = response.as_object_mut() {
        response.insert("if".to_owned(), json!({ "properties": { "each": { "const": true } }, "required": ["each"] }));
        response.insert("then".to_owned(), json!({ "required": ["limit"] }));
        response.insert("else".to_owned(), json!({ "properties": { "limit": false } }));
    }
    response
}

fn budget() -> Value {
    let number = || json!({ "type": "integer", "minimum": 0, "maximum": Budget::MOST });
    let share = || {
        json!({
            "type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01,
            "description": "Of all people in the organization, at least one.",
        })
    };
    let numbers = allowed::NUMBERS.map(|key| (key.to_owned(), number()));
    let shares = allowed::SHARES.map(|key| (key.to_owned(), share()));
    let keys: Map<String, Value> = numbers.into_iter().chain(shares).collect();
    json!({
        "type": "object",
        "description": "How often the rule may act before a human is asked, where that is less than guardrails.yml allows.",
        "minProperties": 1,
        "properties": keys,
        "additionalProperties": false,
    })
}

fn approval() -> Value {
    let lapses = approval::LAPSES.map(|(name, _)| name);
    mapping(
        "Who has to say yes before anything is done. Whoever is asked is never the account's owner.",
        &approval::KEYS,
        [
            (
                "people",
                json!({ "type": "integer", "minimum": 1, "maximum": Approval::PEOPLE_MAX, "description": "How many, each another one." }),
            ),
            (
                "within",
                json!({ "type": "string", "pattern": DURATION, "description": "How long they are waited for: 1m to 7d." }),
            ),
            ("otherwise", json!({ "enum": lapses, "description": "What happens when nobody has said yes by then." })),
        ],
    )
}

fn account() -> Value {
    let path =
        json!({ "type": "string", "minLength": 1, "description": "A path such as `target[type=User].alternateId`." });
    let kinds: Map<String, Value> = KINDS.iter().map(|kind| (kind.as_str().to_owned(), path.clone())).collect();
    json!({
        "type": "object",
        "description": "Where the event names the account. Left out, it is the person that the source's kind finds.",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": kinds,
        "additionalProperties": false,
    })
}

fn steps() -> Value {
    let named = |name: &str| json!({ "type": "object", "required": [name] });
    // Alone it stands after both.
    let sign_out_again = json!({
        "if": { "contains": { "const": "sign_out" } },
        "then": {
            "contains": { "const": "sign_out" }, "maxContains": 1,
            "prefixItems": [named("sign_out"), named("disable"), { "const": "sign_out" }],
        },
    });
    let at_most = |most: usize, name: &str| json!({ "contains": named(name), "minContains": 0, "maxContains": most });
    let once = |name| at_most(1, name);
    let notices = at_most(Plan::CHANNELS_MAX, "notify");
    json!({
        "type": "array",
        "description": "What is done, in this order, no kind twice, but a sign_out again after the disable and notices to two channels; `enable` stands alone.",
        "minItems": 1,
        "maxItems": STEPS_MAX,
        "allOf": [once("sign_out"), once("disable"), once("change_dingtalk_id"), notices, sign_out_again],
        "if": { "contains": { "anyOf": [{ "const": "enable" }, named("enable")] } },
        "then": { "maxItems": 1 },
        "items": {
            "anyOf": [
                step("sign_out", sign_out()),
                step("disable", disable()),
                step("change_dingtalk_id", change_dingtalk_id()),
                step("notify", notify()),
                step("enable", json!({ "type": ["object", "null"], "maxProperties": 0 })),
                { "enum": ["enable", "sign_out"] },
            ],
        },
    })
}

fn step(name: &str, settings: Value) -> Value {
    mapping("A step.", &[name], [(name, settings)])
}

/// What the administrators' log says.
fn reason() -> Value {
    line(
        "For the administrators' log, at most 500 characters; may use {{ rule.title }}, {{ rule.id }}, \
         {{ incident.id }}, {{ alert.source }}.",
    )
}

fn sign_out() -> Value {
    let employee_reason = line("What the employee reads: a key of reasons/<locale>.yml.");
    let reason_user = json!({
        "type": "boolean",
        "default": false,
        "description": "Whether the employee reads what the sender says (CAEP's reason_user), in the languages in which it does.",
    });
    mapping(
        "Ends all sessions.",
        &["reason", "employee_reason"],
        [("reason", reason()), ("employee_reason", employee_reason), ("reason_user", reason_user)],
    )
}

fn disable() -> Value {
    let mut disable = mapping(
        "Disables the account.",
        &["reason"],
        [
            ("reason", reason()),
            (
                "expires_in",
                json!({ "type": "string", "pattern": DURATION, "description": "When it enables itself again: 1m to 365d." }),
            ),
            ("repeated", repeated()),
            ("permanent", json!({ "const": true, "description": "Said on purpose: until somebody enables it." })),
        ],
    );
    if let Some(disable) = disable.as_object_mut() {
        disable.insert("oneOf".to_owned(), json!([{ "required": ["expires_in"] }, { "required": ["permanent"] }]));
        disable.insert("dependentRequired".to_owned(), json!({ "repeated": ["expires_in"] }));
    }
    disable
}

fn change_dingtalk_id() -> Value {
    let prefix = json!({
        "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9]{0,7}$",
        "description": "What it begins with; the rest is made up.",
    });
    mapping(
        "Gives the account another DingTalk ID, which DingTalk does once a year and nothing undoes; always approved.",
        &["prefix"],
        [("prefix", prefix)],
    )
}

fn notify() -> Value {
    let channel = json!({
        "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$",
        "description": "A channel of the server's configuration.",
    });
    let text =
        line("At most 200 characters; may use {{ rule.title }}, {{ rule.id }}, {{ incident.id }}, {{ alert.source }}.");
    mapping(
        "Tells people what must be known, never whom it is about; repeating it is harmless.",
        &["channel", "text"],
        [("channel", channel), ("text", text)],
    )
}

fn repeated() -> Value {
    let length = |what: &str| json!({ "type": "string", "pattern": DURATION, "description": what });
    let lengths = json!({
        "type": "array", "minItems": 1, "maxItems": RUNGS_MAX, "items": length("1m to 365d."),
        "description": "For how long from the second time on; the last is for all that follow.",
    });
    let within = length("How long ago a containment may have been to count: 1h to 365d.");
    mapping(
        "How much longer an account is disabled that was contained before.",
        &repeated::KEYS,
        [("within", within), ("expires_in", lengths)],
    )
}

pub(super) fn tests() -> Value {
    let expected = mapping(
        "The account that the rule must find, unless the source names it, and the steps.",
        &["steps"],
        [
            ("account", json!({ "type": ["string", "integer"] })),
            ("steps", json!({ "type": "array", "items": { "enum": STEPS } })),
        ],
    );
    let test = mapping(
        "An event and what the rule must make of it.",
        &["name", "alert", "expect"],
        [
            ("name", line("What it shows, as a fact.")),
            ("alert", json!({ "type": "object", "description": "The event as the sender writes it." })),
            ("expect", json!({ "anyOf": [{ "enum": ["none", "match"] }, expected] })),
        ],
    );
    json!({
        "type": "array",
        "description": "Run at every load: events that match, and events that nearly do.",
        "maxItems": TESTS_MAX,
        "items": { "anyOf": [test, counting::row()] },
    })
}

pub(super) fn lint() -> Value {
    let allowed = Lint::ALL.iter().filter(|lint| lint.level() != LintLevel::Error || lint.can_be_allowed());
    let each: Vec<Value> = allowed.map(|lint| json!({ "const": lint.id(), "description": lint.means() })).collect();
    mapping(
        "Findings of `portcullis rules check` that are meant so.",
        &["allow", "reason"],
        [
            ("allow", json!({ "type": "array", "items": { "oneOf": each } })),
            ("reason", line("Why, for whoever reads the rule next.")),
        ],
    )
}
