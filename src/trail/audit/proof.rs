//! Checks proofs that stand alone: that a record is in a log (C2SP's tlog-proof), and that one checkpoint goes on from
//! another (RFC 9162 sections 2.1.3.2 and 2.1.4.2).

use super::checkpoint::{Checkpoint, InvalidCheckpoint, digest, number};
use super::keys::Keys;
use super::note::NOTE_BYTES_MAX;
use super::tree::{self, Hash};
use crate::incident::Digest;
use crate::trail::record::{InvalidRecord, Record};

/// A path through a tree of fewer than 2^64 records is no longer.
const PATH_HASHES_MAX: usize = 64;
/// A note, a path, and what else may be beside it.
const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// That a record is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// The record's number.
    pub seq: u64,
    /// The checkpoint under which it is.
    pub checkpoint: Checkpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProof {
    /// Not the lines of a proof.
    #[error("it is not a proof as c2sp.org/tlog-proof@v1 has them: {0}")]
    Shape(&'static str),
    /// The checkpoint in it is none of the log.
    #[error("its checkpoint is not the log's: {0}")]
    Checkpoint(#[from] InvalidCheckpoint),
    /// The bytes are not a record.
    #[error("what it is said to prove is not a record: {0}")]
    NotARecord(#[from] InvalidRecord),
    /// The record has another number.
    #[error("it is about record {index}, and this is record {seq}")]
    OtherRecord {
        /// The number in the proof.
        index: u64,
        /// The record's own.
        seq: u64,
    },
    /// The record is behind what the checkpoint is about.
    #[error("record {seq} is not among the {size} records of its checkpoint")]
    Beyond {
        /// The record.
        seq: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// Not as many hashes as a path between these sizes has.
    #[error("it does not have as many hashes as it needs")]
    Length,
    /// The path ends at another root.
    #[error("the record and the hashes do not lead to the root of the checkpoint")]
    OtherRoot,
    /// The older checkpoint has more records.
    #[error("the older checkpoint has {old} records, and the newer {new}")]
    Shrunk {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
    },
    /// The hashes do not lead to the older root: the records before it were rewritten.
    #[error("the hashes do not lead to the root of the older checkpoint: what it is about was rewritten")]
    OtherOldRoot,
}

/// Checks that `record`, the exact bytes, is in the log under the checkpoint in `proof`.
///
/// # Errors
/// Why that is not shown.
pub fn check_proof(record: &[u8], proof: &[u8], keys: &Keys) -> Result<Included, InvalidProof> {
    let (index, path, note) = parse(proof)?;
    let checkpoint = Checkpoint::open(note, keys)?;
    let seq = Record::decode(record)?.seq;
    if seq != index {
        return Err(InvalidProof::OtherRecord { index, seq });
    }
    let root = root_by_inclusion(tree::leaf(record), index, checkpoint.size(), &path)?;
    if Digest(root) == checkpoint.root() { Ok(Included { seq, checkpoint }) } else { Err(InvalidProof::OtherRoot) }
}

/// Index, path and checkpoint.
fn parse(proof: &[u8]) -> Result<(u64, Vec<Hash>, &[u8]), InvalidProof> {
    let shape = InvalidProof::Shape;
    if proof.len() > PROOF_BYTES_MAX {
        return Err(shape("it is too large"));
    }
    let proof = str::from_utf8(proof).map_err(|_| shape("it is not UTF-8"))?;
    let (head, note) = proof.split_once("\n\n").ok_or(shape("no empty line is before its checkpoint"))?;
    let mut lines = head.split('\n').peekable();
    if lines.next() != Some("c2sp.org/tlog-proof@v1") {
        return Err(shape("it does not begin with that line"));
    }
    if let Some(extra) = lines.peek().and_then(|line| line.strip_prefix("extra ")) {
        // Nobody has signed it, so nothing is made of it.
        is_base64(extra).then_some(()).ok_or(shape("what is beside it is not base64"))?;
        let _ = lines.next();
    }
    let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(number);
    let index = index.ok_or(shape("it does not say the index of a record"))?;
    let mut path = Vec::new();
    for line in lines {
        path.push(digest(line).ok_or(shape("a line of its path is not 32 bytes in base64"))?.0);
        if path.len() > PATH_HASHES_MAX {
            return Err(InvalidProof::Length);
        }
    }
    Ok((index, path, note.as_bytes()))
}

fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).is_ok()
}

/// RFC 9162 section 2.1.3.2, up to the comparison.
pub(super) fn root_by_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Result<Hash, InvalidProof> {
    if index >= size {
        return Err(InvalidProof::Beyond { seq: index, size });
    }
    let (mut place, mut last, mut root) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(InvalidProof::Length);
        }
        if place & 1 == 1 || place == last {
            root = tree::node(sibling, &root);
            // A last subtree without a neighbour stands for itself in the rows above, until it is a right half.
            let up = if place & 1 == 1 { 0 } else { place.trailing_zeros() };
            (place, last) = (place.unbounded_shr(up), last.unbounded_shr(up));
        } else {
            root = tree::node(&root, sibling);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last == 0 { Ok(root) } else { Err(InvalidProof::Length) }
}

/// Checks by the `hashes` of a consistency proof that the `new` checkpoint has all the records of the `old` one, in the
/// same places, and only adds to them.
///
/// # Errors
/// Why that is not shown.
pub fn check_consistency(old: &Checkpoint, new: &Checkpoint, hashes: &[Digest]) -> Result<(), InvalidProof> {
    match (old.size(), new.size()) {
        (from, to) if from > to => Err(InvalidProof::Shrunk { old: from, new: to }),
        (0, _) if old.root() != Digest(tree::empty()) => Err(InvalidProof::OtherOldRoot),
        (from, to) if from == to && old.root() != new.root() => Err(InvalidProof::OtherRoot),
        (from, to) if from == to || from == 0 => hashes.is_empty().then_some(()).ok_or(InvalidProof::Length),
        (from, to) => {
            let (old_root, new_root) = roots_by_consistency(from, to, old.root(), hashes)?;
            if Digest(old_root) != old.root() {
                return Err(InvalidProof::OtherOldRoot);
            }
            if Digest(new_root) == new.root() { Ok(()) } else { Err(InvalidProof::OtherRoot) }
        }
    }
}

/// RFC 9162 section 2.1.4.2, up to the comparison, for 0 < `from` < `to`.
fn roots_by_consistency(from: u64, to: u64, old: Digest, hashes: &[Digest]) -> Result<(Hash, Hash), InvalidProof> {
    // The old root itself is left out of the proof where it is one complete subtree.
    let (first, rest) = match hashes.split_first() {
        _ if from.is_power_of_two() => (old, hashes),
        Some((first, rest)) => (*first, rest),
        None => return Err(InvalidProof::Length),
    };
    let (mut place, mut last) = (from - 1, to - 1);
    let up = place.trailing_ones();
    (place, last) = (place >> up, last >> up);
    let (mut old_root, mut new_root) = (first.0, first.0);
    for Digest(hash) in rest {
        if last == 0 {
            return Err(InvalidProof::Length);
        }
        if place & 1 == 1 || place == last {
            old_root = tree::node(hash, &old_root);
            new_root = tree::node(hash, &new_root);
            let up = if place & 1 == 1 { 0 } else { place.trailing_zeros() };
            (place, last) = (place.unbounded_shr(up), last.unbounded_shr(up));
        } else {
            new_root = tree::node(&new_root, hash);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last == 0 { Ok((old_root, new_root)) } else { Err(InvalidProof::Length) }
}
