//! Whom and what DingTalk's own contact events name, so that it is read again at once and not at the next run.

use serde_json::Value;

use crate::directory::DepartmentId;
use crate::incident::UserId;

/// The most people and departments that one event has read again; the next run sees the others.
const NAMED_MAX: usize = 100;
/// The events that say that somebody came, changed or left.
const OF_PEOPLE: [&str; 4] = ["user_add_org", "user_modify_org", "user_leave_org", "user_active_org"];
/// The events that say that a department came, changed or went.
const OF_DEPARTMENTS: [&str; 3] = ["org_dept_create", "org_dept_modify", "org_dept_remove"];

/// What is to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    People,
    Departments,
}

/// What an event of DingTalk's says has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// These people.
    pub people: Vec<UserId>,
    /// These departments.
    pub departments: Vec<DepartmentId>,
}

impl Changed {
    /// Reads it from an event. DingTalk's own samples differ in the case of its members.
    #[must_use]
    pub fn of(event: &Value) -> Self {
        let member = |name: &str| {
            let mut members = event.as_object()?.iter();
            members.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let named = match member("EventType").and_then(Value::as_str) {
            Some(kind) if OF_PEOPLE.contains(&kind) => Named::People,
            Some(kind) if OF_DEPARTMENTS.contains(&kind) => Named::Departments,
            _ => return Self::default(),
        };
        let listed = |name| member(name).and_then(Value::as_array).into_iter().flatten().take(NAMED_MAX);
        match named {
            Named::People => Self {
                people: listed("userId").filter_map(|id| UserId::parse(id.as_str()?).ok()).collect(),
                ..Self::default()
            },
            Named::Departments => Self {
                departments: listed("deptId").filter_map(Value::as_i64).map(DepartmentId::new).collect(),
                ..Self::default()
            },
        }
    }

    /// Whether nothing is to be read again.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.departments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn people(event: &Value) -> Vec<String> {
        Changed::of(event).people.into_iter().map(String::from).collect()
    }

    #[test]
    fn who_came_changed_or_left_is_named_and_nobody_else() {
        assert_eq!(people(&json!({"EventType": "user_leave_org", "userId": ["b", "a"]})), ["b", "a"]);
        assert_eq!(people(&json!({"eventType": "user_modify_org", "UserId": ["a"], "diffInfo": {}})), ["a"]);
        for event in [
            json!({"EventType": "org_admin_add", "userId": ["a"], "deptId": [2]}),
            json!({"EventType": "user_add_org", "userId": "a"}),
            json!({"EventType": "user_add_org", "deptId": [2]}),
            json!({"EventType": "user_add_org", "userId": [7, "a b", ""]}),
            json!({"EventType": "org_dept_modify", "deptId": ["2", 2.5, null], "userId": ["a"]}),
            json!({"EventType": ["user_add_org"], "userId": ["a"]}),
            json!(["user_add_org"]),
            json!(null),
        ] {
            assert!(Changed::of(&event).is_empty(), "{event}");
        }
        let many: Vec<String> = (0..1000).map(|n| format!("u{n}")).collect();
        assert_eq!(people(&json!({"EventType": "user_add_org", "userId": many})).len(), NAMED_MAX);
    }

    #[test]
    fn departments_that_came_changed_or_went_are_named() {
        for kind in OF_DEPARTMENTS {
            let changed = Changed::of(&json!({"EventType": kind, "deptId": [31, 32], "userId": ["a"]}));
            let departments = vec![DepartmentId::new(31), DepartmentId::new(32)];
            assert_eq!(changed, Changed { people: vec![], departments });
        }
    }
}
