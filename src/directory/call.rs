//! What is sent to DingTalk for each call: bodies as the official SDK writes them, values always
//! encoded and never pasted into a URL.

use std::borrow::Cow;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::api::{Api, Charge};
use super::contacts::{DepartmentId, PageFrom};
use super::message::Message;
use super::model::{Lookup, Order};
use super::roles::{HOLDERS_PAGE, ROLES_PAGE, RoleId};
use super::settings::{App, TokenCall};
use crate::incident::{Urgency, UserId};

/// Names on a page of a search.
const SEARCH_PAGE: u64 = 50;
/// Users on a page, the most that DingTalk gives.
const MEMBERS_PAGE: u64 = 100;

/// One call, ready to be sent. Not `Debug`: one of them carries the app's secret.
pub(super) struct Call {
    pub(super) api: Api,
    /// Where it goes at its host.
    pub(super) path: Cow<'static, str>,
    pub(super) payload: Payload,
    /// What the month's quota has to do with it.
    pub(super) charge: Charge,
}

/// Where a call's values go.
pub(super) enum Payload {
    /// `POST` with a JSON body.
    Json(String),
    /// `GET` with query parameters.
    Query(Vec<(&'static str, String)>),
}

impl Call {
    /// Asks for an access token, in the words of the call that gives it.
    pub(super) fn token(app: &App, app_secret: &SecretString) -> Self {
        let (key, secret) = (app.key.as_str(), app_secret.expose_secret());
        match app.token_call {
            TokenCall::AccessToken => {
                Self::json(Api::AccessToken, [("appKey", key.into()), ("appSecret", secret.into())])
            }
            TokenCall::CorpToken => {
                let grant = ("grant_type", "client_credentials".into());
                let call =
                    Self::json(Api::CorpToken, [("client_id", key.into()), ("client_secret", secret.into()), grant]);
                // The settings let nothing into it that would have to be encoded in a path.
                Self { path: call.path.replace("{corpId}", &app.corp_id).into(), ..call }
            }
            TokenCall::LegacyToken => {
                let fields = vec![("appkey", key.to_owned()), ("appsecret", secret.to_owned())];
                Self::get(Api::LegacyToken, fields)
            }
        }
    }

    /// Does what is ordered.
    pub(super) fn order(order: &Order) -> Self {
        match order {
            Order::SignOut { user_id, reason, employee_reason } => {
                let texts: Map<_, _> =
                    employee_reason.iter().map(|(locale, text)| (locale.clone(), text.as_str().into())).collect();
                let texts = (!texts.is_empty()).then_some(("reasonI18nForEmployee", Value::Object(texts)));
                let fields = [("reason", reason.as_str().into()), ("userId", user_id.as_str().into())];
                Self::json(Api::SignOut, fields.into_iter().chain(texts))
            }
            Order::Disable { user_id, reason } => {
                Self::json(Api::Disable, [("reason", reason.as_str().into()), ("userId", user_id.as_str().into())])
            }
            Order::Enable { user_id } => Self::json(Api::Enable, [("userId", user_id.as_str().into())]),
            Order::ChangeDingTalkId { user_id, dingtalk_id } => {
                let fields = [("dingTalkId", dingtalk_id.as_str().into()), ("userId", user_id.as_str().into())];
                Self::json(Api::ChangeDingTalkId, fields)
            }
        }
    }

    /// Asks whether an account is disabled.
    pub(super) fn status(user_id: &UserId) -> Self {
        Self::query(Api::Status, "userId", user_id.as_str())
    }

    /// Asks which organizations an account owns.
    pub(super) fn owned_organizations(user_id: &UserId) -> Self {
        Self::query(Api::OwnedOrganizations, "userId", user_id.as_str())
    }

    /// Reads an account.
    pub(super) fn account(user_id: &UserId) -> Self {
        Self::json(Api::User, [("userid", user_id.as_str().into())])
    }

    /// Looks for accounts. Enterprise Accounts are found by their mobile number only on request.
    pub(super) fn find(lookup: &Lookup) -> Self {
        match lookup {
            Lookup::LoginId(login) => Self::json(Api::User, [("login_id", login.value().into())]),
            Lookup::UnionId(union) => Self::json(Api::UserByUnionId, [("unionid", union.value().into())]),
            Lookup::Mobile(mobile) => Self::json(
                Api::UserByMobile,
                [("mobile", mobile.value().into()), ("support_exclusive_account_search", true.into())],
            ),
            Lookup::DingTalkId(id) => Self::query(Api::UserByDingTalkId, "dingtalkId", id.as_str()),
        }
    }

    /// Asks who has a name, or a name like it.
    pub(super) fn search(name: &str, offset: u64) -> Self {
        Self::json(
            Api::UserSearch,
            [("offset", offset.into()), ("queryWord", name.into()), ("size", SEARCH_PAGE.into())],
        )
    }

    /// Asks who administers the organization.
    pub(super) fn admins() -> Self {
        Self::json(Api::Admins, [])
    }

    /// Reads a department, or what is directly below it.
    pub(super) fn department(api: Api, id: DepartmentId) -> Self {
        Self::json(api, [("dept_id", id.number().into())])
    }

    /// Reads a page of a department's own users.
    pub(super) fn members(id: DepartmentId, from: PageFrom) -> Self {
        let page = [("cursor", from.number().into()), ("size", MEMBERS_PAGE.into())];
        Self::json(Api::Members, page.into_iter().chain([("dept_id", id.number().into())]))
    }

    /// Reads a page of the organization's roles.
    pub(super) fn roles(from: PageFrom) -> Self {
        Self::json(Api::Roles, [("offset", from.number().into()), ("size", ROLES_PAGE.into())])
    }

    /// Reads a page of those who have a role.
    pub(super) fn holders(id: RoleId, from: PageFrom) -> Self {
        let page = [("offset", from.number().into()), ("size", HOLDERS_PAGE.into())];
        Self::json(Api::RoleHolders, page.into_iter().chain([("role_id", id.number().into())]))
    }

    /// Tells people something. What the robot says is JSON within JSON.
    pub(super) fn message(message: &Message) -> Self {
        match message {
            Message::Work { agent_id, user_ids, text } => {
                let ids: Vec<&str> = user_ids.iter().map(UserId::as_str).collect();
                let msg = json!({ "msgtype": "text", "text": { "content": text } });
                let fields = [("agent_id", (*agent_id).into()), ("msg", msg), ("userid_list", ids.join(",").into())];
                Self::json(Api::WorkNotice, fields)
            }
            Message::OneToOne { robot_code, user_ids, text } => {
                let ids: Vec<Value> = user_ids.iter().map(|id| id.as_str().into()).collect();
                let said = json!({ "content": text }).to_string();
                let to = [("robotCode", robot_code.as_str().into()), ("userIds", Value::Array(ids))];
                let said = [("msgKey", "sampleText".into()), ("msgParam", said.into())];
                Self::json(Api::OneToOne, to.into_iter().chain(said))
            }
        }
    }

    /// Asks who got a work notification.
    pub(super) fn work_notice_result(agent_id: i64, task: i64) -> Self {
        Self::json(Api::WorkNoticeResult, [("agent_id", agent_id.into()), ("task_id", task.into())])
    }

    /// The same, if people have to do something about what it tells, or asks whether they were told.
    pub(super) fn with_urgency(self, urgency: Urgency) -> Self {
        match urgency {
            Urgency::Answer | Urgency::Act => Self { charge: Charge::Alarm, ..self },
            Urgency::Know => self,
        }
    }

    fn query(api: Api, name: &'static str, value: &str) -> Self {
        Self::get(api, vec![(name, value.to_owned())])
    }

    fn get(api: Api, fields: Vec<(&'static str, String)>) -> Self {
        Self { api, path: api.path().into(), payload: Payload::Query(fields), charge: api.charge() }
    }

    /// Members go out in the order of their names, which is the SDK's order too.
    fn json(api: Api, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let mut body = Map::new();
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        body.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let payload = Payload::Json(Value::Object(body).to_string());
        Self { api, path: api.path().into(), payload, charge: api.charge() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{AccountKind, AccountRef, ChosenDingTalkId};
    use std::collections::BTreeMap;

    fn body(call: &Call) -> &str {
        match &call.payload {
            Payload::Json(body) => body,
            Payload::Query(..) => panic!("no body"),
        }
    }

    fn user() -> UserId {
        UserId::parse("user123").unwrap()
    }

    #[test]
    fn orders_are_written_as_the_official_sdk_writes_them() {
        let employee_reason = BTreeMap::from([
            ("zh_CN".to_owned(), "您的账号存在风险".to_owned()),
            ("en_US".to_owned(), "Unusual \"sign-in\"".to_owned()),
        ]);
        let reason = "INC-4711: credential stuffing".to_owned();
        let sign_out = Order::SignOut { user_id: user(), reason: reason.clone(), employee_reason };
        assert_eq!(
            body(&Call::order(&sign_out)),
            r#"{"reason":"INC-4711: credential stuffing","reasonI18nForEmployee":{"en_US":"Unusual \"sign-in\"","zh_CN":"您的账号存在风险"},"userId":"user123"}"#
        );
        assert_eq!(
            body(&Call::order(&Order::Disable { user_id: user(), reason })),
            r#"{"reason":"INC-4711: credential stuffing","userId":"user123"}"#
        );
        assert_eq!(body(&Call::order(&Order::Enable { user_id: user() })), r#"{"userId":"user123"}"#);
    }

    #[test]
    fn an_absent_employee_reason_is_left_out() {
        let order = Order::SignOut { user_id: user(), reason: "r".to_owned(), employee_reason: BTreeMap::new() };
        assert_eq!(body(&Call::order(&order)), r#"{"reason":"r","userId":"user123"}"#);
    }

    #[test]
    fn lookups_ask_for_enterprise_accounts() {
        let mobile = AccountRef::parse(AccountKind::Mobile, "13800000001").unwrap();
        assert_eq!(
            body(&Call::find(&Lookup::Mobile(mobile))),
            r#"{"mobile":"13800000001","support_exclusive_account_search":true}"#
        );
        let login = AccountRef::parse(AccountKind::LoginId, "zhang.san").unwrap();
        assert_eq!(body(&Call::find(&Lookup::LoginId(login))), r#"{"login_id":"zhang.san"}"#);
        let union = AccountRef::parse(AccountKind::UnionId, "uN1").unwrap();
        assert_eq!(body(&Call::find(&Lookup::UnionId(union))), r#"{"unionid":"uN1"}"#);
    }

    #[test]
    fn a_change_of_the_dingtalk_id_has_no_reason() {
        let dingtalk_id = ChosenDingTalkId::parse("zhang2027").unwrap();
        let order = Order::ChangeDingTalkId { user_id: user(), dingtalk_id };
        assert_eq!(body(&Call::order(&order)), r#"{"dingTalkId":"zhang2027","userId":"user123"}"#);
    }

    #[test]
    fn messages_name_everybody_in_the_form_of_their_call() {
        let user_ids = vec![user(), UserId::parse("user456").unwrap()];
        let text = "a \"held\" incident\n事件".to_owned();
        let work = Message::Work { agent_id: 7, user_ids: user_ids.clone(), text: text.clone() };
        assert_eq!(
            body(&Call::message(&work)),
            r#"{"agent_id":7,"msg":{"msgtype":"text","text":{"content":"a \"held\" incident\n事件"}},"userid_list":"user123,user456"}"#
        );
        let robot = Message::OneToOne { robot_code: "ding1".to_owned(), user_ids, text };
        assert_eq!(
            body(&Call::message(&robot)),
            r#"{"msgKey":"sampleText","msgParam":"{\"content\":\"a \\\"held\\\" incident\\n事件\"}","robotCode":"ding1","userIds":["user123","user456"]}"#
        );
        assert_eq!(body(&Call::work_notice_result(7, 256_271)), r#"{"agent_id":7,"task_id":256271}"#);
    }

    #[test]
    fn lists_are_asked_for_page_by_page() {
        let id = DepartmentId::new(31);
        assert_eq!(body(&Call::members(id, PageFrom::START)), r#"{"cursor":0,"dept_id":31,"size":100}"#);
        assert_eq!(body(&Call::department(Api::SubDepartments, DepartmentId::ROOT)), r#"{"dept_id":1}"#);
        assert_eq!(body(&Call::admins()), "{}");
        assert_eq!(body(&Call::roles(PageFrom::START)), r#"{"offset":0,"size":200}"#);
        let holders = Call::holders(RoleId::new(77), PageFrom::new(100));
        assert_eq!(body(&holders), r#"{"offset":100,"role_id":77,"size":100}"#);
        assert_eq!(body(&Call::search("张三", 2)), r#"{"offset":2,"queryWord":"张三","size":50}"#);
    }
}
