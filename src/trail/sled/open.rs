//! Opens a store's folder for this process alone, and checks that its epochs fit together.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::sled::Db;

use super::SledStore;
use super::archive::Archive;
use super::archivist::Archivist;
use super::committer::{Committer, Start};
use super::epoch::{self, Epoch, Opened, contained, damaged, open_database, try_lock, wait_for_release};
use super::known;
use super::prune;
use super::shared::Shared;
use super::sync::{self, SyncFile};
use super::tiers::Tiers;
use super::told;
use crate::trail::durable;
use crate::trail::merkle::Frontier;
use crate::trail::settings::Settings;
use crate::trail::store::{Head, StoreError};

/// Where the areas are, in the trail's folder.
const AREAS: &str = "areas";
/// Memory for the pages of what is written seldom, in bytes.
const SMALL_CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process works on the folder.
    #[error("another process has the trail in {} open", .0.display())]
    InUse(PathBuf),
    /// A folder or file could not be made, opened or synced.
    #[error("the trail's folder {} cannot be used", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// sled refused, for instance because the disk is full.
    #[error("the trail's store in {} cannot be opened", .path.display())]
    Store {
        /// The folder.
        path: PathBuf,
        /// What sled said.
        source: ::sled::Error,
    },
    /// It is a copy, or was not made a trail of to the end.
    #[error("{} is a copy of a trail: `portcullis trail restore` makes a trail of it, under a name of its own", .0.display())]
    Copy(PathBuf),
    /// What is kept does not fit together.
    #[error("the trail in {} is damaged: {why}", .path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
}

