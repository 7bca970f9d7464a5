//! Makes a damaged epoch anew from what is in files, and from what of its newest records can still be read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ::sled::{Batch, Db};

use super::archive::Archive;
use super::beside::Writer;
use super::epoch::{self, Epoch, Mirrored, Opened};
use super::fact::{self, Fact};
use super::open::{OpenError, lock};
use super::salvage::salvage;
use super::whole::Look;
use super::{chunks, copy, head, keys, known, prune, read, store_error, told};
use crate::incident::{Event, Timestamp, UpkeepEvent};
use crate::trail::durable;
use crate::trail::merkle::{self, Frontier};
use crate::trail::record::Record;
use crate::trail::settings::Settings;
use crate::trail::store::{StoreError, Stored};
use crate::trail::tlog::{self, SealedHead};

/// Records at a time.
const PAGE: u64 = 512;
/// Memory for pages of what is only looked through, in bytes.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// What of a damaged epoch there is to make it anew from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salvage {
    /// Its first record.
    pub first: u64,
    /// How many records of the trail are sealed.
    pub sealed: u64,
    /// How many the trail will have.
    pub size: u64,
    /// Whether the damaged store itself still says that these are all. Otherwise records may be missing that were made
    /// after the last checkpoint.
    pub is_whole: bool,
    /// Whether all that lies beside the sealed records could be read.
    pub has_all_beside: bool,
}

impl Salvage {
    /// Whether all is there.
    #[must_use]
    pub fn loses_nothing(&self) -> bool {
        self.is_whole && self.has_all_beside
    }
}

/// Why nothing was made anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// Somebody has the trail open, or its folder cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log does not have what it takes.
    #[error("the log does not have all records from {from} to {to}: put it back from where it is kept")]
    Log {
        /// The first that the epoch has.
        from: u64,
        /// Up to which they are needed.
        to: u64,
    },
    /// The newest checkpoint cannot be read.
    #[error("there is no checkpoint in the log to go by")]
    NoCheckpoint,
    /// The log has been changed as well.
    #[error("the records in the log are not those under its newest checkpoint")]
    OtherRoot,
    /// A file cannot be read or written.
    #[error("{} cannot be used", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The new store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is decided about a damaged epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// It stays as it is.
    Refused,
    /// It is made anew.
    Given,
    /// It is made anew, and the next who opens the trail records this event first.
    Recorded(Box<Event>, Timestamp),
}

impl Consent {
    /// What is made anew has to be recorded with who had it done and why; the program itself says neither.
    #[must_use]
    pub fn recorded(salvage: &Salvage, asked: Option<(&str, &str)>, at: Timestamp) -> Self {
        let Salvage { first, size, is_whole, has_all_beside, .. } = *salvage;
        let (actor, reason) = asked.map(|(actor, reason)| (actor.to_owned(), reason.to_owned())).unzip();
        let rebuilt = UpkeepEvent::Rebuilt { actor, reason, first, size, whole: is_whole, beside: has_all_beside };
        Self::Recorded(Box::new(Event::Upkeep(rebuilt)), at)
    }
}

/// Looks through all epochs of the trail and makes the one anew that is damaged, if that is decided of what is there to
/// make it from. Indexes that cannot be read are made anew in any case. What was replaced is kept in the folder `damaged`. Gives
/// `None` if nothing is damaged. No program may have the trail open.
///
/// # Errors
/// The trail is in use, or there is not enough to make it from.
pub fn rebuild(
    settings: &Settings,
    accepts: impl FnOnce(&Salvage) -> Consent,
    progress: impl FnMut(u64, u64),
) -> Result<Option<Salvage>, RebuildError> {
    if copy::is_one(&settings.path) {
        return Err(OpenError::Copy(settings.path.clone()).into());
    }
    rebuild_anyway(settings, accepts, progress)
}

