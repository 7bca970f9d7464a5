//! Records read from the log itself, once their bundles are whole: what is sealed need not be kept a second time.

use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::folder::LogFolder;
use super::tile::{Of, Tile, WIDTH};
use super::tree::Tree;
use crate::incident::Digest;
use crate::trail::merkle::{self, Frontier};
use crate::trail::store::Stored;

/// How many records have to be sealed so that the bundle is whole that has the last of the first `size`.
#[must_use]
pub(in crate::trail) fn whole(size: u64) -> u64 {
    size.next_multiple_of(WIDTH)
}

/// The records from `from` up to but without `end`, all in whole bundles of the log in `folder`, each with the hash that
/// its tile has. None when a bundle or tile is missing or cut short.
///
/// # Errors
/// The log cannot be read.
pub(in crate::trail) fn records(folder: &Path, from: u64, end: u64) -> io::Result<Option<Vec<Stored>>> {
    let folder = LogFolder::at(folder.to_owned());
    let mut found = Vec::new();
    if from >= end {
        return Ok(Some(found));
    }
    for index in from / WIDTH..end.div_ceil(WIDTH) {
        let tile = Tile { of: Of::Hashes(0), index, width: WIDTH };
        let Some((bundle, leaves)) = folder.entries(index, WIDTH)?.zip(folder.hashes(tile)?) else { return Ok(None) };
        let numbered = (index * WIDTH..).zip(bundle.records().zip(leaves));
        let wanted = numbered.filter(|(seq, _)| (from..end).contains(seq));
        found.extend(wanted.map(|(seq, (record, leaf))| Stored { seq, record: record.to_vec(), leaf }));
    }
    Ok(Some(found))
}

/// Whether the log in `folder`, of which `sealed` records are sealed, has all records from `from` up to but without
/// `end` as they were: each under its hash, and the tree over the first `end` under `root`.
///
/// # Errors
/// The log cannot be read.
pub(in crate::trail) fn has(folder: &Path, from: u64, end: u64, sealed: u64, root: Digest) -> io::Result<bool> {
    for index in from / WIDTH..end.div_ceil(WIDTH) {
        let Some(found) = records(folder, index * WIDTH, (index + 1) * WIDTH)? else { return Ok(false) };
        if found.iter().any(|stored| merkle::leaf_hash(&stored.record) != stored.leaf) {
            return Ok(false);
        }
    }
    Ok(Tree::new(&LogFolder::at(folder.to_owned()), sealed).hash(0, end)? == Some(root))
}

/// What the newest checkpoint says, whoever signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trail) struct SealedHead {
    /// How many records are sealed.
    pub(in crate::trail) size: u64,
    /// The tree's root over them.
    pub(in crate::trail) root: Digest,
}

/// The newest checkpoint of the log in `folder`, if there is one that can be read. Whether it is rightly signed is found
/// out by the next start.
///
/// # Errors
/// The log cannot be read.
pub(in crate::trail) fn sealed(folder: &Path) -> io::Result<Option<SealedHead>> {
    Ok(LogFolder::at(folder.to_owned()).checkpoint()?.and_then(|note| read_head(&note)))
}

/// What a checkpoint says, whoever signed it.
pub(super) fn read_head(note: &str) -> Option<SealedHead> {
    let mut lines = note.lines().skip(1);
    let size = lines.next().and_then(|size| size.parse().ok());
    let root = lines.next().and_then(|root| STANDARD.decode(root).ok()).and_then(|root| root.try_into().ok());
    size.zip(root).map(|(size, root)| SealedHead { size, root: Digest(root) })
}

/// The records from `from` up to but without `end`, of which `sealed` are sealed in all; as [`records`], but the last
/// bundle need not be whole.
///
/// # Errors
/// The log cannot be read.
pub(in crate::trail) fn sealed_records(
    folder: &Path,
    from: u64,
    end: u64,
    sealed: u64,
) -> io::Result<Option<Vec<Stored>>> {
    let whole = (sealed - sealed % WIDTH).max(from).min(end);
    let Some(mut found) = records(folder, from, whole)? else { return Ok(None) };
    if whole < end {
        let index = whole / WIDTH;
        let Some(bundle) = LogFolder::at(folder.to_owned()).entries(index, sealed - index * WIDTH)? else {
            return Ok(None);
        };
        let numbered = (index * WIDTH..).zip(bundle.records()).filter(|(seq, _)| (whole..end).contains(seq));
        found.extend(numbered.map(|(seq, record)| Stored {
            seq,
            record: record.to_vec(),
            leaf: merkle::leaf_hash(record),
        }));
    }
    Ok(Some(found))
}

/// What an append to the first `size` records goes on from, of `sealed` that are sealed in all; `None` when a tile is
/// missing.
///
/// # Errors
/// The log cannot be read.
pub(in crate::trail) fn frontier(folder: &Path, size: u64, sealed: u64) -> io::Result<Option<Frontier>> {
    let folder = LogFolder::at(folder.to_owned());
    let tree = Tree::new(&folder, sealed);
    let mut bytes = size.to_be_bytes().to_vec();
    let mut start = 0;
    for height in (0..u64::BITS).rev().filter(|height| size & (1 << height) != 0) {
        let Some(peak) = tree.hash(start, start + (1 << height))? else { return Ok(None) };
        bytes.extend(peak.0);
        start += 1 << height;
    }
    Ok(Frontier::from_bytes(&bytes))
}

/// Takes the records away that are below `first`, as far as they fill bundles; their hashes stay. From the first on, so
/// that those that are missing are always the first.
///
/// # Errors
/// The log cannot be written.
pub(in crate::trail) fn forget_below(folder: &Path, first: u64) -> io::Result<()> {
    for index in 0..first / WIDTH {
        match std::fs::remove_file(folder.join(Tile { of: Of::Entries, index, width: WIDTH }.path())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
