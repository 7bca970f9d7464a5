//! The organization as DingTalk shows it: departments, who is in them, who administers all of it.

use std::fmt;

use super::model::Account;
pub use crate::incident::DepartmentId;
use crate::incident::UserId;

/// One department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Its id.
    pub id: DepartmentId,
    /// What it is part of; `None` for the root.
    pub parent: Option<DepartmentId>,
    /// Its name; empty when the app may not see it.
    pub name: String,
}

/// A role that somebody has in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: Option<i64>,
    /// Its name.
    pub name: String,
}

/// Somebody who administers the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// Who.
    pub user_id: UserId,
    /// How much.
    pub level: AdminLevel,
}

/// `sys_level` of an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminLevel {
    /// The main administrator.
    Main,
    /// A sub-administrator.
    Sub,
    /// A level that is not documented; an administrator all the same.
    Other,
}

/// One user, as a department lists them or a look-up shows them. Its names are personal, so they are not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Member {
    /// What decides whether and how to act. A list may show less of it than the look-up of one account.
    pub account: Account,
    /// `unionid`.
    pub union_id: Option<String>,
    /// `login_id`.
    pub login_id: Option<String>,
    /// `name`.
    pub name: Option<String>,
    /// `mobile`, where the app may see it.
    pub mobile: Option<String>,
    /// `email`, where the app may see it.
    pub email: Option<String>,
    /// `org_email`, the organization's own, where the app may see it.
    pub org_email: Option<String>,
    /// `job_number`, which several users may share.
    pub job_number: Option<String>,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("account", &self.account).finish_non_exhaustive()
    }
}

/// A page of a department's users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// Who is on it.
    pub members: Vec<Member>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<PageFrom>,
}

/// Where a page of a list begins. Only an answer makes one that is not the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageFrom(i64);

impl PageFrom {
    /// The first page.
    pub const START: Self = Self(0);

    pub(super) fn new(cursor: i64) -> Self {
        Self(cursor)
    }

    pub(super) fn number(self) -> i64 {
        self.0
    }
}
