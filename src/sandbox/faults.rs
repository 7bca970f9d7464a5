//! The ways a call can be made to go wrong, and how a rule says which calls it means.

use serde::{Deserialize, Serialize};

use super::catalogue::Api;

/// The longest delay of [`FaultKind::SlowMs`], in milliseconds.
pub(super) const SLOW_MS_MAX: u64 = 600_000;

/// One way a call goes wrong. Unless said otherwise, the work of the call is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 500 `system.busy`; legacy `errcode` -1.
    Busy,
    /// 403 `…QpsLimitForAppkeyAndApi`; legacy 88 / 90018.
    Throttled,
    /// 403 `…QpmLimitForAppkeyAndApi`; legacy 88 / 90005.
    ThrottledMinute,
    /// 400 `InvalidAuthentication`; legacy 88 / 40014. Only this answer: the token lives on. To end
    /// it for real, see [`Sandbox::expire_token`](super::Sandbox::expire_token).
    ExpiredToken,
    /// 403 `…ApiCountLimitForOrg`; legacy 88 / 90020.
    QuotaExhausted,
    /// 403 `…AccessTokenPermissionDenied`; legacy 88 / 60011.
    PermissionDenied,
    /// The odd JSON document of a blocked address. Its HTTP status is not documented; here it is
    /// 200, which is the one a client can be fooled by.
    AddressBlocked,
    /// Nothing happens until it is released; then the call goes on as usual. When the client leaves
    /// first, the work is never done.
    HangBeforeWork,
    /// The work is done at once; the answer comes only after release.
    HangAfterWork,
    /// The connection is closed without a byte of answer.
    ResetBeforeWork,
    /// The work is done, then the connection is closed without a byte of answer.
    ResetAfterWork,
    /// HTTP 200 with an HTML page.
    HtmlWith200,
    /// HTTP 200 with `{"result":false}`; legacy `errcode` 0 with `"result":false`.
    ResultFalse,
    /// HTTP 200 with `{"result":true}`, legacy `errcode` 0, and nothing is done: a lie.
    FalseSuccess,
    /// HTTP 200 with `{}`.
    EmptyObject,
    /// A message is taken and answered as ever, and nobody gets it. Other calls go on as usual.
    DroppedSilently,
    /// The call waits this many milliseconds (at most ten minutes) and then goes on as usual.
    SlowMs(u64),
}

/// A rule: which calls go wrong, and how.
///
/// Rules are asked in the order they were given. A rule counts the calls it is asked about and that
/// match it, strikes from its `from`-th on, `times` times, and is gone then. A call struck by one
/// rule is not seen by the rules after it, so that rules for the same API make a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only calls of this API; without, of any, also the token calls.
    #[serde(default)]
    pub api: Option<Api>,
    /// Only calls that name this account.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The first matching call that is struck, counted from 1.
    #[serde(default = "one")]
    pub from: u32,
    /// How many are struck; `None` (JSON null) for all until the faults are cleared.
    #[serde(default = "once")]
    pub times: Option<u32>,
}

impl Fault {
    /// Strikes the next call, once.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, api: None, user_id: None, from: one(), times: once() }
    }

    /// Only calls of `api`.
    #[must_use]
    pub fn on(self, api: Api) -> Self {
        Self { api: Some(api), ..self }
    }

    /// Only calls that name this account.
    #[must_use]
    pub fn about(self, user_id: &str) -> Self {
        Self { user_id: Some(user_id.to_owned()), ..self }
    }

    /// Lets the matching calls before the `nth` pass.
    #[must_use]
    pub fn from_call(self, nth: u32) -> Self {
        Self { from: nth, ..self }
    }

    /// Strikes this many calls.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Strikes until the faults are cleared.
    #[must_use]
    pub fn until_cleared(self) -> Self {
        Self { times: None, ..self }
    }

    /// Whether a call of `api` that names `user_id` is meant.
    pub(super) fn matches(&self, api: Api, user_id: Option<&str>) -> bool {
        self.api.is_none_or(|wanted| wanted == api)
            && self.user_id.as_deref().is_none_or(|wanted| Some(wanted) == user_id)
    }
}

fn one() -> u32 {
    1
}

// serde's `default` wants the field's own type.
#[allow(clippy::unnecessary_wraps)]
fn once() -> Option<u32> {
    Some(1)
}
