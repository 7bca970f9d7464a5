//! Copies a trail while it is in use: the log as its newest checkpoint has it, what lies beside its records, and nothing
//! that sled has made. A copy is marked, so that no server goes on from it under the name of the trail that it is of.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{OpenError, SledStore, beside, epoch, known, prune};
use crate::incident::{Digest, Timestamp};
use crate::trail::audit::{self, Fault, InvalidKeys, Keys};
use crate::trail::settings::Settings;
use crate::trail::store::Store as _;
use crate::trail::{durable, tlog};

/// The mark of a copy, in its folder.
const MARK: &str = "copy.json";
/// Names accounts on the trail; without it nobody can tell any more whom an earlier incident covers.
const PSEUDONYMS: &str = "pseudonym.key";
/// What only a trail has that was opened.
const LOCK: &str = "lock";
/// How long is waited until all that lies beside the records is in files. It is half a second behind.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a copy is begun anew.
const TRIES: u32 = 3;
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// What a copy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The name of the log that it is of.
    pub origin: String,
    /// How many records it has.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// When it was made.
    pub at: Timestamp,
    /// By which release.
    pub program: String,
    /// The first records of the epochs of which what lies beside the records is damaged.
    #[serde(default)]
    pub lacking: Vec<u64>,
}

/// Why there is no copy, or it is none.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What lies beside the records was not written out in time.
    #[error("what lies beside the newest records is not in files yet; does the server still run?")]
    Behind,
    /// Nobody has the trail open, and it cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nothing of it is sealed yet.
    #[error("the trail has no log yet, whose checkpoint a copy would be made by")]
    NoLog,
    /// Records were dropped again and again while they were copied.
    #[error("records were dropped while they were copied; try again")]
    Pruned,
    /// The place has a copy of another trail.
    #[error("{} has a copy of another trail, {origin}", .path.display())]
    OfAnother {
        /// The place.
        path: PathBuf,
        /// What the log of that trail is called.
        origin: String,
    },
    /// The place is another trail's.
    #[error("{} is a trail itself, or holds something else", .0.display())]
    Taken(PathBuf),
    /// The folder has no copy, or one that was not made to its end.
    #[error("{} has no copy of a trail, or one that was not made to its end", .0.display())]
    Unfinished(PathBuf),
    /// The log's keys cannot be read.
    #[error(transparent)]
    Keys(#[from] InvalidKeys),
    /// The records are not as they were signed.
    #[error("it does not verify: {0}")]
    Fault(#[from] Fault),
    /// It verifies as something else than it says.
    #[error("it is not what its mark says")]
    OtherMark,
}

/// Whether the folder is marked as a copy.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Copies the trail that `settings` name to the folder `to`, also while a server has it open, and verifies the copy. What
/// `to` has of an earlier copy of it is not copied again. `progress` is told how many records of how many are done.
/// Blocks.
///
/// # Errors
/// There is no log yet, a file cannot be read or written, or the copy does not verify.
pub fn backup(
    settings: &Settings,
    to: &Path,
    now: Timestamp,
    mut progress: impl FnMut(u64, u64),
) -> Result<Copied, CopyError> {
    let trail = settings.path.as_path();
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CopyError::Folder { path, source }
    };
    if is_one(trail) {
        return Err(CopyError::Taken(trail.to_owned()));
    }
    // Before anything is touched: an earlier copy that is there may be all that is left of a trail.
    tlog::sealed(&tlog::folder(trail)).map_err(at(trail))?.ok_or(CopyError::NoLog)?;
    durable::create_folder(to).map_err(at(to))?;
    take_place(trail, to)?;
    // Pruned meanwhile, what was copied does not fit together.
    for _ in 0..TRIES {
        let first = first_of(trail).map_err(at(trail))?;
        let log = tlog::copy(&tlog::folder(trail), &tlog::folder(to), first, &mut progress).map_err(at(to))?;
        bring_to_files(settings, log.head.size)?;
        let lacking = copy_epochs(trail, to).map_err(at(to))?;
        prune::copy_carried(trail, to).map_err(at(to))?;
        copy_file(&trail.join(PSEUDONYMS), &to.join(PSEUDONYMS)).map_err(at(to))?;
        if first_of(trail).map_err(at(trail))? != first {
            continue;
        }
        forget_below(to, first).map_err(at(to))?;
        log.publish().map_err(at(to))?;
        let copied = Copied { lacking, ..verified(to, now)? };
        mark(to, &copied).map_err(at(to))?;
        return Ok(copied);
    }
    Err(CopyError::Pruned)
}

