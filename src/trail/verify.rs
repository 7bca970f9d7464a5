//! Checks a whole trail from its records alone and names the first that is not as it was recorded.
//!
//! Shares nothing with the append path but the record's encoding: the tree is hashed here a second
//! time, in another way, so that one mistake cannot hide itself.

use sha2::{Digest as _, Sha256};

use super::merkle::Frontier;
use super::record::{InvalidRecord, Record};
use super::store::{Head, Store, StoreError, Stored};
use crate::incident::{Digest, Timestamp};

/// How many records are read at once.
const PAGE: usize = 512;

/// What was checked and found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// How many records there are.
    pub size: u64,
    /// The root over them, recomputed.
    pub root: Digest,
    /// The time of the first record, if there is one.
    pub first_at: Option<Timestamp>,
    /// The time of the last record, if there is one.
    pub last_at: Option<Timestamp>,
}

/// The first thing that is wrong with a trail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The store cannot give the record.
    #[error("record {seq} cannot be read: {error}")]
    Unreadable {
        /// The record.
        seq: u64,
        /// What the store said.
        error: StoreError,
    },
    /// The store gives another record in its place, or none.
    #[error("record {seq} is missing")]
    Missing {
        /// The record.
        seq: u64,
    },
    /// The bytes are not a record.
    #[error("record {seq} is not a record: {why}")]
    NotARecord {
        /// The record.
        seq: u64,
        /// Why.
        why: InvalidRecord,
    },
    /// The bytes are the record of another place.
    #[error("record {seq} says that it is record {says}")]
    OutOfPlace {
        /// The record.
        seq: u64,
        /// Its number in its own words.
        says: u64,
    },
    /// The bytes do not have the leaf hash that is kept with them.
    #[error("record {seq} was changed: it does not have its leaf hash")]
    Changed {
        /// The record.
        seq: u64,
    },
    /// Every record fits its own leaf hash, but together they are not those the head was made of.
    #[error("the {size} records do not have the root that is kept: {computed} instead of {kept}")]
    RootDiffers {
        /// How many records there are.
        size: u64,
        /// The root in the head.
        kept: Digest,
        /// The root of the records.
        computed: Digest,
    },
}

impl Fault {
    /// The first bad record, where one can be named.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Unreadable { seq, .. }
            | Self::Missing { seq }
            | Self::NotARecord { seq, .. }
            | Self::OutOfPlace { seq, .. }
            | Self::Changed { seq } => Some(*seq),
            Self::RootDiffers { .. } => None,
        }
    }
}

/// Checks every record up to the head as it stands now: each is in its place, decodes, and has its
/// leaf hash; and all together have the head's root. A trail that was rewritten with its head, or
/// cut together with it, passes: only a head that was kept elsewhere shows that, so compare the
/// report with one. `progress` is told how many records were checked, after every few hundred.
///
/// # Errors
/// The first fault.
pub fn verify(store: &dyn Store, mut progress: impl FnMut(u64)) -> Result<VerifyReport, Fault> {
    let head = store.head();
    let pruned = store.pruned().map_err(|error| Fault::Unreadable { seq: 0, error })?;
    let mut checked = Checked::behind(&pruned);
    while checked.size < head.size {
        for stored in page(store, checked.size, head)? {
            checked.take(&stored)?;
        }
        progress(checked.size);
    }
    let Checked { size, levels, first_at, last_at } = checked;
    let computed = Digest(root(&levels));
    if computed != head.root {
        return Err(Fault::RootDiffers { size, kept: head.root, computed });
    }
    Ok(VerifyReport { size, root: computed, first_at, last_at })
}

/// The next records, at least one. When the store refuses, they are asked for one by one, to learn
/// which it is.
fn page(store: &dyn Store, from: u64, head: Head) -> Result<Vec<Stored>, Fault> {
    let left = usize::try_from(head.size - from).unwrap_or(PAGE);
    let read = |limit| store.read(from, limit).map_err(|error| Fault::Unreadable { seq: from, error });
    let page = match read(left.min(PAGE)) {
        Ok(page) => page,
        Err(_) => read(1)?,
    };
    if page.is_empty() { Err(Fault::Missing { seq: from }) } else { Ok(page) }
}

/// What has been checked so far.
#[derive(Default)]
struct Checked {
    size: u64,
    levels: Vec<Option<Hash>>,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
}

impl Checked {
    /// What is behind records of which only the hashes are kept.
    fn behind(pruned: &Frontier) -> Self {
        let heights = (0..u64::BITS).rev().filter(|height| pruned.size() & (1 << height) != 0);
        let mut levels = Vec::new();
        for (height, peak) in heights.zip(pruned.peaks()) {
            levels.resize(levels.len().max(height as usize + 1), None);
            levels.get_mut(height as usize).into_iter().for_each(|level| *level = Some(peak.0));
        }
        Self { size: pruned.size(), levels, first_at: None, last_at: None }
    }

    fn take(&mut self, stored: &Stored) -> Result<(), Fault> {
        let seq = self.size;
        if stored.seq != seq {
            return Err(Fault::Missing { seq });
        }
        let leaf = hash(&[&[0], &stored.record]);
        if leaf != stored.leaf.0 {
            return Err(Fault::Changed { seq });
        }
        let record = Record::decode(&stored.record).map_err(|why| Fault::NotARecord { seq, why })?;
        if record.seq != seq {
            return Err(Fault::OutOfPlace { seq, says: record.seq });
        }
        self.size += 1;
        self.first_at = self.first_at.or(Some(record.at));
        self.last_at = Some(record.at);
        carry(&mut self.levels, leaf);
        Ok(())
    }
}

type Hash = [u8; 32];

fn hash(parts: &[&[u8]]) -> Hash {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// Adds a leaf as one is added to a binary number: a level that is taken is emptied, and both
/// hashes are carried to the next as one.
fn carry(levels: &mut Vec<Option<Hash>>, leaf: Hash) {
    let mut carried = leaf;
    for level in levels.iter_mut() {
        match level.take() {
            Some(left) => carried = hash(&[&[1], &left, &carried]),
            None => {
                *level = Some(carried);
                return;
            }
        }
    }
    levels.push(Some(carried));
}

/// Joins the levels from the smallest subtree, which is the rightmost, to the largest.
fn root(levels: &[Option<Hash>]) -> Hash {
    let joined = levels.iter().flatten().copied().reduce(|right, left| hash(&[&[1], &left, &right]));
    joined.unwrap_or_else(|| hash(&[]))
}

#[cfg(test)]
mod tests;
