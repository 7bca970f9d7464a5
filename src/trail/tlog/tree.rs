//! Any hash of the tree, read from its tiles.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;

use super::folder::LogFolder;
use super::tile::{HEIGHT, Of, Tile, WIDTH, subtrees};
use crate::incident::Digest;
use crate::trail::merkle;

/// The tree of a size that was sealed.
pub(super) struct Tree<'f> {
    folder: &'f LogFolder,
    size: u64,
    read: RefCell<HashMap<(u32, u64), Vec<Digest>>>,
}

impl<'f> Tree<'f> {
    /// The tree over the first `size` records in a folder.
    pub(super) fn new(folder: &'f LogFolder, size: u64) -> Self {
        Self { folder, size, read: RefCell::default() }
    }

    /// The hash over the records from `start` up to but without `end` (RFC 6962 section 2.1); `None` when a tile is
    /// missing.
    pub(super) fn hash(&self, start: u64, end: u64) -> io::Result<Option<Digest>> {
        let length = end.saturating_sub(start);
        if length == 0 {
            return Ok(Some(merkle::root(&[])));
        }
        if length.is_power_of_two() {
            return self.subtree(length.trailing_zeros(), start / length);
        }
        let middle = start + split(length);
        let (left, right) = (self.hash(start, middle)?, self.hash(middle, end)?);
        Ok(left.zip(right).map(|(left, right)| merkle::node_hash(&left, &right)))
    }

    /// The hash over 2 to the power of `height` records, the `index`-th such.
    fn subtree(&self, height: u32, index: u64) -> io::Result<Option<Digest>> {
        let level = height / HEIGHT;
        let count = 1 << (height % HEIGHT);
        let first = index * count;
        let (tile, within) = (first / WIDTH, (first % WIDTH) as usize);
        let mut read = self.read.borrow_mut();
        let hashes = match read.entry((level, tile)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let width = subtrees(self.size, level).saturating_sub(tile * WIDTH).min(WIDTH);
                match self.folder.first_hashes(Tile { of: Of::Hashes(level), index: tile, width })? {
                    Some(hashes) => place.insert(hashes),
                    None => return Ok(None),
                }
            }
        };
        Ok(hashes.get(within..within + count as usize).map(merkle::root))
    }
}

/// The largest power of two below `size`, which is at least two.
pub(super) fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
