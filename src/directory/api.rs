//! The closed list of DingTalk calls that Portcullis makes, and what counts as success for each.

use serde_json::Value;

use super::lenient;
use crate::incident::FailureClass;

/// The most of an ordinary answer that is read, and of a list's.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// One API path. Limits are counted for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Api {
    AccessToken,
    CorpToken,
    LegacyToken,
    SignOut,
    Disable,
    Enable,
    Status,
    ChangeDingTalkId,
    OwnedOrganizations,
    UserByDingTalkId,
    UserSearch,
    User,
    UserByMobile,
    UserByUnionId,
    Admins,
    Department,
    SubDepartments,
    SubDepartmentIds,
    Members,
    Roles,
    RoleHolders,
    WorkNotice,
    WorkNoticeResult,
    OneToOne,
}

/// DingTalk's two kinds of API: other host, other place for the token, other form of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// `/v1.0/…`: token in a header, an error in the HTTP status and `code`.
    New,
    /// `/topapi/…`: token in the query, an error in `errcode` of an HTTP 200.
    Legacy,
}

/// Whether the month's quota pays for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charge {
    /// It does not: tokens, and the contact book's users, departments and roles.
    Free,
    /// It does, and containment needs the call.
    Containment,
    /// It does, and containment waits for a human who may not know of it yet.
    Alarm,
    /// It does, and the call gives way to containment.
    Look,
}

impl Api {
    /// Every call there is.
    pub(super) const ALL: [Self; 24] = [
        Self::AccessToken,
        Self::CorpToken,
        Self::LegacyToken,
        Self::SignOut,
        Self::Disable,
        Self::Enable,
        Self::Status,
        Self::ChangeDingTalkId,
        Self::OwnedOrganizations,
        Self::UserByDingTalkId,
        Self::UserSearch,
        Self::User,
        Self::UserByMobile,
        Self::UserByUnionId,
        Self::Admins,
        Self::Department,
        Self::SubDepartments,
        Self::SubDepartmentIds,
        Self::Members,
        Self::Roles,
        Self::RoleHolders,
        Self::WorkNotice,
        Self::WorkNoticeResult,
        Self::OneToOne,
    ];

