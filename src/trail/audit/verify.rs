//! Checks a whole log from its folder and the public key: every record, every tile, the checkpoint, and that it goes on
//! from every older one.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bundle::{self, Bundle, Differs, Former};
use super::checkpoint::Checkpoint;
use super::fault::{Fault, Whose};
use super::folder::{Folder, WIDTH, hashes_at, width_at};
use super::history::History;
use super::keys::Keys;
use super::report::{Progress, Report};
use super::spread::{Spread, spread};
use super::tree::{Hash, Rows};
use crate::incident::{Digest, Timestamp};

/// Checks the log in `folder` as far as its checkpoint goes, which is read first, so that a program may go on writing.
/// `older` are checkpoints that were kept elsewhere: without one, a log that its owner has rewritten and signed anew
/// passes. `progress` is told now and then, from several threads.
///
/// # Errors
/// The first fault.
pub fn verify(
    folder: &Path,
    keys: &Keys,
    older: &[Checkpoint],
    progress: impl Fn(Progress) + Sync,
) -> Result<Report, Fault> {
    let folder = Folder(folder);
    let checkpoint = read_checkpoint(folder, keys)?;
    let history = History::read(folder, keys, &checkpoint);
    let sizes = sizes(&checkpoint, older, &history);
    let records = records(folder, &checkpoint, &sizes, progress)?;
    tiles(folder, checkpoint.size(), &records.full)?;
    let (size, computed) = (checkpoint.size(), records.root(checkpoint.size()));
    if computed != checkpoint.root() {
        return Err(Fault::RootDiffers { size, signed: checkpoint.root(), computed });
    }
    for (older, number) in older.iter().zip(1..) {
        goes_on(&records, size, Whose::Given(number), older.size(), older.root())?;
    }
    follow(folder, keys, &history, &records, size)?;
    records.formers.iter().try_for_each(|former| is_former(folder, &records, size, former))?;
    history.fault.map_or(Ok(()), Err)?;
    Ok(Report {
        origin: keys.origin().to_owned(),
        size,
        pruned: records.pruned,
        root: computed,
        checkpoint_at: checkpoint.at(),
        first_at: records.first_at,
        last_at: records.last_at,
        older: older.len(),
        history: history.report,
    })
}

fn read_checkpoint(folder: Folder, keys: &Keys) -> Result<Checkpoint, Fault> {
    let note = folder.note("checkpoint")?.ok_or(Fault::NoCheckpoint)?;
    Checkpoint::open(&note, keys).map_err(Fault::Checkpoint)
}

