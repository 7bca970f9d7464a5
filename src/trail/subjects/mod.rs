//! Personal data that lies beside the records: encrypted under keys of the people it is about, which can be destroyed.
//!
//! A subject is an account as alerts name it, known by its keyed pseudonym. Each has a data key of its own, random,
//! in a file that is no part of the store, because what is deleted from that stays in its file. A part is encrypted
//! under the keys of all whom it is about; what is about nobody known, under the key of its day. Destroying one key
//! makes every part under it unreadable wherever there is a copy, and the records keep their digests: all proofs hold.

mod file;
mod keeper;
mod key;
mod line;
mod part;
mod problem;
mod ring;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard};

use self::file::KeyFile;
pub use self::file::KeyFiles;
use self::file::file_error;
use self::keeper::{Goes, Keeper};
use self::key::{DataKey, KeyId, Owner, day};
use self::line::{Line, Says, Wrap};
use self::part::Part;
pub use self::problem::SubjectsError;
use self::ring::Ring;
use super::store::StoreError;
use crate::incident::{Digest, Mark, Timestamp};

/// Whom what lies beside a record is about.
#[derive(Debug, Clone, Default)]
pub struct About(BTreeSet<Mark>);

impl About {
    /// Nobody who is known.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }
}

impl FromIterator<Mark> for About {
    fn from_iter<I: IntoIterator<Item = Mark>>(pseudonyms: I) -> Self {
        Self(pseudonyms.into_iter().collect())
    }
}

/// A part that was encrypted and not appended yet.
#[derive(Debug, Clone)]
pub struct Sealed {
    bytes: Vec<u8>,
    keys: Vec<KeyId>,
    /// The line of the key file that has to be durable before it.
    line: u64,
}

impl Sealed {
    /// How much there is to keep.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// What is to be kept.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// What became of what lies beside a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsealed {
    /// The content.
    Content(Vec<u8>),
    /// One of its keys was destroyed.
    Erased,
    /// It is not what the record says.
    Changed,
}

/// Some data keys, by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubjectKeys(BTreeSet<KeyId>);

impl SubjectKeys {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What they are called, which says nothing of whose they are.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|KeyId(id)| hex::encode(id))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what lies beside a record cannot be read without one of them.
    #[must_use]
    pub fn are_needed_for(&self, sealed: &[u8]) -> bool {
        Part::of(sealed).is_some_and(|part| part.ids().any(|id| self.0.contains(&id)))
    }
}

/// All data keys.
pub struct Subjects {
    ring: RwLock<Numbered>,
    kept: Kept,
    /// Held by whoever appends a part, and as a whole by whoever destroys a key: no part is appended under a key that
    /// is just being destroyed.
    gate: Arc<tokio::sync::RwLock<()>>,
}

#[derive(Default)]
struct Numbered {
    keys: Ring,
    /// The number of the last line.
    last: u64,
}

enum Kept {
    /// As long as this lives.
    InMemory,
    /// In their file, with what wraps them there.
    InFile(Keeper, Wrap),
    /// Only read: nothing new can be encrypted.
    AsRead,
}

impl Subjects {
    /// Keys that nothing keeps, for tests and for those who only read the records.
    #[must_use]
    pub fn in_memory() -> Arc<Self> {
        Self::of(Numbered::default(), Kept::InMemory)
    }

    /// The keys in their file, for this process alone; the file and the master key are made if there are none, unless
    /// the trail `has_parts` already that were encrypted. Blocks.
    ///
    /// # Errors
    /// A file is missing that is needed, damaged, or another process's, or the master key is another one.
    pub fn open(
        files: &KeyFiles,
        has_parts: impl FnOnce() -> Result<bool, StoreError>,
    ) -> Result<Arc<Self>, SubjectsError> {
        let is_missing = !files.keys.try_exists().map_err(|source| file_error(&files.keys, source))?;
        if is_missing && has_parts()? {
            return Err(SubjectsError::KeysMissing(files.keys.clone()));
        }
        let (file, lines): (KeyFile, Vec<Line>) = files.open()?;
        let ring = ring_of(lines);
        let wrap = files.wrap()?;
        let keeper = Keeper::start(file, ring.last).map_err(|source| file_error(&files.keys, source))?;
        Ok(Self::of(ring, Kept::InFile(keeper, wrap)))
    }