/// Has what lies beside the first `size` records brought to files: by the server that runs, or by opening the store, which
/// is let go of again at once. One that does not open is copied as far as it is in files.
fn bring_to_files(settings: &Settings, size: u64) -> Result<(), CopyError> {
    let trail = settings.path.as_path();
    let at = |source| CopyError::Folder { path: trail.to_owned(), source };
    if is_in_files(trail, size).map_err(at)? {
        return Ok(());
    }
    let store = match SledStore::open(settings) {
        Ok(store) => Some(store),
        Err(OpenError::InUse(_)) => None,
        Err(error) => return Err(error.into()),
    };
    store.iter().for_each(|store| store.settle(size));
    wait_for(trail, size)
}

fn first_of(trail: &Path) -> io::Result<u64> {
    Ok(epochs(trail)?.into_iter().min().unwrap_or_default())
}

/// What the trail has dropped is not kept in its copy either.
fn forget_below(to: &Path, first: u64) -> io::Result<()> {
    for gone in epochs(to)?.into_iter().filter(|epoch| *epoch < first) {
        fs::remove_dir_all(epoch::folder(to, gone))?;
    }
    tlog::forget_below(&tlog::folder(to), first)
}

/// What the copy in a folder says of itself, once that was found to be so.
///
/// # Errors
/// There is none, or it does not verify as that.
pub(super) fn checked(from: &Path) -> Result<Copied, CopyError> {
    let unfinished = || CopyError::Unfinished(from.to_owned());
    let mark = fs::read(from.join(MARK)).map_err(|_| unfinished())?;
    let said: Copied = serde_json::from_slice(&mark).map_err(|_| unfinished())?;
    let is = verified(from, said.at)?;
    let is_it = (&is.origin, is.size, is.root) == (&said.origin, said.size, said.root);
    if is_it { Ok(said) } else { Err(CopyError::OtherMark) }
}

/// Marks a folder in which a trail is being made of a copy.
pub(super) fn mark(folder: &Path, copied: &Copied) -> io::Result<()> {
    let mark = serde_json::to_vec_pretty(copied).map_err(io::Error::other)?;
    durable::replace(&folder.join(MARK), &mark).and_then(|()| durable::sync_folder(folder))
}

/// It is a trail from now on.
pub(super) fn unmark(folder: &Path) -> io::Result<()> {
    fs::remove_file(folder.join(MARK)).and_then(|()| durable::sync_folder(folder))
}

fn verified(to: &Path, at: Timestamp) -> Result<Copied, CopyError> {
    let log = tlog::folder(to);
    let keys =
        fs::read_to_string(log.join("vkey")).map_err(|source| CopyError::Folder { path: log.clone(), source })?;
    let report = audit::verify(&log, &Keys::parse(&keys)?, &[], |_| ())?;
    let program = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Copied { origin: report.origin, size: report.size, root: report.root, at, program, lacking: Vec::new() })
}

