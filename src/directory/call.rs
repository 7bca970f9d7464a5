//! What is sent to DingTalk for each call: bodies as the official SDK writes them, values always
//! encoded and never pasted into a URL.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::api::Api;
use super::model::{Lookup, Order};
use crate::incident::UserId;

/// One call, ready to be sent. Not `Debug`: one of them carries the app's secret.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) payload: Payload,
}

/// Where a call's values go.
pub(super) enum Payload {
    /// `POST` with a JSON body.
    Json(String),
    /// `GET` with one query parameter.
    Query(&'static str, String),
}

impl Call {
    /// Asks for an access token.
    pub(super) fn access_token(app_key: &str, app_secret: &SecretString) -> Self {
        let secret = Value::from(app_secret.expose_secret());
        Self::json(Api::AccessToken, [("appKey", app_key.into()), ("appSecret", secret)])
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
        }
    }

    /// Asks whether an account is disabled.
    pub(super) fn status(user_id: &UserId) -> Self {
        Self { api: Api::Status, payload: Payload::Query("userId", user_id.as_str().to_owned()) }
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
        }
    }

    /// Members go out in the order of their names, which is the SDK's order too.
    fn json(api: Api, fields: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let mut body = Map::new();
        let mut fields: Vec<_> = fields.into_iter().collect();
        fields.sort_by_key(|(name, _)| *name);
        body.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
        Self { api, payload: Payload::Json(Value::Object(body).to_string()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{AccountKind, AccountRef};
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
}
