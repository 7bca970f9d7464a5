//! Where two decisions differ, place by place.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// As many are shown.
const DIFFERENCES_MAX: usize = 50;

/// One place that is other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// Where, as a JSON pointer.
    pub(super) place: String,
    /// What stands on the trail; null where nothing does.
    pub(super) then: Value,
    /// What is decided now; null where nothing is.
    pub(super) now: Value,
}

/// All of them, the first first.
pub(super) fn differences(then: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", then, now, &mut found);
    found.truncate(DIFFERENCES_MAX);
    found
}

fn compare(place: &str, then: &Value, now: &Value, found: &mut Vec<Difference>) {
    let null = Value::Null;
    match (then, now) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let of = |members: &'_ serde_json::Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                compare(&format!("{place}/{name}"), &of(one), &of(other), found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for at in 0..one.len().max(other.len()) {
                let (then, now) = (one.get(at).unwrap_or(&null), other.get(at).unwrap_or(&null));
                compare(&format!("{place}/{at}"), then, now, found);
            }
        }
        (then, now) if then == now => {}
        (then, now) => found.push(Difference { place: place.to_owned(), then: then.clone(), now: now.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_place_that_is_other_is_named() {
        let then = json!({"verdict": {"kind": "planned", "decisions": [1, 2]}, "same": 1});
        let now = json!({"verdict": {"kind": "held", "decisions": [1]}, "same": 1, "new": true});
        let found = differences(&then, &now);
        let places: Vec<_> = found.iter().map(|difference| difference.place.as_str()).collect();
        assert_eq!(places, ["/new", "/verdict/decisions/1", "/verdict/kind"]);
        assert_eq!((&found[2].then, &found[2].now), (&json!("planned"), &json!("held")));
        assert_eq!(differences(&then, &then), []);
    }
}
