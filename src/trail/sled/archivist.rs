//! The thread that moves the trail out of sled: what lies beside the records goes to a file as it comes, and an epoch
//! that is full and sealed becomes an archive, whose database is taken away.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::archive::Archive;
use super::beside::Writer;
use super::committer::Roller;
use super::epoch::{self, Epoch};
use super::fact::Fact;
use super::shared::Shared;
use super::whole::Look;
use super::{head, known, read};
use crate::trail::settings::Settings;
use crate::trail::store::StoreError;
use crate::trail::tlog;

/// Facts that are read at a time.
const PAGE: u64 = 256;
/// What waits to be looked at; more need not, as the newest says it all.
const WAITING: usize = 16;

/// The thread as its store sees it.
pub(super) struct Archivist {
    queue: Option<SyncSender<Sealed>>,
    thread: Option<JoinHandle<()>>,
}

/// How many records are sealed, and whom to tell once all is done.
struct Sealed {
    records: u64,
    done: Option<SyncSender<()>>,
}

impl Archivist {
    /// Starts the thread.
    ///
    /// # Errors
    /// No thread could be made.
    pub(super) fn start(shared: &Arc<Shared>, settings: &Settings, roller: Option<Roller>) -> io::Result<Self> {
        let (sender, queue) = sync_channel(WAITING);
        let mut worker = Worker {
            shared: Arc::clone(shared),
            trail: settings.path.clone(),
            epoch_records: settings.epoch_records.max(1),
            roller,
            files: HashMap::new(),
            told: None,
            retired: Vec::new(),
        };
        let builder = std::thread::Builder::new().name("trail-archivist".to_owned());
        let thread = builder.spawn(move || worker.run(&queue))?;
        Ok(Self { queue: Some(sender), thread: Some(thread) })
    }

    /// Has what is possible done, now that so many records are sealed.
    pub(super) fn settle(&self, sealed: u64) {
        // A full queue has later news than these, or will be told of them in half a second.
        let _ = self.queue.as_ref().map(|queue| queue.try_send(Sealed { records: sealed, done: None }));
    }

    /// The same, and waits until it is done.
    #[cfg(test)]
    pub(super) fn settle_now(&self, sealed: u64) {
        let (done, is_done) = sync_channel(1);
        self.queue.as_ref().unwrap().send(Sealed { records: sealed, done: Some(done) }).unwrap();
        is_done.recv().unwrap();
    }
}

impl Drop for Archivist {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has failed the store before; there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// The thread's own state.
struct Worker {
    shared: Arc<Shared>,
    trail: PathBuf,
    epoch_records: u64,
    roller: Option<Roller>,
    /// By its first record, the file of what lies beside an epoch's records, and how many facts it has.
    files: HashMap<u64, (Writer, u64)>,
    /// Of which epoch it was last told that all is in its file, and of how many records.
    told: Option<(u64, u64)>,
    /// Epochs that are in files, and that somebody may still be reading.
    retired: Vec<Arc<Epoch>>,
}

impl Worker {
    fn run(&mut self, queue: &Receiver<Sealed>) {
        self.look_through();
        self.look_at_indexes();
        while let Ok(Sealed { records, done }) = queue.recv() {
            if self.shared.check().is_ok()
                && let Err(error) = self.work(records)
            {
                tracing::error!(%error, "an epoch of the trail could not be moved out of its database");
            }
            // Whoever does not wait has dropped the other end.
            let _ = done.map(|done| done.send(()));
        }
    }

    /// Looks once at everything that a database has: who reads it later may act on it.
    fn look_through(&self) {
        let tiers = self.shared.tiers();
        let epochs = || tiers.closing.iter().chain([&tiers.live]);
        let ends = epochs().skip(1).map(|next| next.first).chain([self.shared.head().size]);
        for (epoch, end) in epochs().zip(ends) {
            let mut look = self.shared.run(|_| Look::at(&epoch.db, epoch.first, end)).map(Some);
            while let Ok(Some(so_far)) = look {
                look = self.shared.run(|_| so_far.go_on(&epoch.db));
            }
            if let Err(error) = look {
                return self.fail(&epoch.folder, &error);
            }
        }
    }

    /// Looks once at the indexes of what is in files.
    fn look_at_indexes(&self) {
        for archive in &self.shared.tiers().archives {
            let folder = archive.folder();
            let is_whole = known::is_whole(folder).map_err(|error| unwritten(&error));
            let changed = || StoreError::Damaged("the index of an epoch is not as it was made".to_owned());
            let is_kept = || self.shared.tiers().archives.iter().any(|kept| Arc::ptr_eq(kept, archive));
            if let Err(error) = is_whole.and_then(|is_whole| if is_whole { Ok(()) } else { Err(changed()) })
                && is_kept()
            {
                return self.fail(folder, &error);
            }
        }
    }

    /// Nothing is done by what is damaged. The next start is to make it anew, and not to come this far with it again.
    fn fail(&self, folder: &Path, error: &StoreError) {
        if matches!(error, StoreError::Damaged(_))
            && let Err(error) = epoch::condemn(folder, &error.to_string())
        {
            tracing::error!(%error, "that the store is damaged could not be written down");
        }
        self.shared.fail(error.to_string());
    }

