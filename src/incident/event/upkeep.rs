//! What becomes of the trail itself.

use serde::{Deserialize, Serialize};

use crate::incident::{Digest, DiskRoom, Timestamp};

/// What is done to the trail's files, which changes no record. Serialised as any other event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum UpkeepEvent {
    /// The store was damaged and made anew from the log and what lies beside it.
    #[serde(rename = "trail.rebuilt")]
    Rebuilt {
        /// Who had it made; the program itself, where nothing could be lost by it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        actor: Option<String>,
        /// Why, where somebody had it made.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// The first record of what was made anew.
        first: u64,
        /// How many records the trail has since.
        size: u64,
        /// Whether these are all there were. If not, some may be missing that were made after the last checkpoint before.
        whole: bool,
        /// Whether all that lies beside them was there, too: names, bodies, and what alerts are known by.
        beside: bool,
    },
    /// Old records were dropped; their hashes stay, so that proofs of what is kept stay valid.
    #[serde(rename = "trail.pruned")]
    Pruned {
        /// Who had it done; the program itself, by its settings.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        actor: Option<String>,
        /// Why, where somebody had it done.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        reason: Option<String>,
        /// The first record that was kept.
        below: u64,
        /// All that was dropped was made before.
        before: Timestamp,
        /// Digest of what was going on then, which is kept beside, as no record before says it any more.
        board: Digest,
    },
    /// The trail goes on from a copy of itself, under another name in its log.
    #[serde(rename = "trail.restored")]
    Restored {
        /// Who put it back.
        actor: String,
        /// Why.
        reason: String,
        /// What the log was called that it goes on from.
        origin: String,
        /// How many records of that one it has.
        size: u64,
        /// The root over them.
        root: Digest,
    },
    /// The log has another key: what follows is signed by that one.
    #[serde(rename = "trail.key_rotated")]
    KeyRotated {
        /// Who gave it to the log.
        actor: String,
        /// Why.
        reason: String,
        /// The public key that signs from then on, as auditors are given it.
        key: String,
    },
    /// There is more or less room on its disk than before.
    #[serde(rename = "trail.disk_room")]
    DiskRoom {
        /// How much there was before; at a start, ample.
        was: DiskRoom,
        /// How much there is.
        room: DiskRoom,
        /// What was free when that was seen, in bytes.
        free_bytes: u64,
        /// What was kept in reserve and is given back, so that there is more than that now, in bytes.
        released_bytes: u64,
    },
}

impl UpkeepEvent {
    /// The event's name, as in the record's `kind`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rebuilt { .. } => "trail.rebuilt",
            Self::Pruned { .. } => "trail.pruned",
            Self::Restored { .. } => "trail.restored",
            Self::KeyRotated { .. } => "trail.key_rotated",
            Self::DiskRoom { .. } => "trail.disk_room",
        }
    }
}
