//! The one table from what DingTalk answers to what it means: codes of both API families, and the
//! shapes of answers that carry no code.

use serde_json::Value;

use super::api::{Api, Family};
use super::lenient;
use crate::incident::{Failure, FailureClass};

/// The longest code kept, in bytes.
const CODE_BYTES_MAX: usize = 128;
/// `errcode` that only says "look at `sub_code`".
const WRAPPED: i64 = 88;
/// `status` of the answer to a banned address.
const BANNED: i64 = 1111;
/// What every code of the gateway's refusals begins with.
const REFUSED: &str = "Forbidden.AccessDenied.";

/// An answer's body as far as it can be understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// Nothing but white space.
    Empty,
    /// Something that is not JSON: a web page, as a rule.
    NotJson,
    /// JSON of any shape.
    Json(Value),
}

/// Class and code of an answer that is not success.
pub(super) fn classify(api: Api, status: u16, body: &Body) -> (FailureClass, String) {
    use FailureClass::{AddressBlocked, Busy, Permanent, Throttled};

    let json = match body {
        Body::Json(json) => json,
        // Gateways answer 5xx with a page of their own; any other page is the ban on an address.
        Body::NotJson if !matches!(status, 300..=399 | 429 | 500..) => return (AddressBlocked, "not_json".to_owned()),
        Body::NotJson | Body::Empty => &Value::Null,
    };
    if is_ban(json) {
        return (AddressBlocked, "address_blocked".to_owned());
    }
    let code = Code::of(json);
    let class = match (&code, status) {
        (Code::Legacy(code), 200..=299) if api.family() == Family::Legacy => legacy_class(*code),
        // A redirect, or a yes that does not say yes, leaves open whether the work was done.
        (_, ..=399) => api.if_unclear(),
        (Code::Named(code), _) if let Some(class) = named_class(code, status) => class,
        (Code::Legacy(code), 400..=499) => legacy_class(*code),
        (_, 429) => Throttled,
        (_, 500..) => Busy,
        _ => Permanent,
    };
    (class, code.text().unwrap_or_else(|| nameless(status)))
}

/// Whether a failure is DingTalk's way to say that there is no such user: 33012 in the
/// documentation, 60121 in live answers. The new API has a code for it with almost every call; the one that
/// looks for a DingTalk ID names none, so any of them is taken.
pub(super) fn is_unknown_user(failure: &Failure) -> bool {
    matches!(
        failure.code.as_str(),
        "33012" | "60121" | "user.not.exist" | "emp.not.exist" | "employee.not.exist" | "profile.not.exist"
    )
}

/// Whether a failure says that there is no such department.
pub(super) fn is_unknown_department(failure: &Failure) -> bool {
    failure.code == "60003"
}

/// Whether a failure says that there is no such role.
pub(super) fn is_unknown_role(failure: &Failure) -> bool {
    failure.code == "33011"
}

/// Codes of the new API. `None` for all others, which the HTTP status decides.
fn named_class(code: &str, status: u16) -> Option<FailureClass> {
    use FailureClass::{Busy, OperatorNeeded, QuotaExhausted, Throttled, ThrottledMinute, TokenRefused};

    let class = match code.strip_prefix(REFUSED).unwrap_or(code) {
        "InvalidAuthentication" => TokenRefused,
        limit if limit.starts_with("QpsLimit") => Throttled,
        limit if limit.starts_with("QpmLimit") => ThrottledMinute,
        "send.too.fast" => ThrottledMinute,
        // The same code is "too frequent" with 429 and an outage with 500.
        "system.busy" | "systemBusy" if status == 429 => Throttled,
        "ApiCountLimitForOrg" => QuotaExhausted,
        "AccessTokenPermissionDenied"
        | "IpNotInWhiteList"
        | "invalidClientIdOrSecret"
        // Of the organization's token call.
        | "invalid.client"
        | "unauthorized.client"
        | "AuthenticationFailed.MissingParameter" => OperatorNeeded,
        "system.busy" | "systemBusy" | "unknownError" | "serviceBusy" => Busy,
        _ => return None,
    };
    Some(class)
}

/// Codes of the legacy API.
fn legacy_class(code: i64) -> FailureClass {
    match code {
        40_014 | 42_001 | 40_001 | 33_001 => FailureClass::TokenRefused,
        90_001..=90_014 | 90_018 => FailureClass::Throttled,
        90_020 => FailureClass::QuotaExhausted,
        // Of messages: more in a minute than one app, or the organization, may send.
        143_103 | 143_104 | 143_203 | 143_204 => FailureClass::ThrottledMinute,
        60_011 | 60_020 | 40_096 | 40_089 => FailureClass::OperatorNeeded,
        -1 => FailureClass::Busy,
        _ => FailureClass::Permanent,
    }
}

/// `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":…}`
fn is_ban(json: &Value) -> bool {
    json.get("status").and_then(lenient::integer) == Some(BANNED)
        || json.get("punish").and_then(Value::as_str) == Some("deny")
}

/// The code in an answer, whichever family it is from.
enum Code {
    Named(String),
    Legacy(i64),
    None,
}

impl Code {
    fn of(json: &Value) -> Self {
        let named = json.get("code").or_else(|| json.get("Code")).and_then(lenient::text);
        if let Some(code) = named.as_deref().and_then(sanitised) {
            return Self::Named(code);
        }
        let errcode = json.get("errcode").and_then(lenient::integer);
        let wrapped = json.get("sub_code").and_then(lenient::integer).filter(|_| errcode == Some(WRAPPED));
        wrapped.or(errcode).filter(|code| *code != 0).map_or(Self::None, Self::Legacy)
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Named(code) => Some(code),
            Self::Legacy(code) => Some(code.to_string()),
            Self::None => None,
        }
    }
}

/// Text from outside as visible ASCII of bounded length; `None` when nothing is left.
pub(super) fn sanitised(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(char::is_ascii_graphic).take(CODE_BYTES_MAX).collect();
    (!kept.is_empty()).then_some(kept)
}

/// A short name of ours for an answer without a code.
fn nameless(status: u16) -> String {
    match status {
        200..=299 => "unexpected_answer".to_owned(),
        _ => format!("http_{status}"),
    }
}

#[cfg(test)]
mod tests;
