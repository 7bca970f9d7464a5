//! Reads accounts and ids out of the answers of the legacy API.

use serde_json::Value;

use super::answer::Success;
use super::classes::sanitised;
use super::contacts::{DepartmentId, Role};
use super::lenient;
use super::model::{Account, Lookup, Organization, SignIn};
use super::names::Names;
use super::search::Page;
use crate::incident::{Failure, FailureClass, UserId};

/// `contact_type` of somebody inside the organization.
const INTERNAL_CONTACT: i64 = 0;

/// The ids that an answer to `lookup` names, each once.
pub(super) fn user_ids(lookup: &Lookup, success: &Success) -> Result<Vec<UserId>, Failure> {
    let unexpected = || success.unexpected();
    let found = match lookup {
        Lookup::LoginId(_) => vec![member(result(success)?, "userid").ok_or_else(unexpected)?.clone()],
        Lookup::Mobile(_) => ids_of_mobile(result(success)?).ok_or_else(unexpected)?,
        Lookup::UnionId(_) => id_of_contact(result(success)?),
        Lookup::DingTalkId(_) => vec![member(&success.body, "userId").ok_or_else(unexpected)?.clone()],
    };
    each_once(success, &found)
}

/// A page of what a search for a name found.
pub(super) fn matches(success: &Success) -> Result<Page, Failure> {
    let member = |name| success.body.get(name).ok_or_else(|| success.unexpected());
    let found = member("list")?.as_array().ok_or_else(|| success.unexpected())?;
    let has_more = member("hasMore")?.as_bool().ok_or_else(|| success.unexpected())?;
    let total = success.body.get("totalCount").and_then(lenient::integer).and_then(|total| total.try_into().ok());
    let listed = found.iter().map(|id| user_id(success, id)).collect::<Result<_, _>>()?;
    Ok(Page { listed, has_more, total })
}

/// The organizations that an account owns.
pub(super) fn organizations(success: &Success) -> Result<Vec<Organization>, Failure> {
    let listed = success.body.get("orgList").and_then(Value::as_array).ok_or_else(|| success.unexpected())?;
    let organization = |value: &Value| {
        let corp_id = value.get("corpId").and_then(Value::as_str).and_then(sanitised)?;
        Some(Organization { corp_id, name: value.get("corpName").and_then(lenient::text) })
    };
    listed.iter().map(|value| organization(value).ok_or_else(|| success.unexpected())).collect()
}

/// One id that cannot be read makes the whole answer unusable: leaving it out could turn two
/// accounts into one.
fn each_once(success: &Success, found: &[Value]) -> Result<Vec<UserId>, Failure> {
    let mut ids = found.iter().map(|id| user_id(success, id)).collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The account that was asked for by its id.
pub(super) fn account(asked: &UserId, success: &Success) -> Result<Account, Failure> {
    let result = result(success)?;
    let answered = user_id(success, member(result, "userid").ok_or_else(|| success.unexpected())?)?;
    if answered != *asked {
        return Err(success.failure(FailureClass::Permanent, "other_account_answered"));
    }
    Ok(account_of(answered, result))
}

/// The account of `user_id` as the members of a document about it show it.
pub(super) fn account_of(user_id: UserId, result: &Value) -> Account {
    let flag = |name| member(result, name).and_then(lenient::boolean);
    Account {
        user_id,
        enterprise_account: flag("exclusive_account"),
        owner_corp_id: member(result, "exclusive_account_corp_id").and_then(lenient::text),
        disabled: flag("disable_status"),
        admin: flag("admin"),
        boss: flag("boss"),
        senior: flag("senior"),
        sign_in: member(result, "exclusive_account_type").and_then(sign_in),
        active: flag("active"),
        departments: listed(result, "dept_id_list", |id| lenient::integer(id).map(DepartmentId::new)),
        roles: roles(result),
        names: Names::of(result),
    }
}

fn sign_in(value: &Value) -> Option<SignIn> {
    match value.as_str()? {
        "sso" => Some(SignIn::Sso),
        "dingtalk" => Some(SignIn::DingTalk),
        _ => None,
    }
}

fn role(value: &Value) -> Option<Role> {
    let name = value.get("name").and_then(lenient::text)?;
    Some(Role { id: value.get("id").and_then(lenient::integer), name })
}

/// Live answers leave the list out for those who have no role. Only where what else is for members is shown: an app that
/// may not see them sees no roles either.
fn roles(result: &Value) -> Option<Vec<Role>> {
    match member(result, "role_list") {
        Some(_) => listed(result, "role_list", role),
        None => member(result, "dept_id_list").map(|_| Vec::new()),
    }
}

/// A list whose every element can be read; half of it would look like all.
fn listed<T>(result: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    lenient::list(member(result, name)?)?.iter().map(read).collect()
}

/// Enterprise Accounts stand in the list. Without any, `userid` is an ordinary account; it is given
/// all the same, so that the guard can say what it is.
fn ids_of_mobile(result: &Value) -> Option<Vec<Value>> {
    let listed = result.get("exclusive_account_userid_list").map_or(Some(Vec::new()), lenient::list)?;
    if listed.is_empty() { Some(member(result, "userid").cloned().into_iter().collect()) } else { Some(listed) }
}

/// Nobody for an external contact, who has no account here.
fn id_of_contact(result: &Value) -> Vec<Value> {
    let kind = member(result, "contact_type").map_or(Some(INTERNAL_CONTACT), lenient::integer);
    let id = member(result, "userid").filter(|_| kind == Some(INTERNAL_CONTACT));
    id.cloned().into_iter().collect()
}

fn result(success: &Success) -> Result<&Value, Failure> {
    success.body.get("result").filter(|result| result.is_object()).ok_or_else(|| success.unexpected())
}

/// A member that is there and not empty.
pub(super) fn member<'v>(result: &'v Value, name: &str) -> Option<&'v Value> {
    result.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
}

