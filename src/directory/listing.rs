//! Reads administrators, departments and pages of users out of the answers of the legacy API.

use serde_json::Value;

use super::answer::Success;
use super::contacts::{Admin, AdminLevel, Department, DepartmentId, Member, MemberPage, PageFrom};
use super::lenient;
use super::lookup::{account, account_of, member, user_id};
use super::model::Account;
use crate::incident::{Failure, FailureClass, UserId};

/// Everybody listed as an administrator.
pub(super) fn admins(success: &Success) -> Result<Vec<Admin>, Failure> {
    let admin = |value: &Value| {
        let user_id = user_id(success, member(value, "userid").ok_or_else(|| success.unexpected())?)?;
        let level = match member(value, "sys_level").and_then(lenient::integer) {
            Some(1) => AdminLevel::Main,
            Some(2) => AdminLevel::Sub,
            _ => AdminLevel::Other,
        };
        Ok(Admin { user_id, level })
    };
    list(success, result(success)?)?.iter().map(admin).collect()
}

/// The department that was asked for by its id.
pub(super) fn department(asked: DepartmentId, success: &Success) -> Result<Department, Failure> {
    let department = one_department(success, result(success)?)?;
    if department.id == asked {
        Ok(department)
    } else {
        Err(success.failure(FailureClass::Permanent, "other_department_answered"))
    }
}

/// The departments directly below `parent`.
pub(super) fn sub_departments(parent: DepartmentId, success: &Success) -> Result<Vec<Department>, Failure> {
    let below = |value: &Value| {
        let department = one_department(success, value)?;
        Ok(Department { parent: Some(department.parent.unwrap_or(parent)), ..department })
    };
    list(success, result(success)?)?.iter().map(below).collect()
}

/// The ids of the departments directly below one.
pub(super) fn sub_department_ids(success: &Success) -> Result<Vec<DepartmentId>, Failure> {
    let ids = result(success)?.get("dept_id_list").ok_or_else(|| success.unexpected())?;
    list(success, ids)?.iter().map(|id| department_id(success, Some(id))).collect()
}

/// The page that begins at `from`.
pub(super) fn members(from: PageFrom, success: &Success) -> Result<MemberPage, Failure> {
    let result = result(success)?;
    let has_more = member(result, "has_more").and_then(lenient::boolean).ok_or_else(|| success.unexpected())?;
    let listed = result.get("list").ok_or_else(|| success.unexpected())?;
    let members = list(success, listed)?.iter().map(|value| one_member(success, value)).collect::<Result<_, _>>()?;
    let next = if has_more { Some(next(from, success, result)?) } else { None };
    Ok(MemberPage { members, next })
}

/// A page that leads back would be read for ever.
fn next(from: PageFrom, success: &Success, result: &Value) -> Result<PageFrom, Failure> {
    let cursor = member(result, "next_cursor").and_then(lenient::integer).ok_or_else(|| success.unexpected())?;
    let next = PageFrom::new(cursor);
    if next > from { Ok(next) } else { Err(success.failure(FailureClass::Permanent, "cursor_does_not_advance")) }
}

fn one_member(success: &Success, value: &Value) -> Result<Member, Failure> {
    let user_id = user_id(success, member(value, "userid").ok_or_else(|| success.unexpected())?)?;
    let listed = member_of(user_id, value);
    // A list has no `role_list` for anybody, so its absence says nothing.
    let roles = member(value, "role_list").and(listed.account.roles.clone());
    Ok(Member { account: Account { roles, ..listed.account.clone() }, ..listed })
}

/// The user that was asked for by the id.
pub(super) fn asked_member(asked: &UserId, success: &Success) -> Result<Member, Failure> {
    let account = account(asked, success)?;
    Ok(member_of(account.user_id, result(success)?))
}

fn member_of(user_id: UserId, value: &Value) -> Member {
    let text = |name| member(value, name).and_then(lenient::text);
    Member {
        account: account_of(user_id, value),
        union_id: text("unionid"),
        login_id: text("login_id"),
        name: text("name"),
        mobile: text("mobile"),
        email: text("email"),
        org_email: text("org_email"),
        job_number: text("job_number"),
    }
}

fn one_department(success: &Success, value: &Value) -> Result<Department, Failure> {
    let parent = member(value, "parent_id").map(|id| department_id(success, Some(id))).transpose()?;
    Ok(Department {
        id: department_id(success, member(value, "dept_id"))?,
        parent,
        name: member(value, "name").and_then(lenient::text).unwrap_or_default(),
    })
}

fn department_id(success: &Success, value: Option<&Value>) -> Result<DepartmentId, Failure> {
    value.and_then(lenient::integer).map(DepartmentId::new).ok_or_else(|| success.unexpected())
}

/// What was asked for; nothing in its place is no empty list.
pub(super) fn result(success: &Success) -> Result<&Value, Failure> {
    success.body.get("result").filter(|result| !result.is_null()).ok_or_else(|| success.unexpected())
}