/// An empty folder, or one with a copy of the same trail, which stands until the new one is whole.
fn take_place(trail: &Path, to: &Path) -> Result<(), CopyError> {
    let at = |source| CopyError::Folder { path: to.to_owned(), source };
    let is_trail = fs::canonicalize(to).map_err(at)? == fs::canonicalize(trail).map_err(at)? || to.join(LOCK).exists();
    let is_empty = fs::read_dir(to).map_err(at)?.next().is_none();
    // One that was cut short has a log, and nothing that a store has made.
    if is_trail || !(is_empty || to.join("log").is_dir()) {
        return Err(CopyError::Taken(to.to_owned()));
    }
    // Before anything is touched, whether marked or not: it may be the only copy of a trail that is gone.
    match tlog::origin(&tlog::folder(to)).map_err(at)? {
        Some(origin) if tlog::origin(&tlog::folder(trail)).map_err(at)?.as_ref() != Some(&origin) => {
            Err(CopyError::OfAnother { path: to.to_owned(), origin })
        }
        _ => Ok(()),
    }
}

/// Waits until what lies beside the first `size` records is in files.
fn wait_for(trail: &Path, size: u64) -> Result<(), CopyError> {
    let began = Instant::now();
    while !is_in_files(trail, size).map_err(|source| CopyError::Folder { path: trail.to_owned(), source })? {
        if began.elapsed() > PATIENCE {
            return Err(CopyError::Behind);
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
    Ok(())
}

fn is_in_files(trail: &Path, size: u64) -> io::Result<bool> {
    let mut all = epochs(trail)?;
    all.sort_unstable();
    let ends = all.iter().skip(1).copied().chain([u64::MAX]);
    for (first, end) in all.iter().copied().zip(ends).filter(|(first, _)| *first < size) {
        let folder = epoch::folder(trail, first);
        let is_told = epoch::told_mirrored(&folder)?.is_some_and(|told| told.size >= size.min(end));
        if !is_told && !known::path(&folder).exists() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The first records of all epochs; nothing is taken away, as another process has them.
pub(super) fn epochs(trail: &Path) -> io::Result<Vec<u64>> {
    let Some(folder) = epoch::folder(trail, 0).parent().map(Path::to_owned) else { return Ok(Vec::new()) };
    let number = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_str().and_then(|name| name.parse().ok()));
    fs::read_dir(folder)?.map(number).filter_map(io::Result::transpose).collect()
}

/// What lies beside the records of each epoch, and of those in files by what they are found. Gives the first records of
/// those of which the copy lacks some of it.
pub(super) fn copy_epochs(from: &Path, to: &Path) -> io::Result<Vec<u64>> {
    let mut lacking = Vec::new();
    for first in epochs(from)? {
        let (from, to) = (epoch::folder(from, first), epoch::folder(to, first));
        durable::create_folder(&to)?;
        // Before the file that it is about, which grows, and may be cut off within a piece: what is behind the checkpoint is
        // not asked for.
        let told = epoch::told_mirrored(&from)?;
        let expected = told.map_or(0, |told| told.length);
        let has = |folder: &Path| beside::whole(&epoch::beside(folder)).filter(|whole| *whole >= expected);
        // What is there and good is not replaced by what is not.
        match (has(&from), has(&to)) {
            (Some(is), Some(was)) if is == was => {}
            (Some(_), _) => copy_file(&epoch::beside(&from), &epoch::beside(&to))?,
            (None, Some(_)) => {}
            (None, None) => {
                if epoch::beside(&from).exists() {
                    copy_file(&epoch::beside(&from), &epoch::beside(&to))?;
                }
                lacking.push(first);
            }
        }
        if known::path(&from).exists() {
            if !known::path(&to).exists() || !known::is_whole(&to)? {
                known::copy(&from, &to)?;
            }
            if !known::is_whole(&to)? {
                lacking.push(first);
            }
        }
        told.map_or(Ok(()), |told| epoch::tell_mirrored(&to, told))?;
        durable::sync_folder(&to)?;
    }
    lacking.dedup();
    Ok(lacking)
}

pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    durable::replace_by(to, |file| io::copy(&mut source, file).map(drop))
}
