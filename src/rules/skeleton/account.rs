//! Guesses where an event names the account: a path that reaches exactly one name.

use serde_json::Value;

use super::super::carried;
use super::super::response::{AccountPath, Named};
use super::fields::plain_name;
use crate::incident::path::{Path, Reached};
use crate::incident::{AccountKind, LogSource};

/// Names of members that hold whom an event is about, the best first.
const PERSONS: [&str; 16] = [
    "alternateid",
    "userprincipalname",
    "email",
    "useremail",
    "emailaddress",
    "mail",
    "upn",
    "user",
    "username",
    "login",
    "userid",
    "account",
    "accountname",
    "subject",
    "name",
    "id",
];
/// Members under which stands whoever did it, which is often the system or an administrator.
const DOERS: [&str; 8] = ["actor", "sender", "admin", "initiatedby", "confirmedby", "reporter", "assignee", "owner"];
/// The most other places that a comment names.
const OTHERS_MAX: usize = 3;
/// The most places that are looked at.
const PLACES_MAX: usize = 2_000;

/// Where the account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) kind: AccountKind,
    pub(super) path: String,
    /// The member of the event that the path begins with.
    pub(super) member: String,
    /// The name that the path reaches.
    pub(super) value: String,
    /// Other paths that might be meant.
    pub(super) others: Vec<String>,
}

/// The likeliest place of the account in the event: where its sender is known to name it, or else where it
/// looks like it.
pub(super) fn guess(event: &Value, log_source: &LogSource) -> Option<Account> {
    known(event, log_source).or_else(|| likeliest(event))
}

fn known(event: &Value, log_source: &LogSource) -> Option<Account> {
    let likeliest = likeliest(event);
    carried::sender_of(log_source)?.paths.iter().find_map(|text| {
        let path: Path = (*text).parse().ok()?;
        let member = path.first_member()?.to_owned();
        let Named::One(named) = (AccountPath { kind: AccountKind::Email, path }).named_in(event) else { return None };
        let others = likeliest.iter().flat_map(|other| std::iter::once(&other.path).chain(&other.others));
        let others = others.filter(|other| other != text).take(OTHERS_MAX).cloned().collect();
        let (kind, path) = (AccountKind::Email, (*text).to_owned());
        Some(Account { kind, path, member, value: named.value().to_owned(), others })
    })
}

fn likeliest(event: &Value) -> Option<Account> {
    let mut places = Vec::new();
    walk(event, &Way::default(), &mut places);
    let mut found: Vec<(usize, Account)> = places.into_iter().filter_map(|way| account(event, &way)).collect();
    found.sort_by(|left, right| (left.0, &left.1.path).cmp(&(right.0, &right.1.path)));
    found.dedup_by(|next, first| next.1.path == first.1.path);
    let mut accounts = found.into_iter().map(|(_, account)| account);
    let best = accounts.next()?;
    let others = accounts.filter(|other| other.value != best.value).take(OTHERS_MAX).map(|other| other.path);
    Some(Account { others: others.collect(), ..best })
}

/// The way to a text in the event.
#[derive(Debug, Clone, Default)]
struct Way {
    path: String,
    last: String,
    is_doers: bool,
    /// Whether it goes through an element that is of another type than a user.
    is_others: bool,
    depth: usize,
}

impl Way {
    fn member(&self, name: &str) -> Option<Self> {
        if name.contains('\'') || name.is_empty() {
            return None;
        }
        let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let step = if is_plain { name.to_owned() } else { format!("'{name}'") };
        let dot = if self.path.is_empty() { "" } else { "." };
        let plain = plain_name(name);
        Some(Self {
            path: format!("{}{dot}{step}", self.path),
            is_doers: self.is_doers || DOERS.contains(&plain.as_str()),
            is_others: self.is_others,
            last: plain,
            depth: self.depth + 1,
        })
    }

    /// An element of the array here: by its type, which stays right when others come before it.
    fn element(&self, index: usize, element: &Value) -> Self {
        let sort = element.get("type").and_then(Value::as_str).filter(|sort| !sort.contains([']', '\'']));
        let selector = sort.map_or_else(|| index.to_string(), |sort| format!("type={sort}"));
        let is_user = |sort: &str| sort.to_ascii_lowercase().contains("user");
        let is_others = self.is_others || sort.is_some_and(|sort| !is_user(sort));
        Self { path: format!("{}[{selector}]", self.path), is_others, ..self.clone() }
    }
}

fn walk(value: &Value, way: &Way, places: &mut Vec<Way>) {
    if places.len() >= PLACES_MAX {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(way) = way.member(name) {
                    walk(value, &way, places);
                }
            }
        }
        Value::Array(items) if !way.path.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &way.element(index, item), places);
            }
        }
        Value::String(_) => places.push(way.clone()),
        _ => {}
    }
}

/// How unlikely the place is, and what it names; `None` when that is no account.
fn account(event: &Value, way: &Way) -> Option<(usize, Account)> {
    let rank = PERSONS.iter().position(|name| *name == way.last);
    let path: Path = way.path.parse().ok()?;
    let Reached::All(values) = path.values(event) else { return None };
    let value = values.first()?.as_str()?.to_owned();
    let is_mail = value.split_once('@').is_some_and(|(local, host)| !local.is_empty() && host.contains('.'));
    let is_of_mail = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '@');
    let is_mail = is_mail && value.chars().all(is_of_mail);
    if !is_mail && !matches!(way.last.as_str(), "user" | "username" | "login" | "userid" | "accountname") {
        return None;
    }
    let kind = AccountKind::Email;
    let member = path.first_member()?.to_owned();
    let found = AccountPath { kind, path }.named_in(event);
    let Named::One(named) = found else { return None };
    let penalty = |counts: bool, weight: usize| if counts { weight } else { 0 };
    let unlikely = rank.unwrap_or(PERSONS.len()) + penalty(!is_mail, 100) + penalty(way.is_doers, 50);
    let unlikely = unlikely + penalty(way.is_others, 40) + way.depth;
    let account = Account { kind, path: way.path.clone(), member, value: named.value().to_owned(), others: Vec::new() };
    Some((unlikely, account))
}