    /// Where it lies. `{corpId}` stands for the organization.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::AccessToken => "/v1.0/oauth2/accessToken",
            Self::CorpToken => "/v1.0/oauth2/{corpId}/token",
            Self::LegacyToken => "/gettoken",
            Self::SignOut => "/v1.0/contact/orgAccounts/signOut",
            Self::Disable => "/v1.0/contact/orgAccounts/disable",
            Self::Enable => "/v1.0/contact/orgAccounts/enable",
            Self::Status => "/v1.0/contact/orgAccounts/status",
            Self::ChangeDingTalkId => "/v1.0/contact/orgAccounts/dingTalkIds/change",
            Self::OwnedOrganizations => "/v1.0/contact/orgAccounts/ownedOrganizations",
            Self::UserByDingTalkId => "/v1.0/contact/user/getByDingTalkId",
            Self::UserSearch => "/v1.0/contact/users/search",
            Self::User => "/topapi/v2/user/get",
            Self::UserByMobile => "/topapi/v2/user/getbymobile",
            Self::UserByUnionId => "/topapi/user/getbyunionid",
            Self::Admins => "/topapi/user/listadmin",
            Self::Department => "/topapi/v2/department/get",
            Self::SubDepartments => "/topapi/v2/department/listsub",
            Self::SubDepartmentIds => "/topapi/v2/department/listsubid",
            Self::Members => "/topapi/v2/user/list",
            Self::Roles => "/topapi/role/list",
            Self::RoleHolders => "/topapi/role/simplelist",
            Self::WorkNotice => "/topapi/message/corpconversation/asyncsend_v2",
            Self::WorkNoticeResult => "/topapi/message/corpconversation/getsendresult",
            Self::OneToOne => "/v1.0/robot/oToMessages/batchSend",
        }
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::LegacyToken
            | Self::User
            | Self::UserByMobile
            | Self::UserByUnionId
            | Self::Admins
            | Self::Department
            | Self::SubDepartments
            | Self::SubDepartmentIds
            | Self::Members
            | Self::Roles
            | Self::RoleHolders
            | Self::WorkNotice
            | Self::WorkNoticeResult => Family::Legacy,
            Self::AccessToken
            | Self::CorpToken
            | Self::SignOut
            | Self::Disable
            | Self::Enable
            | Self::Status
            | Self::ChangeDingTalkId
            | Self::OwnedOrganizations
            | Self::UserByDingTalkId
            | Self::UserSearch
            | Self::OneToOne => Family::New,
        }
    }

    /// The calls about Enterprise Accounts are not on DingTalk's list of those that are free. The two reads that no
    /// document names are taken for counted.
    pub(super) fn charge(self) -> Charge {
        match self {
            Self::SignOut
            | Self::Disable
            | Self::Enable
            | Self::ChangeDingTalkId
            | Self::Status
            | Self::UserByDingTalkId => Charge::Containment,
            // Whoever has only to know something is told it after what is to be done.
            Self::OwnedOrganizations
            | Self::UserSearch
            | Self::WorkNotice
            | Self::WorkNoticeResult
            | Self::OneToOne => Charge::Look,
            Self::AccessToken
            | Self::CorpToken
            | Self::LegacyToken
            | Self::User
            | Self::UserByMobile
            | Self::UserByUnionId
            | Self::Admins
            | Self::Department
            | Self::SubDepartments
            | Self::SubDepartmentIds
            | Self::Members
            | Self::Roles
            | Self::RoleHolders => Charge::Free,
        }
    }

    /// What it means when nobody knows whether the call was done: an order may have been carried
    /// out; a read did no harm and is tried again like after any outage; and while the token is
    /// still being fetched, the call that waits for it has not been sent.
    pub(super) fn if_unclear(self) -> FailureClass {
        match self {
            Self::AccessToken | Self::CorpToken | Self::LegacyToken => FailureClass::NotSent,
            Self::SignOut
            | Self::Disable
            | Self::Enable
            | Self::ChangeDingTalkId
            | Self::WorkNotice
            | Self::OneToOne => FailureClass::Unknown,
            Self::Status
            | Self::OwnedOrganizations
            | Self::UserByDingTalkId
            | Self::UserSearch
            | Self::User
            | Self::UserByMobile
            | Self::UserByUnionId
            | Self::Admins
            | Self::Department
            | Self::SubDepartments
            | Self::SubDepartmentIds
            | Self::Members
            | Self::Roles
            | Self::RoleHolders
            | Self::WorkNoticeResult => FailureClass::Busy,
        }
    }

    /// The most of an answer that is read. An account's has a few kilobytes; a page of a hundred users, or
    /// all departments below one, has many.
    pub(super) fn answer_bytes_max(self) -> usize {
        match self {
            Self::Members
            | Self::SubDepartments
            | Self::SubDepartmentIds
            | Self::Admins
            | Self::Roles
            | Self::RoleHolders => LIST_BYTES_MAX,
            _ => ANSWER_BYTES_MAX,
        }
    }

    /// Whether the body of a 2xx answer says that the call was done. The HTTP status alone never
    /// does: the new host answers even an unknown path with 200.
    pub(super) fn is_success(self, body: &Value) -> bool {
        match self {
            Self::AccessToken => body.get("accessToken").is_some_and(Value::is_string),
            Self::CorpToken => body.get("access_token").is_some_and(Value::is_string),
            Self::SignOut | Self::Disable | Self::Enable | Self::ChangeDingTalkId => {
                body.get("result") == Some(&Value::Bool(true))
            }
            Self::Status => body.get("disable").is_some_and(Value::is_boolean),
            Self::OwnedOrganizations => body.get("orgList").is_some_and(Value::is_array),
            Self::UserByDingTalkId => body.get("userId").is_some_and(Value::is_string),
            Self::UserSearch => body.get("list").is_some_and(Value::is_array),
            Self::OneToOne => body.get("processQueryKey").is_some_and(Value::is_string),
            Self::LegacyToken
            | Self::User
            | Self::UserByMobile
            | Self::UserByUnionId
            | Self::Admins
            | Self::Department
            | Self::SubDepartments
            | Self::SubDepartmentIds
            | Self::Members
            | Self::Roles
            | Self::RoleHolders
            | Self::WorkNotice
            | Self::WorkNoticeResult => body.get("errcode").and_then(lenient::integer) == Some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_true_of_json_is_success_for_an_order() {
        assert!(Api::SignOut.is_success(&json!({"result": true})));
        for other in [json!({}), json!({"result": "true"}), json!({"result": 1}), json!({"result": false}), json!(true)]
        {
            assert!(!Api::Disable.is_success(&other), "{other}");
        }
    }

    #[test]
    fn the_status_is_read_only_from_a_boolean() {
        assert!(Api::Status.is_success(&json!({"disable": false})));
        for other in [json!({}), json!({"disable": "false"}), json!({"disable": null}), json!({"result": true})] {
            assert!(!Api::Status.is_success(&other), "{other}");
        }
    }

    #[test]
    fn a_read_of_the_new_api_succeeds_by_the_member_that_was_asked_for() {
        for (api, good) in [
            (Api::OwnedOrganizations, json!({"orgList": []})),
            (Api::UserByDingTalkId, json!({"userId": "a"})),
            (Api::UserSearch, json!({"hasMore": false, "totalCount": 0, "list": []})),
        ] {
            assert!(api.is_success(&good), "{api:?}");
            for other in [json!({}), json!({"orgList": null, "userId": null, "list": "a"}), json!({"result": true})] {
                assert!(!api.is_success(&other), "{api:?} {other}");
            }
        }
    }

    #[test]
    fn a_legacy_call_succeeds_by_its_errcode() {
        assert!(Api::User.is_success(&json!({"errcode": 0})) && Api::User.is_success(&json!({"errcode": "0"})));
        for other in [json!({}), json!({"errcode": 88}), json!({"errcode": ""}), json!({"result": {}})] {
            assert!(!Api::User.is_success(&other), "{other}");
        }
    }
}