    fn work(&mut self, sealed: u64) -> Result<(), StoreError> {
        let tiers = self.shared.tiers();
        for epoch in tiers.closing.iter().chain([&tiers.live]) {
            self.mirror(epoch)?;
        }
        let size = self.shared.head().size;
        if size - tiers.live.first >= self.epoch_records {
            self.roller.as_ref().map_or(Ok(()), Roller::roll)?;
        }
        drop(tiers);
        while self.archive_one(sealed)? {}
        self.forget_retired();
        Ok(())
    }

    /// Puts what lies beside the records in its file, as far as they are durable.
    fn mirror(&mut self, epoch: &Epoch) -> Result<(), StoreError> {
        self.mirror_on(epoch).inspect_err(|_| {
            // What was written meanwhile is not known; opened anew, the file is cut to what was noted.
            self.files.remove(&epoch.first);
        })
    }

    fn mirror_on(&mut self, epoch: &Epoch) -> Result<(), StoreError> {
        let size = self.shared.head().size;
        let (file, next) = match self.files.entry(epoch.first) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let (facts, length) = self.shared.run(|_| epoch.mirrored())?;
                let path = epoch::beside(&epoch.folder);
                place.insert(match Writer::open(&path, length) {
                    // The file was cut, and the database has it all.
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                        tracing::warn!(path = %path.display(), "what lies beside the records is written anew");
                        (Writer::open(&path, 0).map_err(|error| unwritten(&error))?, 0)
                    }
                    opened => (opened.map_err(|error| unwritten(&error))?, facts),
                })
            }
        };
        let before = *next;
        loop {
            let begun = *next;
            for (number, bytes) in self.shared.run(|_| read::facts(&epoch.db, begun, begun + PAGE))? {
                if number != *next {
                    return Err(StoreError::Damaged(format!("fact {next} is missing")));
                }
                let fact = Fact::read(&bytes)?.0;
                if !fact.is_within(size) {
                    break;
                }
                let private = match fact {
                    Fact::Record { seq, has_private: true, .. } => {
                        self.shared.run(|_| read::private(&epoch.db, seq))?
                    }
                    _ => None,
                };
                file.add(&bytes, private.as_deref()).map_err(|error| unwritten(&error))?;
                *next += 1;
            }
            if *next - begun < PAGE {
                break;
            }
        }
        if *next > before {
            let (next, length) = (*next, file.settle().map_err(|error| unwritten(&error))?);
            self.shared.run(|_| epoch.note_mirrored(next, length))?;
        }
        if self.told != Some((epoch.first, size)) {
            let mirrored = epoch::Mirrored { size, length: file.length() };
            epoch::tell_mirrored(&epoch.folder, mirrored).map_err(|error| unwritten(&error))?;
            self.told = Some((epoch.first, size));
        }
        Ok(())
    }

    /// Writes the file of what lies beside the records once more, as it is not as it was written and the database has
    /// it all.
    fn mirror_anew(&mut self, epoch: &Epoch) -> Result<(), StoreError> {
        self.files.remove(&epoch.first);
        self.shared.run(|_| epoch.note_mirrored(0, 0))?;
        self.told = None;
        self.mirror(epoch)
    }

    /// Makes an archive of the oldest epoch that is closing, if all of it is sealed in whole bundles.
    fn archive_one(&mut self, sealed: u64) -> Result<bool, StoreError> {
        let tiers = self.shared.tiers();
        let Some(epoch) = tiers.closing.first() else { return Ok(false) };
        let next = tiers.closing.get(1).unwrap_or(&tiers.live);
        let (first, end) = (epoch.first, next.first);
        if sealed < tlog::whole(end) {
            return Ok(false);
        }
        self.mirror(epoch)?;
        let root = self.shared.run(|_| Ok(head::load(&epoch.db, first)?.root()))?;
        let is_there = tlog::has(&tlog::folder(&self.trail), first, end, sealed, root);
        if !is_there.map_err(|error| unwritten(&error))? {
            return Err(StoreError::Damaged(format!("the log has not all records from {first} to {end} as they are")));
        }
        if let Err(error) = known::make(&epoch.folder, first, end) {
            tracing::warn!(%error, record.first = first, "what lies beside the records is written anew");
            self.mirror_anew(epoch)?;
            known::make(&epoch.folder, first, end)?;
        }
        let archive = Archive::open(&self.trail, first)?;
        let archive = archive.ok_or_else(|| StoreError::Damaged("the index of an epoch is gone".to_owned()))?;
        self.shared.change_tiers(|tiers| tiers.archived(Arc::new(archive)));
        self.files.remove(&first);
        self.retired.push(Arc::clone(epoch));
        tracing::info!(record.first = first, record.end = end, "an epoch of the trail is in files");
        Ok(true)
    }

    /// Takes away the databases that nobody reads any more.
    fn forget_retired(&mut self) {
        for epoch in std::mem::take(&mut self.retired) {
            match Arc::try_unwrap(epoch) {
                Err(read) => self.retired.push(read),
                Ok(epoch) => {
                    let folder = epoch.folder.clone();
                    drop(epoch);
                    if let Err(error) = epoch::forget(&folder) {
                        tracing::warn!(%error, path = %folder.display(), "what sled has made could not be taken away");
                    }
                }
            }
        }
    }
}

fn unwritten(error: &io::Error) -> StoreError {
    StoreError::Damaged(format!("an epoch's files cannot be used: {error}"))
}
