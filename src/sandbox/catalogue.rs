//! The closed list of what can be called: each API with its name, family, method and path.

use serde::{Deserialize, Serialize};

/// One API of DingTalk that the sandbox knows. The snake_case names are those used in faults and in
/// the list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// `POST /v1.0/oauth2/accessToken`
    AccessToken,
    /// `POST /v1.0/oauth2/{corpId}/token`
    CorpToken,
    /// `GET /gettoken`
    LegacyToken,
    /// `POST /v1.0/contact/orgAccounts/signOut`
    SignOut,
    /// `POST /v1.0/contact/orgAccounts/disable`
    Disable,
    /// `POST /v1.0/contact/orgAccounts/enable`
    Enable,
    /// `GET /v1.0/contact/orgAccounts/status`
    Status,
    /// `POST /v1.0/contact/orgAccounts/dingTalkIds/change`
    ChangeDingtalkId,
    /// `GET /v1.0/contact/orgAccounts/ownedOrganizations`
    OwnedOrganizations,
    /// `GET /v1.0/contact/user/getByDingTalkId`
    UserByDingtalkId,
    /// `POST /v1.0/contact/users/search`
    UserSearch,
    /// `POST /topapi/v2/user/get`
    UserGet,
    /// `POST /topapi/v2/user/getbymobile`
    UserGetByMobile,
    /// `POST /topapi/user/getbyunionid`
    UserGetByUnionId,
    /// `POST /topapi/user/listadmin`
    UserListAdmin,
    /// `POST /topapi/user/get_admin_scope`
    UserGetAdminScope,
    /// `POST /topapi/user/listid`
    UserListId,
    /// `POST /topapi/user/listsimple`
    UserListSimple,
    /// `POST /topapi/v2/user/list`
    UserList,
    /// `POST /topapi/role/list`
    RoleList,
    /// `POST /topapi/role/simplelist`
    RoleSimplelist,
    /// `POST /topapi/v2/department/listsub`
    DepartmentListSub,
    /// `POST /topapi/v2/department/listsubid`
    DepartmentListSubId,
    /// `POST /topapi/v2/department/get`
    DepartmentGet,
    /// `POST /topapi/message/corpconversation/asyncsend_v2`
    WorkNotice,
    /// `POST /topapi/message/corpconversation/getsendresult`
    WorkNoticeResult,
    /// `POST /v1.0/robot/oToMessages/batchSend`
    RobotMessage,
    /// Anything else.
    Unknown,
}

/// The two kinds of API, which differ in everything from token to error document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `/v1.0/…`: token in a header, errors by HTTP status.
    New,
    /// `/gettoken` and `/topapi/…`: token in the query, errors inside HTTP 200.
    Legacy,
}

/// Every API with a fixed path. The path of `CorpToken` holds the organization and is matched apart.
const ROUTES: [(Api, &str, &str); 26] = [
    (Api::AccessToken, "POST", "/v1.0/oauth2/accessToken"),
    (Api::LegacyToken, "GET", "/gettoken"),
    (Api::SignOut, "POST", "/v1.0/contact/orgAccounts/signOut"),
    (Api::Disable, "POST", "/v1.0/contact/orgAccounts/disable"),
    (Api::Enable, "POST", "/v1.0/contact/orgAccounts/enable"),
    (Api::Status, "GET", "/v1.0/contact/orgAccounts/status"),
    (Api::ChangeDingtalkId, "POST", "/v1.0/contact/orgAccounts/dingTalkIds/change"),
    (Api::OwnedOrganizations, "GET", "/v1.0/contact/orgAccounts/ownedOrganizations"),
    (Api::UserByDingtalkId, "GET", "/v1.0/contact/user/getByDingTalkId"),
    (Api::UserSearch, "POST", "/v1.0/contact/users/search"),
    (Api::UserGet, "POST", "/topapi/v2/user/get"),
    (Api::UserGetByMobile, "POST", "/topapi/v2/user/getbymobile"),
    (Api::UserGetByUnionId, "POST", "/topapi/user/getbyunionid"),
    (Api::UserListAdmin, "POST", "/topapi/user/listadmin"),
    (Api::UserGetAdminScope, "POST", "/topapi/user/get_admin_scope"),
    (Api::UserListId, "POST", "/topapi/user/listid"),
    (Api::UserListSimple, "POST", "/topapi/user/listsimple"),
    (Api::UserList, "POST", "/topapi/v2/user/list"),
    (Api::RoleList, "POST", "/topapi/role/list"),
    (Api::RoleSimplelist, "POST", "/topapi/role/simplelist"),
    (Api::DepartmentListSub, "POST", "/topapi/v2/department/listsub"),
    (Api::DepartmentListSubId, "POST", "/topapi/v2/department/listsubid"),
    (Api::DepartmentGet, "POST", "/topapi/v2/department/get"),
    (Api::WorkNotice, "POST", "/topapi/message/corpconversation/asyncsend_v2"),
    (Api::WorkNoticeResult, "POST", "/topapi/message/corpconversation/getsendresult"),
    (Api::RobotMessage, "POST", "/v1.0/robot/oToMessages/batchSend"),
];

impl Api {
    /// The API called by `method` on `path`; [`Api::Unknown`] when there is none, also when the path
    /// is known and the method is another one.
    #[must_use]
    pub fn find(method: &str, path: &str) -> Self {
        if method == "POST" && corp_of_token_path(path).is_some() {
            return Self::CorpToken;
        }
        let route = ROUTES.iter().find(|(_, m, p)| *m == method && *p == path);
        route.map_or(Self::Unknown, |(api, _, _)| *api)
    }

    /// Whether a token must be shown.
    #[must_use]
    pub fn needs_token(self) -> bool {
        !matches!(self, Self::AccessToken | Self::CorpToken | Self::LegacyToken | Self::Unknown)
    }
}

impl Family {
    /// The family a path belongs to.
    #[must_use]
    pub fn of_path(path: &str) -> Self {
        if path.starts_with("/v1.0/") { Self::New } else { Self::Legacy }
    }
}

/// Whether `path` is called by another method.
pub(super) fn is_path_of_another_method(path: &str) -> bool {
    ROUTES.iter().any(|(_, _, known)| *known == path)
}

/// The organization named in `/v1.0/oauth2/{corpId}/token`.
pub(super) fn corp_of_token_path(path: &str) -> Option<&str> {
    let corp = path.strip_prefix("/v1.0/oauth2/")?.strip_suffix("/token")?;
    (!corp.is_empty() && !corp.contains('/')).then_some(corp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_found_and_listed_once() {
        for (at, (api, method, path)) in ROUTES.iter().enumerate() {
            assert_eq!(Api::find(method, path), *api);
            assert!(ROUTES.iter().skip(at + 1).all(|(other, _, p)| other != api && p != path), "{path}");
        }
    }

    #[test]
    fn the_organization_is_read_from_the_path() {
        assert_eq!(Api::find("POST", "/v1.0/oauth2/dingcorp/token"), Api::CorpToken);
        for path in ["/v1.0/oauth2//token", "/v1.0/oauth2/token", "/v1.0/oauth2/a/b/token"] {
            assert_eq!(Api::find("POST", path), Api::Unknown, "{path}");
        }
    }

    #[test]
    fn another_method_is_another_api() {
        assert_eq!(Api::find("GET", "/v1.0/contact/orgAccounts/signOut"), Api::Unknown);
        assert_eq!(Api::find("post", "/v1.0/contact/orgAccounts/signOut"), Api::Unknown);
    }
}
