//! What the rest of Portcullis knows of DingTalk: four kinds of call, typed, and one error.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::incident::{AccountRef, Failure, UserId};

/// A future that can be moved between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way to find an account that DingTalk itself offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// `topapi/v2/user/get` by `login_id` (own DingTalk-built accounts only).
    LoginId(AccountRef),
    /// `topapi/v2/user/getbymobile` with `support_exclusive_account_search`.
    Mobile(AccountRef),
    /// `topapi/user/getbyunionid`.
    UnionId(AccountRef),
}

/// An account as `topapi/v2/user/get` shows it; only what decides whether and how to act. A field
/// that the answer lacks is `None` and is taken for the worse by those who decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id in the organization.
    pub user_id: UserId,
    /// `exclusive_account`: whether it is an Enterprise Account.
    pub enterprise_account: Option<bool>,
    /// `exclusive_account_corp_id`: the organization that owns it.
    pub owner_corp_id: Option<String>,
    /// `disable_status`: whether it is disabled (own accounts only).
    pub disabled: Option<bool>,
    /// `admin`.
    pub admin: Option<bool>,
    /// `boss`.
    pub boss: Option<bool>,
    /// `senior`.
    pub senior: Option<bool>,
}

/// Something to be done to one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// `POST /v1.0/contact/orgAccounts/signOut`.
    SignOut {
        /// Whose sessions end.
        user_id: UserId,
        /// For the admin console's log.
        reason: String,
        /// Locale (`zh_CN` …) to text, shown to the employee.
        employee_reason: BTreeMap<String, String>,
    },
    /// `POST /v1.0/contact/orgAccounts/disable`.
    Disable {
        /// Which account.
        user_id: UserId,
        /// For the admin console's log.
        reason: String,
    },
    /// `POST /v1.0/contact/orgAccounts/enable`.
    Enable {
        /// Which account.
        user_id: UserId,
    },
}

/// DingTalk said `result: true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// DingTalk's request id (`x-acs-request-id`), where it gave one.
    pub request_id: Option<String>,
}

/// The only way out to DingTalk. Every call is bounded in time and size and follows no redirect;
/// an answer that is not understood is never success. Where it is not known whether a call did its
/// work, an order fails with class `Unknown`; a read, which is harmless to repeat, with `Busy`.
pub trait Directory: Send + Sync + 'static {
    /// The ids that answer to a reference: none, one or several. An unknown reference is an empty
    /// list, not an error.
    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>>;

    /// Reads one account through `topapi/v2/user/get`, which is exempt from the month's quota;
    /// `None` when there is no such account.
    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>>;

    /// Whether the account is disabled, through `GET /v1.0/contact/orgAccounts/status`.
    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>>;

    /// Does what is ordered, once. It is sent a second time only after DingTalk has refused the
    /// access token of the first, and so did not look at the order.
    fn act<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Done, Failure>>;
}
