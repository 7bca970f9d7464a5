//! One person as DingTalk showed them: the names they are looked up by, in the form that references have.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::directory::contacts::{DepartmentId, Member};
use crate::directory::names::is_one_number;
use crate::incident::{AccountKind, AccountRef, Timestamp, UserId};

/// The most departments that are kept of one person. Beyond it none is: a part would look like all.
const DEPARTMENTS_MAX: usize = 100;
/// The longest of the names that are no mail addresses, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// What is kept of a person. Personal data, so it is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id in the organization.
    #[serde(rename = "u")]
    pub user_id: UserId,
    /// Mail addresses: their own and the organization's.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// The job number, which several may share.
    #[serde(rename = "j", default, skip_serializing_if = "Option::is_none")]
    pub job_number: Option<String>,
    /// The mobile number.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    /// The login name.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub login_id: Option<String>,
    /// The union id.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub union_id: Option<String>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    departments: Option<Vec<DepartmentId>>,
    /// When DingTalk showed them so for the first time since it showed them otherwise.
    #[serde(rename = "t")]
    pub read_at: Timestamp,
}

impl Person {
    /// As `member` shows them now. A name that no reference could have is left out.
    #[must_use]
    pub fn of(member: &Member, now: Timestamp) -> Self {
        let name = |kind, text: &Option<String>| {
            let text = text.as_deref().map(str::trim)?;
            let is_short = kind == AccountKind::Email || text.len() <= NAME_BYTES_MAX;
            AccountRef::parse(kind, text).ok().filter(|_| is_short).map(|reference| reference.value().to_owned())
        };
        let mut emails: Vec<String> =
            [&member.email, &member.org_email].into_iter().filter_map(|text| name(AccountKind::Email, text)).collect();
        emails.dedup();
        let account = &member.account;
        Self {
            user_id: account.user_id.clone(),
            emails,
            job_number: name(AccountKind::JobNumber, &member.job_number),
            mobile: name(AccountKind::Mobile, &member.mobile),
            login_id: name(AccountKind::LoginId, &member.login_id),
            union_id: name(AccountKind::UnionId, &member.union_id),
            departments: account.departments.clone().filter(|ids| ids.len() <= DEPARTMENTS_MAX),
            read_at: now,
        }
    }

    /// The same, known to be in one more department: for a list that does not say which those are.
    #[must_use]
    pub fn also_in(mut self, id: DepartmentId, before: Option<&Self>) -> Self {
        if self.departments.is_none() {
            let mut known = before.map(|before| before.departments().to_vec()).unwrap_or_default();
            if !known.contains(&id) && known.len() < DEPARTMENTS_MAX {
                known.push(id);
            }
            self.departments = Some(known);
        }
        self
    }

    /// The departments they are in themselves, as far as those are known.
    #[must_use]
    pub fn departments(&self) -> &[DepartmentId] {
        self.departments.as_deref().unwrap_or_default()
    }

    /// Whether it says of them what `other` says, whenever it was read.
    #[must_use]
    pub fn says_what(&self, other: &Self) -> bool {
        Self { read_at: other.read_at, ..self.clone() } == *other
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// Whether an account that was read live has that name. Of a mobile number that the app may not see DingTalk's own
/// look-up is believed, which has just found it; any other name that is not shown is not had.
#[must_use]
pub fn bears(live: &Member, reference: &AccountRef) -> bool {
    let person = Person::of(live, Timestamp::UNIX_EPOCH);
    let value = reference.value();
    match reference.kind() {
        AccountKind::UserId => person.user_id.as_str() == value,
        AccountKind::Email => person.emails.iter().any(|email| email == value),
        AccountKind::JobNumber => person.job_number.as_deref() == Some(value),
        AccountKind::Mobile => person.mobile.is_none_or(|mobile| is_one_number(&mobile, value)),
        AccountKind::LoginId => person.login_id.as_deref() == Some(value),
        AccountKind::UnionId => person.union_id.as_deref() == Some(value),
    }
}
