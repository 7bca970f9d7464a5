//! The index of an epoch that is closed: what its records are known by, under what they can be found, and where their
//! private parts lie. It never changes, so it is a file that opens at once, whatever its size (redb).

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use redb::{Database, ReadOnlyDatabase, ReadableDatabase as _, TableDefinition};
use sha2::{Digest as _, Sha256};

use super::beside::{self, Piece};
use super::epoch;
use super::fact::{self, Fact};
use super::keys;
use crate::incident::{Digest, IncidentId};
use crate::trail::durable;
use crate::trail::store::{StoreError, UniqueKey};

/// The file in the epoch's folder.
pub(super) const FILE: &str = "known.redb";
/// Memory for its pages while it is read, and while it is made, in bytes.
const READ_CACHE_BYTES: usize = 4 * 1024 * 1024;
const WRITE_CACHE_BYTES: usize = 64 * 1024 * 1024;

/// The digest of that file, in hexadecimal: what is flipped in it would have a delivery taken for another, or for new.
const SUM: &str = "known.sha256";
/// Read at a time, in bytes.
const BLOCK_BYTES: usize = 1024 * 1024;

/// By the keys that sled has.
const BY_KEY: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("by key");
/// Where the piece of a record begins that has a private part.
const PRIVATE: TableDefinition<'_, u64, u64> = TableDefinition::new("private");
/// The epoch's first record, and the one that comes after its last.
const RANGE: TableDefinition<'_, &str, u64> = TableDefinition::new("range");

/// An open index.
pub(super) struct Known {
    db: ReadOnlyDatabase,
    /// The first record of the epoch.
    pub(super) first: u64,
    /// The one that comes after its last.
    pub(super) end: u64,
}

/// Where the index of an epoch in `folder` is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Makes the index of the epoch in `folder`, whose records are those from `first` up to but without `end`. It is there
/// whole and durable when this returns, or not at all.
///
/// # Errors
/// What lies beside its records is damaged, or the index cannot be written.
pub(super) fn make(folder: &Path, first: u64, end: u64) -> Result<(), StoreError> {
    let unfinished = folder.join(format!("{FILE}.new"));
    let refused = |error: std::io::Error| unwritten(&error);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refused(error)),
        _ => {}
    }
    let mut db = Database::builder().set_cache_size(WRITE_CACHE_BYTES).create(&unfinished).map_err(unwritten)?;
    fill(&db, folder, first, end)?;
    db.compact().map_err(unwritten)?;
    drop(db);
    fs::File::open(&unfinished).and_then(|file| file.sync_all()).map_err(refused)?;
    let sum = sum(&unfinished).map_err(refused)?;
    durable::replace(&folder.join(SUM), sum.to_string().as_bytes()).map_err(refused)?;
    fs::rename(&unfinished, path(folder)).and_then(|()| durable::sync_folder(folder)).map_err(refused)
}

/// Whether the index of the epoch in `folder` is as it was made. Reads all of it.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_whole(folder: &Path) -> io::Result<bool> {
    let written = match fs::read(folder.join(SUM)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        written => written?,
    };
    Ok(sum(&path(folder))?.to_string().as_bytes() == written)
}

/// Copies the index of the epoch in `from` to `to`, with its digest first.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for file in [SUM, FILE] {
        let mut source = fs::File::open(from.join(file))?;
        durable::replace_by(&to.join(file), |file| io::copy(&mut source, file).map(drop))?;
    }
    Ok(())
}

fn sum(path: &Path) -> io::Result<Digest> {
    let (mut file, mut hasher, mut block) = (fs::File::open(path)?, Sha256::new(), vec![0; BLOCK_BYTES]);
    loop {
        match file.read(&mut block)? {
            0 => return Ok(Digest(hasher.finalize().into())),
            count => hasher.update(block.get(..count).unwrap_or_default()),
        }
    }
}

