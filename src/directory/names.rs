//! The names that DingTalk shows for an account beside its userid: kept to be compared with others, never printed.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::lenient;
use super::lookup::member;
use crate::incident::{AccountKind, AccountRef};

/// The most digits that stand before a mobile number in other countries.
const PREFIX_DIGITS_MAX: usize = 4;
/// Where each kind of name stands.
const MEMBERS: [(AccountKind, &[&str]); 5] = [
    (AccountKind::Email, &["email", "org_email"]),
    (AccountKind::Mobile, &["mobile"]),
    (AccountKind::JobNumber, &["job_number"]),
    (AccountKind::LoginId, &["login_id"]),
    (AccountKind::UnionId, &["unionid"]),
];

/// Whether an account has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Borne {
    /// It has.
    Yes,
    /// It has none such, or another.
    No,
    /// DingTalk does not show it: the app may not see it, or nobody has looked.
    NotShown,
}

/// The names of one account.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The kinds that are shown, also those of which the account has none.
    kinds: BTreeSet<AccountKind>,
    names: Vec<AccountRef>,
}

impl Names {
    /// These, and of their kinds no others.
    #[must_use]
    pub fn shown(names: Vec<AccountRef>) -> Self {
        Self { kinds: names.iter().map(AccountRef::kind).collect(), names }
    }

    /// As the members of a document about the account show them. What is left out may be what the app may not see: mail
    /// addresses and mobile numbers take permissions of their own. The others are there with whatever else is for members.
    pub(super) fn of(result: &Value) -> Self {
        let is_for_members = member(result, "dept_id_list").is_some();
        let mut shown = Self::default();
        for (kind, members) in MEMBERS {
            let values = || members.iter().filter_map(|name| result.get(name)).filter(|value| !value.is_null());
            let takes_more = matches!(kind, AccountKind::Email | AccountKind::Mobile);
            if values().next().is_some() || (is_for_members && !takes_more) {
                shown.kinds.insert(kind);
            }
            // What no reference could be is nobody's listed name either.
            let texts = values().filter_map(lenient::text);
            shown.names.extend(texts.filter_map(|text| AccountRef::parse(kind, text.trim()).ok()));
        }
        shown
    }

    /// Whether the account has this name. Mobile numbers are one with and without what stands before them in other
    /// countries.
    #[must_use]
    pub fn bears(&self, name: &AccountRef) -> Borne {
        let is_it = |own: &AccountRef| match name.kind() {
            AccountKind::Mobile => own.kind() == name.kind() && is_one_number(own.value(), name.value()),
            _ => own == name,
        };
        match self.kinds.contains(&name.kind()) {
            _ if self.names.iter().any(is_it) => Borne::Yes,
            true => Borne::No,
            false => Borne::NotShown,
        }
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// Whether two mobile numbers can be one, written with and without what stands before it in other countries.
pub(super) fn is_one_number(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (one, other) = (digits(one), digits(other));
    one.len().abs_diff(other.len()) <= PREFIX_DIGITS_MAX && (one.ends_with(&other) || other.ends_with(&one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_that_is_not_shown_is_not_known_to_be_anothers() {
        use AccountKind::{Email, JobNumber, LoginId, Mobile, UnionId};
        let bears = |shown: &Value, kind, name| Names::of(shown).bears(&AccountRef::parse(kind, name).unwrap());
        let all = json!({
            "dept_id_list": [1], "email": "", "org_email": " A@Example.com ", "mobile": 13800000001_u64,
            "job_number": "J1", "unionid": null,
        });
        for (kind, name, borne) in [
            (Email, "a@example.com", Borne::Yes),
            (Email, "b@example.com", Borne::No),
            (Mobile, "+86-13800000001", Borne::Yes),
            (Mobile, "13800000002", Borne::No),
            (JobNumber, "J1", Borne::Yes),
            (JobNumber, "j1", Borne::No),
            (LoginId, "a", Borne::No),
            (UnionId, "u", Borne::No),
        ] {
            assert_eq!(bears(&all, kind, name), borne, "{kind:?} {name}");
        }
        for (kind, name, borne) in [
            (Email, "a@example.com", Borne::NotShown),
            (Mobile, "13800000001", Borne::NotShown),
            (JobNumber, "J1", Borne::No),
        ] {
            assert_eq!(bears(&json!({"dept_id_list": "[1]"}), kind, name), borne, "{kind:?}");
            assert_eq!(bears(&json!({}), kind, name), Borne::NotShown, "{kind:?}");
        }
    }
}
