//! A snapshot of the board, so that a start reads only what was recorded since.
//!
//! It is derived, and no state of record: whatever is wrong with it, it is thrown away and everything is replayed. It
//! holds the edge of the Merkle tree over the records that it stands for. Whoever reads on from there comes to the
//! trail's root only if each of them is the trail's, in its place: so a snapshot of another trail, or of one that was
//! changed or cut off since, does not fit. That the content follows from those records nobody can see without a replay;
//! the digest is against damage, not against whoever may write in the trail's folder.
//!
//! The same bytes are what is carried of records that were pruned. There the digest is on the trail.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::merkle::Frontier;
use super::replay::Folded;
use super::{Board, Figures, Head, Store, StoreError, durable};

/// To be raised with every change of what is kept, or of what records make of it: a test tells.
const FORMAT: u32 = 3;
/// Another release may fold the same records otherwise, so it begins anew.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");
/// After so many records there is another one: so many are read by a start after a crash, at most.
const EVERY: u64 = 100_000;
/// A SHA-256 in hex and the end of the line, over all that stands before it.
const TRAILER_BYTES: usize = 65;

/// The snapshot of a trail: the file, and of how many records it is.
#[derive(Debug)]
pub struct Snapshots {
    path: PathBuf,
    size: u64,
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("it is damaged")]
    Damaged,
    #[error("it was made by another version of the program")]
    OtherFormat,
    #[error("it is of more records than the trail has")]
    Ahead,
    #[error("it is not of this trail")]
    OtherTrail,
}

/// Why there is no newer snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The records cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They do not come to the trail's root.
    #[error("the records do not come to the root that the trail has at {0} records")]
    OtherRoot(u64),
    /// It cannot be written.
    #[error("{path} cannot be written: {why}")]
    Unwritten {
        /// Where.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}

#[derive(Serialize, Deserialize)]
struct Header<P> {
    format: u32,
    program: P,
    frontier: String,
}

#[derive(Serialize)]
struct Body<'f> {
    board: &'f Board,
    figures: &'f Figures,
}

#[derive(Deserialize)]
struct OwnedBody {
    board: Board,
    figures: Figures,
}

