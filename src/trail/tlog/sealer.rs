//! Seals the trail: puts new records and their hashes into the log's folder and signs the head.

use std::io;
use std::path::{Path, PathBuf};

use super::anchor_file;
use super::checkpoint::Checkpoint;
use super::folder::{Bundle, LogFolder};
use super::history::{History, minute};
use super::rotation;
use super::signer::{InvalidOrigin, Origin, Signer};
use super::spine::{Spine, widths};
use super::tile::{Of, Tile, WIDTH, subtrees};
use super::tree::Tree;
use crate::incident::Timestamp;
use crate::trail::store::{Head, Store, StoreError};
use crate::trail::{durable, merkle};

/// The log's folder in that of the trail.
const FOLDER: &str = "log";
/// Random bytes in the name of a log, beside its deployment's.
const ID_BYTES: usize = 8;

/// Where the log of the trail in a folder lies.
#[must_use]
pub fn folder(trail: &Path) -> PathBuf {
    trail.join(FOLDER)
}

/// Why the trail was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The folder cannot be read or written.
    #[error("the log in {} cannot be used", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The store cannot give the records.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The trail has fewer records than were sealed: it was rolled back or cut.
    #[error("the trail has {has} records, and {sealed} were sealed: it was cut, or an older copy was put in its place")]
    Behind {
        /// How many the trail has.
        has: u64,
        /// How many were sealed.
        sealed: u64,
    },
    /// The records that were sealed are not those of the trail.
    #[error("the first {size} records are not those that were sealed: the trail or its log was rewritten")]
    Rewritten {
        /// How many were sealed.
        size: u64,
    },
    /// The newest checkpoint is not the last one that was published.
    #[error("the newest checkpoint in {} is not the last that was published, which had {noted} records", .path.display())]
    RolledBack {
        /// The log's folder.
        path: PathBuf,
        /// The size of the last one by its history.
        noted: u64,
    },
    /// The log was signed by another key.
    #[error("the log in {} is not of this key: put the key back from where it was kept", .0.display())]
    OtherKey(PathBuf),
    /// There is a key and a trail, and the log between them is gone.
    #[error(
        "the log in {} is gone, although its key {} is there: put it back, or take the key away to begin another log, \
         which no checkpoint of before is of",
        .log.display(), .key.display()
    )]
    Gone {
        /// The log's folder.
        log: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// No log can have this name.
    #[error(transparent)]
    Origin(#[from] InvalidOrigin),
    /// A record that no log takes.
    #[error("record {0} is too long for the log")]
    TooLong(u64),
}

/// The one that signs a log. There is one for each store: whoever has the store open.
#[derive(Debug)]
pub struct Sealer {
    pub(super) folder: LogFolder,
    pub(super) history: History,
    pub(super) signer: Signer,
    spine: Spine,
    /// The records of the last bundle, as long as it is not whole.
    bundle: Bundle,
    pub(super) last: Option<Checkpoint>,
}

impl Sealer {
    /// Takes up the log in the folder of a trail, or begins it, under the key in the file `key`, which is made if it is
    /// missing and the log is new. A new log is called after `deployment`. Blocks.
    ///
    /// # Errors
    /// The folder or key cannot be used, or the trail is not the one that was sealed.
    pub fn open(trail: &Path, key: &Path, deployment: &str, store: &dyn Store) -> Result<Self, SealError> {
        Self::open_behind(trail, key, deployment, store, None)
    }

    /// As [`Self::open`], but not on a trail that is behind the last checkpoint in the anchor's file, or another one.
    ///
    /// # Errors
    /// The same.
    pub fn open_behind(
        trail: &Path,
        key: &Path,
        deployment: &str,
        store: &dyn Store,
        anchored: Option<&Path>,
    ) -> Result<Self, SealError> {
        let path = folder(trail);
        let refused = |source| SealError::Folder { path: path.clone(), source };
        let mut folder = LogFolder::open(path.clone()).map_err(refused)?;
        let history = History::open(&path).map_err(refused)?;
        let known = folder.verifier_keys().map_err(refused)?;
        let unusable_key = |source| SealError::Folder { path: key.to_owned(), source };
        if let Some(known) = &known {
            rotation::finish(known, key).map_err(unusable_key)?;
        }
        if known.is_some() && !key.exists() {
            return Err(SealError::OtherKey(path));
        }
        if known.is_none() && key.exists() && store.head().size > 0 {
            return Err(SealError::Gone { log: path, key: key.to_owned() });
        }
        let signer = match known {
            Some(known) => {
                let seed = durable::secret(key).map_err(unusable_key)?;
                signer_of(&known, &seed).ok_or(SealError::OtherKey(path.clone()))?
            }
            None => begin(&mut folder, deployment, key)?,
        };
        let last = last(&folder, &history, &signer).map_err(refused)??;
        let mut sealer = Self { folder, history, signer, spine: Spine::default(), bundle: Bundle::default(), last };
        sealer.take_up(store)?;
        if let Some(anchored) = anchored {
            sealer.compare_anchored(anchored)?;
        }
        Ok(sealer)
    }

    /// The newest checkpoint, if there is one.
    #[must_use]
    pub fn last(&self) -> Option<&Checkpoint> {
        self.last.as_ref()
    }

    /// The public key as auditors are given it.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.signer.verifier_key()
    }

    /// Where the log is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Seals what was recorded since, or once a minute that nothing was. Gives the checkpoint, durable by then; none
    /// when neither was the case. Blocks.
    ///
    /// # Errors
    /// The folder cannot be written, or the store gives other records than it has. Nothing is published then, and only a
    /// sealer that was opened anew may try again: this one does not know what of it was written.
    pub fn seal(&mut self, store: &dyn Store, now: Timestamp) -> Result<Option<&Checkpoint>, SealError> {
        let head = store.head();
        let is_new_minute = self.last.as_ref().is_none_or(|last| minute(last.at) != minute(now));
        let is_sealed = self.last.as_ref().is_some_and(|last| last.size == head.size);
        if is_sealed && !is_new_minute {
            return Ok(None);
        }
        self.add(store, head.size)?;
        self.compare(head)?;
        let checkpoint = Checkpoint::sign(&self.signer, head, now);
        self.publish(&checkpoint, is_new_minute).map_err(|source| self.unusable(source))?;
        Ok(Some(self.last.insert(checkpoint)))
    }

    /// Tiles first, then the checkpoint that is over them; in the history only once it is published, or the newest
    /// would be older than what was said before.
    fn publish(&mut self, checkpoint: &Checkpoint, is_new_minute: bool) -> io::Result<()> {
        self.write_edge()?;
        self.folder.publish(&checkpoint.note)?;
        if is_new_minute { self.history.add(checkpoint) } else { Ok(()) }
    }

    /// What is not in whole tiles yet.
    fn write_edge(&mut self) -> io::Result<()> {
        for (tile, hashes) in self.spine.partials() {
            self.folder.write_hashes(tile, hashes)?;
        }
        if self.bundle.len() > 0 {
            self.folder.write_entries(self.spine.size() / WIDTH, &self.bundle)?;
        }
        self.folder.settle()
    }

    /// Adds the records up to `size`, and writes what they make whole.
    fn add(&mut self, store: &dyn Store, size: u64) -> Result<(), SealError> {
        while self.spine.size() < size {
            let from = self.spine.size();
            let count = (WIDTH - from % WIDTH).min(size - from);
            let page = store.read(from, count as usize)?;
            if page.is_empty() {
                return Err(StoreError::Damaged(format!("record {from} of {size} is missing")).into());
            }
            for stored in page {
                self.add_record(&stored.record)?;
            }
        }
        Ok(())
    }

    fn add_record(&mut self, record: &[u8]) -> Result<(), SealError> {
        let seq = self.spine.size();
        if !self.bundle.push(record) {
            return Err(SealError::TooLong(seq));
        }
        let whole = self.spine.append(merkle::leaf_hash(record));
        if self.bundle.len() == WIDTH {
            let bundle = std::mem::take(&mut self.bundle);
            self.folder.write_entries(seq / WIDTH, &bundle).map_err(|source| self.unusable(source))?;
        }
        for (tile, hashes) in whole {
            self.folder.write_hashes(tile, &hashes).map_err(|source| self.unusable(source))?;
        }
        Ok(())
    }

    /// Goes on where the last checkpoint was made, from the log if what it needs is there and from the store if not.
    fn take_up(&mut self, store: &dyn Store) -> Result<(), SealError> {
        let head = store.head();
        if let Some(sealed) = self.last.as_ref().map(Checkpoint::head) {
            if head.size < sealed.size {
                return Err(SealError::Behind { has: head.size, sealed: sealed.size });
            }
            if let Some((spine, bundle)) = self.edge(sealed).map_err(|source| self.unusable(source))? {
                (self.spine, self.bundle) = (spine, bundle);
            } else {
                tracing::warn!(sealed.size, "the log's tiles are not as they were sealed, and are made anew");
                self.add(store, sealed.size)?;
            }
            self.compare(sealed)?;
        }
        // What follows is bound to what was sealed by the root that the store keeps.
        self.add(store, head.size)?;
        self.compare(head)
    }

    /// Whoever rewrites trail and log and signs them anew has not rewritten what is kept elsewhere.
    fn compare_anchored(&mut self, file: &Path) -> Result<(), SealError> {
        let refused = |source| SealError::Folder { path: file.to_owned(), source };
        let Some(anchored) = anchor_file::last_anchored(file, &self.signer).map_err(refused)? else {
            if self.last.is_some() {
                let path = file.display();
                tracing::warn!(%path, "the anchor's file has no checkpoint of this log: is its volume there?");
            }
            return Ok(());
        };
        let has = self.spine.size();
        if has < anchored.size {
            return Err(SealError::Behind { has, sealed: anchored.size });
        }
        self.write_edge().map_err(|source| self.unusable(source))?;
        let root = Tree::new(&self.folder, has).hash(0, anchored.size).map_err(|source| self.unusable(source))?;
        if root == Some(anchored.root) { Ok(()) } else { Err(SealError::Rewritten { size: anchored.size }) }
    }

    fn compare(&self, head: Head) -> Result<(), SealError> {
        if self.spine.root() == head.root { Ok(()) } else { Err(SealError::Rewritten { size: head.size }) }
    }

    /// The right edge of what was sealed, if its tiles are there and as they were.
    fn edge(&self, sealed: Head) -> io::Result<Option<(Spine, Bundle)>> {
        let mut levels = Vec::new();
        for (level, width) in (0..).zip(widths(sealed.size)) {
            let tile = Tile { of: Of::Hashes(level), index: subtrees(sealed.size, level + 1), width };
            match (width, self.folder.hashes(tile)?) {
                (0, _) => levels.push(Vec::new()),
                (_, Some(hashes)) => levels.push(hashes),
                (_, None) => return Ok(None),
            }
        }
        let leaves = levels.first().cloned().unwrap_or_default();
        let bundle = match leaves.len() as u64 {
            0 => Some(Bundle::default()),
            width => self.folder.entries(sealed.size / WIDTH, width)?,
        };
        let fits = |bundle: &Bundle| bundle.records().map(merkle::leaf_hash).eq(leaves.iter().copied());
        let spine = Spine::of(sealed.size, levels).filter(|spine| spine.root() == sealed.root);
        Ok(spine.zip(bundle.filter(fits)))
    }

    fn unusable(&self, source: io::Error) -> SealError {
        SealError::Folder { path: self.folder.path().to_owned(), source }
    }
}

