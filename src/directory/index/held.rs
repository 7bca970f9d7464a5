//! The roles by their names, and who has which.

use std::collections::{BTreeMap, BTreeSet};

use crate::directory::RoleId;
use crate::incident::UserId;

/// The longest name of a role that is kept, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// The name of a role as it is kept; empty where there is none that anybody could ask for.
#[must_use]
pub fn role_name(text: &str) -> &str {
    let text = text.trim();
    if text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control) { text } else { "" }
}

/// Every role, and everybody who has it.
#[derive(Debug, Default)]
pub(super) struct Held {
    names: BTreeMap<RoleId, Box<str>>,
    by_name: BTreeSet<(Box<str>, RoleId)>,
    holders: BTreeMap<RoleId, BTreeSet<UserId>>,
    roles: BTreeSet<(UserId, RoleId)>,
}

impl Held {
    pub(super) fn put(&mut self, id: RoleId, name: &str) {
        self.remove(id);
        self.names.insert(id, name.into());
        self.by_name.insert((name.into(), id));
    }

    /// Who has it is kept until that is taken back, one by one.
    pub(super) fn remove(&mut self, id: RoleId) {
        if let Some(name) = self.names.remove(&id) {
            self.by_name.remove(&(name, id));
        }
    }

    pub(super) fn hold(&mut self, id: RoleId, user_id: UserId) {
        self.roles.insert((user_id.clone(), id));
        self.holders.entry(id).or_default().insert(user_id);
    }

    pub(super) fn let_go(&mut self, id: RoleId, user_id: UserId) {
        if let Some(holders) = self.holders.get_mut(&id) {
            holders.remove(&user_id);
            if holders.is_empty() {
                self.holders.remove(&id);
            }
        }
        self.roles.remove(&(user_id, id));
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (RoleId, &str)> {
        self.names.iter().map(|(id, name)| (*id, name.as_ref()))
    }

    pub(super) fn name(&self, id: RoleId) -> Option<&str> {
        self.names.get(&id).map(AsRef::as_ref)
    }

    /// Several roles may have one name; none has the empty one.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = RoleId> + 'a {
        let from = (Box::from(name), RoleId::new(i64::MIN));
        let alike = self.by_name.range(from..).take_while(move |(known, _)| known.as_ref() == name);
        alike.filter(|(known, _)| !known.is_empty()).map(|(_, id)| *id)
    }

    pub(super) fn holders(&self, id: RoleId) -> impl Iterator<Item = &UserId> {
        self.holders.get(&id).into_iter().flatten()
    }

    pub(super) fn roles<'a>(&'a self, user_id: &'a UserId) -> impl Iterator<Item = RoleId> + 'a {
        let from = (user_id.clone(), RoleId::new(i64::MIN));
        self.roles.range(from..).take_while(move |(known, _)| known == user_id).map(|(_, id)| *id)
    }

    /// How many times anybody has a role.
    pub(super) fn count(&self) -> usize {
        self.roles.len()
    }
}
