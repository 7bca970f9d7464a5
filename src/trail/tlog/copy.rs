//! Copies a log as its newest checkpoint has it, whatever is sealed meanwhile, and begins another one on the same records.

use std::fs;
use std::io;
use std::path::Path;

use jiff::civil::Date;

use super::checkpoint::Checkpoint;
use super::folder::LogFolder;
use super::history;
use super::read::{SealedHead, read_head};
use super::sealer::{SealError, begin, folder};
use super::tile::{LEVELS_MAX, Of, Tile, WIDTH, subtrees};
use crate::incident::Timestamp;
use crate::trail::durable;
use crate::trail::store::Head;

/// Where what was signed under former names is kept, in the log's folder.
const FORMER: &str = "former";

/// A log that was copied but for its checkpoint, without which it is the one that was there before, or none.
pub(in crate::trail) struct CopiedLog {
    to: LogFolder,
    note: String,
    /// What its checkpoint is of.
    pub(in crate::trail) head: SealedHead,
}

impl CopiedLog {
    /// Puts the checkpoint there; durable when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub(in crate::trail) fn publish(mut self) -> io::Result<()> {
        self.to.publish(&self.note)
    }
}

/// Copies the log at `from` to the folder `to` but for its newest checkpoint. Records before `first` were pruned. What is
/// there and whole is not copied again. `progress` is told how many records are done.
///
/// # Errors
/// There is no checkpoint, or a file cannot be read or written.
pub(in crate::trail) fn copy(
    from: &Path,
    to: &Path,
    first: u64,
    mut progress: impl FnMut(u64, u64),
) -> io::Result<CopiedLog> {
    let (source, mut copy) = (LogFolder::at(from.to_owned()), LogFolder::open(to.to_owned())?);
    let missing = |what: &str| io::Error::new(io::ErrorKind::NotFound, format!("the log has no {what}"));
    let history = read_history(from)?;
    // After the history: none in that is newer than it then.
    let note = source.checkpoint()?.ok_or_else(|| missing("checkpoint"))?;
    let head = read_head(&note).ok_or_else(|| missing("checkpoint that can be read"))?;
    let size = head.size;
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
    copy_former(from, to)?;
    write_history(&history, to)?;
    Ok(CopiedLog { to: copy, note, head })
}

/// A whole tile never changes.
fn is_there(to: &Path, tile: Tile) -> bool {
    tile.width == WIDTH && to.join(tile.path()).exists()
}

/// The days of the history by their names; what of the last is not written to its end is left out.
fn read_history(log: &Path) -> io::Result<Vec<(Date, Vec<u8>)>> {
    let mut days = Vec::new();
    for (day, path) in history::days(log)? {
        let mut text = fs::read(path)?;
        text.truncate(history::whole(&text));
        days.push((day, text));
    }
    Ok(days)
}

fn write_history(days: &[(Date, Vec<u8>)], log: &Path) -> io::Result<()> {
    let folder = log.join(history::FOLDER);
    durable::create_folder(&folder)?;
    for (day, text) in days {
        let path = folder.join(day.to_string());
        if fs::metadata(&path).is_ok_and(|there| there.len() == text.len() as u64) {
            continue;
        }
        durable::replace(&path, text)?;
    }
    durable::sync_folder(&folder)
}

/// What was signed under former names.
fn copy_former(from: &Path, to: &Path) -> io::Result<()> {
    let places = match fs::read_dir(from.join(FORMER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        places => places?,
    };
    for place in places {
        let place = place?;
        let (from, to) = (place.path(), to.join(FORMER).join(place.file_name()));
        durable::create_folder(&to)?;
        for name in [super::folder::VERIFIER_KEY, super::folder::CHECKPOINT] {
            match fs::read(from.join(name)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                bytes => durable::replace(&to.join(name), &bytes?)?,
            }
        }
        write_history(&read_history(&from)?, &to)?;
        durable::sync_folder(&to)?;
    }
    durable::sync_folder(&to.join(FORMER))
}

/// What the log in `folder` is called, if there is one that says so.
///
/// # Errors
/// It cannot be read.
pub(in crate::trail) fn origin(folder: &Path) -> io::Result<Option<String>> {
    let keys = LogFolder::at(folder.to_owned()).verifier_keys()?;
    Ok(keys.and_then(|keys| keys.split_once('+').map(|(origin, _)| origin.to_owned())))
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
