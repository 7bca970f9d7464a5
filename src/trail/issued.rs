//! The tokens that were given out and not taken back: the part of the board that is about access.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::incident::{AccessEvent, Digest, Event, IssuedToken, Timestamp};

/// By their names.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Issued(BTreeMap<String, Given>);

/// A token, by whom it was given out, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// The token.
    pub token: IssuedToken,
    /// Who gave it out.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Issued {
    /// All of them, by name; also those whose time is over.
    pub fn all(&self) -> impl Iterator<Item = &Given> {
        self.0.values()
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Given> {
        self.0.get(name)
    }

    /// The one that begins like this and has this digest, if its time is not over. The digest is of 256 random bits, so
    /// that nothing is learned from how long it takes to compare.
    #[must_use]
    pub fn find(&self, digest: Digest, now: Timestamp) -> Option<&Given> {
        self.all().find(|given| given.token.sha256 == digest && now < given.token.expires)
    }

    pub(super) fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Access(AccessEvent::TokenIssued { actor, token, .. }) => {
                let given = Given { token: token.clone(), by: actor.clone(), at };
                self.0.insert(token.name.clone(), given);
            }
            Event::Access(AccessEvent::TokenRevoked { name, .. }) => drop(self.0.remove(name)),
            _ => {}
        }
    }
}
