//! Rewrites an answer into the form the documentation prints, which DingTalk itself does not send.
//!
//! Numbers and booleans become text, a list of numbers becomes one text (`"[2,3,4]"`), and a list of
//! one object becomes that object. A client has to read both forms.

use serde_json::Value;

/// The documented form of a legacy answer.
pub(in super::super) fn as_documented(value: Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        Value::Array(items) => list(items),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, as_documented(value))).collect())
        }
        Value::Null | Value::String(_) => value,
    }
}

fn list(items: Vec<Value>) -> Value {
    if !items.is_empty() && items.iter().all(Value::is_number) {
        return Value::String(Value::Array(items).to_string());
    }
    let mut items: Vec<Value> = items.into_iter().map(as_documented).collect();
    match items.pop() {
        Some(only @ Value::Object(_)) if items.is_empty() => only,
        last => {
            items.extend(last);
            Value::Array(items)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_the_documented_example_is_made() {
        let native = json!({
            "errcode": 0,
            "errmsg": "ok",
            "result": {
                "active": true,
                "dept_id_list": [2, 3, 4],
                "dept_order_list": [{ "dept_id": 2, "order": 1 }],
                "leader_in_dept": [{ "dept_id": 2, "leader": true }, { "dept_id": 3, "leader": false }],
                "names": ["a"],
                "none": [],
            },
        });
        let documented = json!({
            "errcode": "0",
            "errmsg": "ok",
            "result": {
                "active": "true",
                "dept_id_list": "[2,3,4]",
                "dept_order_list": { "dept_id": "2", "order": "1" },
                "leader_in_dept": [{ "dept_id": "2", "leader": "true" }, { "dept_id": "3", "leader": "false" }],
                "names": ["a"],
                "none": [],
            },
        });
        assert_eq!(as_documented(native), documented);
    }
}
