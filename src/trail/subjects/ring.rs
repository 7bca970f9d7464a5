//! The data keys in memory: by whose they are, and by what they are called.

use std::collections::{BTreeSet, HashMap};

use super::key::{DataKey, KeyId, Owner};
use crate::incident::Mark;

/// The most people with a key of their own; an entry takes about 170 bytes of memory, and 158 of the file. What is
/// about further people lies under the key of its day.
pub(super) const SUBJECTS_MAX: usize = 1_000_000;

/// All keys that there are.
#[derive(Default)]
pub(super) struct Ring {
    by_owner: HashMap<Owner, KeyId>,
    held: HashMap<KeyId, Held>,
    /// Those that are about to be destroyed, by what says so. No new part is encrypted under them.
    condemned: HashMap<KeyId, Mark>,
}

struct Held {
    key: DataKey,
    owner: Owner,
    /// The line of the file it stands in.
    line: u64,
}

impl Ring {
    /// The owner's present key, and the line it stands in.
    pub(super) fn of(&self, owner: &Owner) -> Option<(KeyId, DataKey, u64)> {
        let id = self.by_owner.get(owner)?;
        self.held.get(id).map(|held| (*id, held.key.clone(), held.line))
    }

    pub(super) fn key(&self, id: &KeyId) -> Option<&DataKey> {
        self.held.get(id).map(|held| &held.key)
    }

    /// Whether parts may still be encrypted under it.
    pub(super) fn is_alive(&self, id: &KeyId) -> bool {
        self.held.contains_key(id) && !self.condemned.contains_key(id)
    }

    /// Whether there is room for one more.
    pub(super) fn has_room(&self) -> bool {
        self.held.len() < SUBJECTS_MAX
    }

    pub(super) fn put(&mut self, id: KeyId, owner: Owner, key: DataKey, line: u64) {
        self.by_owner.insert(owner, id);
        self.held.insert(id, Held { key, owner, line });
    }

    /// All keys of those owners that are asked for: one who was reprieved may have two.
    pub(super) fn ids_of(&self, is_asked_for: impl Fn(&Owner) -> bool) -> BTreeSet<KeyId> {
        let is_one = |(id, held): &(&KeyId, &Held)| is_asked_for(&held.owner) && !self.condemned.contains_key(*id);
        self.held.iter().filter(is_one).map(|(id, _)| *id).collect()
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    pub(super) fn condemn(&mut self, id: KeyId, erasure: Mark) {
        if let Some(held) = self.held.get(&id) {
            // Unless the owner has another one by now.
            if self.by_owner.get(&held.owner) == Some(&id) {
                self.by_owner.remove(&held.owner);
            }
            self.condemned.insert(id, erasure);
        }
    }

    /// Those that are condemned, by what says so.
    pub(super) fn condemned(&self) -> HashMap<Mark, BTreeSet<KeyId>> {
        let mut all: HashMap<Mark, BTreeSet<KeyId>> = HashMap::new();
        for (id, erasure) in &self.condemned {
            all.entry(*erasure).or_default().insert(*id);
        }
        all
    }

    pub(super) fn destroy(&mut self, ids: &BTreeSet<KeyId>) {
        for id in ids {
            self.condemned.remove(id);
            self.held.remove(id);
        }
    }

    /// Takes them back into use, as the erasure did not come to pass.
    pub(super) fn reprieve(&mut self, ids: &BTreeSet<KeyId>) {
        for id in ids {
            self.condemned.remove(id);
            if let Some(held) = self.held.get(id) {
                self.by_owner.entry(held.owner).or_insert(*id);
            }
        }
    }
}
