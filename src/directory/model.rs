//! What the rest of Portcullis knows of DingTalk: every kind of call, typed, and one error.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use super::circuit::Outages;
use super::contacts::{Admin, Department, DepartmentId, Member, MemberPage, PageFrom, Role};
use super::message::{Message, Reach, Told};
use super::names::Names;
use super::quota::Usage;
use super::roles::{HolderPage, RoleId, RolePage};
use crate::incident::{AccountRef, ChosenDingTalkId, DingTalkId, Failure, Timestamp, Urgency, UserId};

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
    /// `GET /v1.0/contact/user/getByDingTalkId`, which is in DingTalk's SDK and in no document of theirs.
    DingTalkId(DingTalkId),
}

/// What a search for a name found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches {
    /// The ids on the pages that were asked for, each once.
    pub user_ids: Vec<UserId>,
    /// Whether there are more than were given, or it is not shown that there are not, so that nobody takes these for all.
    pub has_more: bool,
}

/// How an Enterprise Account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// `sso`: at the organization's own identity provider.
    Sso,
    /// `dingtalk`: DingTalk keeps its password.
    DingTalk,
}

/// An organization that an account owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its corp id; visible ASCII.
    pub corp_id: String,
    /// Its name, where DingTalk gives one.
    pub name: Option<String>,
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
    /// `exclusive_account_type`, where it is one of those known.
    pub sign_in: Option<SignIn>,
    /// `active`: whether it has ever been used.
    pub active: Option<bool>,
    /// `dept_id_list`.
    pub departments: Option<Vec<DepartmentId>>,
    /// `role_list`; empty for those who have none.
    pub roles: Option<Vec<Role>>,
    /// The names that it has beside its id, as far as they are shown.
    pub names: Names,
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
    /// `POST /v1.0/contact/orgAccounts/dingTalkIds/change`, which takes no reason and works once a year.
    ChangeDingTalkId {
        /// Which account.
        user_id: UserId,
        /// What it is found by from then on.
        dingtalk_id: ChosenDingTalkId,
    },
}

/// Asked right before an order is written, once its turn and its token have come: whether it may still leave, or the
/// failure that it ends with. Both can take seconds in which a human says no, of which a client of DingTalk knows nothing.
pub type MayLeave<'a> = &'a (dyn Fn() -> Result<(), Failure> + Sync + 'a);

/// DingTalk said `result: true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// DingTalk's request id (`x-acs-request-id`), where it gave one.
    pub request_id: Option<String>,
}

/// That DingTalk knows the app, and what time it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Greeting {
    /// When we asked, by our own clock.
    pub asked_at: Timestamp,
    /// When the answer was there, by our own clock.
    pub heard_at: Timestamp,
    /// The answer's header `Date`, which has whole seconds.
    pub said_at: Option<Timestamp>,
}

/// The only way out to DingTalk. Every call is bounded in time and size and follows no redirect;
/// an answer that is not understood is never success. Where it is not known whether a call did its
/// work, an order fails with class `Unknown`; a read, which is harmless to repeat, with `Busy`.
pub trait Directory: Send + Sync + 'static {
    /// Has an access token issued anew, whatever is kept: shows that key and secret are still taken.
    fn greet(&self) -> BoxFuture<'_, Result<Greeting, Failure>>;

    /// The ids that answer to a reference: none, one or several. An unknown reference is an empty
    /// list, not an error.
    fn find<'a>(&'a self, lookup: &'a Lookup) -> BoxFuture<'a, Result<Vec<UserId>, Failure>>;

    /// Reads one account through `topapi/v2/user/get`, which is exempt from the month's quota;
    /// `None` when there is no such account.
    fn account<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Account>, Failure>>;

    /// The same call and all that it shows: the names, too. `None` when there is no such account.
    fn member<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Option<Member>, Failure>>;

    /// Whether the account is disabled, through `GET /v1.0/contact/orgAccounts/status`.
    fn is_disabled<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<bool, Failure>>;

    /// The organizations that an Enterprise Account of our own owns, through
    /// `GET /v1.0/contact/orgAccounts/ownedOrganizations`. Its own organization may be among them.
    fn owned_organizations<'a>(&'a self, user_id: &'a UserId) -> BoxFuture<'a, Result<Vec<Organization>, Failure>>;

    /// Who has this name, or one like it, through `POST /v1.0/contact/users/search`, a few pages of it.
    fn search<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Matches, Failure>>;

    /// Everybody who administers the organization, through `topapi/user/listadmin`.
    fn admins(&self) -> BoxFuture<'_, Result<Vec<Admin>, Failure>>;

    /// Reads one department through `topapi/v2/department/get`; `None` when there is no such department.
    fn department(&self, id: DepartmentId) -> BoxFuture<'_, Result<Option<Department>, Failure>>;

    /// The departments directly below one, through `topapi/v2/department/listsub`.
    fn sub_departments(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<Department>, Failure>>;

    /// The ids of the departments directly below one, through `topapi/v2/department/listsubid`.
    fn sub_department_ids(&self, id: DepartmentId) -> BoxFuture<'_, Result<Vec<DepartmentId>, Failure>>;

    /// A page of the users who are in a department itself, through `topapi/v2/user/list`.
    fn members(&self, id: DepartmentId, from: PageFrom) -> BoxFuture<'_, Result<MemberPage, Failure>>;

    /// A page of the organization's roles, through `topapi/role/list`.
    fn roles(&self, from: PageFrom) -> BoxFuture<'_, Result<RolePage, Failure>>;

    /// A page of those who have a role, through `topapi/role/simplelist`; `None` when there is no such role. No list of
    /// users shows their roles.
    fn holders(&self, id: RoleId, from: PageFrom) -> BoxFuture<'_, Result<Option<HolderPage>, Failure>>;

    /// Whether an account that was read is disabled: by the status call where the look at it leaves that out.
    fn whether_disabled<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<bool, Failure>> {
        match account.disabled {
            Some(disabled) => Box::pin(std::future::ready(Ok(disabled))),
            None => self.is_disabled(&account.user_id),
        }
    }

    /// Does what is ordered, once. It is sent a second time only after DingTalk has refused the
    /// access token of the first, and so did not look at the order. Each time it is asked, with no wait between that
    /// and the sending, whether it may still leave.
    fn act<'a>(&'a self, order: &'a Order, may_leave: MayLeave<'a>) -> BoxFuture<'a, Result<Done, Failure>>;

    /// Tells people something, once; as with an order, it may have been said when nobody knows. What is urgent may use
    /// some of what is kept of the month's quota.
    fn tell<'a>(&'a self, message: &'a Message, urgency: Urgency) -> BoxFuture<'a, Result<Told, Failure>>;

    /// Who got a work notification, by the app's agent id and the number it was taken under; `None` while DingTalk
    /// cannot say.
    fn reach(&self, agent_id: i64, task: i64, urgency: Urgency) -> BoxFuture<'_, Result<Option<Reach>, Failure>>;

    /// Whether nothing but reads leaves here. Who has ways out of their own must not use them then.
    fn only_reads(&self) -> bool {
        false
    }

    /// What of the month's quota is used, where that is counted.
    fn usage(&self) -> Option<Usage> {
        None
    }

    /// Which of DingTalk's hosts are down, as far as it is known.
    fn outages(&self) -> Outages {
        Outages::default()
    }
}
