//! One epoch: a database of its own, because sled never gives space back. The newest takes the appends; an older one is
//! read until all of it is in files.

use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ::sled::{Config, Db};

use super::open::OpenError;
use super::shared::panic_text;
use super::sync::{self, SyncFile};
use super::{head, keys, store_error};
use crate::trail::durable;
use crate::trail::merkle::Frontier;

/// Where epochs are, in the trail's folder.
const FOLDER: &str = "epochs";
/// What lies beside an epoch's records. It is made last: an epoch without it was never begun.
const BESIDE: &str = "beside";
/// How often it is tried to have sled's file, after a store of this process was closed.
const RELEASE_TRIES: u32 = 200;
/// How long is waited between two tries, in milliseconds.
const RELEASE_WAIT_MS: u64 = 10;
/// How often sled's own thread tidies its file, in milliseconds. Nothing durable waits for it.
const TIDY_EVERY_MS: u64 = 500;
/// What sled makes in its folder.
const FILES: [&str; 2] = ["db", "conf"];
/// The folder that sled makes in its own.
const BLOBS: &str = "blobs";
/// Says of how many records all that lies beside them is in its file.
const TELLS_MIRRORED: &str = "mirrored";
/// Says that something in it is not as it was written, which sled does not see when it opens it.
const FOUND_DAMAGED: &str = "found-damaged";
/// Where what was replaced is kept, in the trail's folder.
pub(super) const REPLACED: &str = "damaged";
/// Where an epoch is made anew.
const NEW: &str = "new";
/// In it, once it is whole: in whose place it is to be put.
const PLACE: &str = "place";
/// How the names of sled's own snapshots begin.
const SNAPSHOT: &str = "snap.";
/// How the names of those end that are not whole yet.
const UNFINISHED: &str = ".generating";

/// An open epoch.
pub(super) struct Epoch {
    /// The sequence number of its first record.
    pub(super) first: u64,
    /// Its folder.
    pub(super) folder: PathBuf,
    pub(super) db: Db,
}

/// What an epoch was opened with.
pub(super) struct Opened {
    pub(super) epoch: Epoch,
    /// Of all records up to its last.
    pub(super) frontier: Frontier,
    /// How many facts it has.
    pub(super) facts: u64,
    pub(super) sync: SyncFile,
}

/// Where the epochs of a trail are.
pub(super) fn root(trail: &Path) -> PathBuf {
    trail.join(FOLDER)
}

/// Where the epoch lies that begins with record `first`.
pub(super) fn folder(trail: &Path, first: u64) -> PathBuf {
    // As many digits as the largest number has, so that names sort as numbers do.
    trail.join(FOLDER).join(format!("{first:020}"))
}

/// Where what lies beside the records of an epoch is kept.
pub(super) fn beside(folder: &Path) -> PathBuf {
    folder.join(BESIDE)
}

/// How far what lies beside an epoch's records is in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mirrored {
    /// Of how many of the trail's records all is there.
    pub(super) size: u64,
    /// In so many bytes.
    pub(super) length: u64,
}

