//! Reads what is sealed of a log from its folder, under one checkpoint, whatever is sealed meanwhile.

use std::path::Path;

use super::folder::{Bundle, LogFolder};
use super::proof::{Proof, ProofError, size_of};
use super::tile::WIDTH;

/// A log as its checkpoint had it at one moment.
pub struct Sealed {
    folder: LogFolder,
    note: String,
    size: u64,
}

/// Records that follow each other.
pub struct Page {
    bundle: Bundle,
    skip: usize,
}

impl Sealed {
    /// The log in `folder` under its newest checkpoint, which is not verified here.
    ///
    /// # Errors
    /// There is no checkpoint, or the folder cannot be read.
    pub fn open(folder: &Path) -> Result<Self, ProofError> {
        let folder = LogFolder::at(folder.to_owned());
        let note = folder.checkpoint()?.ok_or(ProofError::NoCheckpoint)?;
        let size = size_of(&note).ok_or(ProofError::NoSize)?;
        Ok(Self { folder, note, size })
    }

    /// The checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &str {
        &self.note
    }

    /// How many records are under it.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The first record that it has; of those before there are only hashes.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn first(&self) -> Result<u64, ProofError> {
        let has = |index: u64| self.folder.has_entries(index, self.size.saturating_sub(index * WIDTH).min(WIDTH));
        // What is missing comes first.
        let (mut gone, mut there) = (0, self.size / WIDTH);
        if self.size == 0 || has(0)? {
            return Ok(0);
        }
        while there - gone > 1 {
            let middle = gone.midpoint(there);
            if has(middle)? { there = middle } else { gone = middle }
        }
        Ok(there * WIDTH)
    }

    /// The public keys that the folder says are the log's, if it says any.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn key(&self) -> Result<Option<String>, ProofError> {
        Ok(self.folder.verifier_keys()?)
    }

    /// The proof of a record under this checkpoint.
    ///
    /// # Errors
    /// The record is not sealed, or the folder does not have what it takes.
    pub fn proof(&self, seq: u64) -> Result<Proof, ProofError> {
        Proof::under(&self.folder, &self.note, self.size, seq)
    }

    /// The records from `from` on, up to the end of their bundle. Blocks.
    ///
    /// # Errors
    /// They are not there.
    pub fn page(&self, from: u64) -> Result<Page, ProofError> {
        let index = from / WIDTH;
        let width = self.size.saturating_sub(index * WIDTH).min(WIDTH);
        let skip = (from % WIDTH) as usize;
        let bundle = self.folder.entries(index, width)?.ok_or(ProofError::Missing(from))?;
        if from >= self.size {
            Err(ProofError::NotSealed { seq: from, size: self.size })
        } else {
            Ok(Page { bundle, skip })
        }
    }
}

impl Page {
    /// One by one.
    pub fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.bundle.records().skip(self.skip)
    }
}
