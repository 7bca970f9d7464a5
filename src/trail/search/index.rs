//! The files of the index as a whole: followed up to the trail's end, and made anew where they are not its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::{self, Added, Extent, FILE, File, FileError, View};
use super::terms::Terms;
use crate::trail::store::{Store, StoreError, Stored};
use crate::trail::{Record, durable};

/// Records that are added in one transaction, at most.
const BATCH: usize = 16_384;
/// Records read at a time.
const PAGE: usize = 1_024;
/// So many records are added before they are made durable: as many are indexed again after a power cut.
const DURABLE_EVERY: u64 = 65_536;

/// Why the index could not be followed. What it has holds all the same.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The trail cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder cannot be used.
    #[error("the search index in {} cannot be written", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be used, though nothing is wrong with what is in it.
    #[error("the search index in {} cannot be written: {why}", .path.display())]
    File {
        /// The folder.
        path: PathBuf,
        /// What was said.
        why: String,
    },
}

/// How far one round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Everything before this record is indexed.
    pub indexed_to: u64,
    /// Whether there was no more.
    pub is_all: bool,
}

/// A search index in a folder. Shared by those who ask and whoever follows.
pub struct Index {
    folder: PathBuf,
    /// None before it was looked what is there.
    files: Mutex<Option<BTreeMap<u64, Open>>>,
    /// Held by whoever follows.
    following: Mutex<u64>,
}

/// A file, and up to where it is whole.
#[derive(Clone)]
struct Open {
    file: Arc<File>,
    next: u64,
}

impl Index {
    /// The index in `folder`, which need not be there. Nothing is read or written before somebody follows.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, files: Mutex::default(), following: Mutex::default() }
    }

    /// Adds the next records of the trail, one batch of them. Blocks.
    ///
    /// # Errors
    /// The trail cannot be read, or the folder not be written.
    pub fn follow(&self, store: &dyn Store) -> Result<Followed, IndexError> {
        let mut unsynced = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        self.open(store)?;
        self.forget_below(store.first())?;
        let size = store.head().size;
        let next = self.indexed_to(store)?;
        if next >= size {
            return Ok(Followed { indexed_to: next, is_all: true });
        }
        let number = file::number_of(next);
        let open = self.file(number)?;
        let (added, extent) = read(store, next, size.min((number + 1).saturating_mul(FILE)))?;
        let Some(extent) = extent else { return Ok(Followed { indexed_to: next, is_all: true }) };
        let is_end = extent.next % FILE == 0;
        let is_durable = is_end || *unsynced >= DURABLE_EVERY;
        match open.add(&added, extent, is_durable) {
            Ok(()) => {}
            Err(FileError::Damaged(why)) => {
                self.discard(number, &why);
                return Ok(Followed { indexed_to: next, is_all: false });
            }
            Err(error) => return Err(self.cannot(&error)),
        }
        *unsynced = if is_durable { 0 } else { *unsynced + (extent.next - next) };
        if let Some(files) = self.files().as_mut() {
            files.insert(number, Open { file: open, next: extent.next });
        }
        Ok(Followed { indexed_to: extent.next, is_all: extent.next >= size })
    }

    /// Makes durable what was added. Blocks.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn sync(&self) -> Result<(), IndexError> {
        let mut unsynced = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let last =
            self.files().as_ref().and_then(|files| files.last_key_value()).map(|(_, open)| Arc::clone(&open.file));
        if let Some(file) = last.filter(|_| *unsynced > 0) {
            file.sync().map_err(|error| self.cannot(&error))?;
            *unsynced = 0;
        }
        Ok(())
    }

    /// Everything before this record is indexed, of what is still on the trail.
    ///
    /// # Errors
    /// The trail cannot be read.
    pub fn indexed_to(&self, store: &dyn Store) -> Result<u64, StoreError> {
        let (mut next, size) = (store.first(), store.head().size);
        let files = self.files();
        let files = files.as_ref();
        while next < size {
            match files.and_then(|files| files.get(&file::number_of(next))) {
                Some(open) if open.next > next => next = open.next,
                _ => break,
            }
        }
        Ok(next)
    }

    /// The file that has a record as it is now, if it is there.
    pub(super) fn view(&self, number: u64) -> Option<View> {
        let open = self.files().as_ref().and_then(|files| files.get(&number)).cloned()?;
        match open.file.view() {
            Ok(view) => view,
            Err(error) => {
                self.not_readable(number, &error);
                None
            }
        }
    }

    /// A file was damaged when it was read: it is made anew by whoever follows next.
    pub(super) fn not_readable(&self, number: u64, error: &FileError) {
        match error {
            FileError::Damaged(why) => self.discard(number, why),
            FileError::Cannot(error) => tracing::warn!(index.file = number, %error, "the search index cannot be read"),
        }
    }

    fn discard(&self, number: u64, why: &str) {
        tracing::warn!(index.file = number, reason = why, "a file of the search index is thrown away and made anew");
        if let Some(files) = self.files().as_mut() {
            files.remove(&number);
        }
        // If it stays, it is found damaged again when it is opened.
        let _ = fs::remove_file(file::path(&self.folder, number));
    }

    /// Looks at what is there, once: what is not of this trail is thrown away.
    fn open(&self, store: &dyn Store) -> Result<(), IndexError> {
        if self.files().is_some() {
            return Ok(());
        }
        let folder = |source| IndexError::Folder { path: self.folder.clone(), source };
        durable::create_folder(&self.folder).map_err(folder)?;
        let mut files = BTreeMap::new();
        let first = store.first();
        for number in file::numbers(&self.folder).map_err(folder)? {
            let path = file::path(&self.folder, number);
            if number < file::number_of(first) {
                fs::remove_file(&path).map_err(folder)?;
                continue;
            }
            match opened(&self.folder, number, store) {
                Ok(Some(open)) => drop(files.insert(number, open)),
                Ok(None) => fs::remove_file(&path).map_err(folder)?,
                Err(FileError::Damaged(why)) => {
                    tracing::warn!(index.file = number, reason = why, "a file of the search index is made anew");
                    fs::remove_file(&path).map_err(folder)?;
                }
                Err(error) => return Err(self.cannot(&error)),
            }
        }
        *self.files() = Some(files);
        Ok(())
    }

    /// Takes away the files of which no record is kept.
    fn forget_below(&self, first: u64) -> Result<(), IndexError> {
        let gone = self.files().as_mut().map(|files| {
            let kept = files.split_off(&file::number_of(first));
            std::mem::replace(files, kept)
        });
        let removed =
            gone.into_iter().flatten().try_for_each(|(number, _)| fs::remove_file(file::path(&self.folder, number)));
        removed.map_err(|source| IndexError::Folder { path: self.folder.clone(), source })
    }

    fn file(&self, number: u64) -> Result<Arc<File>, IndexError> {
        if let Some(open) = self.files().as_ref().and_then(|files| files.get(&number)) {
            return Ok(Arc::clone(&open.file));
        }
        match File::open(&self.folder, number) {
            Ok(file) => Ok(Arc::new(file)),
            Err(FileError::Damaged(why)) => {
                self.discard(number, &why);
                File::open(&self.folder, number).map(Arc::new).map_err(|error| self.cannot(&error))
            }
            Err(error) => Err(self.cannot(&error)),
        }
    }

    fn files(&self) -> MutexGuard<'_, Option<BTreeMap<u64, Open>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cannot(&self, error: &FileError) -> IndexError {
        IndexError::File { path: self.folder.clone(), why: error.to_string() }
    }
}

