//! Chooses what a rule tests: which event it is and what makes it serious, never what a stranger fills
//! in.

use serde_json::{Map, Value};

use super::super::field::Field;
use super::super::lint::{is_chosen_by_strangers, is_common_value};
use super::write::scalar;

/// Names of fields that say which event it is, the best first.
const KINDS: [&str; 18] = [
    "eventtype",
    "riskeventtype",
    "detailtype",
    "eventname",
    "operationname",
    "alerttype",
    "rulename",
    "searchname",
    "monitorname",
    "alertname",
    "type",
    "action",
    "category",
    "eventid",
    "ruleid",
    "name",
    "title",
    "kind",
];
/// Names of fields that say how serious it is.
const WEIGHTS: [&str; 14] = [
    "verdict",
    "risklevel",
    "severity",
    "riskstate",
    "classification",
    "risk",
    "level",
    "priority",
    "state",
    "status",
    "outcome",
    "result",
    "reason",
    "determination",
];
/// The most tests that a rule begins with.
const CHOSEN_MAX: usize = 3;
/// The longest value that is tested as a whole.
const VALUE_CHARS_MAX: usize = 80;
/// Greater numbers are times and counts.
const NUMBER_MAX: u64 = 1_000_000;
/// Members that tell who it was, not what.
const PERSONS: [&str; 6] = ["user", "actor", "account", "owner", "person", "sender"];
/// Members that tell where it was: their `state` is one on the map.
const PLACES: [&str; 8] =
    ["geographicalcontext", "geolocation", "geo", "geoip", "location", "locationdetails", "address", "place"];
/// Words that are no names of searches.
const RESERVED: [&str; 6] = ["and", "or", "not", "of", "them", "condition"];

/// One field of the event that the rule tests.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    /// The name of its search.
    pub(super) name: String,
    /// The field's name in the rule, and the way to it in the event.
    pub(super) field: String,
    way: Vec<String>,
    value: Value,
}

impl Chosen {
    /// The value as text.
    pub(super) fn text(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned)
    }

    /// The value as the rule wants it, in YAML: in Sigma `*`, `?` and `\` mean something.
    pub(super) fn wanted(&self) -> String {
        match &self.value {
            Value::String(text) => scalar(
                &text
                    .chars()
                    .flat_map(|c| matches!(c, '*' | '?' | '\\').then_some('\\').into_iter().chain([c]))
                    .collect::<String>(),
            ),
            other => other.to_string(),
        }
    }
}

/// The tests of a rule that finds the event; `None` when nothing tells it from others. What is made up in it
/// is not tested, for real events do not have it.
pub(super) fn choose(event: &Value, real: &Value) -> Option<Vec<Chosen>> {
    let mut leaves = Vec::new();
    collect(event, &mut Vec::new(), &mut leaves);
    let in_real = |way: &[String]| way.iter().try_fold(real, |value, name| value.get(name));
    leaves.retain(|leaf| in_real(&leaf.way) == Some(&leaf.value) && is_usable(leaf, event));
    let rank = |names: &[&str], leaf: &Chosen| {
        let name = leaf.way.last().map(|name| plain_name(name)).unwrap_or_default();
        names.iter().position(|known| *known == name)
    };
    let best = |names: &[&str], taken: &[Chosen]| {
        let ranked =
            leaves.iter().filter(|leaf| !taken.contains(leaf)).filter_map(|leaf| Some((rank(names, leaf)?, leaf)));
        ranked
            .min_by_key(|(rank, leaf)| (is_common_value(&leaf.value), leaf.way.len(), *rank))
            .map(|(_, leaf)| leaf.clone())
    };
    let mut chosen: Vec<Chosen> = best(&KINDS, &[]).into_iter().collect();
    while chosen.len() < CHOSEN_MAX
        && let Some(weight) = best(&WEIGHTS, &chosen).filter(|weight| !is_common_value(&weight.value))
    {
        chosen.push(weight);
    }
    if chosen.iter().all(|chosen| is_common_value(&chosen.value)) {
        chosen.push(leaves.iter().find(|leaf| !is_common_value(&leaf.value))?.clone());
    }
    name(&mut chosen);
    Some(chosen)
}

