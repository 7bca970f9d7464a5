//! Whom DingTalk's own contact events name, so that they are read again at once and not at the next run.

use serde_json::Value;

use crate::incident::UserId;

/// The most people that one event has read again; the next run sees the others.
const PEOPLE_MAX: usize = 100;
/// The events that say that somebody came, changed or left.
const EVENTS: [&str; 4] = ["user_add_org", "user_modify_org", "user_leave_org", "user_active_org"];

/// The people whom `event` names. DingTalk's own samples differ in the case of its members.
#[must_use]
pub fn named_in(event: &Value) -> Vec<UserId> {
    let member = |name: &str| {
        let mut members = event.as_object()?.iter();
        members.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let is_of_people = member("EventType").and_then(Value::as_str).is_some_and(|kind| EVENTS.contains(&kind));
    let listed = member("userId").and_then(Value::as_array).filter(|_| is_of_people);
    let mut ids: Vec<UserId> =
        listed.into_iter().flatten().filter_map(|id| UserId::parse(id.as_str()?).ok()).take(PEOPLE_MAX).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(event: &Value) -> Vec<String> {
        named_in(event).into_iter().map(String::from).collect()
    }

    #[test]
    fn who_came_changed_or_left_is_named_and_nobody_else() {
        assert_eq!(names(&json!({"EventType": "user_leave_org", "userId": ["b", "a", "b"]})), ["a", "b"]);
        assert_eq!(names(&json!({"eventType": "user_modify_org", "UserId": ["a"], "diffInfo": {}})), ["a"]);
        for event in [
            json!({"EventType": "org_dept_modify", "deptId": [2], "userId": ["a"]}),
            json!({"EventType": "user_add_org", "userId": "a"}),
            json!({"EventType": "user_add_org"}),
            json!({"EventType": "user_add_org", "userId": [7, "a b", ""]}),
            json!(["user_add_org"]),
            json!(null),
        ] {
            assert_eq!(names(&event), [""; 0], "{event}");
        }
        let many: Vec<String> = (0..1000).map(|n| format!("u{n}")).collect();
        assert_eq!(names(&json!({"EventType": "user_add_org", "userId": many})).len(), PEOPLE_MAX);
    }
}