/// The same, also of what is still marked as a copy.
pub(super) fn rebuild_anyway(
    settings: &Settings,
    accepts: impl FnOnce(&Salvage) -> Consent,
    mut progress: impl FnMut(u64, u64),
) -> Result<Option<Salvage>, RebuildError> {
    let trail = settings.path.as_path();
    let _lock = lock(trail)?;
    let folder = |source| RebuildError::Folder { path: trail.to_owned(), source };
    let found = epoch::all(trail).map_err(folder)?;
    let log = tlog::folder(trail);
    let sealed = tlog::sealed(&log).map_err(|source| RebuildError::Folder { path: log.clone(), source })?;
    let sealed = sealed.ok_or(RebuildError::NoCheckpoint)?;
    let mut next = match found.first() {
        Some(first) => prune::expected(trail, *first).map_err(folder)?,
        None => 0,
    };
    let ends = found.iter().skip(1).map(|end| Some(*end)).chain([None]);
    for (first, end) in found.iter().copied().zip(ends) {
        if first > next {
            let gone = Place { first: next, end: Some(first) };
            return make_anew(trail, gone, &sealed, None, accepts, progress);
        }
        let place = Place { first, end };
        next = match look(trail, place, sealed.size, &mut progress)? {
            Found::Good { end } => end,
            Found::Damaged(is) => return make_anew(trail, place, &sealed, is, accepts, progress),
        };
    }
    // The one that takes records is never in files.
    if found.last().is_none_or(|last| known::path(&epoch::folder(trail, *last)).exists()) {
        let gone = Place { first: next, end: None };
        return make_anew(trail, gone, &sealed, None, accepts, progress);
    }
    Ok(None)
}

/// Which epoch: its first record, and the one that comes after its last, if another epoch comes after it.
#[derive(Debug, Clone, Copy)]
struct Place {
    first: u64,
    end: Option<u64>,
}

/// How an epoch was found.
enum Found {
    /// With all records up to this one, without it. An index that was damaged was made anew.
    Good { end: u64 },
    /// Otherwise; its database, if it can be opened.
    Damaged(Option<Epoch>),
}

/// What can still be read of a damaged epoch behind what is sealed.
#[derive(Default)]
struct Rest {
    /// Its records from the first on that is good to the last that follows without a gap.
    records: Vec<Stored>,
    /// How many records it says the trail has, if that can be believed.
    size: Option<u64>,
}

/// Looks through an epoch.
fn look(trail: &Path, place: Place, sealed: u64, progress: &mut impl FnMut(u64, u64)) -> Result<Found, RebuildError> {
    let folder = epoch::folder(trail, place.first);
    if known::path(&folder).exists() {
        return look_at_archive(trail, &folder, place);
    }
    match epoch::open(trail, place.first, CACHE_BYTES, |sync, _| sync) {
        Ok(opened) => look_through(opened, place, sealed, progress),
        Err(OpenError::Damaged { .. }) => Ok(Found::Damaged(open_roughly(trail, place.first))),
        Err(error) => Err(error.into()),
    }
}

/// One that is in files: its index is made anew where it is not as it was made, and all else where that cannot be.
fn look_at_archive(trail: &Path, folder: &Path, place: Place) -> Result<Found, RebuildError> {
    let refused = |source| RebuildError::Folder { path: folder.to_owned(), source };
    let is_sound =
        epoch::found_damaged(folder).map_err(refused)?.is_none() && known::is_whole(folder).map_err(refused)?;
    if is_sound && let Ok(Some(archive)) = Archive::open(trail, place.first) {
        return Ok(Found::Good { end: archive.known.end });
    }
    // Where it ended nobody else knows; the one that comes after it was its end when both were made.
    let Some(end) = place.end else { return Ok(Found::Damaged(None)) };
    match known::make(folder, place.first, end) {
        Ok(()) => epoch::acquit(folder).map(|()| Found::Good { end }).map_err(refused),
        Err(_) => Ok(Found::Damaged(None)),
    }
}

/// One that sled has. With fewer records than it should have it has lost some: sled takes damage near the end of its file
/// for a write cut short.
fn look_through(
    Opened { epoch, frontier, .. }: Opened,
    place: Place,
    sealed: u64,
    progress: &mut impl FnMut(u64, u64),
) -> Result<Found, RebuildError> {
    let Epoch { folder, db, .. } = &epoch;
    let size = frontier.size();
    let told = epoch::told_mirrored(folder).map_err(|source| RebuildError::Folder { path: folder.clone(), source })?;
    if place.end.is_none() && size < told.map_or(0, |told| told.size).max(sealed) {
        return Ok(Found::Damaged(Some(epoch)));
    }
    let mut look = epoch::contained(folder, || Ok(Look::at(db, place.first, size).map(Some)));
    loop {
        match look {
            Ok(Ok(Some(so_far))) => {
                progress(so_far.records(), size);
                look = epoch::contained(folder, || Ok(so_far.go_on(db)));
            }
            Ok(Ok(None)) => return Ok(Found::Good { end: size }),
            Ok(Err(_)) | Err(_) => return Ok(Found::Damaged(Some(epoch))),
        }
    }
}

