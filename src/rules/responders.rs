//! The accounts of those who respond to incidents. They are protected by every rule set, and change while one is in force:
//! whoever is given a token is protected from then on.

use std::collections::BTreeSet;

use arc_swap::ArcSwap;

use crate::incident::UserId;

/// The accounts of those who respond to incidents.
#[derive(Debug, Default)]
pub struct Responders(ArcSwap<BTreeSet<UserId>>);

impl PartialEq for Responders {
    fn eq(&self, other: &Self) -> bool {
        *self.0.load() == *other.0.load()
    }
}

impl Eq for Responders {}

impl Responders {
    /// These.
    #[must_use]
    pub fn of(accounts: BTreeSet<UserId>) -> Self {
        Self(ArcSwap::from_pointee(accounts))
    }

    /// Whether it is the account of one of them.
    #[must_use]
    pub fn contains(&self, account: &UserId) -> bool {
        self.0.load().contains(account)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load().len()
    }

    /// They are these from now on.
    pub fn replace(&self, accounts: BTreeSet<UserId>) {
        self.0.store(accounts.into());
    }
}
