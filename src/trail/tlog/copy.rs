//! Copies a log as its newest checkpoint has it, whatever is sealed meanwhile, and begins another one on the same records.

use std::fs;
use std::io;
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::folder::LogFolder;
use super::history;
use super::proof::size_of;
use super::read::{SealedHead, sealed};
use super::sealer::{SealError, begin, folder};
use super::tile::{LEVELS_MAX, Of, Tile, WIDTH, subtrees};
use crate::incident::Timestamp;
use crate::trail::durable;
use crate::trail::store::Head;

/// Where what was signed under former names is kept, in the log's folder.
const FORMER: &str = "former";

/// Copies the log at `from` to the folder `to` and gives the size of its checkpoint, which is put there last. Records
/// before `first` were pruned. What is there and whole is not copied again. `progress` is told how many records are done.
///
/// # Errors
/// There is no checkpoint, or a file cannot be read or written.
pub(in crate::trail) fn copy(
    from: &Path,
    to: &Path,
    first: u64,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<SealedHead> {
    let (source, mut copy) = (LogFolder::at(from.to_owned()), LogFolder::open(to.to_owned())?);
    let missing = |what: &str| io::Error::new(io::ErrorKind::NotFound, format!("the log has no {what}"));
    // Before the checkpoint: none in the history is newer than it then.
    copy_history(from, to)?;
    let note = source.checkpoint()?.ok_or_else(|| missing("checkpoint"))?;
    let size = size_of(&note).ok_or_else(|| missing("size in its checkpoint"))?;
    let keys = source.verifier_keys()?.ok_or_else(|| missing("key"))?;
    copy.write_verifier_keys(&keys)?;
    for index in first / WIDTH..size.div_ceil(WIDTH) {
        let tile = Tile { of: Of::Entries, index, width: WIDTH.min(size - index * WIDTH) };
        if !is_there(to, tile) {
            let bundle = source.entries(index, tile.width)?.ok_or_else(|| missing("bundle of a record"))?;
            copy.write_entries(index, &bundle)?;
        }
        progress(index * WIDTH + tile.width, size);
    }
    for level in 0..LEVELS_MAX {
        let count = subtrees(size, level);
        for index in 0..count.div_ceil(WIDTH) {
            let tile = Tile { of: Of::Hashes(level), index, width: WIDTH.min(count - index * WIDTH) };
            if !is_there(to, tile) {
                let hashes = source.hashes(tile)?.ok_or_else(|| missing("tile of hashes"))?;
                copy.write_hashes(tile, &hashes)?;
            }
        }
    }
    copy.settle()?;
    copy.publish(&note)?;
    sealed(to)?.ok_or_else(|| missing("checkpoint that can be read"))
}

/// A whole tile never changes.
fn is_there(to: &Path, tile: Tile) -> bool {
    tile.width == WIDTH && to.join(tile.path()).exists()
}

/// The days of the history; what of the last is not written to its end is left out.
fn copy_history(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (from.join(history::FOLDER), to.join(history::FOLDER));
    durable::create_folder(&to)?;
    for day in fs::read_dir(from)? {
        let day = day?;
        let text = fs::read(day.path())?;
        let whole = text.get(..history::whole(&text)).unwrap_or_default();
        durable::replace(&to.join(day.file_name()), whole)?;
    }
    durable::sync_folder(&to)
}

/// Begins a log of another name on the records of the one in the trail's folder, which `head` is of: what was signed
/// under the former name goes to the folder `former`, and the first checkpoint is of the same head. The key at `key` is
/// made if it is missing.
///
/// # Errors
/// A file cannot be read or written, or the name is none.
pub(in crate::trail) fn begin_again(
    trail: &Path,
    key: &Path,
    deployment: &str,
    head: Head,
    now: Timestamp,
) -> Result<(), SealError> {
    let path = folder(trail);
    let refused = |source| SealError::Folder { path: path.clone(), source };
    put_away(&path).map_err(refused)?;
    let mut folder = LogFolder::open(path.clone()).map_err(refused)?;
    let signer = begin(&mut folder, deployment, key)?;
    folder.publish(&Checkpoint::sign(&signer, head, now).note).map_err(refused)
}

/// What says whose log it was, and what was signed for it.
fn put_away(log: &Path) -> io::Result<()> {
    let former = log.join(FORMER);
    durable::create_folder(&former)?;
    let free = (0_u32..).map(|number| former.join(number.to_string())).find(|path| !path.exists());
    let Some(place) = free else { return Ok(()) };
    durable::create_folder(&place)?;
    for name in [super::folder::VERIFIER_KEY, super::folder::CHECKPOINT, history::FOLDER] {
        match fs::rename(log.join(name), place.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    durable::sync_folder(&place).and_then(|()| durable::sync_folder(log))
}
