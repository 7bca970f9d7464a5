//! The way in: which names belong to one person, and what is kept under them.

use std::sync::Arc;

use super::names::{Name, tied};
use super::search::{Found, Search};
use crate::incident::AccountRef;
use crate::roster::Roster;
use crate::rules::InForce;
use crate::trail::{Pseudonyms, StoreError, Trail};

/// Where it is looked for what is kept on people, and who says which names are one person's.
#[derive(Clone)]
pub struct Kept {
    /// The trail.
    pub trail: Arc<Trail>,
    /// What accounts are called there.
    pub pseudonyms: Pseudonyms,
    /// The identity map.
    pub rules: Arc<InForce>,
    /// The directory index, where there is one.
    pub roster: Option<Arc<Roster>>,
}

impl Kept {
    /// The most names that are asked for at once.
    pub const NAMES_MAX: usize = 20;

    /// What is kept under these names and, unless `only` they are meant, under those that belong to the same person.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub async fn find(&self, asked: Vec<AccountRef>, only: bool) -> Result<Found, StoreError> {
        let Self { trail, pseudonyms, rules, roster } = self.clone();
        let search = move || {
            let names = match only {
                true => Name::asked(&asked),
                false => tied(&asked, rules.now().set.identities(), roster.as_deref()),
            };
            Search { trail, pseudonyms, names, only }.run()
        };
        let found = tokio::task::spawn_blocking(search).await;
        found.unwrap_or_else(|_| Err(StoreError::Failed("the search was cut short".to_owned())))
    }
}
