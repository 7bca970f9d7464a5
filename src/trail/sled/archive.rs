//! An epoch that is closed, read from files that never change: its records from the log, what lies beside them from its
//! own file, found through its index.

use std::path::{Path, PathBuf};

use super::beside;
use super::epoch;
use super::known::Known;
use crate::trail::store::{StoreError, Stored};
use crate::trail::tlog;

/// An open archive.
pub(super) struct Archive {
    folder: PathBuf,
    log: PathBuf,
    pub(super) known: Known,
}

impl Archive {
    /// Opens the epoch that begins with `first`, if it is an archive.
    ///
    /// # Errors
    /// It is one and cannot be read.
    pub(super) fn open(trail: &Path, first: u64) -> Result<Option<Self>, StoreError> {
        let folder = epoch::folder(trail, first);
        if !super::known::path(&folder).exists() {
            return Ok(None);
        }
        if let Some(why) = epoch::found_damaged(&folder).map_err(|error| StoreError::Damaged(error.to_string()))? {
            return Err(StoreError::Damaged(why));
        }
        // redb panics where its file is cut.
        let known = epoch::contained(&folder, || Ok(Known::open(&folder)));
        let known = known.map_err(|error| StoreError::Damaged(error.to_string()))??;
        if known.first != first {
            return Err(StoreError::Damaged(format!("the epoch of record {first} has the index of another")));
        }
        Ok(Some(Self { folder, log: tlog::folder(trail), known }))
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The records from `from` up to but without `end`, all of this epoch.
    ///
    /// # Errors
    /// One of them is missing.
    pub(super) fn records(&self, from: u64, end: u64) -> Result<Vec<Stored>, StoreError> {
        let found = tlog::records(&self.log, from, end).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let found =
            found.ok_or_else(|| StoreError::Damaged(format!("the log has not all records from {from} to {end}")))?;
        match found.iter().find(|stored| !stored.is_whole()) {
            Some(changed) => Err(StoreError::Damaged(format!("record {} was changed in the log", changed.seq))),
            None => Ok(found),
        }
    }

    /// What lies beside a record.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.known.private(seq)?.map_or(Ok(None), |at| beside::private_at(&epoch::beside(&self.folder), at))
    }
}
