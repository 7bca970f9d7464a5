//! Finds the values a field name means in an event: nested objects, dotted keys, arrays.

use serde_json::Value;

/// How deep an event is walked; what lies deeper counts as missing.
pub(super) const DEPTH_MAX: usize = 64;

/// Where a test looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// At every value of the event: keywords.
    Everywhere,
    /// At the array's element itself: `.` in an array block.
    Itself,
    /// At the field of this name.
    Named(Box<str>),
    /// At the field that the steps lead to, one after the other: `args[0].name`.
    Steps(Box<[Step]>),
}

/// One step: a name, and the element of the array there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: Box<str>,
    /// Counted from the end if negative.
    pub(super) element: Option<i64>,
}

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

impl Field {
    /// A name as it is; without one, everywhere.
    pub(super) fn named(name: &str) -> Self {
        if name.is_empty() { Self::Everywhere } else { Self::Named(name.into()) }
    }

    /// The name for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Everywhere => "keywords".to_owned(),
            Self::Itself => ".".to_owned(),
            Self::Named(name) => name.to_string(),
            Self::Steps(steps) => {
                let step = |step: &Step| match step.element {
                    Some(element) => format!("{}[{element}]", step.name),
                    None => step.name.to_string(),
                };
                steps.iter().map(step).collect::<Vec<_>>().join(".")
            }
        }
    }

    /// Looks at the field's values until one passes `test`. Names are case-sensitive. A literal key
    /// wins over a path; of the ways to split a dotted name the longest key comes first; arrays give
    /// the values of all their elements. Allocates nothing.
    pub(super) fn look(&self, event: &Value, mut test: impl FnMut(&Value) -> bool) -> Seen {
        match self {
            Self::Everywhere if look_below(event, 0, &mut test) => Seen::Passed,
            Self::Everywhere => Seen::Failed,
            Self::Itself => walk(event, None, 0, End::Values, &mut test),
            Self::Named(name) => walk(event, Some(name), 0, End::Values, &mut test),
            Self::Steps(steps) => follow(event, steps, End::Values, &mut test),
        }
    }

    /// As [`Field::look`], but at arrays as they are.
    pub(super) fn look_whole(&self, event: &Value, mut test: impl FnMut(&Value) -> bool) -> Seen {
        match self {
            Self::Everywhere | Self::Itself => walk(event, None, 0, End::Whole, &mut test),
            Self::Named(name) => walk(event, Some(name), 0, End::Whole, &mut test),
            Self::Steps(steps) => follow(event, steps, End::Whole, &mut test),
        }
    }

    /// Whether the field is missing, or has values and all of them are null.
    pub(super) fn is_null(&self, event: &Value) -> bool {
        let mut values = 0_usize;
        let seen = self.look(event, |value| {
            values += 1;
            !value.is_null()
        });
        match seen {
            Seen::Missing => true,
            Seen::Failed => values > 0,
            Seen::Passed => false,
        }
    }

    /// Whether the event has the field; null and empty count.
    pub(super) fn exists(&self, event: &Value) -> bool {
        self.look(event, |_| true) != Seen::Missing
    }
}

/// What is looked at where a name ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Single values: arrays give those of their elements.
    Values,
    /// What is there, arrays too.
    Whole,
}

fn follow(value: &Value, steps: &[Step], end: End, test: &mut dyn FnMut(&Value) -> bool) -> Seen {
    let Some((step, rest)) = steps.split_first() else { return walk(value, None, 0, end, test) };
    let Some(element) = step.element else {
        // Only the last step has none.
        return walk(value, Some(&step.name), 0, end, test);
    };
    let mut seen = Seen::Missing;
    walk(value, Some(&step.name), 0, End::Whole, &mut |node| {
        if let Some(found) = element_at(node, element) {
            seen = seen.max(follow(found, rest, end, test));
        }
        seen == Seen::Passed
    });
    seen
}

fn element_at(node: &Value, element: i64) -> Option<&Value> {
    let elements = node.as_array()?;
    let distance = usize::try_from(element.unsigned_abs()).ok()?;
    let index = if element < 0 { elements.len().checked_sub(distance)? } else { distance };
    elements.get(index)
}

fn walk(value: &Value, rest: Option<&str>, depth: usize, end: End, test: &mut dyn FnMut(&Value) -> bool) -> Seen {
    if depth > DEPTH_MAX {
        return Seen::Missing;
    }
    match (value, rest) {
        (Value::Array(elements), _) if rest.is_some() || end == End::Values => {
            // An array at the end is present even without elements.
            let mut seen = if rest.is_none() { Seen::Failed } else { Seen::Missing };
            for element in elements {
                seen = seen.max(walk(element, rest, depth + 1, end, test));
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
                return walk(member, None, depth + 1, end, test);
            }
            for (dot, _) in rest.rmatch_indices('.') {
                let (head, tail) = (rest.get(..dot).unwrap_or_default(), rest.get(dot + 1..));
                let Some(member) = members.get(head) else { continue };
                match walk(member, tail, depth + 1, end, test) {
                    Seen::Missing => {}
                    seen => return seen,
                }
            }
            Seen::Missing
        }
        _ => Seen::Missing,
    }
}

/// Looks at every value at any depth, not at names, until one passes `test`.
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
        Field::named(name).look(event, |value| {
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
            assert_eq!(Field::named("f").is_null(&event), expected, "{event}");
        }
        assert_eq!(Field::named("f").look(&json!({"f": []}), |_| true), Seen::Failed);
        assert_eq!(Field::named("f.g").look(&json!({"f": []}), |_| true), Seen::Missing);
    }

    #[test]
    fn a_position_leads_to_one_element() {
        let event = json!({"a": {"args": [{"n": 1}, {"n": [2, 3]}]}, "x[0]": 7, "x": [8]});
        for (name, expected) in [
            ("a.args[0].n", json!([1])),
            ("a.args[-1].n", json!([2, 3])),
            ("a.args[1].n[0]", json!([2])),
            ("a.args[2].n", json!([])),
            ("a.args[-3].n", json!([])),
            (r"x\[0\]", json!([7])),
            ("x[0]", json!([8])),
        ] {
            let mut found = Vec::new();
            super::super::selector::parse(name).unwrap().0.look(&event, |value| {
                found.push(value.clone());
                false
            });
            assert_eq!(Value::Array(found), expected, "{name}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_missing() {
        let deep = (0..200).fold(json!("x"), |inner, _| json!([inner]));
        assert_eq!(Field::named("f").look(&json!({"f": deep}), |_| true), Seen::Failed);
        assert_eq!(Field::Everywhere.look(&deep, |_| true), Seen::Failed);
    }
}