fn fill(db: &Database, folder: &Path, first: u64, end: u64) -> Result<(), StoreError> {
    let writing = db.begin_write().map_err(unwritten)?;
    {
        let mut by_key = writing.open_table(BY_KEY).map_err(unwritten)?;
        let mut private = writing.open_table(PRIVATE).map_err(unwritten)?;
        for piece in beside::pieces(&epoch::beside(folder))? {
            let Piece { at, fact, .. } = piece?;
            match fact {
                Fact::Record { seq, keys, incidents, has_private } if (first..end).contains(&seq) => {
                    let number = seq.to_be_bytes();
                    for key in keys {
                        by_key.insert(&keys::unique(&key)[..], &number[..]).map_err(unwritten)?;
                    }
                    for incident in incidents {
                        by_key.insert(&keys::of_incident(&incident, seq)[..], &[][..]).map_err(unwritten)?;
                    }
                    if has_private {
                        private.insert(seq, at).map_err(unwritten)?;
                    }
                }
                Fact::Record { .. } => {}
                Fact::Delivery { key, first } => {
                    let value = fact::delivery_value(first, &key.content);
                    by_key.insert(&keys::delivery(&key.key)[..], &value[..]).map_err(unwritten)?;
                }
            }
        }
        let mut range = writing.open_table(RANGE).map_err(unwritten)?;
        range.insert("first", first).map_err(unwritten)?;
        range.insert("end", end).map_err(unwritten)?;
    }
    writing.commit().map_err(unwritten)
}

impl Known {
    /// Opens the index of the epoch in `folder`.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let open = Database::builder().set_cache_size(READ_CACHE_BYTES).open_read_only(path(folder));
        let db = open.map_err(unread)?;
        let (first, end) = {
            let reading = db.begin_read().map_err(unread)?;
            let range = reading.open_table(RANGE).map_err(unread)?;
            let bound =
                |name| range.get(name).map_err(unread)?.map(|bound| bound.value()).ok_or_else(|| unread("no range"));
            (bound("first")?, bound("end")?)
        };
        Ok(Self { db, first, end })
    }

    /// The record made under a unique key.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        self.get(&keys::unique(key), |value| keys::seq_at_end(value).ok_or_else(|| unread("a key has no number")))
    }

    /// The first record of a delivery, and the digest of its content.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn delivery(&self, key: &UniqueKey) -> Result<Option<(u64, Digest)>, StoreError> {
        self.get(&keys::delivery(key), fact::read_delivery)
    }

    /// The numbers of an incident's records, in order, at most `limit`.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn of_incident(&self, id: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        let reading = self.db.begin_read().map_err(unread)?;
        let by_key = reading.open_table(BY_KEY).map_err(unread)?;
        let (from, to) = (keys::of_incident(id, 0), keys::of_incident(id, u64::MAX));
        let found = by_key.range::<&[u8]>(&from[..]..&to[..]).map_err(unread)?.take(limit);
        let number = |key: &[u8]| keys::seq_at_end(key).ok_or_else(|| unread("an incident has no number"));
        found.map(|row| number(row.map_err(unread)?.0.value())).collect()
    }

    /// Where the piece begins that has what is private to a record.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn private(&self, seq: u64) -> Result<Option<u64>, StoreError> {
        let reading = self.db.begin_read().map_err(unread)?;
        let private = reading.open_table(PRIVATE).map_err(unread)?;
        Ok(private.get(seq).map_err(unread)?.map(|at| at.value()))
    }

    fn get<T>(&self, key: &[u8], read: impl FnOnce(&[u8]) -> Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        let reading = self.db.begin_read().map_err(unread)?;
        let by_key = reading.open_table(BY_KEY).map_err(unread)?;
        by_key.get(key).map_err(unread)?.map(|value| read(value.value())).transpose()
    }
}

fn unwritten(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("the index of an epoch cannot be made: {error}"))
}

fn unread(error: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged(format!("the index of an epoch cannot be read: {error}"))
}