/// The sizes of which the root is asked for, in order.
fn sizes(checkpoint: &Checkpoint, older: &[Checkpoint], history: &History) -> Vec<u64> {
    let of_history = history.stamps.iter().map(|stamp| stamp.size);
    let all = older.iter().map(Checkpoint::size).chain(of_history).filter(|size| *size < checkpoint.size());
    let mut sizes: Vec<_> = all.chain([checkpoint.size()]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// What the records come to.
struct Records {
    /// How many of the first were pruned.
    pruned: u64,
    /// The logs that it goes on from, as it says.
    formers: Vec<Former>,
    /// The roots of the full bundles, and all above them.
    full: Rows,
    /// By size, the root of the records behind the last full bundle.
    behind: HashMap<u64, Hash>,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
}

impl Records {
    /// The root of the first `size` records, which was asked for when they were read.
    fn root(&self, size: u64) -> Digest {
        Digest(self.full.root(size / WIDTH, self.behind.get(&size).copied()).unwrap_or_default())
    }
}

fn records(
    folder: Folder,
    checkpoint: &Checkpoint,
    sizes: &[u64],
    progress: impl Fn(Progress) + Sync,
) -> Result<Records, Fault> {
    let size = checkpoint.size();
    let checked = AtomicU64::new(0);
    let pruned = bundle::missing(folder, size.div_ceil(WIDTH));
    let Spread { done, failed } = spread(size.div_ceil(WIDTH), |index| {
        let (first, width) = (index * WIDTH, width_at(index, size));
        let own = |bound| sizes.partition_point(|size| *size <= bound);
        // Where a bundle ends, those of the full ones are enough.
        let ends = sizes.get(own(first)..own(first + WIDTH - 1)).unwrap_or_default();
        let bundle = match index < pruned {
            true => bundle::pruned(folder, index, width, ends)?,
            false => bundle::check(folder, index, width, ends)?,
        };
        progress(Progress { records: checked.fetch_add(width, Ordering::Relaxed) + width, of: size });
        Ok(bundle)
    });
    // Nothing that is missing was pruned but what a record says was.
    let may_miss = done.iter().map(|(_, bundle)| bundle.said.pruned_below).max().unwrap_or_default() / WIDTH;
    if may_miss < pruned {
        return Err(Fault::Missing { seq: may_miss * WIDTH });
    }
    let differs = done.iter().find_map(|(index, bundle)| Some((*index, bundle.differs.as_ref()?)));
    match (failed, differs) {
        (Some((failed, fault)), Some((index, _))) if failed < index => return Err(fault),
        (Some((_, fault)), None) => return Err(fault),
        (failed, Some((_, differs))) => {
            let whole = failed.is_none().then_some(done.as_slice());
            return Err(whose_fault(whole, differs, checkpoint));
        }
        (None, None) => {}
    }
    let first_at = done.iter().find_map(|(_, bundle)| bundle.first_at);
    let last_at = done.last().and_then(|(_, bundle)| bundle.last_at);
    let full = usize::try_from(size / WIDTH).unwrap_or(usize::MAX);
    let formers = done.iter().flat_map(|(_, bundle)| bundle.said.formers.iter().copied()).collect();
    let roots = done.iter().take(full).filter_map(|(_, bundle)| bundle.computed).collect();
    let behind = done.into_iter().flat_map(|(_, bundle)| bundle.prefixes).collect();
    Ok(Records { pruned: pruned * WIDTH, formers, full: Rows::over(roots), behind, first_at, last_at })
}

/// A record and its tile differ: which of the two was signed? If all tiles together have the root of the checkpoint, it
/// is the record that was changed; if all records have it, the tile. If both were, it is the record that matters.
fn whose_fault(whole: Option<&[(u64, Bundle)]>, differs: &Differs, checkpoint: &Checkpoint) -> Fault {
    let size = checkpoint.size();
    let is_signed = |root: fn(&Bundle) -> Option<Hash>| {
        let roots: Option<Vec<Hash>> = whole?.iter().map(|(_, bundle)| root(bundle)).collect();
        let mut roots = roots?;
        let rest = if size.is_multiple_of(WIDTH) { None } else { roots.pop() };
        let root = Rows::over(roots).root(size / WIDTH, rest)?;
        Some(Digest(root) == checkpoint.root())
    };
    if is_signed(|bundle| bundle.kept) != Some(true) && is_signed(|bundle| bundle.computed) == Some(true) {
        Fault::TileDiffers { path: differs.tile.clone(), first: differs.seq, last: differs.seq }
    } else {
        Fault::Changed { seq: differs.seq }
    }
}

/// Compares the tiles above the lowest, which were read with the records, with what the records come to.
fn tiles(folder: Folder, size: u64, full: &Rows) -> Result<(), Fault> {
    for level in 1_u32..8 {
        let count = hashes_at(level, size);
        let row = full.row(8 * (level as usize - 1));
        for (index, computed) in (0..count.div_ceil(WIDTH)).zip(row.chunks(WIDTH as usize)) {
            let width = width_at(index, count);
            let tile = bundle::tile(folder, level, index, width)?;
            let wrong = tile.hashes.iter().zip(computed).position(|(kept, computed)| kept != computed);
            if let Some(place) = wrong {
                let span = 1_u64 << (8 * level);
                let first = (index * WIDTH + place as u64) * span;
                return Err(Fault::TileDiffers { path: tile.path, first, last: first + span - 1 });
            }
        }
    }
    Ok(())
}

/// Whether the records go on from a checkpoint that was signed before.
fn goes_on(records: &Records, size: u64, whose: Whose, signed: u64, root: Digest) -> Result<(), Fault> {
    if signed > size {
        return Err(Fault::RolledBack { whose, signed, size });
    }
    let computed = records.root(signed);
    if computed == root { Ok(()) } else { Err(Fault::Rewritten { whose, size: signed, signed: root, computed }) }
}

/// The same for every one of the history. What was signed while the records were read is not looked at further, as long
/// as the log has really come that far.
fn follow(folder: Folder, keys: &Keys, history: &History, records: &Records, size: u64) -> Result<(), Fault> {
    let is_newer = history.stamps.iter().any(|stamp| stamp.size > size);
    let reached = if is_newer { read_checkpoint(folder, keys)?.size() } else { size };
    for stamp in history.stamps.iter().filter(|stamp| stamp.size <= size || stamp.size > reached) {
        goes_on(records, reached.max(size), Whose::History(stamp.place.clone()), stamp.size, stamp.root)?;
    }
    Ok(())
}

/// That the log begins with all records of the one that it says it goes on from.
fn is_former(folder: Folder, records: &Records, size: u64, former: &Former) -> Result<(), Fault> {
    let whose = Whose::Record(former.record);
    if former.size > former.record {
        return Err(Fault::RolledBack { whose, signed: former.size, size: former.record });
    }
    let (index, rest) = (former.size / WIDTH, former.size % WIDTH);
    let behind = if rest == 0 {
        None
    } else {
        let read = if index * WIDTH < records.pruned { bundle::pruned } else { bundle::check };
        let bundle = read(folder, index, width_at(index, size), &[former.size])?;
        bundle.prefixes.first().map(|(_, root)| *root)
    };
    let computed = Digest(records.full.root(index, behind).unwrap_or_default());
    let (signed, root) = (former.size, former.root);
    if computed == root { Ok(()) } else { Err(Fault::Rewritten { whose, size: signed, signed: root, computed }) }
}