/// The epoch's database, if sled opens it at all.
fn open_roughly(trail: &Path, first: u64) -> Option<Epoch> {
    let folder = epoch::folder(trail, first);
    epoch::wait_for_release(&folder).ok()?;
    let db = epoch::contained(&folder, || epoch::open_database(&folder, CACHE_BYTES)).ok()?;
    Some(Epoch { first, folder, db })
}

fn make_anew(
    trail: &Path,
    Place { first, end }: Place,
    sealed: &SealedHead,
    damaged: Option<Epoch>,
    accepts: impl FnOnce(&Salvage) -> Consent,
    mut progress: impl FnMut(u64, u64),
) -> Result<Option<Salvage>, RebuildError> {
    let in_log = end.unwrap_or(sealed.size).min(sealed.size);
    let missing = RebuildError::Log { from: first, to: in_log };
    let log = tlog::folder(trail);
    let refused = |source| RebuildError::Folder { path: log.clone(), source };
    let Some(frontier) = tlog::frontier(&log, first, sealed.size).map_err(refused)? else { return Err(missing) };
    let rest = damaged.as_ref().map(|epoch| rest(epoch, in_log, end)).unwrap_or_default();
    let (facts, has_all_beside) = salvage(&epoch::folder(trail, first), first, damaged.as_ref(), in_log, rest.size);
    drop(damaged);
    let size = in_log + rest.records.len() as u64;
    let is_whole = end.is_some_and(|end| end == size) || rest.size == Some(size);
    let salvage = Salvage { first, sealed: sealed.size, size, is_whole, has_all_beside };
    let consent = accepts(&salvage);
    if consent == Consent::Refused {
        return Ok(Some(salvage));
    }
    let unfinished = epoch::unfinished(trail);
    clear(&unfinished)?;
    let mut made = Making::begin(&unfinished, frontier)?;
    let mut from = first;
    while from < in_log {
        let to = in_log.min(from + PAGE);
        let Some(page) = tlog::sealed_records(&log, from, to, sealed.size).map_err(refused)? else {
            return Err(missing);
        };
        made.add(&page)?;
        from = to;
        progress(from, size);
    }
    if end.is_none() && made.frontier.root() != sealed.root {
        return Err(RebuildError::OtherRoot);
    }
    made.add(&rest.records)?;
    if !has_all_beside {
        made.add_incidents_of_log(&log, first, in_log, sealed.size)?;
    }
    for (fact, private) in facts.iter().filter(|(fact, _)| fact.is_within(size)) {
        made.add_fact(fact, private.as_deref())?;
    }
    made.add_incidents_of(&rest.records)?;
    made.finish()?;
    // One that comes before what is in files is in files itself.
    let mut later = epoch::all(trail).map_err(refused)?.into_iter().filter(|later| *later > first);
    if let Some(end) = end
        && later.any(|later| known::path(&epoch::folder(trail, later)).exists())
    {
        known::make(&unfinished, first, end)?;
        epoch::forget(&unfinished).map_err(|source| RebuildError::Folder { path: unfinished.clone(), source })?;
    }
    if let Consent::Recorded(event, at) = consent {
        told::write(&unfinished, &event, at).map_err(|source| RebuildError::Folder { path: unfinished, source })?;
    }
    replace(trail, first)?;
    Ok(Some(salvage))
}

/// What of a damaged database follows on `from` without a gap.
fn rest(epoch: &Epoch, from: u64, end: Option<u64>) -> Rest {
    let mut rest = Rest::default();
    let try_to = |work: &mut dyn FnMut() -> Result<(), StoreError>| {
        // What cannot be read ends what is salvaged; there is nothing else to be done about it.
        drop(epoch::contained(&epoch.folder, || Ok(work())));
    };
    try_to(&mut || {
        let value = epoch.db.get(keys::HEAD).map_err(store_error)?;
        rest.size = value.and_then(|value| head::from_value(&value)).map(|frontier| frontier.size());
        Ok(())
    });
    let end = end.or(rest.size).unwrap_or(u64::MAX);
    try_to(&mut || {
        for seq in from..end {
            let found = read::records(&epoch.db, seq, seq + 1)?;
            let follows = found.first().filter(|stored| stored.is_whole());
            let is_next = follows.and_then(|stored| Record::decode(&stored.record).ok()).is_some_and(|r| r.seq == seq);
            if !is_next {
                break;
            }
            rest.records.extend(found);
        }
        Ok(())
    });
    rest
}

/// An epoch in the making.
struct Making {
    folder: PathBuf,
    db: Db,
    beside: Writer,
    frontier: Frontier,
    facts: u64,
}

