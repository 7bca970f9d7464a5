//! Drops epochs whose time is over: their folders, and their records in the log. Their hashes stay.

use std::fs;
use std::io;
use std::path::Path;

use super::epoch;
use super::shared::Shared;
use crate::trail::merkle::Frontier;
use crate::trail::store::StoreError;
use crate::trail::{durable, tlog};

/// How the folder of an epoch is called that is being taken away.
const GOING: &str = "pruned";

/// Drops all archives that end at or below `below`, which is where one of them ends.
///
/// # Errors
/// No archive ends there, or files cannot be taken away.
pub(super) fn prune(shared: &Shared, trail: &Path, below: u64) -> Result<(), StoreError> {
    let tiers = shared.tiers();
    if below <= tiers.first() {
        return finish(trail, tiers.first()).map_err(|error| kept(&error));
    }
    if !tiers.archives.iter().any(|archive| archive.known.end == below) {
        return Err(StoreError::TooLarge("a bound at which no epoch ends that is in files"));
    }
    let gone = tiers.archives.iter().map(|archive| &archive.known).filter(|known| known.end <= below);
    let gone: Vec<u64> = gone.map(|known| known.first).collect();
    shared.change_tiers(|tiers| tiers.pruned(below));
    for first in gone {
        let folder = epoch::folder(trail, first);
        let going = folder.with_file_name(format!("{GOING}-{first:020}"));
        let moved = fs::rename(&folder, &going).and_then(|()| durable::sync_folder_of(&going));
        moved.and_then(|()| fs::remove_dir_all(going)).map_err(|error| kept(&error))?;
    }
    finish(trail, below).map_err(|error| kept(&error))
}

/// Takes away what a prune that was cut short has left of what is below `first`.
pub(super) fn finish(trail: &Path, first: u64) -> io::Result<()> {
    let Some(epochs) = epoch::folder(trail, first).parent().map(Path::to_owned) else { return Ok(()) };
    for entry in fs::read_dir(epochs)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(GOING) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    tlog::forget_below(&tlog::folder(trail), first)
}

/// The tree over what is below `first`.
pub(super) fn before(trail: &Path, first: u64) -> Result<Frontier, StoreError> {
    if first == 0 {
        return Ok(Frontier::default());
    }
    let log = tlog::folder(trail);
    let unread = |error: io::Error| StoreError::Damaged(format!("the log cannot be read: {error}"));
    let missing = || StoreError::Damaged(format!("the log has not the hashes of the first {first} records"));
    let sealed = tlog::sealed(&log).map_err(unread)?.ok_or_else(missing)?;
    tlog::frontier(&log, first, sealed.size).map_err(unread)?.ok_or_else(missing)
}

fn kept(error: &io::Error) -> StoreError {
    StoreError::Damaged(format!("what is to be pruned cannot be taken away: {error}"))
}
