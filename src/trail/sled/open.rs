//! Opens a store's folder for this process alone, and checks that what is in it fits together.

use std::fs::{File, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::sled::{Config, Db};

use super::committer::Committer;
use super::shared::{Shared, panic_text};
use super::sync::{self, SyncFile};
use super::{SledStore, head};
use crate::trail::merkle::Frontier;
use crate::trail::settings::Settings;
use crate::trail::store::{Head, StoreError};

/// How often it is tried to have sled's file, after a store of this process was closed.
const RELEASE_TRIES: u32 = 200;
/// How long is waited between two tries, in milliseconds.
const RELEASE_WAIT_MS: u64 = 10;
/// How often sled's own thread tidies its file, in milliseconds. Nothing durable waits for it.
const TIDY_EVERY_MS: u64 = 500;

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
    /// What is kept does not fit together.
    #[error("the trail in {} is damaged: {why}", .path.display())]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// What does not fit.
        why: String,
    },
}

/// Opens the store; `wrap` may put something around the sync of its file.
pub(super) fn open(settings: &Settings, wrap: impl FnOnce(SyncFile, &Db) -> SyncFile) -> Result<SledStore, OpenError> {
    let path = &settings.path;
    let folder = |source| OpenError::Folder { path: path.clone(), source };
    sync::create_folder(path).map_err(folder)?;
    let lock = lock(path)?;
    wait_for_release(path)?;
    forget_unfinished(path).map_err(folder)?;
    let (db, frontier, sync) = contained(path, || {
        let db = open_database(settings)?;
        let sync = wrap(sync::of_file(&path.join("db")).map_err(folder)?, &db);
        let (frontier, sync) = settle(path, &db, sync)?;
        Ok((db, frontier, sync))
    })?;
    let shared = Shared::new(db, Head { size: frontier.size(), root: frontier.root() }, lock);
    let committer = Committer::start(Arc::clone(&shared), frontier, sync).map_err(folder)?;
    Ok(SledStore { committer, shared })
}

/// Makes durable what is there, then looks at it: a predecessor that was killed may have written
/// without syncing, and what is shown from here on must not go away.
fn settle(path: &Path, db: &Db, mut sync: SyncFile) -> Result<(Frontier, SyncFile), OpenError> {
    let synced = sync::sync_contents(path).and_then(|()| sync());
    synced.map_err(|source| OpenError::Folder { path: path.to_owned(), source })?;
    let frontier = head::load(db).map_err(|error| damaged(path, error.to_string()))?;
    Ok((frontier, sync))
}

/// Our own lock, beside that of sled: it is asked before sled touches anything, and its refusal can
/// be told from other errors.
fn lock(path: &Path) -> Result<File, OpenError> {
    let folder = |source| OpenError::Folder { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(path.join("lock")).map_err(folder)?;
    if try_lock(&file).map_err(folder)? { Ok(file) } else { Err(OpenError::InUse(path.to_owned())) }
}

/// Waits until nobody holds sled's own lock. A store that this process has just closed may still
/// hold it for a moment, while sled's threads end their last work.
fn wait_for_release(path: &Path) -> Result<(), OpenError> {
    let folder = |source| OpenError::Folder { path: path.to_owned(), source };
    let file = match File::options().write(true).open(path.join("db")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(folder(error)),
    };
    for _ in 0..RELEASE_TRIES {
        if try_lock(&file).map_err(folder)? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(RELEASE_WAIT_MS));
    }
    Err(OpenError::InUse(path.to_owned()))
}

/// Whether the lock could be had; it goes when the file is closed.
fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open_database(settings: &Settings) -> Result<Db, OpenError> {
    let path = &settings.path;
    let config = Config::new().path(path).cache_capacity(settings.cache_bytes_max).flush_every_ms(Some(TIDY_EVERY_MS));
    config.open().map_err(|source| match source {
        ::sled::Error::Corruption { .. } => damaged(path, "its file is not as it was written".to_owned()),
        source => OpenError::Store { path: path.to_owned(), source },
    })
}

/// sled writes `conf` in two pieces and then makes `db`; killed between the two pieces, it would refuse
/// the folder for good. While there is no `db` there is no record either, so what there is of `conf`
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

/// sled panics on much of what damage can do to its file.
fn contained<T>(path: &Path, work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(damaged(path, panic_text(&*panic))))
}

fn damaged(path: &Path, why: String) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), why }
}

/// What a failed read or write of sled's means for the store.
pub(super) fn store_error(error: ::sled::Error) -> StoreError {
    match error {
        ::sled::Error::Corruption { .. } => StoreError::Damaged(error.to_string()),
        error => StoreError::Failed(error.to_string()),
    }
}