impl Making {
    fn begin(folder: &Path, frontier: Frontier) -> Result<Self, RebuildError> {
        let refused = |source| RebuildError::Folder { path: folder.to_owned(), source };
        durable::create_folder(folder).map_err(refused)?;
        let db = epoch::contained(folder, || epoch::open_database(folder, CACHE_BYTES))?;
        let beside = Writer::open(&epoch::beside(folder), 0).map_err(refused)?;
        Ok(Self { folder: folder.to_owned(), db, beside, frontier, facts: 0 })
    }

    fn add(&mut self, records: &[Stored]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for stored in records {
            let leaf = merkle::leaf_hash(&stored.record);
            self.frontier.append(leaf);
            for (chunk, piece) in chunks::of(&[&leaf.0[..], &stored.record].concat()) {
                batch.insert(keys::record(stored.seq, chunk), piece);
            }
        }
        self.db.apply_batch(batch).map_err(store_error)
    }

    fn add_fact(&mut self, fact: &Fact, private: Option<&[u8]>) -> Result<(), RebuildError> {
        let mut batch = Batch::default();
        let bytes = fact.with_private(private.is_some()).to_bytes();
        for (chunk, piece) in chunks::of(&bytes) {
            batch.insert(keys::fact(self.facts, chunk), piece);
        }
        match fact {
            Fact::Record { seq, keys, incidents, .. } => {
                keys.iter().for_each(|key| batch.insert(keys::unique(key), &seq.to_be_bytes()));
                incidents.iter().for_each(|incident| batch.insert(keys::of_incident(incident, *seq), &[]));
                for (chunk, piece) in private.iter().flat_map(|private| chunks::of(private)) {
                    batch.insert(keys::private(*seq, chunk), piece);
                }
            }
            Fact::Delivery { key, first } => {
                batch.insert(keys::delivery(&key.key), fact::delivery_value(*first, &key.content));
            }
        }
        self.db.apply_batch(batch).map_err(store_error)?;
        let added = self.beside.add(&bytes, private);
        added.map_err(|source| RebuildError::Folder { path: self.folder.clone(), source })?;
        self.facts += 1;
        Ok(())
    }

    /// The same of what is in the log, where facts are lost.
    fn add_incidents_of_log(&mut self, log: &Path, from: u64, to: u64, sealed: u64) -> Result<(), RebuildError> {
        for from in (from..to).step_by(PAGE as usize) {
            let page = tlog::sealed_records(log, from, to.min(from + PAGE), sealed);
            let page = page.map_err(|source| RebuildError::Folder { path: log.to_owned(), source })?;
            self.add_incidents_of(&page.ok_or(RebuildError::Log { from, to })?)?;
        }
        Ok(())
    }

    /// Under what records can be found, should their facts be lost.
    fn add_incidents_of(&mut self, records: &[Stored]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for stored in records {
            let record = Record::decode(&stored.record).map_err(|error| StoreError::Damaged(error.to_string()))?;
            for incident in record.event.incidents() {
                batch.insert(keys::of_incident(incident, stored.seq), &[]);
            }
        }
        self.db.apply_batch(batch).map_err(store_error)
    }

    fn finish(mut self) -> Result<(), RebuildError> {
        let refused = |source| RebuildError::Folder { path: self.folder.clone(), source };
        let length = self.beside.settle().map_err(refused)?;
        let mut batch = Batch::default();
        batch.insert(keys::HEAD, head::to_value(&self.frontier));
        batch.insert(keys::FACTS, &self.facts.to_be_bytes());
        self.db.apply_batch(batch).map_err(store_error)?;
        Epoch { first: 0, folder: self.folder.clone(), db: self.db.clone() }.note_mirrored(self.facts, length)?;
        epoch::tell_mirrored(&self.folder, Mirrored { size: self.frontier.size(), length }).map_err(refused)?;
        self.db.flush().map_err(store_error)?;
        drop(self.db);
        epoch::wait_for_release(&self.folder)?;
        let synced = super::sync::of_file(&self.folder.join("db")).and_then(|mut sync| sync());
        synced.and_then(|()| super::sync::sync_contents(&self.folder)).map_err(refused)
    }
}

/// Puts the new epoch in the place of the damaged one, which is kept beside.
fn replace(trail: &Path, first: u64) -> Result<(), RebuildError> {
    let kept = epoch::place_for_damaged(trail, &format!("{first:020}"));
    let replaced = kept.and_then(|kept| epoch::replace(trail, first, &kept));
    replaced.map_err(|source| RebuildError::Folder { path: epoch::folder(trail, first), source })
}

fn clear(folder: &Path) -> Result<(), RebuildError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(RebuildError::Folder { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}