pub(super) fn user_id(success: &Success, value: &Value) -> Result<UserId, Failure> {
    lenient::text(value)
        .and_then(|text| UserId::parse(&text).ok())
        .ok_or_else(|| success.failure(FailureClass::Permanent, "unusable_user_id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::api::Api;
    use crate::incident::{AccountKind, AccountRef};
    use serde_json::json;

    fn success(result: Value) -> Success {
        Success { api: Api::User, status: 200, request_id: None, body: json!({"errcode": 0, "result": result}) }
    }

    fn found(lookup: fn(AccountRef) -> Lookup, result: Value) -> Result<Vec<String>, String> {
        let reference = AccountRef::parse(AccountKind::LoginId, "test").unwrap();
        let ids = user_ids(&lookup(reference), &success(result)).map_err(|failure| failure.code)?;
        Ok(ids.into_iter().map(String::from).collect())
    }

    #[test]
    fn a_mobile_number_gives_the_enterprise_accounts_and_not_the_ordinary_one() {
        for (result, ids) in [
            (json!({"userid": "own", "exclusive_account_userid_list": ["b", "a", "b"]}), vec!["a", "b"]),
            (json!({"exclusive_account_userid_list": "[\"a\",\"b\"]"}), vec!["a", "b"]),
            (json!({"exclusive_account_userid_list": "a"}), vec!["a"]),
            (json!({"userid": "own", "exclusive_account_userid_list": [17]}), vec!["17"]),
            (json!({"userid": "own", "exclusive_account_userid_list": []}), vec!["own"]),
            (json!({"userid": "own", "exclusive_account_userid_list": null}), vec!["own"]),
            (json!({"userid": "own"}), vec!["own"]),
            (json!({"userid": ""}), vec![]),
            (json!({}), vec![]),
        ] {
            assert_eq!(found(Lookup::Mobile, result.clone()).unwrap(), ids, "{result}");
        }
    }

    #[test]
    fn an_id_that_cannot_be_read_is_never_left_out_silently() {
        for list in [json!(["a", "b c"]), json!(["a", null]), json!(["a", {}]), json!(["a", 1.5]), json!({"a": 1})] {
            let result = json!({"exclusive_account_userid_list": list});
            assert_eq!(found(Lookup::Mobile, result).unwrap_err(), "unusable_user_id", "{list}");
        }
        let broken = json!({"userid": "own", "exclusive_account_userid_list": "[broken"});
        assert_eq!(found(Lookup::Mobile, broken).unwrap_err(), "unexpected_answer");
    }

    #[test]
    fn an_external_contact_is_nobody() {
        for (result, ids) in [
            (json!({"contact_type": 0, "userid": "a"}), vec!["a"]),
            (json!({"contact_type": "0", "userid": "a"}), vec!["a"]),
            (json!({"userid": "a"}), vec!["a"]),
            (json!({"contact_type": 1, "userid": "a"}), vec![]),
            (json!({"contact_type": "1", "userid": "a"}), vec![]),
            (json!({"contact_type": "?", "userid": "a"}), vec![]),
        ] {
            assert_eq!(found(Lookup::UnionId, result.clone()).unwrap(), ids, "{result}");
        }
    }

    #[test]
    fn a_login_id_gives_one_id_or_a_failure() {
        assert_eq!(found(Lookup::LoginId, json!({"userid": "a"})).unwrap(), ["a"]);
        for result in [json!({}), json!(null), json!([]), json!("a"), json!({"userid": ""})] {
            assert_eq!(found(Lookup::LoginId, result.clone()).unwrap_err(), "unexpected_answer", "{result}");
        }
    }

    #[test]
    fn native_and_written_accounts_read_alike() {
        let asked = UserId::parse("manager1").unwrap();
        let native = json!({
            "userid": "manager1", "exclusive_account": true, "exclusive_account_corp_id": "dingtest",
            "disable_status": false, "admin": true, "boss": false, "senior": false, "name": "未知",
            "dept_order_list": [{"dept_id": 1, "order": 176_294_576_350_761_512_i64}], "dept_id_list": [1]
        });
        let written = json!({
            "userid": "manager1", "exclusive_account": "true", "exclusive_account_corp_id": "dingtest",
            "disable_status": "false", "admin": "true", "boss": "false", "senior": "False",
            "dept_order_list": {"dept_id": "1", "order": "1"}, "dept_id_list": "[1]"
        });
        let read = account(&asked, &success(native)).unwrap();
        assert_eq!(read, account(&asked, &success(written)).unwrap());
        assert_eq!((read.enterprise_account, read.disabled, read.admin), (Some(true), Some(false), Some(true)));
        assert_eq!(
            (read.boss, read.senior, read.owner_corp_id.as_deref()),
            (Some(false), Some(false), Some("dingtest"))
        );
    }

    #[test]
    fn what_an_account_lacks_is_not_made_up() {
        let asked = UserId::parse("a").unwrap();
        let read = account(&asked, &success(json!({"userid": "a", "admin": "maybe", "boss": 0}))).unwrap();
        assert_eq!((read.enterprise_account, read.owner_corp_id, read.disabled), (None, None, None));
        assert_eq!((read.admin, read.boss, read.senior), (None, None, None));
        assert_eq!((read.sign_in, read.active, read.departments, read.roles), (None, None, None, None));
    }

    #[test]
    fn departments_and_roles_are_read_whole_or_not_at_all() {
        let asked = UserId::parse("a").unwrap();
        let read = |members: Value| {
            let mut result = json!({"userid": "a"});
            result.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
            account(&asked, &success(result)).unwrap()
        };
        let role = json!({"group_name": "默认", "name": "主管理员", "id": 2_062_489_174_u64});
        for roles in [json!([role]), role.clone()] {
            let read = read(json!({"dept_id_list": "[2,3]", "role_list": roles, "exclusive_account_type": "sso"}));
            assert_eq!(read.departments, Some(vec![DepartmentId::new(2), DepartmentId::new(3)]));
            assert_eq!(read.roles, Some(vec![Role { id: Some(2_062_489_174), name: "主管理员".to_owned() }]));
            assert_eq!(read.sign_in, Some(SignIn::Sso));
        }
        let odd = read(json!({"dept_id_list": [1, "x"], "role_list": [{"id": 1}], "exclusive_account_type": "new"}));
        assert_eq!((odd.departments, odd.roles, odd.sign_in), (None, None, None));
        let none = read(json!({"dept_id_list": []}));
        assert_eq!((none.departments, none.roles), (Some(vec![]), Some(vec![])));
    }

    #[test]
    fn owned_organizations_are_read_all_or_none() {
        let read = |body: Value| {
            let success = Success { api: Api::OwnedOrganizations, status: 200, request_id: None, body };
            organizations(&success).map_err(|failure| (failure.class, failure.code))
        };
        let one = Organization { corp_id: "ding1".to_owned(), name: Some("一".to_owned()) };
        assert_eq!(read(json!({"orgList": [{"corpId": "ding1", "corpName": "一"}]})), Ok(vec![one]));
        assert_eq!(read(json!({"orgList": [{"corpId": "d\n1"}]})).unwrap()[0].corp_id, "d1");
        assert_eq!(read(json!({"orgList": []})), Ok(vec![]));
        for list in [json!(null), json!([{"corpName": "一"}]), json!([{"corpId": ""}]), json!(["ding1"])] {
            let failure = (FailureClass::Busy, "unexpected_answer".to_owned());
            assert_eq!(read(json!({"orgList": list})), Err(failure), "{list}");
        }
    }

    #[test]
    fn a_search_says_whether_there_is_more() {
        let read = |body: Value| matches(&Success { api: Api::UserSearch, status: 200, request_id: None, body });
        let found = read(json!({"hasMore": true, "totalCount": 2, "list": ["b", "a", "b"]})).unwrap();
        assert_eq!(found.listed, ["b", "a", "b"].map(|id| UserId::parse(id).unwrap()));
        assert_eq!((found.has_more, found.total), (true, Some(2)));
        assert_eq!(read(json!({"hasMore": false, "totalCount": -1, "list": []})).unwrap().total, None);
        assert_eq!(read(json!({"list": []})).unwrap_err().code, "unexpected_answer");
        assert_eq!(read(json!({"hasMore": false, "list": ["a b"]})).unwrap_err().code, "unusable_user_id");
    }

    #[test]
    fn a_dingtalk_id_gives_one_id_or_a_failure() {
        let lookup = Lookup::DingTalkId(crate::incident::DingTalkId::parse("dt_1").unwrap());
        let read = |body: Value| {
            let success = Success { api: Api::UserByDingTalkId, status: 200, request_id: None, body };
            user_ids(&lookup, &success).map_err(|failure| failure.code)
        };
        assert_eq!(read(json!({"userId": "a"})), Ok(vec![UserId::parse("a").unwrap()]));
        assert_eq!(read(json!({"userId": ""})), Err("unexpected_answer".to_owned()));
    }

    #[test]
    fn the_answer_about_somebody_else_is_refused() {
        let asked = UserId::parse("a").unwrap();
        let other = account(&asked, &success(json!({"userid": "b"}))).unwrap_err();
        assert_eq!((other.class, other.code.as_str()), (FailureClass::Permanent, "other_account_answered"));
        assert_eq!(account(&asked, &success(json!({}))).unwrap_err().code, "unexpected_answer");
    }
}