    /// The keys as they are in their file, also while another process has it open. Nothing is made or changed. Blocks.
    ///
    /// # Errors
    /// A file is missing or damaged, or the master key is another one.
    pub fn look(files: &KeyFiles) -> Result<Arc<Self>, SubjectsError> {
        Ok(Self::of(ring_of(files.read(&files.wrap()?)?.lines), Kept::AsRead))
    }

    /// Wraps all keys by another master key, which is made if its file is missing; gives how many they are. No program
    /// may have them open. Blocks.
    ///
    /// # Errors
    /// A file is missing, damaged, or another process's; everything is as it was then.
    pub fn rewrap(files: &KeyFiles, to: &Path) -> Result<usize, SubjectsError> {
        files.rewrap(to)
    }

    /// Whether [`Self::rewrap`] can be done with this key, which is made if it is missing. Blocks.
    ///
    /// # Errors
    /// It cannot be read or made, or is the present one.
    pub fn can_rewrap(files: &KeyFiles, to: &Path) -> Result<(), SubjectsError> {
        files.check_new_master(to)
    }

    fn of(ring: Numbered, kept: Kept) -> Arc<Self> {
        Arc::new(Self { ring: RwLock::new(ring), kept, gate: Arc::default() })
    }

    /// Encrypts what lies beside a record: gives the digest for the record and what to keep. Whoever it is about has a
    /// key from now on, which is durable before the part is appended.
    ///
    /// # Errors
    /// The system gives no random bytes, or the keys cannot be written any more.
    pub fn seal(&self, about: &About, at: Timestamp, content: &[u8]) -> Result<(Digest, Sealed), StoreError> {
        self.seal_by(about, at, |part| {
            part.extend_from_slice(content);
            Ok(())
        })
    }

    /// As [`Self::seal`] for a content's JSON.
    ///
    /// # Errors
    /// The same, or the content cannot be written as JSON.
    pub fn seal_json(
        &self,
        about: &About,
        at: Timestamp,
        content: &impl Serialize,
    ) -> Result<(Digest, Sealed), StoreError> {
        self.seal_by(about, at, |part| {
            serde_json::to_writer(part, content).map_err(|error| StoreError::Failed(error.to_string()))
        })
    }

