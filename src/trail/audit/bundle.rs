//! One bundle of records against its tile: every record decodes, is in its place, and has its leaf hash.

use super::fault::Fault;
use super::folder::{Folder, HASH_BYTES, Kind, WIDTH, path};
use super::tree::{self, Hash, Rows};
use crate::incident::{Digest, Event, Timestamp, UpkeepEvent};
use crate::trail::record::Record;

/// A bundle that was read with its tile.
pub(super) struct Bundle {
    /// The root of its records; `None` when they are not as many as they should be.
    pub(super) computed: Option<Hash>,
    /// The root of the tile's hashes.
    pub(super) kept: Option<Hash>,
    /// What is wrong first, if the two differ.
    pub(super) differs: Option<Differs>,
    /// The roots of its first records, for each width that was asked for.
    pub(super) prefixes: Vec<(u64, Hash)>,
    /// The time of the first record.
    pub(super) first_at: Option<Timestamp>,
    /// The time of the last one.
    pub(super) last_at: Option<Timestamp>,
    /// What its records say of the log itself.
    pub(super) said: Said,
}

/// What records say of the log that they are in.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    /// The highest bound below which one of them says that all were pruned.
    pub(super) pruned_below: u64,
    /// The logs that it goes on from.
    pub(super) formers: Vec<Former>,
}

/// A log that this one goes on from, under another name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Former {
    /// The record that says so.
    pub(super) record: u64,
    /// How many records it had.
    pub(super) size: u64,
    /// The root over them.
    pub(super) root: Digest,
}

/// The first record that does not have the tile's hash.
pub(super) struct Differs {
    pub(super) seq: u64,
    /// Where the tile is.
    pub(super) tile: String,
}

/// Reads and checks the bundle at `index` of `width` records. `sizes` are those of older checkpoints that end in it.
pub(super) fn check(folder: Folder, index: u64, width: u64, sizes: &[u64]) -> Result<Bundle, Fault> {
    let first = index * WIDTH;
    let bundle = folder.piece(Kind::Entries, index, width)?.ok_or(Fault::Missing { seq: first })?;
    let tile = tile(folder, 0, index, width)?;
    let mut rest = bundle.bytes.as_slice();
    let mut read = Read { leaves: Vec::with_capacity(width as usize), ..Read::default() };
    let mut fault = None;
    for seq in first..first + width {
        match read.next(&mut rest, seq, tile.hashes.get(read.leaves.len())) {
            Ok(None) => {}
            Ok(Some(found)) => fault = fault.or(Some(found)),
            // Whatever is wrong before it comes first, and is what made it so.
            Err(end) => return fault.map_or(Err(end), |fault| into_bundle(fault, None, &tile)),
        }
    }
    // A full bundle may stand in for a part of itself, and what is behind that is not looked at.
    if fault.is_none() && bundle.width == width && !rest.is_empty() {
        return Err(Fault::Surplus { seq: first + width });
    }
    let rows = Rows::over(read.leaves);
    let computed = rows.root(width, None);
    if let Some(fault) = fault {
        return into_bundle(fault, computed, &tile);
    }
    let prefixes = sizes.iter().filter_map(|size| Some((*size, rows.root(size - first, None)?))).collect();
    // Every hash is the tile's, so the tile has this root too.
    let Read { first_at, last_at, said, .. } = read;
    Ok(Bundle { computed, kept: computed, differs: None, prefixes, first_at, last_at, said })
}

/// What stands for a bundle that was pruned: the hashes of its tile, which are shown to be right by the root over all.
pub(super) fn pruned(folder: Folder, index: u64, width: u64, sizes: &[u64]) -> Result<Bundle, Fault> {
    let rows = Rows::over(tile(folder, 0, index, width)?.hashes);
    let computed = rows.root(width, None);
    let prefixes = sizes.iter().filter_map(|size| Some((*size, rows.root(size - index * WIDTH, None)?))).collect();
    Ok(Bundle {
        computed,
        kept: computed,
        differs: None,
        prefixes,
        first_at: None,
        last_at: None,
        said: Said::default(),
    })
}

/// How many bundles from the first on are not there, although a later one is.
pub(super) fn missing(folder: Folder, bundles: u64) -> u64 {
    let is_there = |index: &u64| folder.has(&path(Kind::Entries, *index, WIDTH));
    // The last one may be there in part only.
    let whole = bundles.saturating_sub(1);
    (0..whole).find(is_there).unwrap_or(whole)
}

/// What a bundle with a fault comes to. Whether a changed hash is the record's or the tile's fault, the whole tree says.
fn into_bundle(fault: Fault, computed: Option<Hash>, tile: &Tile) -> Result<Bundle, Fault> {
    let Fault::Changed { seq } = fault else { return Err(fault) };
    let kept = Rows::over(tile.hashes.clone()).root(tile.hashes.len() as u64, None);
    let differs = Some(Differs { seq, tile: tile.path.clone() });
    Ok(Bundle { computed, kept, differs, prefixes: Vec::new(), first_at: None, last_at: None, said: Said::default() })
}

/// What was read of a bundle so far.
#[derive(Default)]
struct Read {
    leaves: Vec<Hash>,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    said: Said,
}

impl Read {
    /// Takes the next record off `rest`. What is wrong with it alone is given back, and the next can follow; when none
    /// can, it is an error.
    fn next(&mut self, rest: &mut &[u8], seq: u64, kept: Option<&Hash>) -> Result<Option<Fault>, Fault> {
        if rest.is_empty() {
            return Err(Fault::Missing { seq });
        }
        let cut = Fault::CutOff { seq };
        let (length, behind) = rest.split_first_chunk().ok_or_else(|| cut.clone())?;
        let (record, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(cut)?;
        *rest = behind;
        let leaf = tree::leaf(record);
        self.leaves.push(leaf);
        if kept != Some(&leaf) {
            return Ok(Some(Fault::Changed { seq }));
        }
        Ok(match Record::decode(record) {
            Err(why) => Some(Fault::NotARecord { seq, why }),
            Ok(record) if record.seq != seq => Some(Fault::OutOfPlace { seq, says: record.seq }),
            Ok(record) => {
                self.first_at = self.first_at.or(Some(record.at));
                self.last_at = Some(record.at);
                match record.event {
                    Event::Upkeep(UpkeepEvent::Pruned { below, .. }) => {
                        self.said.pruned_below = self.said.pruned_below.max(below);
                    }
                    Event::Upkeep(UpkeepEvent::Restored { size, root, .. }) => {
                        self.said.formers.push(Former { record: seq, size, root });
                    }
                    _ => {}
                }
                None
            }
        })
    }
}

/// The hashes of a tile.
pub(super) struct Tile {
    pub(super) path: String,
    pub(super) hashes: Vec<Hash>,
}

/// The first `width` hashes of the tile at `index`.
pub(super) fn tile(folder: Folder, level: u32, index: u64, width: u64) -> Result<Tile, Fault> {
    let kind = Kind::Hashes(level);
    let missing = || Fault::TileMissing { path: path(kind, index, width) };
    let piece = folder.piece(kind, index, width)?.ok_or_else(missing)?;
    let (hashes, odd) = piece.bytes.as_chunks::<HASH_BYTES>();
    if !odd.is_empty() || hashes.len() as u64 != piece.width {
        return Err(Fault::TileLength { path: piece.path, bytes: piece.bytes.len() });
    }
    let hashes = hashes.iter().take(width as usize).copied().collect();
    Ok(Tile { path: piece.path, hashes })
}