impl Snapshots {
    /// That of the trail in `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join("state").join("board"), size: 0 }
    }

    /// Of how many records the last one is that was read or written.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether a trail of `size` records is to have another one.
    #[must_use]
    pub fn is_due(&self, size: u64) -> bool {
        size >= self.size.saturating_add(EVERY)
    }

    /// Writes one of all that is durable now, from the last one and the records since: the board that is in use need not
    /// hold still for it. Blocks.
    ///
    /// # Errors
    /// The records cannot be read, are not those of the trail's root, or it cannot be written.
    pub fn write(&mut self, store: &dyn Store) -> Result<(), SnapshotError> {
        let head = store.head();
        if head.size == self.size {
            return Ok(());
        }
        // Also if it fails: what hinders it now is not tried again at once.
        let before = std::mem::replace(&mut self.size, head.size);
        let folded = self.resume(store, head)?;
        if folded.frontier.root() != head.root {
            return Err(SnapshotError::OtherRoot(head.size));
        }
        self.size = head.size;
        self.put(&folded)
            .inspect(|()| tracing::debug!(before, records = head.size, "there is another snapshot of the board"))
    }

    /// What all records make, read on from the snapshot if that fits.
    pub(super) fn resume(&mut self, store: &dyn Store, head: Head) -> Result<Folded, StoreError> {
        match self.try_resume(store, head) {
            Ok(Some(folded)) => return Ok(folded),
            Ok(None) => {}
            Err(unfit) => {
                tracing::warn!(path = %self.path.display(), %unfit, "the snapshot of the board is thrown away");
            }
        }
        let mut folded = Folded::begin(store)?;
        folded.advance(store, head.size)?;
        Ok(folded)
    }

    fn try_resume(&mut self, store: &dyn Store, head: Head) -> Result<Option<Folded>, Unfit> {
        let mut folded = match read(&self.path) {
            Err(Unfit::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let size = folded.size();
        if size > head.size {
            return Err(Unfit::Ahead);
        }
        // What is wrong with the records themselves a replay of all of them says.
        folded.advance(store, head.size).map_err(|_| Unfit::OtherTrail)?;
        if folded.frontier.root() != head.root {
            return Err(Unfit::OtherTrail);
        }
        self.size = size;
        Ok(Some(folded))
    }

    /// Writes this one; that it cannot is only told.
    pub(super) fn keep(&mut self, folded: &Folded) {
        self.size = folded.size();
        if let Err(error) = self.put(folded) {
            tell(&error);
        }
    }

    fn put(&self, folded: &Folded) -> Result<(), SnapshotError> {
        let unwritten = |why| SnapshotError::Unwritten { path: self.path.clone(), why };
        self.path.parent().map_or(Ok(()), durable::create_folder).map_err(unwritten)?;
        durable::replace_by(&self.path, |file| write(file, folded)).map_err(unwritten)
    }
}

/// Says that there is no newer snapshot: the next start takes longer, and nothing else.
pub fn tell(error: &SnapshotError) {
    tracing::warn!(%error, "there is no newer snapshot of the board");
}

pub(super) fn write(to: &mut impl Write, folded: &Folded) -> io::Result<()> {
    let mut hashed = Hashed { to: BufWriter::new(to), hash: Sha256::new() };
    let header = Header { format: FORMAT, program: PROGRAM, frontier: hex::encode(folded.frontier.to_bytes()) };
    serde_json::to_writer(&mut hashed, &header)?;
    hashed.write_all(b"\n")?;
    serde_json::to_writer(&mut hashed, &Body { board: &folded.board, figures: &folded.figures })?;
    hashed.write_all(b"\n")?;
    let Hashed { mut to, hash } = hashed;
    writeln!(to, "{}", hex::encode(hash.finalize()))?;
    to.flush()
}

fn read(path: &Path) -> Result<Folded, Unfit> {
    let (header, folded) = parse(&fs::read(path).map_err(Unfit::Unreadable)?)?;
    if header.format == FORMAT && header.program == PROGRAM { Ok(folded) } else { Err(Unfit::OtherFormat) }
}

/// What was carried of records that are gone, also by an older program: nobody can make it anew. What is raised in
/// [`FORMAT`] has to be read as it was, too; a test has one of each.
pub(super) fn read_carried(bytes: &[u8]) -> Result<Folded, Unfit> {
    let (header, folded) = parse(bytes)?;
    if header.format <= FORMAT { Ok(folded) } else { Err(Unfit::OtherFormat) }
}

fn parse(bytes: &[u8]) -> Result<(Header<String>, Folded), Unfit> {
    let at = bytes.len().checked_sub(TRAILER_BYTES).ok_or(Unfit::Damaged)?;
    let (content, trailer) = bytes.split_at_checked(at).ok_or(Unfit::Damaged)?;
    if format!("{}\n", hex::encode(Sha256::digest(content))).as_bytes() != trailer {
        return Err(Unfit::Damaged);
    }
    let end = content.iter().position(|byte| *byte == b'\n').ok_or(Unfit::Damaged)?;
    let (header, body) = content.split_at_checked(end).ok_or(Unfit::Damaged)?;
    let header: Header<String> = serde_json::from_slice(header).map_err(|_| Unfit::OtherFormat)?;
    let frontier = hex::decode(&header.frontier).ok().and_then(|bytes| Frontier::from_bytes(&bytes));
    let frontier = frontier.ok_or(Unfit::Damaged)?;
    let OwnedBody { board, figures } = serde_json::from_slice(body).map_err(|_| Unfit::OtherFormat)?;
    Ok((header, Folded { board, figures, frontier }))
}

/// Writes on, and hashes what is written.
struct Hashed<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.write_all(bytes)?;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

#[cfg(test)]
mod tests;