impl OpenError {
    /// Whether there was no room on the disk, or no more of it for us.
    #[must_use]
    pub fn is_for_want_of_room(&self) -> bool {
        let kind = match self {
            Self::Folder { source, .. } | Self::Store { source: ::sled::Error::Io(source), .. } => source.kind(),
            Self::InUse(_) | Self::Store { .. } | Self::Copy(_) | Self::Damaged { .. } => return false,
        };
        matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// Opens the store; the wraps may put something around the sync of the file of the epoch that takes records, and of that
/// of the areas.
pub(super) fn open(
    settings: &Settings,
    wrap: impl FnOnce(SyncFile, &Db) -> SyncFile,
    wrap_areas: impl FnOnce(SyncFile) -> SyncFile,
) -> Result<SledStore, OpenError> {
    let trail = &settings.path;
    let folder = |source| OpenError::Folder { path: trail.clone(), source };
    durable::create_folder(trail).map_err(folder)?;
    let lock = lock(trail)?;
    let (areas, sync_areas) = open_areas(trail)?;
    let (older, newest) = epochs(trail, settings.cache_bytes_max)?;
    let epochs_in_use = [older.as_slice(), &[newest]].concat();
    let Opened { epoch, frontier, facts, sync } = epoch::open(trail, newest, settings.cache_bytes_max, wrap)?;
    // What was told to be in a file was durable in the database before.
    let told = epoch::told_mirrored(&epoch.folder).map_err(folder)?.map_or(0, |told| told.size);
    if told > frontier.size() {
        let has = frontier.size();
        return Err(damaged(&epoch.folder, format!("it has {has} records, and had {told}")));
    }
    let tiers = tiers(trail, &older, epoch)?;
    prune::bring_to_an_end(trail, tiers.first())?;
    let head = Head { size: frontier.size(), root: frontier.root() };
    let shared = Shared::new(tiers, areas, head, lock);
    let start = Start {
        trail: trail.clone(),
        cache_bytes: settings.cache_bytes_max,
        frontier,
        facts,
        sync,
        sync_areas: wrap_areas(sync_areas),
    };
    let committer = Committer::start(Arc::clone(&shared), start).map_err(folder)?;
    told::record(trail, &epochs_in_use, &committer)?;
    let archivist = Archivist::start(&shared, settings, committer.roller()).map_err(folder)?;
    Ok(SledStore { trail: trail.clone(), archivist, committer, shared })
}

/// The first records of the epochs that take no more records, and of the one that does, which is begun if there is none.
fn epochs(trail: &Path, cache_bytes: u64) -> Result<(Vec<u64>, u64), OpenError> {
    let folder = |source| OpenError::Folder { path: trail.to_owned(), source };
    if trail.join("db").try_exists().map_err(folder)? {
        return Err(damaged(trail, "its layout is that of a version before the first release".to_owned()));
    }
    let mut found = epoch::all(trail).map_err(folder)?;
    match found.pop() {
        Some(newest) if known::path(&epoch::folder(trail, newest)).exists() => {
            Err(damaged(trail, format!("the epoch that comes after that of record {newest} is gone")))
        }
        Some(newest) => Ok((found, newest)),
        None => {
            drop(epoch::begin(trail, &Frontier::default(), cache_bytes)?);
            Ok((Vec::new(), 0))
        }
    }
}

/// All epochs: those in files, those that are not yet, and the one that takes records.
fn tiers(trail: &Path, older: &[u64], live: Epoch) -> Result<Tiers, OpenError> {
    let mut tiers = Tiers { archives: Vec::new(), closing: Vec::new(), live: Arc::new(live) };
    let ends: Vec<u64> = older.iter().skip(1).copied().chain([tiers.live.first]).collect();
    for (first, end) in older.iter().copied().zip(ends) {
        let misfit =
            || damaged(trail, format!("the epoch of record {first} does not end at {end}, where the next begins"));
        let archive = Archive::open(trail, first).map_err(|error| damaged(trail, error.to_string()))?;
        match archive {
            Some(archive) if archive.known.end != end => return Err(misfit()),
            Some(archive) => {
                let folder = epoch::folder(trail, first);
                epoch::forget(&folder).map_err(|source| OpenError::Folder { path: folder, source })?;
                tiers.archives.push(Arc::new(archive));
            }
            None => {
                let opened = epoch::open(trail, first, SMALL_CACHE_BYTES, |sync, _| sync)?;
                if opened.frontier.size() != end {
                    return Err(misfit());
                }
                tiers.closing.push(Arc::new(opened.epoch));
            }
        }
    }
    Ok(tiers)
}

/// What is kept in areas, which goes on whatever becomes of epochs.
fn open_areas(trail: &Path) -> Result<(Db, SyncFile), OpenError> {
    let path = trail.join(AREAS);
    let folder = |source| OpenError::Folder { path: path.clone(), source };
    durable::create_folder(&path).map_err(folder)?;
    wait_for_release(&path)?;
    forget_unfinished(&path).map_err(folder)?;
    let open = || {
        contained(&path, || {
            let db = open_database(&path, SMALL_CACHE_BYTES)?;
            let mut sync = sync::of_file(&path.join("db")).map_err(folder)?;
            sync::sync_contents(&path).and_then(|()| sync()).map_err(folder)?;
            Ok((db, sync))
        })
    };
    match open() {
        // All of it follows from elsewhere, and is read anew.
        Err(OpenError::Damaged { why, .. }) => {
            let kept = epoch::put_away(trail, AREAS).map_err(folder)?;
            tracing::warn!(why, kept = %kept.display(), "what is kept beside the trail is damaged, and begun anew");
            durable::create_folder(&path).map_err(folder)?;
            open()
        }
        opened => opened,
    }
}

/// Our own lock, beside that of sled: it is asked before sled touches anything, and its refusal can
/// be told from other errors.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let folder = |source| OpenError::Folder { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path.join("lock")).map_err(folder)?;
    if try_lock(&file).map_err(folder)? { Ok(file) } else { Err(OpenError::InUse(path.to_owned())) }
}

/// sled writes `conf` in two pieces and then makes `db`; killed between the two pieces, it would refuse
/// the folder for good. While there is no `db` there is nothing either, so what there is of `conf`
/// is thrown away.
fn forget_unfinished(path: &Path) -> io::Result<()> {
    if path.join("db").try_exists()? {
        return Ok(());
    }
    match std::fs::remove_file(path.join("conf")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What a failed read or write of sled's means for the store.
pub(super) fn store_error(error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Corruption { .. } => StoreError::Damaged(error.to_string()),
        error => StoreError::Failed(error.to_string()),
    }
}
