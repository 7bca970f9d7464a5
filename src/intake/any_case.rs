//! Members whose names are written in other cases now than before.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The event with each of these names, where it stands there in one other case only. What rules see stays as it is
/// written; this is for what we read ourselves.
pub(super) fn with<'e>(event: &'e Value, names: &[&'static str]) -> Cow<'e, Value> {
    let Some(members) = event.as_object() else { return Cow::Borrowed(event) };
    let lacking = names.iter().filter(|name| !members.contains_key(**name));
    let found: Vec<(&str, &Value)> = lacking.filter_map(|name| Some((*name, other(members, name)?))).collect();
    if found.is_empty() {
        return Cow::Borrowed(event);
    }
    let mut members = members.clone();
    members.extend(found.into_iter().map(|(name, value)| (name.to_owned(), value.clone())));
    Cow::Owned(Value::Object(members))
}

/// The member of this name, or the one that differs from it in case only.
pub(super) fn member<'e>(event: &'e Value, name: &str) -> Option<&'e Value> {
    let members = event.as_object()?;
    members.get(name).or_else(|| other(members, name))
}

/// The only one; of two, each half of the way may read another one.
fn other<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let mut found = members.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    found.next().filter(|_| found.next().is_none()).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_counts_in_any_case_unless_two_do() {
        let names = &["eventId", "EventType"];
        for (event, expected) in [
            (json!({"eventId": 1}), json!({"eventId": 1})),
            (json!({"EventID": 1, "x": 2}), json!({"EventID": 1, "eventId": 1, "x": 2})),
            (json!({"EventID": 1, "eventId": 2}), json!({"EventID": 1, "eventId": 2})),
            (json!({"EventID": 1, "eventid": 2}), json!({"EventID": 1, "eventid": 2})),
            (json!([1]), json!([1])),
        ] {
            assert_eq!(*with(&event, names), expected);
            assert_eq!(member(&event, "eventId"), expected.get("eventId"));
        }
        assert!(matches!(with(&json!({"eventId": 1, "EventType": 2}), names), Cow::Borrowed(_)));
    }
}
