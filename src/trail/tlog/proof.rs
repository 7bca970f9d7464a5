//! Proofs: that a record is in the log (c2sp.org/tlog-proof), and that a log only grew (RFC 6962 section 2.1.2).

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::folder::LogFolder;
use super::tile::{Of, Tile, WIDTH};
use super::tree::{Tree, split};
use crate::incident::{Digest, IncidentId};
use crate::trail::record::Record;

/// What the text of a proof begins with.
const TITLE: &str = "c2sp.org/tlog-proof@v1";

/// A record, and the proof that it is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its exact bytes.
    pub record: Vec<u8>,
    /// The proof as text, to be kept with the extension `.tlog-proof`.
    pub text: String,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The record is not under a checkpoint: it was not made yet, or less than a second ago.
    #[error("record {seq} is not sealed: the newest checkpoint has {size} records")]
    NotSealed {
        /// The record.
        seq: u64,
        /// How many are sealed.
        size: u64,
    },
    /// There is no checkpoint.
    #[error("there is no checkpoint in this folder")]
    NoCheckpoint,
    /// Of the record there is only its hash.
    #[error("record {0} is not in the log any more, only its hash: it was pruned, or its bundle is missing")]
    Pruned(u64),
    /// A part of the log is not there.
    #[error("a part of the log is missing that record {0} needs")]
    Missing(u64),
    /// The log says something that is none.
    #[error("the checkpoint has no size")]
    NoSize,
    /// The folder cannot be read.
    #[error("the log cannot be read: {0}")]
    Folder(#[from] io::Error),
}

impl Proof {
    /// The proof of the record `seq` under the newest checkpoint of the log in `folder`, which is not verified here:
    /// whoever gets the proof does that.
    ///
    /// # Errors
    /// The record is not sealed, or the folder does not have what it takes.
    pub fn of(folder: &Path, seq: u64) -> Result<Self, ProofError> {
        let folder = LogFolder::at(folder.to_owned());
        let note = folder.checkpoint()?.ok_or(ProofError::NoCheckpoint)?;
        let size = size_of(&note).ok_or(ProofError::NoSize)?;
        Self::under(&folder, &note, size, seq)
    }

    /// The same under the checkpoint `note` of `size` records.
    pub(super) fn under(folder: &LogFolder, note: &str, size: u64, seq: u64) -> Result<Self, ProofError> {
        if seq >= size {
            return Err(ProofError::NotSealed { seq, size });
        }
        let (index, within) = (seq / WIDTH, (seq % WIDTH) as usize);
        let width = (size - index * WIDTH).min(WIDTH);
        let Some(bundle) = folder.entries(index, width)? else {
            let is_hashed = folder.hashes(Tile { of: Of::Hashes(0), index, width })?.is_some();
            return Err(if is_hashed { ProofError::Pruned(seq) } else { ProofError::Missing(seq) });
        };
        let record = bundle.records().nth(within).ok_or(ProofError::Missing(seq))?.to_vec();
        let hashes = inclusion(folder, seq, size)?.ok_or(ProofError::Missing(seq))?;
        let mut text = format!("{TITLE}\nindex {seq}\n");
        for hash in hashes {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{}", STANDARD.encode(hash.0));
        }
        text.push('\n');
        text.push_str(note);
        Ok(Self { record, text })
    }
}

/// The sealed records of an incident in the log in `folder`, in order. Reads the whole log.
///
/// # Errors
/// The folder does not have what it takes.
pub fn records_of(folder: &Path, incident: &IncidentId) -> Result<Vec<u64>, ProofError> {
    let folder = LogFolder::at(folder.to_owned());
    let note = folder.checkpoint()?.ok_or(ProofError::NoCheckpoint)?;
    let size = size_of(&note).ok_or(ProofError::NoSize)?;
    let mut found = Vec::new();
    for first in (0..size).step_by(WIDTH as usize) {
        let bundle = match folder.entries(first / WIDTH, (size - first).min(WIDTH))? {
            Some(bundle) => bundle,
            // What was pruned comes first.
            None if found.is_empty() => continue,
            None => return Err(ProofError::Missing(first)),
        };
        let of_it = (first..).zip(bundle.records()).filter(|(_, record)| is_about(record, incident));
        found.extend(of_it.map(|(seq, _)| seq));
    }
    Ok(found)
}

fn is_about(record: &[u8], incident: &IncidentId) -> bool {
    let names = memchr::memmem::find(record, incident.as_str().as_bytes()).is_some();
    names && Record::decode(record).is_ok_and(|record| record.event.incidents().contains(&incident))
}

/// How many records the newest checkpoint of the log in `folder` has; none before the first one.
///
/// # Errors
/// The folder cannot be read, or the checkpoint says no size.
pub fn sealed_size(folder: &Path) -> Result<u64, ProofError> {
    let note = LogFolder::at(folder.to_owned()).checkpoint()?;
    note.map_or(Ok(0), |note| size_of(&note).ok_or(ProofError::NoSize))
}

/// The size that a checkpoint says.
pub(super) fn size_of(note: &str) -> Option<u64> {
    note.lines().nth(1)?.parse().ok()
}

/// The hashes that lead from a record to the root over `size` records, from the bottom up; `None` when a tile is
/// missing.
pub(super) fn inclusion(folder: &LogFolder, seq: u64, size: u64) -> io::Result<Option<Vec<Digest>>> {
    let tree = Tree::new(folder, size);
    let (mut start, mut end) = (0, size);
    let mut beside = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if seq < middle {
            beside.push((middle, end));
            end = middle;
        } else {
            beside.push((start, middle));
            start = middle;
        }
    }
    hashes(&tree, beside)
}

/// The hashes that show the tree over the first `old` records of the log in `folder` to be the beginning of that over
/// `new`, from the bottom up. There is nothing to show of no records, and nothing of a tree and itself.
///
/// # Errors
/// A tile is missing, `new` is not sealed, or `old` is larger.
pub fn consistency(folder: &Path, old: u64, new: u64) -> Result<Vec<Digest>, ProofError> {
    if old > new {
        return Err(ProofError::NotSealed { seq: old, size: new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let folder = LogFolder::at(folder.to_owned());
    let tree = Tree::new(&folder, new);
    let (mut start, mut end) = (0, new);
    let mut beside = Vec::new();
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            beside.push((middle, end));
            end = middle;
        } else {
            beside.push((start, middle));
            start = middle;
        }
    }
    // What begins at the first record is the old root itself, which the other side knows.
    if start > 0 {
        beside.push((start, end));
    }
    hashes(&tree, beside)?.ok_or(ProofError::Missing(old))
}

/// The hashes over ranges that were found from the top down.
fn hashes(tree: &Tree<'_>, from_the_top: Vec<(u64, u64)>) -> io::Result<Option<Vec<Digest>>> {
    from_the_top.into_iter().rev().map(|(start, end)| tree.hash(start, end)).collect()
}
