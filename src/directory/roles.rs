//! The organization's roles and who has them, as the legacy API lists both.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::Success;
use super::contacts::PageFrom;
use super::lenient;
use super::listing::{list, result};
use super::lookup::{member, user_id};
use crate::incident::{Failure, FailureClass, UserId};

/// The most roles, and the most people of one role, on a page: what DingTalk's documents allow.
pub(super) const ROLES_PAGE: i64 = 200;
pub(super) const HOLDERS_PAGE: i64 = 100;

/// A role's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoleId(i64);

impl RoleId {
    /// The role with this number.
    #[must_use]
    pub fn new(number: i64) -> Self {
        Self(number)
    }

    /// As DingTalk writes it.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A role that the organization has, whoever has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRole {
    /// Its id.
    pub id: RoleId,
    /// Its name, which another role may have too; empty when the app may not see it.
    pub name: String,
}

/// A page of the organization's roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePage {
    /// Those on it.
    pub roles: Vec<ListedRole>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PageFrom>,
}

/// A page of those who have a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderPage {
    /// Who is on it.
    pub holders: Vec<UserId>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PageFrom>,
}

/// The page of roles that begins at `from`. They stand in groups, which say nothing about anybody.
pub(super) fn roles(from: PageFrom, success: &Success) -> Result<RolePage, Failure> {
    let (groups, next) = page(from, ROLES_PAGE, success)?;
    let mut roles = Vec::new();
    for group in &groups {
        // A group without a role has no list of them.
        let listed = group.get("roles").map_or(Ok(Vec::new()), |listed| list(success, listed))?;
        for role in &listed {
            let id = member(role, "id").and_then(lenient::integer).ok_or_else(|| success.unexpected())?;
            let name = member(role, "name").and_then(lenient::text).unwrap_or_default();
            roles.push(ListedRole { id: RoleId(id), name });
        }
    }
    Ok(RolePage { roles, next })
}

/// The page of a role's people that begins at `from`.
pub(super) fn holders(from: PageFrom, success: &Success) -> Result<HolderPage, Failure> {
    let (listed, next) = page(from, HOLDERS_PAGE, success)?;
    let id = |value: &Value| user_id(success, member(value, "userid").ok_or_else(|| success.unexpected())?);
    Ok(HolderPage { holders: listed.iter().map(id).collect::<Result<_, _>>()?, next })
}

/// What a page lists, and where the next begins. DingTalk's legacy SDK has a `nextCursor`, which the documents do not
/// have; without it the offset goes on by the size that was asked for.
fn page(from: PageFrom, size: i64, success: &Success) -> Result<(Vec<Value>, Option<PageFrom>), Failure> {
    let result = result(success)?;
    let has_more = member(result, "hasMore").and_then(lenient::boolean).ok_or_else(|| success.unexpected())?;
    let listed = list(success, result.get("list").ok_or_else(|| success.unexpected())?)?;
    if !has_more {
        return Ok((listed, None));
    }
    let told = member(result, "nextCursor").and_then(lenient::integer);
    let next = PageFrom::new(told.unwrap_or_else(|| from.number().saturating_add(size)));
    // A page that leads back, or on without anybody on it, would be read for ever.
    if next <= from || listed.is_empty() {
        return Err(success.failure(FailureClass::Permanent, "cursor_does_not_advance"));
    }
    Ok((listed, Some(next)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::api::Api;
    use serde_json::json;

    fn success(result: Value) -> Success {
        Success { api: Api::Roles, status: 200, request_id: None, body: json!({"errcode": 0, "result": result}) }
    }

    fn role(id: i64, name: &str) -> ListedRole {
        ListedRole { id: RoleId::new(id), name: name.to_owned() }
    }

    #[test]
    fn roles_are_read_out_of_their_groups_in_both_forms() {
        let native = json!({"hasMore": false, "list": [
            {"groupId": 1, "name": "默认", "roles": [{"id": 11, "name": "主管理员"}, {"id": 12, "name": "主管"}]},
            {"groupId": 2, "name": "职务", "roles": []},
            {"groupId": 3, "name": "空"}]});
        let written = json!({"hasMore": "false", "list": {
            "groupId": "1", "roles": [{"id": "11", "name": "主管理员"}, {"id": "12", "name": "主管"}]}});
        for one in [native, written] {
            let page = roles(PageFrom::START, &success(one)).unwrap();
            assert_eq!(page, RolePage { roles: vec![role(11, "主管理员"), role(12, "主管")], next: None });
        }
        let nameless = json!({"hasMore": false, "list": [{"roles": {"id": 7}}]});
        assert_eq!(roles(PageFrom::START, &success(nameless)).unwrap().roles, [role(7, "")]);
    }

    #[test]
    fn a_page_says_where_the_next_begins_or_the_size_does() {
        let from = PageFrom::new(100);
        let read = |more: Value| holders(from, &success(more)).map(|page| page.next).map_err(|failure| failure.code);
        let people = json!([{"userid": "a", "name": "张三", "manageScopes": []}]);
        assert_eq!(read(json!({"hasMore": false, "list": people})), Ok(None));
        assert_eq!(read(json!({"hasMore": true, "list": people})), Ok(Some(PageFrom::new(200))));
        assert_eq!(read(json!({"hasMore": true, "nextCursor": "150", "list": people})), Ok(Some(PageFrom::new(150))));
        for (more, code) in [
            (json!({"hasMore": true, "nextCursor": 100, "list": people}), "cursor_does_not_advance"),
            (json!({"hasMore": true, "list": []}), "cursor_does_not_advance"),
            (json!({"list": people}), "unexpected_answer"),
            (json!({"hasMore": false}), "unexpected_answer"),
            (json!({"hasMore": false, "list": [{"name": "x"}]}), "unexpected_answer"),
            (json!({"hasMore": false, "list": [{"userid": "a\nb"}]}), "unusable_user_id"),
            (json!(null), "unexpected_answer"),
        ] {
            assert_eq!(read(more.clone()), Err(code.to_owned()), "{more}");
        }
    }

    #[test]
    fn a_role_that_cannot_be_read_is_not_left_out() {
        for odd in [json!([{"roles": [{"name": "x"}]}]), json!([{"roles": [{"id": "x"}]}]), json!([{"roles": "[x"}])] {
            let refused = roles(PageFrom::START, &success(json!({"hasMore": false, "list": odd}))).unwrap_err();
            assert_eq!(refused.code, "unexpected_answer", "{odd}");
        }
    }
}
