//! Every name of a person: what is asked for, and what the directory index and the identity map say is the same one's.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::directory::index::{Index, Person};
use crate::incident::{AccountKind, AccountRef, UserId};
use crate::roster::Roster;
use crate::rules::Identities;

/// The kinds under which a sender may give a subject of the identity map.
const SUBJECT_KINDS: [AccountKind; 5] =
    [AccountKind::Email, AccountKind::LoginId, AccountKind::UnionId, AccountKind::Mobile, AccountKind::JobNumber];

/// A name of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Name {
    /// The name.
    #[serde(flatten)]
    pub account: AccountRef,
    /// Who says that it is theirs.
    pub by: Told,
}

impl Name {
    /// Names of which nothing is known but that they are asked for.
    #[must_use]
    pub fn asked(accounts: &[AccountRef]) -> Vec<Self> {
        accounts.iter().map(|account| Self { account: account.clone(), by: Told::Asked }).collect()
    }
}

/// Who says that a name is a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Who asks.
    Asked,
    /// The directory index, as old as it may be.
    Directory,
    /// `identities.csv`.
    Identities,
    /// The trail: an alert that gave the other name led to this account, and to no other.
    Trail,
}

/// The names that are `asked` for, each once, and whatever else is the same person's. A name that several people have
/// ties nobody to anybody.
#[must_use]
pub fn tied(asked: &[AccountRef], identities: &Identities, roster: Option<&Roster>) -> Vec<Name> {
    let mut names = Names::default();
    for account in asked {
        names.put(account.clone(), Told::Asked);
    }
    // An account that one of them leads to is one that the other goes on from: until nothing new comes. Only accounts are
    // gone on from, as a text of the identity map may also be another's number.
    let goes_on = |name: &&AccountRef| name.kind() == AccountKind::UserId || asked.contains(name);
    let mut looked_at = 0;
    while looked_at < names.all.len() {
        let next: Vec<AccountRef> =
            names.all.iter().skip(looked_at).map(|name| &name.account).filter(goes_on).cloned().collect();
        looked_at = names.all.len();
        names.tie(&next, identities, roster);
    }
    names.all
}

/// Whoever alone has the name.
fn person(index: &Index, name: &AccountRef) -> Option<Person> {
    if let Some(found) = index.find(name) {
        return only(found.into_iter());
    }
    let value = name.value();
    match name.kind() {
        AccountKind::UserId => index.person(&UserId::parse(value).ok()?).cloned(),
        AccountKind::Mobile => only(index.everybody().filter(|person| person.mobile.as_deref() == Some(value))),
        AccountKind::LoginId => only(index.everybody().filter(|person| person.login_id.as_deref() == Some(value))),
        AccountKind::UnionId => only(index.everybody().filter(|person| person.union_id.as_deref() == Some(value))),
        AccountKind::Email | AccountKind::JobNumber => None,
    }
}

fn only<'p>(mut people: impl Iterator<Item = &'p Person>) -> Option<Person> {
    let first = people.next()?;
    people.next().is_none().then(|| first.clone())
}

/// A job number is not among them: several may have it.
fn names_of(person: &Person) -> impl Iterator<Item = AccountRef> {
    let one = |kind, name: Option<&str>| name.and_then(|name| AccountRef::parse(kind, name).ok());
    let rest = [
        one(AccountKind::UserId, Some(person.user_id.as_str())),
        one(AccountKind::Mobile, person.mobile.as_deref()),
        one(AccountKind::LoginId, person.login_id.as_deref()),
        one(AccountKind::UnionId, person.union_id.as_deref()),
    ];
    let emails = person.emails.iter().map(move |email| one(AccountKind::Email, Some(email)));
    rest.into_iter().chain(emails).flatten()
}

/// Names in the order in which they are told, each by whoever told it first.
#[derive(Default)]
pub(super) struct Names {
    pub(super) all: Vec<Name>,
}

impl Names {
    /// Adds what leads on from the names that are next.
    fn tie(&mut self, next: &[AccountRef], identities: &Identities, roster: Option<&Roster>) {
        let people: Vec<Person> = match roster {
            Some(roster) => roster.index(|index| next.iter().filter_map(|name| person(index, name)).collect()),
            None => Vec::new(),
        };
        for person in &people {
            names_of(person).for_each(|account| self.put(account, Told::Directory));
        }
        let users: BTreeSet<UserId> = next.iter().filter_map(|name| identities.user_for(name)).cloned().collect();
        for user in &users {
            self.put_user(user, Told::Identities);
        }
        let own = next.iter().filter(|name| name.kind() == AccountKind::UserId);
        let own = own.filter_map(|name| UserId::parse(name.value()).ok());
        for user in users.into_iter().chain(own) {
            for subject in identities.subjects_of(&user) {
                for kind in SUBJECT_KINDS {
                    if let Ok(account) = AccountRef::parse(kind, subject) {
                        self.put(account, Told::Identities);
                    }
                }
            }
        }
    }

    pub(super) fn put(&mut self, account: AccountRef, by: Told) {
        if !self.all.iter().any(|known| known.account == account) {
            self.all.push(Name { account, by });
        }
    }

    pub(super) fn put_user(&mut self, user: &UserId, by: Told) {
        if let Ok(account) = AccountRef::parse(AccountKind::UserId, user.as_str()) {
            self.put(account, by);
        }
    }

    /// The ids among them.
    pub(super) fn users(&self) -> impl Iterator<Item = UserId> {
        let ids = self.all.iter().filter(|name| name.account.kind() == AccountKind::UserId);
        ids.filter_map(|name| UserId::parse(name.account.value()).ok())
    }
}