/// A file, if it goes with the trail: the last record in it is that of the trail.
fn opened(folder: &Path, number: u64, store: &dyn Store) -> Result<Option<Open>, FileError> {
    let file = File::open(folder, number)?;
    let Some(Extent { next, leaf }) = file.extent()? else { return Ok(None) };
    let last = next.saturating_sub(1);
    let known = store.read(last, 1).map_err(|error| FileError::Damaged(error.to_string()))?.pop();
    let is_own = known.is_some_and(|known| known.seq == last && known.leaf == leaf);
    Ok(is_own.then(|| Open { file: Arc::new(file), next }))
}

/// Up to a batch of records from `next` on and before `end`.
fn read(store: &dyn Store, next: u64, end: u64) -> Result<(Vec<Added>, Option<Extent>), StoreError> {
    let (mut added, mut extent) = (Vec::new(), None);
    let mut from = next;
    while from < end && added.len() < BATCH {
        let limit = usize::try_from(end - from).unwrap_or(PAGE).min(PAGE);
        let page = store.read(from, limit)?;
        let Some(last) = page.last() else { break };
        from = last.seq + 1;
        extent = Some(Extent { next: from, leaf: last.leaf });
        for stored in page.iter().filter(|stored| stored.seq < end) {
            added.push(taken(store, stored)?);
        }
    }
    Ok((added, extent))
}

fn taken(store: &dyn Store, stored: &Stored) -> Result<Added, StoreError> {
    let damaged = || StoreError::Damaged(format!("record {} is none", stored.seq));
    let at = Record::at(&stored.record).map_err(|_| damaged())?;
    // What is lost beside a record keeps nobody from finding it by what it says itself.
    let beside = store.private(stored.seq).unwrap_or_default();
    let terms = Terms::of(&stored.record).ok_or_else(damaged)?.with_beside(beside.as_deref());
    Ok(Added { seq: stored.seq, at, terms })
}