/// What the rule looks at of the event, with another value of one field, and the member `kept`.
pub(super) fn near_miss(event: &Value, chosen: &[Chosen], changed: &Chosen, kept: Option<&str>) -> Value {
    let kept = kept.and_then(|name| Some((name.to_owned(), event.get(name)?.clone())));
    let mut miss = Value::Object(kept.into_iter().collect());
    for leaf in chosen {
        let value = if leaf == changed { other(&leaf.value) } else { leaf.value.clone() };
        put(&mut miss, &leaf.way, value);
    }
    miss
}

/// Whether a member of this name says which event it is or how serious, and not who it was.
pub(super) fn is_kind(name: &str) -> bool {
    let name = plain_name(name);
    let is_of = |names: &[&str]| names.contains(&name.as_str());
    (is_of(&KINDS) || is_of(&WEIGHTS)) && !is_of(&["name", "title", "reason"])
}

/// A name without its marks and in small letters.
pub(super) fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Every single value outside arrays.
fn collect(value: &Value, way: &mut Vec<String>, leaves: &mut Vec<Chosen>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                way.push(name.clone());
                collect(value, way, leaves);
                way.pop();
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let field = way.join(".");
            leaves.push(Chosen { name: String::new(), field, way: way.clone(), value: value.clone() });
        }
        Value::Array(_) | Value::Null => {}
    }
}

fn is_usable(leaf: &Chosen, event: &Value) -> bool {
    let field = Field::named(&leaf.field);
    let is_within = |names: &[&str]| leaf.way.iter().any(|name| names.contains(&plain_name(name).as_str()));
    let is_name = leaf.field.trim() == leaf.field
        && leaf.field.len() < 200
        && !leaf.field.contains(['|', '[', ']'])
        && !leaf.field.chars().any(char::is_control)
        && leaf.field.split('.').all(|part| !part.is_empty());
    // Another member may have the dots in its name, and would be found instead.
    let mut seen = Vec::new();
    field.look(event, |value| {
        seen.push(value.clone());
        false
    });
    is_name
        && !is_within(&PERSONS)
        && !is_within(&PLACES)
        && !is_chosen_by_strangers(&field)
        && seen.as_slice() == std::slice::from_ref(&leaf.value)
        && is_telling(&leaf.value)
}

/// Not a time, an address, a number of its own or a story.
fn is_telling(value: &Value) -> bool {
    let text = match value {
        Value::String(text) => text,
        Value::Number(number) => return number.as_u64().is_some_and(|number| number < NUMBER_MAX),
        _ => return true,
    };
    let length = text.chars().count();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_id = length >= 12 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') && digits > 0;
    let is_one_line = text.chars().all(|c| !c.is_control() && !crate::incident::is_direction_mark(c));
    (1..=VALUE_CHARS_MAX).contains(&length)
        && is_one_line
        && text.trim() == text
        && digits * 2 < length.max(8)
        && !is_id
        && !text.contains(['@', '{'])
        && !text.contains("://")
}

/// Names the searches by their fields.
fn name(chosen: &mut [Chosen]) {
    let mut taken: Vec<String> = Vec::new();
    for chosen in chosen {
        let last = chosen.way.last().map(String::as_str).unwrap_or_default();
        let mut name = snake(last);
        if name.is_empty() || RESERVED.contains(&name.as_str()) {
            name = format!("the_{name}");
        }
        while taken.contains(&name) {
            name.push_str("_too");
        }
        taken.push(name.clone());
        chosen.name = name;
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars().take(32) {
        match character {
            upper if upper.is_ascii_uppercase() => {
                if snake.ends_with(|last: char| last.is_ascii_lowercase()) {
                    snake.push('_');
                }
                snake.push(upper.to_ascii_lowercase());
            }
            other if other.is_ascii_alphanumeric() => snake.push(other),
            _ => snake.push('_'),
        }
    }
    snake.trim_matches('_').to_owned()
}

fn other(value: &Value) -> Value {
    match value {
        Value::Bool(value) => (!value).into(),
        Value::Number(number) => number.as_i64().map_or_else(|| 0.into(), |number| (number ^ 1).into()),
        Value::String(text) if text.eq_ignore_ascii_case("another") => "a third".into(),
        _ => "another".into(),
    }
}

fn put(event: &mut Value, way: &[String], value: Value) {
    match (way, event) {
        ([last], Value::Object(members)) => {
            members.insert(last.clone(), value);
        }
        ([first, rest @ ..], Value::Object(members)) => {
            put(members.entry(first.clone()).or_insert_with(|| Value::Object(Map::new())), rest, value);
        }
        _ => {}
    }
}
