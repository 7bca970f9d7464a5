//! What is found out about accounts, and about what was done to them.

use serde::{Deserialize, Serialize};

use crate::incident::{AlertId, Timestamp};

/// What a reading of the organization came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncedDirectory {
    /// How many people there are.
    pub people: u64,
    /// How many departments there are.
    pub departments: u64,
    /// When the reading began: everything known has been seen since.
    pub began_at: Timestamp,
}

/// What a human should know about an account that is acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum AccountWarning {
    /// It owns other organizations, which nobody can administer in its place while it is disabled.
    OwnsOrganizations {
        /// How many.
        count: u32,
        /// Their corp ids; the first of them, when there are many.
        corp_ids: Vec<String>,
    },
    /// It was seen enabled while the incident keeps it disabled: somebody else has touched it, so that the incident does
    /// not give it back by itself.
    FoundEnabled {
        /// The last alert that was taken for covered by the incident since it was seen disabled: nobody has acted on it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        covered: Option<AlertId>,
    },
}

/// How we know that a step was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// DingTalk answered `result: true`.
    Answered,
    /// After an unknown outcome the account was found in the wanted state.
    Recovered,
    /// The account was in the wanted state before anything was sent, and not by us.
    AlreadySo,
    /// Another incident of ours had brought the account into the wanted state and still keeps it
    /// there. Whichever of the two expires last undoes it. Of a sign-out: another incident has just made
    /// it, or keeps the account disabled since.
    AlreadyOurs,
    /// The notice is owed to its channel, whatever becomes of it there.
    Owed,
    /// The disable before this enable was not ours, so nothing is undone.
    NotOurs,
}

impl Finding {
    /// Whether the effect is ours, so that we may undo it.
    #[must_use]
    pub fn is_ours(self) -> bool {
        match self {
            Self::Answered | Self::Recovered | Self::AlreadyOurs => true,
            Self::AlreadySo | Self::Owed | Self::NotOurs => false,
        }
    }
}