/// A new log's name and key, written down before anything is signed with them. A key that is made gets to its place last:
/// one without a log would be taken for that of a log that is gone.
pub(super) fn begin(folder: &mut LogFolder, deployment: &str, key: &Path) -> Result<Signer, SealError> {
    let refused = |path: &Path, source| SealError::Folder { path: path.to_owned(), source };
    let made = if key.exists() { key.to_owned() } else { rotation::next(key) };
    let seed = &durable::secret(&made).map_err(|source| refused(key, source))?;
    let mut id = [0; ID_BYTES];
    getrandom::fill(&mut id).map_err(|error| refused(folder.path(), io::Error::other(error)))?;
    let signer = Signer::new(Origin::try_from(format!("{deployment}/{}", hex::encode(id)))?, seed);
    let keys = format!("{}\n", signer.verifier_key());
    folder.write_verifier_keys(&keys).map_err(|source| refused(folder.path(), source))?;
    rotation::finish(&keys, key).map_err(|source| refused(key, source))?;
    Ok(signer)
}

/// The signer of the log whose keys are `known`, if this seed is the first of them.
pub(super) fn signer_of(known: &str, seed: &[u8; 32]) -> Option<Signer> {
    let newest = known.lines().next()?;
    let (origin, _) = newest.split_once('+')?;
    let signer = Signer::new(Origin::try_from(origin.to_owned()).ok()?, seed);
    (signer.verifier_key() == newest).then_some(signer)
}

/// The newest checkpoint that was published. One in the history that is newer says that an older copy, or nothing, was
/// put in its place.
fn last(folder: &LogFolder, history: &History, signer: &Signer) -> io::Result<Result<Option<Checkpoint>, SealError>> {
    let path = || folder.path().to_owned();
    let published = match folder.checkpoint()? {
        None => None,
        Some(note) => match Checkpoint::read(signer, &note) {
            None => return Ok(Err(SealError::OtherKey(path()))),
            read => read,
        },
    };
    let size = published.as_ref().map(|published| published.size);
    Ok(match history.last(signer)? {
        Some(noted) if Some(noted.size) > size => Err(SealError::RolledBack { path: path(), noted: noted.size }),
        _ => Ok(published),
    })
}