/// The first records of all epochs, in order. The newest is taken away if it was not begun to its end.
pub(super) fn all(trail: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(trail.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    finish_replacing(trail)?;
    let mut found = Vec::new();
    for entry in entries {
        let Some(first) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        found.push(first);
    }
    found.sort_unstable();
    if let Some(newest) = found.last().map(|newest| folder(trail, *newest))
        && !was_begun(&newest)?
    {
        fs::remove_dir_all(newest)?;
        found.pop();
    }
    Ok(found)
}

/// Whether the newest epoch can have a record. What else is missing of one that can is damage.
fn was_begun(folder: &Path) -> io::Result<bool> {
    for name in [BESIDE, TELLS_MIRRORED, FOUND_DAMAGED, super::known::FILE] {
        if folder.join(name).try_exists()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says how far what lies beside the records is in the epoch's file: for whoever copies that, or makes the epoch anew. It
/// need not survive a power cut, as it is told again.
pub(super) fn tell_mirrored(folder: &Path, Mirrored { size, length }: Mirrored) -> io::Result<()> {
    let beside = folder.join(TELLS_MIRRORED).with_extension("new");
    fs::write(&beside, format!("{size} {length}"))?;
    fs::rename(beside, folder.join(TELLS_MIRRORED))
}

/// What that last said, if it can be read: a power cut may have left nothing of it.
pub(super) fn told_mirrored(folder: &Path) -> io::Result<Option<Mirrored>> {
    match fs::read(folder.join(TELLS_MIRRORED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        told => {
            let told = String::from_utf8(told?).unwrap_or_default();
            let numbers =
                told.split_once(' ').and_then(|(size, length)| Some((size.parse().ok()?, length.parse().ok()?)));
            Ok(numbers.map(|(size, length)| Mirrored { size, length }))
        }
    }
}

/// Where an epoch is made anew.
pub(super) fn unfinished(trail: &Path) -> PathBuf {
    trail.join(FOLDER).join(NEW)
}

/// Puts what was made anew in the place of the epoch that begins with record `first`, which is kept at `kept`. Cut short
/// in between, the next who looks for epochs brings it to its end.
pub(super) fn replace(trail: &Path, first: u64, kept: &Path) -> io::Result<()> {
    let (place, made) = (folder(trail, first), unfinished(trail));
    durable::replace(&made.join(PLACE), first.to_string().as_bytes()).and_then(|()| durable::sync_folder(&made))?;
    match fs::rename(&place, kept) {
        // It is gone as a whole, and nothing can be kept of it.
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    durable::sync_folder_of(&place)?;
    finish_replacing(trail)
}

fn finish_replacing(trail: &Path) -> io::Result<()> {
    let made = unfinished(trail);
    let first = match fs::read_to_string(made.join(PLACE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?.parse().map_err(io::Error::other)?,
    };
    let place = folder(trail, first);
    if place.try_exists()? {
        return Ok(());
    }
    fs::rename(&made, &place)?;
    fs::remove_file(place.join(PLACE))?;
    durable::sync_folder_of(&place)
}

/// Where what is damaged is kept that is called `name`: a place in the trail's folder that is free.
pub(super) fn place_for_damaged(trail: &Path, name: &str) -> io::Result<PathBuf> {
    let kept = trail.join(REPLACED);
    durable::create_folder(&kept)?;
    let free = (0_u32..).map(|number| kept.join(format!("{name}.{number}"))).find(|path| !path.exists());
    free.ok_or_else(|| io::Error::other("there are too many of them"))
}

/// Keeps what is damaged where it is in nobody's way; says where.
pub(super) fn put_away(trail: &Path, name: &str) -> io::Result<PathBuf> {
    let kept = place_for_damaged(trail, name)?;
    fs::rename(trail.join(name), &kept)?;
    durable::sync_folder(trail).map(|()| kept)
}

/// Has the epoch refused as damaged from now on, until it was made anew. Durable when this returns.
pub(super) fn condemn(folder: &Path, why: &str) -> io::Result<()> {
    durable::replace(&folder.join(FOUND_DAMAGED), why.as_bytes()).and_then(|()| durable::sync_folder(folder))
}

/// What was found to be damaged in the epoch, if anything was.
pub(super) fn found_damaged(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(FOUND_DAMAGED)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// It was made good again.
pub(super) fn acquit(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(FOUND_DAMAGED)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => durable::sync_folder(folder),
    }
}

/// Begins the epoch that goes on from `frontier`; it is durable when this returns.
///
/// # Errors
/// Its folder cannot be made or synced.
pub(super) fn begin(trail: &Path, frontier: &Frontier, cache_bytes: u64) -> Result<(Epoch, SyncFile), OpenError> {
    let first = frontier.size();
    let folder = folder(trail, first);
    let refused = |source| OpenError::Folder { path: folder.clone(), source };
    durable::create_folder(&folder).map_err(refused)?;
    let (db, sync) = contained(&folder, || {
        let db = open_database(&folder, cache_bytes)?;
        if first > 0 {
            let put = db.insert(keys::HEAD, head::to_value(frontier)).and_then(|_| db.flush());
            put.map_err(|source| OpenError::Store { path: folder.clone(), source })?;
        }
        let mut sync = sync::of_file(&folder.join("db")).map_err(refused)?;
        sync::sync_contents(&folder).and_then(|()| sync()).map_err(refused)?;
        Ok((db, sync))
    })?;
    let made = durable::private_files().create(true).truncate(false).open(beside(&folder));
    made.and_then(|file| file.sync_all()).and_then(|()| durable::sync_folder(&folder)).map_err(refused)?;
    Ok((Epoch { first, folder: folder.clone(), db }, sync))
}

/// Opens the epoch that begins with record `first`, makes durable what is there, then looks at it: a predecessor that
/// was killed may have written without syncing, and what is shown from here on must not go away.
///
/// # Errors
/// Somebody has it open, it cannot be read or synced, or does not fit together.
pub(super) fn open(
    trail: &Path,
    first: u64,
    cache_bytes: u64,
    wrap: impl FnOnce(SyncFile, &Db) -> SyncFile,
) -> Result<Opened, OpenError> {
    let folder = folder(trail, first);
    let refused = |source| OpenError::Folder { path: folder.clone(), source };
    if let Some(why) = found_damaged(&folder).map_err(refused)? {
        return Err(damaged(&folder, why));
    }
    wait_for_release(&folder)?;
    contained(&folder, || {
        let db = open_database(&folder, cache_bytes)?;
        let mut sync = wrap(sync::of_file(&folder.join("db")).map_err(refused)?, &db);
        sync::sync_contents(&folder).and_then(|()| sync()).map_err(refused)?;
        let loaded = head::load(&db, first).and_then(|frontier| Ok((frontier, head::facts(&db)?)));
        let (frontier, facts) = loaded.map_err(|error| damaged(&folder, error.to_string()))?;
        Ok(Opened { epoch: Epoch { first, folder: folder.clone(), db }, frontier, facts, sync })
    })
}

/// Takes away what sled has made in an epoch's folder. Nobody may have it open.
pub(super) fn forget(folder: &Path) -> io::Result<()> {
    let is_missing = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    FILES.iter().try_for_each(|file| is_missing(fs::remove_file(folder.join(file))))?;
    is_missing(fs::remove_dir_all(folder.join(BLOBS)))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(SNAPSHOT) {
            is_missing(fs::remove_file(entry.path()))?;
        }
    }
    durable::sync_folder(folder)
}

/// Opens a database of sled's, making it if it is missing. Nobody else may have it open.
pub(super) fn open_database(folder: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    forget_unfinished(folder).map_err(|source| OpenError::Folder { path: folder.to_owned(), source })?;
    let config = Config::new().path(folder).cache_capacity(cache_bytes).flush_every_ms(Some(TIDY_EVERY_MS));
    config.open().map_err(|source| match source {
        ::sled::Error::Corruption { .. } => damaged(folder, "its file is not as it was written".to_owned()),
        // What the system refuses, and a lock that another holds; the rest is sled, who makes no sense of its own files.
        ::sled::Error::Io(error)
            if !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            OpenError::Store { path: folder.to_owned(), source: ::sled::Error::Io(error) }
        }
        other => damaged(folder, other.to_string()),
    })
}

/// Takes away a snapshot of sled's own that a kill broke off. sled would take it for its newest, and then for damage: it
/// looks for unfinished ones under another name than it gives them. All that such a one was made of is still there.
fn forget_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(SNAPSHOT) && name.ends_with(UNFINISHED) {
            tracing::info!(name, "a snapshot of the store that was broken off is taken away");
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Waits until nobody holds sled's own lock. A store that this process has just closed may still
/// hold it for a moment, while sled's threads end their last work.
pub(super) fn wait_for_release(folder: &Path) -> Result<(), OpenError> {
    let refused = |source| OpenError::Folder { path: folder.to_owned(), source };
    let file = match File::options().write(true).open(folder.join("db")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(refused(error)),
    };
    for _ in 0..RELEASE_TRIES {
        if try_lock(&file).map_err(refused)? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(RELEASE_WAIT_MS));
    }
    Err(OpenError::InUse(folder.to_owned()))
}

/// Whether the lock could be had; it goes when the file is closed.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// sled panics on much of what damage can do to its file.
pub(super) fn contained<T>(folder: &Path, work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(damaged(folder, panic_text(&*panic))))
}

pub(super) fn damaged(folder: &Path, why: String) -> OpenError {
    OpenError::Damaged { path: folder.to_owned(), why }
}

impl Epoch {
    /// Up to which fact, and which byte, what lies beside its records is in its file.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn mirrored(&self) -> Result<(u64, u64), crate::trail::StoreError> {
        let value = self.db.get(keys::MIRRORED).map_err(store_error)?;
        let numbers = value.as_deref().and_then(|value| Some((keys::seq_at_end(value.get(..8)?)?, value)));
        Ok(numbers.and_then(|(facts, value)| Some((facts, keys::seq_at_end(value)?))).unwrap_or_default())
    }

    /// Notes it. It need not be durable: what is in the file after it is written a second time.
    ///
    /// # Errors
    /// The database cannot be written.
    pub(super) fn note_mirrored(&self, facts: u64, bytes: u64) -> Result<(), crate::trail::StoreError> {
        let value = [facts.to_be_bytes(), bytes.to_be_bytes()].concat();
        self.db.insert(keys::MIRRORED, value).map(drop).map_err(store_error)
    }
}
