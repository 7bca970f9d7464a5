//! How far the trail is sealed, for those who ask.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::checkpoint::Checkpoint;
use super::folder::LogFolder;
use super::history;
use crate::incident::Timestamp;

/// A log that is being sealed, for those who read it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where it lies.
    pub folder: PathBuf,
    /// How far it is.
    pub sealed: watch::Receiver<Sealing>,
}

impl Log {
    /// The keys that its checkpoints are verified with, a line each, newest first; `None` before the first is signed.
    #[must_use]
    pub fn verifier_keys(&self) -> Option<String> {
        LogFolder::at(self.folder.clone()).verifier_keys().ok().flatten()
    }

    /// Whether it has signed anything on a day from that of the one time to that of the other. Blocks.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn has_signed(&self, from: Timestamp, to: Timestamp) -> io::Result<bool> {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        Ok(history::days(&self.folder)?.iter().any(|(is, _)| (day(from)..=day(to)).contains(is)))
    }
}

/// What there is of a seal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sealing {
    /// Nothing was sealed yet.
    #[default]
    Unsealed,
    /// This is the newest checkpoint.
    Sealed(Arc<Checkpoint>),
    /// What was sealed is not what the trail has, or nothing can be sealed any more: the program has to end.
    Broken(String),
}

/// How long after the newest checkpoint another one has to be there, in seconds: there is one every minute, also when
/// nothing happens.
const CURRENT_S_MAX: i64 = 120;

impl Sealing {
    /// Whether a checkpoint was signed lately.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        let is_of_now = |at: Timestamp| now.as_second() - at.as_second() <= CURRENT_S_MAX;
        self.checkpoint().is_some_and(|checkpoint| is_of_now(checkpoint.at))
    }

    /// The newest checkpoint, if there is one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Arc<Checkpoint>> {
        match self {
            Self::Sealed(checkpoint) => Some(checkpoint),
            Self::Unsealed | Self::Broken(_) => None,
        }
    }
}
