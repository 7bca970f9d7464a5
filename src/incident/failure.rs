//! The ways a call to DingTalk can fail, as classes that say what to do next.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a failure means for the step that met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The access token was refused even after one refresh.
    TokenRefused,
    /// Throttled by the second: wait at least one second.
    Throttled,
    /// Throttled by the minute: wait at least one minute.
    ThrottledMinute,
    /// The month's quota is used up: nothing will work until the month ends or the plan changes.
    QuotaExhausted,
    /// This address is banned: break for five minutes.
    AddressBlocked,
    /// A permission, credential or address list must be mended by an operator; no retry.
    OperatorNeeded,
    /// DingTalk is busy or broken: retry with backoff.
    Busy,
    /// The call can never succeed as it is.
    Permanent,
    /// Nothing reached DingTalk: the connection was refused or the local limit's wait was too long.
    NotSent,
    /// Nothing was sent, because DingTalk is down: everything waits until it is back.
    Unreachable,
    /// No answer that can be understood: the work may or may not have been done.
    Unknown,
    /// DingTalk said yes, but reading the account back shows no effect.
    NotInEffect,
}

/// One failed call: its class and what DingTalk said, without localised message or body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What it means.
    pub class: FailureClass,
    /// DingTalk's error code, or a short name of ours such as `timeout`; visible ASCII, at most 128.
    pub code: String,
    /// HTTP status, where there was an answer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub http_status: Option<u16>,
    /// DingTalk's request id, for their support.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
}

impl Failure {
    /// The code of an undo that another incident's containment stands in the way of, which is that one's to undo now.
    pub const CONTAINED_BY_ANOTHER: &'static str = "contained_by_another_incident";

    /// The code of a call that was not sent, so that what is left of the month's quota is there for containment.
    pub const RESERVED_FOR_CONTAINMENT: &'static str = "reserved_for_containment";

    /// A failure without an answer of DingTalk's, named by a short code of ours.
    #[must_use]
    pub fn local(class: FailureClass, code: &str) -> Self {
        Self { class, code: code.to_owned(), http_status: None, request_id: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({})", self.class, self.code)
    }
}

impl std::error::Error for Failure {}
