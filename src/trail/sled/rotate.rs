//! Gives the log of a trail another key. Its last checkpoint by the one before has the record that names the new one, so
//! that whoever trusted the one can trust the other.

use std::path::Path;

use super::{OpenError, SledStore};
use crate::incident::{Event, Timestamp, UpkeepEvent};
use crate::trail::log::note;
use crate::trail::settings::Settings;
use crate::trail::store::StoreError;
use crate::trail::tlog::{SealError, Sealer};

/// Why the log has no other key.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// A program has the trail open, or it cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log or a key cannot be read or written.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It takes no record.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives the log of the trail that `settings` name another key in the place of the one in the file `key`, and says so on
/// the trail. No program may have it open. Gives the new public key as auditors are given it. Cut short, it can be done
/// again. Blocks.
///
/// # Errors
/// The trail is in use, is not the one that was sealed, or a file cannot be written.
pub fn rotate_key(
    settings: &Settings,
    key: &Path,
    anchored: Option<&Path>,
    (actor, reason): (&str, &str),
    now: Timestamp,
) -> Result<String, RotateError> {
    let store = SledStore::open(settings)?;
    let mut sealer = Sealer::open_behind(&settings.path, key, &settings.deployment, &store, anchored)?;
    let next = sealer.next_verifier_key(key)?;
    let rotated = UpkeepEvent::KeyRotated { actor: actor.to_owned(), reason: reason.to_owned(), key: next.clone() };
    note(&store, now, Event::Upkeep(rotated))?.wait()?;
    sealer.seal(&store, now)?;
    sealer.rotate(key, anchored, now)?;
    Ok(next)
}