    fn seal_by(
        &self,
        about: &About,
        at: Timestamp,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(Digest, Sealed), StoreError> {
        let owners: Vec<Owner> = match about.0.is_empty() {
            true => vec![Owner::day_of(at)],
            false => about.0.iter().copied().map(Owner::Account).collect(),
        };
        let mut keys = Vec::with_capacity(owners.len());
        let mut line = 0;
        for owner in owners {
            let (id, key, own_line) = self.key_of(owner, at)?;
            line = line.max(own_line);
            keys.push((id, key));
        }
        keys.sort_unstable_by_key(|(id, _)| *id);
        // Several who have no room of their own share their day's.
        keys.dedup_by_key(|(id, _)| *id);
        let bytes = part::seal(&keys, write)?;
        let keys = keys.into_iter().map(|(id, _)| id).collect();
        Ok((Digest::of(&bytes), Sealed { bytes, keys, line }))
    }

    /// The owner's key, made if there is none.
    fn key_of(&self, owner: Owner, at: Timestamp) -> Result<(KeyId, DataKey, u64), StoreError> {
        if let Some(found) = self.locked().keys.of(&owner) {
            return Ok(found);
        }
        let mut ring = self.changed();
        let owner = if ring.keys.has_room() { owner } else { Owner::day_of(at) };
        if let Some(found) = ring.keys.of(&owner) {
            return Ok(found);
        }
        let (id, key) = (KeyId::random()?, DataKey::random()?);
        let line = self.write(&mut ring, id, Says::Is(owner, key.clone()))?;
        ring.keys.put(id, owner, key.clone(), line);
        Ok((id, key, line))
    }

    /// Has a line written, in the order of their numbers.
    fn write(&self, ring: &mut Numbered, id: KeyId, says: Says) -> Result<u64, StoreError> {
        match &self.kept {
            Kept::InMemory => Ok(0),
            Kept::AsRead => Err(StoreError::Failed("the data keys are only read".to_owned())),
            Kept::InFile(keeper, wrap) => {
                let (number, durable) = (ring.last + 1, keeper.progress().borrow().line);
                keeper.put(&wrap.write(&Line { id, says, number, durable })?, number);
                ring.last = number;
                Ok(number)
            }
        }
    }

    /// Lets parts be appended: their keys are durable, and are not destroyed as long as what this gives is held.
    ///
    /// # Errors
    /// One of their keys was destroyed meanwhile, so that they would have to be encrypted anew; or the keys cannot be
    /// written any more.
    pub(super) async fn admit(
        &self,
        parts: impl Iterator<Item = &Sealed>,
    ) -> Result<Option<OwnedRwLockReadGuard<()>>, StoreError> {
        let parts: Vec<&Sealed> = parts.collect();
        let Some(line) = parts.iter().map(|part| part.line).max() else { return Ok(None) };
        let permit = Arc::clone(&self.gate).read_owned().await;
        self.durable(line).await?;
        let ring = self.locked();
        let are_alive = parts.iter().flat_map(|part| &part.keys).all(|id| ring.keys.is_alive(id));
        if are_alive { Ok(Some(permit)) } else { Err(StoreError::Busy) }
    }

    async fn durable(&self, line: u64) -> Result<(), StoreError> {
        let Kept::InFile(keeper, _) = &self.kept else { return Ok(()) };
        let mut progress = keeper.progress();
        let reached = progress.wait_for(|progress| progress.line >= line || progress.failure.is_some()).await;
        let failure = match reached {
            Ok(progress) if progress.line >= line => return Ok(()),
            Ok(progress) => progress.failure.clone().unwrap_or_default(),
            Err(_) => "nobody writes them any more".to_owned(),
        };
        Err(StoreError::Failed(format!("the data keys: {failure}")))
    }

    /// Ends when the keys can no longer be written; never, if they can.
    pub async fn failed(&self) {
        if let Kept::InFile(keeper, _) = &self.kept {
            let mut progress = keeper.progress();
            if progress.wait_for(|progress| progress.failure.is_some()).await.is_ok() {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// What lies beside a record, if it is what the record's `digest` says and all its keys are there.
    #[must_use]
    pub fn unseal(&self, sealed: &[u8], digest: &Digest) -> Unsealed {
        if Digest::of(sealed) != *digest {
            return Unsealed::Changed;
        }
        let Some(part) = Part::of(sealed) else { return Unsealed::Changed };
        let ring = self.locked();
        let keys: Option<Vec<DataKey>> = part.ids().map(|id| ring.keys.key(&id).cloned()).collect();
        drop(ring);
        match keys.map(|keys| part.open(&keys)) {
            None => Unsealed::Erased,
            Some(Some(content)) => Unsealed::Content(content),
            Some(None) => Unsealed::Changed,
        }
    }

    /// The keys of those among these pseudonyms that have one.
    #[must_use]
    pub fn keys_of<'p>(&self, pseudonyms: impl IntoIterator<Item = &'p Mark>) -> SubjectKeys {
        let owners: BTreeSet<Owner> = pseudonyms.into_iter().copied().map(Owner::Account).collect();
        SubjectKeys(self.locked().keys.ids_of(|owner| owners.contains(owner)))
    }

    /// Whether the pseudonym has a key.
    #[must_use]
    pub fn knows(&self, pseudonym: &Mark) -> bool {
        self.locked().keys.of(&Owner::Account(*pseudonym)).is_some()
    }

    /// Whether none of them was destroyed, or is about to be.
    #[must_use]
    pub fn has_all(&self, keys: &SubjectKeys) -> bool {
        let ring = self.locked();
        keys.0.iter().all(|id| ring.keys.is_alive(id))
    }

    /// The keys of the days that ended before the one on which it is `at`.
    #[must_use]
    pub fn keys_of_days_before(&self, at: Timestamp) -> SubjectKeys {
        let today = day(at);
        SubjectKeys(self.locked().keys.ids_of(|owner| matches!(owner, Owner::Day(own) if *own < today)))
    }

    /// How many keys there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.locked().keys.len()
    }

    /// Keeps everybody from appending parts, once those under way are there.
    pub(super) async fn close(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.gate).write_owned().await
    }

    /// Says durably that keys are about to be destroyed by this erasure: if the program ends before that, the next
    /// start goes by whether the erasure is on the trail.
    pub(super) async fn condemn(&self, keys: &SubjectKeys, erasure: Mark) -> Result<(), StoreError> {
        let mut line = 0;
        {
            let mut ring = self.changed();
            for id in &keys.0 {
                line = self.write(&mut ring, *id, Says::Condemned(erasure))?;
                ring.keys.condemn(*id, erasure);
            }
        }
        self.durable(line).await
    }

    /// Destroys them. Blocks.
    pub(super) fn destroy(&self, keys: &SubjectKeys) -> Result<(), StoreError> {
        // Out of memory first: what can be read no more here must not depend on a disk.
        self.changed().keys.destroy(&keys.0);
        match &self.kept {
            Kept::InFile(keeper, _) => keeper.rewrite(Goes::Keys(keys.0.clone())),
            Kept::InMemory | Kept::AsRead => Ok(()),
        }
    }

    /// Takes them back into use. Blocks.
    pub(super) fn reprieve(&self, keys: &SubjectKeys) -> Result<(), StoreError> {
        self.changed().keys.reprieve(&keys.0);
        match &self.kept {
            Kept::InFile(keeper, _) => keeper.rewrite(Goes::Condemnations(keys.0.clone())),
            Kept::InMemory | Kept::AsRead => Ok(()),
        }
    }

    /// What an earlier run has not brought to its end, by the erasure.
    pub(super) fn condemned(&self) -> Vec<(Mark, SubjectKeys)> {
        let all = self.locked().keys.condemned();
        all.into_iter().map(|(erasure, ids)| (erasure, SubjectKeys(ids))).collect()
    }

    fn locked(&self) -> RwLockReadGuard<'_, Numbered> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> RwLockWriteGuard<'_, Numbered> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subjects").field("count", &self.count()).finish_non_exhaustive()
    }
}

/// Whether what lies beside a record was encrypted here, as far as its form says.
#[must_use]
pub fn is_part(sealed: &[u8]) -> bool {
    Part::of(sealed).is_some()
}

fn ring_of(lines: Vec<Line>) -> Numbered {
    let mut ring = Numbered::default();
    for Line { id, says, number, .. } in lines {
        ring.last = number;
        match says {
            Says::Is(owner, key) => ring.keys.put(id, owner, key, number),
            Says::Condemned(erasure) => ring.keys.condemn(id, erasure),
        }
    }
    ring
}

/// The names of the keys that what lies beside a record takes, as [`SubjectKeys::names`] has them.
pub(super) fn keys_named_in(beside: &[u8]) -> Vec<String> {
    Part::of(beside).map(|part| part.ids().map(|KeyId(id)| hex::encode(id)).collect()).unwrap_or_default()
}
