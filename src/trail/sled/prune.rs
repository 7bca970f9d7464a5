//! Drops epochs whose time is over: their folders, and their records in the log. Their hashes stay, and what followed
//! from them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::epoch::{self, damaged};
use super::open::OpenError;
use super::shared::Shared;
use crate::trail::merkle::Frontier;
use crate::trail::store::{Carried, NO_END, StoreError};
use crate::trail::{durable, tlog};

/// How the folder of an epoch is called that is being taken away.
const GOING: &str = "pruned";
/// Where what followed from records is, by the number of the first one behind them.
const CARRIED: &str = "carried";

/// Keeps what followed from what is below `below`, which is where an archive ends.
///
/// # Errors
/// No archive ends there, or it cannot be written.
pub(super) fn carry(shared: &Shared, trail: &Path, below: u64, bytes: &[u8]) -> Result<(), StoreError> {
    if !is_end(shared, below) {
        return Err(NO_END);
    }
    let folder = trail.join(CARRIED);
    let written = durable::create_folder(&folder).and_then(|()| durable::replace(&carried_at(trail, below), bytes));
    // Also that it is there, as what it is of will not be.
    let written = written.and_then(|()| durable::sync_folder(&folder));
    written.map_err(|error| StoreError::Damaged(format!("what is to be carried cannot be written: {error}")))
}

/// What was carried and goes on the earliest, at or behind `first`, which is the first record that is kept.
///
/// # Errors
/// It cannot be read.
pub(super) fn carried(trail: &Path, first: u64) -> Result<Option<Carried>, StoreError> {
    if first == 0 {
        return Ok(None);
    }
    let read = || -> io::Result<Option<Carried>> {
        // A prune of several epochs that was cut short has left some of them: what is carried stands for these, too.
        let Some(below) = all_carried(trail)?.into_iter().filter(|below| *below >= first).min() else {
            return Ok(None);
        };
        Ok(Some(Carried { below, bytes: fs::read(carried_at(trail, below))? }))
    };
    read().map_err(|error| StoreError::Damaged(format!("what was carried cannot be read: {error}")))
}

/// Copies what was carried to another folder.
pub(super) fn copy_carried(from: &Path, to: &Path) -> io::Result<()> {
    let all = all_carried(from)?;
    if all.is_empty() {
        return Ok(());
    }
    durable::create_folder(&to.join(CARRIED))?;
    for below in all {
        durable::replace(&carried_at(to, below), &fs::read(carried_at(from, below))?)?;
    }
    durable::sync_folder(&to.join(CARRIED))
}

fn carried_at(trail: &Path, below: u64) -> PathBuf {
    trail.join(CARRIED).join(format!("{below:020}"))
}

fn all_carried(trail: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(trail.join(CARRIED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    // What is called otherwise is what a write that was cut short has left.
    let number = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_str().and_then(|name| name.parse().ok()));
    entries.map(number).filter_map(io::Result::transpose).collect()
}

fn is_end(shared: &Shared, below: u64) -> bool {
    shared.tiers().archives.iter().any(|archive| archive.known.end == below)
}

/// Drops all archives that end at or below `below`, which is where one of them ends.
///
/// # Errors
/// No archive ends there, nothing was carried, or files cannot be taken away.
pub(super) fn prune(shared: &Shared, trail: &Path, below: u64) -> Result<(), StoreError> {
    let tiers = shared.tiers();
    if below <= tiers.first() {
        return finish(trail, tiers.first()).map_err(|error| kept(&error));
    }
    if !is_end(shared, below) {
        return Err(NO_END);
    }
    if !carried_at(trail, below).exists() {
        return Err(StoreError::TooLarge("a bound at which nothing was carried"));
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

/// Takes away what a prune that was cut short has left of what is below `first`, the first record there is. Where nothing
/// was carried that goes on from there, nobody has pruned what is missing.
///
/// # Errors
/// Epochs are missing, or files cannot be read or taken away.
pub(super) fn bring_to_an_end(trail: &Path, first: u64) -> Result<(), OpenError> {
    let folder = |source| OpenError::Folder { path: trail.to_owned(), source };
    if first == 0 {
        return Ok(());
    }
    if all_carried(trail).map_err(folder)?.iter().all(|below| *below < first) {
        return Err(damaged(trail, format!("the records before {first} are gone, and were not pruned")));
    }
    finish(trail, first).map_err(folder)
}

/// The first record that there should be, where `first` is the first that there is.
pub(super) fn expected(trail: &Path, first: u64) -> io::Result<u64> {
    let carried = all_carried(trail)?;
    let is_pruned = carried.iter().any(|below| *below >= first);
    Ok(if is_pruned { first } else { carried.into_iter().max().unwrap_or_default() })
}

/// Takes away what a prune that was cut short has left of what is below `first`.
fn finish(trail: &Path, first: u64) -> io::Result<()> {
    let Some(epochs) = epoch::folder(trail, first).parent().map(Path::to_owned) else { return Ok(()) };
    for entry in fs::read_dir(epochs)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(GOING) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    for below in all_carried(trail)?.into_iter().filter(|below| *below < first) {
        fs::remove_file(carried_at(trail, below))?;
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
