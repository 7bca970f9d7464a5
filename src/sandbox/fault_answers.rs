//! What each fault does to a call: the answer in place of the work, or the work without an answer.

use serde_json::json;

use super::answer::Answer;
use super::catalogue::{Api, Family};
use super::faults::FaultKind;
use super::refusals as refuse;

impl FaultKind {
    /// Whether the work is done as soon as the call is received.
    pub(super) fn works_at_once(self) -> bool {
        matches!(self, Self::HangAfterWork | Self::ResetAfterWork | Self::DroppedSilently)
    }

    /// The answer given instead of the work; `None` for the faults that are about time or connection.
    pub(super) fn answer(self, api: Api, family: Family) -> Option<Answer> {
        let either = |new, legacy| match family {
            Family::New => Answer::NewRefused(new),
            Family::Legacy => Answer::LegacyRefused(legacy),
        };
        Some(match self {
            Self::Busy => either(refuse::SYSTEM_BUSY, refuse::LEGACY_BUSY),
            Self::Throttled => either(refuse::THROTTLED, refuse::LEGACY_THROTTLED),
            Self::ThrottledMinute => either(refuse::THROTTLED_MINUTE, refuse::LEGACY_THROTTLED_MINUTE),
            Self::ExpiredToken => either(refuse::INVALID_AUTHENTICATION, refuse::LEGACY_INVALID_TOKEN),
            Self::QuotaExhausted => either(refuse::QUOTA_EXHAUSTED, refuse::LEGACY_QUOTA_EXHAUSTED),
            Self::PermissionDenied => {
                either(refuse::permission_denied(scope_of(api)), refuse::LEGACY_PERMISSION_DENIED)
            }
            Self::AddressBlocked => Answer::Bare(
                json!({ "status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "sandbox-block" }),
                Some("1111"),
            ),
            Self::HtmlWith200 => {
                Answer::Page("<!DOCTYPE html><html><body>sandbox: a page, not an answer</body></html>")
            }
            Self::ResultFalse if family == Family::Legacy => {
                Answer::Bare(json!({ "errcode": 0, "errmsg": "ok", "result": false }), Some("result_false"))
            }
            Self::ResultFalse => Answer::Bare(json!({ "result": false }), Some("result_false")),
            Self::FalseSuccess if family == Family::Legacy => {
                Answer::Bare(json!({ "errcode": 0, "errmsg": "ok", "result": true }), None)
            }
            Self::FalseSuccess => Answer::Bare(json!({ "result": true }), None),
            Self::EmptyObject => Answer::Bare(json!({}), Some("empty_object")),
            Self::HangBeforeWork
            | Self::HangAfterWork
            | Self::ResetBeforeWork
            | Self::ResetAfterWork
            | Self::DroppedSilently
            | Self::SlowMs(_) => return None,
        })
    }
}

/// The permission that an API of the new family needs.
fn scope_of(api: Api) -> &'static str {
    match api {
        Api::ChangeDingtalkId => "qyapi_manage_addresslist",
        Api::UserSearch => "qyapi_addresslist_search",
        // Inferred from the other look-ups: no document has it.
        Api::UserByDingtalkId => "qyapi_get_member",
        Api::RobotMessage => "qyapi_robot_sendmsg",
        _ => "Contact.OrgAccountSecurity.ReadWrite",
    }
}