pub(super) fn list(success: &Success, value: &Value) -> Result<Vec<Value>, Failure> {
    lenient::list(value).ok_or_else(|| success.unexpected())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::api::Api;
    use serde_json::json;

    fn success(result: Value) -> Success {
        Success { api: Api::Members, status: 200, request_id: None, body: json!({"errcode": 0, "result": result}) }
    }

    fn code<T: std::fmt::Debug>(read: Result<T, Failure>) -> String {
        read.unwrap_err().code
    }

    #[test]
    fn administrators_are_read_in_both_forms_and_every_level_counts() {
        let levels = |result: Value| {
            let admins = admins(&success(result)).unwrap();
            admins.into_iter().map(|admin| (String::from(admin.user_id), admin.level)).collect::<Vec<_>>()
        };
        let both = json!([{"userid": "a", "sys_level": 1}, {"userid": "b", "sys_level": "2"}]);
        assert_eq!(levels(both), [("a".to_owned(), AdminLevel::Main), ("b".to_owned(), AdminLevel::Sub)]);
        assert_eq!(levels(json!({"userid": "a", "sys_level": "1"})), [("a".to_owned(), AdminLevel::Main)]);
        assert_eq!(levels(json!([{"userid": "a"}])), [("a".to_owned(), AdminLevel::Other)]);
        assert_eq!(levels(json!([])), []);
        assert_eq!(code(admins(&success(json!(null)))), "unexpected_answer");
        assert_eq!(code(admins(&success(json!([{"sys_level": 1}])))), "unexpected_answer");
        assert_eq!(code(admins(&success(json!([{"userid": "a b"}])))), "unusable_user_id");
    }

    #[test]
    fn departments_are_read_in_both_forms() {
        let platform =
            Department { id: DepartmentId::new(31), parent: Some(DepartmentId::new(3)), name: "平台组".to_owned() };
        let (native, written) = (
            json!({"dept_id": 31, "parent_id": 3, "name": "平台组", "create_dept_group": false}),
            json!({"dept_id": "31", "parent_id": "3", "name": "平台组"}),
        );
        for one in [native, written] {
            assert_eq!(department(platform.id, &success(one.clone())).unwrap(), platform);
            for many in [json!([one]), one] {
                assert_eq!(
                    sub_departments(DepartmentId::new(3), &success(many)).unwrap(),
                    std::slice::from_ref(&platform)
                );
            }
        }
        let root = department(DepartmentId::ROOT, &success(json!({"dept_id": 1}))).unwrap();
        assert_eq!((root.parent, root.name.as_str()), (None, ""));
        let orphan = sub_departments(DepartmentId::ROOT, &success(json!([{"dept_id": 2, "name": "x"}]))).unwrap();
        assert_eq!(orphan[0].parent, Some(DepartmentId::ROOT));
    }

    #[test]
    fn a_department_that_cannot_be_read_is_not_left_out() {
        for odd in [json!([{"name": "x"}]), json!([{"dept_id": 1.5}]), json!(["x"]), json!("[broken"), json!(null)] {
            assert_eq!(code(sub_departments(DepartmentId::ROOT, &success(odd.clone()))), "unexpected_answer", "{odd}");
        }
        let other = department(DepartmentId::new(2), &success(json!({"dept_id": 3})));
        assert_eq!(code(other), "other_department_answered");
    }

    #[test]
    fn ids_of_departments_are_a_list_or_a_list_in_text() {
        for ids in [json!([2, 3]), json!("[2,3]"), json!(["2", "3"])] {
            let read = sub_department_ids(&success(json!({"dept_id_list": ids}))).unwrap();
            assert_eq!(read, [DepartmentId::new(2), DepartmentId::new(3)]);
        }
        assert_eq!(sub_department_ids(&success(json!({"dept_id_list": []}))).unwrap(), []);
        assert_eq!(code(sub_department_ids(&success(json!({})))), "unexpected_answer");
    }

    #[test]
    fn a_page_of_users_is_read_in_both_forms() {
        let user = json!({"userid": "a", "email": "a@example.com", "job_number": "7", "dept_id_list": [31]});
        let from = PageFrom::START;
        let page = members(from, &success(json!({"has_more": true, "next_cursor": 100, "list": [user]}))).unwrap();
        let written = json!({"has_more": "true", "next_cursor": "100", "list": {
            "userid": "a", "email": "a@example.com", "job_number": "7", "dept_id_list": "[31]"}});
        assert_eq!(members(from, &success(written)).unwrap(), page);
        assert_eq!(page.next, Some(PageFrom::new(100)));
        let member = &page.members[0];
        assert_eq!((member.email.as_deref(), member.job_number.as_deref()), (Some("a@example.com"), Some("7")));
        assert_eq!((member.mobile.as_deref(), &member.account.senior), (None, &None));
        assert_eq!(member.account.roles, None, "a list shows nobody's");
        assert!(!format!("{member:?}").contains("example.com"));
        let last = members(from, &success(json!({"has_more": false, "list": []}))).unwrap();
        assert_eq!(last, MemberPage { members: vec![], next: None });
    }

    #[test]
    fn a_page_that_leads_nowhere_or_back_is_refused() {
        let read = |result: Value| code(members(PageFrom::new(100), &success(result)));
        for (result, expected) in [
            (json!({"list": []}), "unexpected_answer"),
            (json!({"has_more": false}), "unexpected_answer"),
            (json!({"has_more": true, "list": []}), "unexpected_answer"),
            (json!({"has_more": true, "next_cursor": 100, "list": []}), "cursor_does_not_advance"),
            (json!({"has_more": true, "next_cursor": -1, "list": []}), "cursor_does_not_advance"),
            (json!({"has_more": false, "list": [{"name": "x"}]}), "unexpected_answer"),
            (json!({"has_more": false, "list": [{"userid": "a\nb"}]}), "unusable_user_id"),
        ] {
            assert_eq!(read(result.clone()), expected, "{result}");
        }
    }
}
