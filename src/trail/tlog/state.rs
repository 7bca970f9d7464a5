//! How far the trail is sealed, for those who ask.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::checkpoint::Checkpoint;

/// A log that is being sealed, for those who read it.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where it lies.
    pub folder: PathBuf,
    /// How far it is.
    pub sealed: watch::Receiver<Sealing>,
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

impl Sealing {
    /// The newest checkpoint, if there is one.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Arc<Checkpoint>> {
        match self {
            Self::Sealed(checkpoint) => Some(checkpoint),
            Self::Unsealed | Self::Broken(_) => None,
        }
    }
}
