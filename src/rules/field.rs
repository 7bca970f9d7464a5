//! Finds the values a field name means in an event: nested objects, dotted keys, arrays.

use serde_json::Value;

/// How deep an event is walked; what lies deeper counts as missing.
const DEPTH_MAX: usize = 64;

/// What a look at a field found, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Seen {
    /// The event has no such field.
    Missing,
    /// It has, but no value passed.
    Failed,
    /// A value passed.
    Passed,
}

/// Looks at the values of the field `name`, until one passes `test`. Names are case-sensitive. A
/// literal key wins over a path; of the ways to split a dotted name the longest key comes first;
/// arrays give the values of all their elements. Allocates nothing.
pub(super) fn look(event: &Value, name: &str, mut test: impl FnMut(&Value) -> bool) -> Seen {
    walk(event, Some(name), 0, &mut test)
}

/// Whether the field is missing, or has values and all of them are null.
pub(super) fn is_null(event: &Value, name: &str) -> bool {
    let mut values = 0_usize;
    let seen = look(event, name, |value| {
        values += 1;
        !value.is_null()
    });
    match seen {
        Seen::Missing => true,
        Seen::Failed => values > 0,
        Seen::Passed => false,
    }
}

fn walk(value: &Value, rest: Option<&str>, depth: usize, test: &mut dyn FnMut(&Value) -> bool) -> Seen {
    if depth > DEPTH_MAX {
        return Seen::Missing;
    }
    match (value, rest) {
        (Value::Array(elements), _) => {
            // An array at the end is present even without elements.
            let mut seen = if rest.is_none() { Seen::Failed } else { Seen::Missing };
            for element in elements {
                seen = seen.max(walk(element, rest, depth + 1, test));
                if seen == Seen::Passed {
                    break;
                }
            }
            seen
        }
        (_, None) if test(value) => Seen::Passed,
        (_, None) => Seen::Failed,
        (Value::Object(members), Some(rest)) => {
            if let Some(member) = members.get(rest) {
                return walk(member, None, depth + 1, test);
            }
            for (dot, _) in rest.rmatch_indices('.') {
                let (head, tail) = (rest.get(..dot).unwrap_or_default(), rest.get(dot + 1..));
                let Some(member) = members.get(head) else { continue };
                match walk(member, tail, depth + 1, test) {
                    Seen::Missing => {}
                    seen => return seen,
                }
            }
            Seen::Missing
        }
        _ => Seen::Missing,
    }
}

/// Looks at every value of the event at any depth, not at names, until one passes `test`.
pub(super) fn look_everywhere(value: &Value, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    look_below(value, 0, test)
}

fn look_below(value: &Value, depth: usize, test: &mut dyn FnMut(&Value) -> bool) -> bool {
    if depth > DEPTH_MAX {
        return false;
    }
    match value {
        Value::Array(elements) => elements.iter().any(|element| look_below(element, depth + 1, test)),
        Value::Object(members) => members.values().any(|member| look_below(member, depth + 1, test)),
        _ => test(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(event: &Value, name: &str, expected: &Value) {
        let mut found = Vec::new();
        look(event, name, |value| {
            found.push(value.clone());
            false
        });
        assert_eq!(Value::Array(found), *expected, "{name} in {event}");
    }

    #[test]
    fn a_name_finds_keys_paths_and_elements() {
        check(&json!({"actor": {"type": "User"}}), "actor.type", &json!(["User"]));
        check(&json!({"a.b": 1, "a": {"b": 2}}), "a.b", &json!([1]));
        check(&json!({"a.b": {"c": 1}}), "a.b.c", &json!([1]));
        check(&json!({"a": {"b.c": 1}}), "a.b.c", &json!([1]));
        check(&json!({"a.b": {"x": 1}, "a": {"b": {"c": 2}}}), "a.b.c", &json!([2]));
        check(&json!({"a": [{"b": 1}, {"c": 9}, {"b": [2, [3]]}]}), "a.b", &json!([1, 2, 3]));
        check(&json!({"Field": 1}), "field", &json!([]));
        check(&json!({"a": {}}), "a", &json!([{}]));
        check(&json!({"": 1, "a": {"": 2}}), "a.", &json!([2]));
        check(&json!([{"a": 1}]), "a", &json!([1]));
        check(&json!("x"), "a", &json!([]));
    }

    #[test]
    fn missing_null_and_empty_are_three_things() {
        for (event, expected) in [
            (json!({}), true),
            (json!({"f": null}), true),
            (json!({"f": [null, null]}), true),
            (json!({"f": ""}), false),
            (json!({"f": [null, 1]}), false),
            (json!({"f": []}), false),
            (json!({"f": {"g": null}}), false),
        ] {
            assert_eq!(is_null(&event, "f"), expected, "{event}");
        }
        assert_eq!(look(&json!({"f": []}), "f", |_| true), Seen::Failed);
        assert_eq!(look(&json!({"f": []}), "f.g", |_| true), Seen::Missing);
    }

    #[test]
    fn what_lies_too_deep_is_missing() {
        let deep = (0..200).fold(json!("x"), |inner, _| json!([inner]));
        assert_eq!(look(&json!({"f": deep}), "f", |_| true), Seen::Failed);
        assert!(!look_everywhere(&deep, &mut |_| true));
    }
}
