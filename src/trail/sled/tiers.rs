//! All epochs as one: what is asked of the trail is asked of those that can have it.

use std::ops::Range;
use std::sync::Arc;

use super::archive::Archive;
use super::epoch::Epoch;
use super::read;
use crate::incident::{Digest, IncidentId};
use crate::trail::store::{StoreError, Stored, UniqueKey};

/// The epochs, each going on from the one before.
#[derive(Clone)]
pub(super) struct Tiers {
    /// Those that are in files.
    pub(super) archives: Vec<Arc<Archive>>,
    /// Those that take no more records and are not in files yet.
    pub(super) closing: Vec<Arc<Epoch>>,
    /// The one that takes them.
    pub(super) live: Arc<Epoch>,
}

/// One of them.
enum Tier<'t> {
    Archive(&'t Archive),
    Epoch(&'t Epoch),
}

impl Tiers {
    /// The first record that is kept.
    pub(super) fn first(&self) -> u64 {
        let archive = self.archives.first().map(|archive| archive.known.first);
        archive.or_else(|| self.closing.first().map(|epoch| epoch.first)).unwrap_or(self.live.first)
    }

    /// Without what ends at or below `below`.
    pub(super) fn pruned(&self, below: u64) -> Self {
        let archives = self.archives.iter().filter(|archive| archive.known.end > below).cloned().collect();
        Self { archives, closing: self.closing.clone(), live: Arc::clone(&self.live) }
    }

    /// With another epoch to take records.
    pub(super) fn rolled(&self, next: Arc<Epoch>) -> Self {
        let closing = self.closing.iter().chain([&self.live]).cloned().collect();
        Self { archives: self.archives.clone(), closing, live: next }
    }

    /// With the oldest of those that are closing in files.
    pub(super) fn archived(&self, archive: Arc<Archive>) -> Self {
        let archives = self.archives.iter().cloned().chain([archive]).collect();
        Self { archives, closing: self.closing.iter().skip(1).cloned().collect(), live: Arc::clone(&self.live) }
    }

    /// The records from `from` up to but without `end`.
    ///
    /// # Errors
    /// One of them is missing, or a store cannot read.
    pub(super) fn records(&self, from: u64, end: u64) -> Result<Vec<Stored>, StoreError> {
        let mut found = Vec::new();
        for (range, tier) in self.in_order() {
            let (from, end) = (from.max(range.start), end.min(range.end));
            if from < end {
                found.extend(match tier {
                    Tier::Archive(archive) => archive.records(from, end)?,
                    Tier::Epoch(epoch) => read::records(&epoch.db, from, end)?,
                });
            }
        }
        Ok(found)
    }

    /// What lies beside the record `seq`.
    ///
    /// # Errors
    /// A part of it is missing, or a store cannot read.
    pub(super) fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match self.in_order().find(|(range, _)| range.contains(&seq)) {
            Some((_, Tier::Archive(archive))) => archive.private(seq),
            Some((_, Tier::Epoch(epoch))) => read::private(&epoch.db, seq),
            None => Ok(None),
        }
    }

    /// The numbers of an incident's records below `size`, in order.
    ///
    /// # Errors
    /// A store cannot read.
    pub(super) fn of_incident(&self, id: &IncidentId, size: u64, limit: usize) -> Result<Vec<u64>, StoreError> {
        let mut found = Vec::new();
        for (_, tier) in self.in_order() {
            let room = limit - found.len();
            found.extend(match tier {
                Tier::Archive(archive) => archive.known.of_incident(id, room)?,
                Tier::Epoch(epoch) => read::of_incident(&epoch.db, id, size, room)?,
            });
        }
        Ok(found)
    }

    /// The record made under a unique key.
    ///
    /// # Errors
    /// A store cannot read.
    pub(super) fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        self.newest(|tier| match tier {
            Tier::Archive(archive) => archive.known.find(key),
            Tier::Epoch(epoch) => read::find(&epoch.db, key),
        })
    }

    /// The first record of a delivery, and the digest of its content.
    ///
    /// # Errors
    /// A store cannot read.
    pub(super) fn delivery(&self, key: &UniqueKey) -> Result<Option<(u64, Digest)>, StoreError> {
        self.newest(|tier| match tier {
            Tier::Archive(archive) => archive.known.delivery(key),
            Tier::Epoch(epoch) => read::delivery(&epoch.db, key),
        })
    }

    /// What the newest that knows something knows: what is asked for was mostly made a short while ago.
    fn newest<T>(&self, look: impl Fn(Tier<'_>) -> Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
        let epochs = [&self.live].into_iter().chain(self.closing.iter().rev()).map(|epoch| Tier::Epoch(epoch));
        let archives = self.archives.iter().rev().map(|archive| Tier::Archive(archive));
        epochs.chain(archives).find_map(|tier| look(tier).transpose()).transpose()
    }

    /// Every epoch with the range of its records, the oldest first.
    fn in_order(&self) -> impl Iterator<Item = (Range<u64>, Tier<'_>)> {
        let archives = self.archives.iter().map(|archive| {
            let known = &archive.known;
            (known.first..known.end, Tier::Archive(archive))
        });
        let after = self.closing.iter().skip(1).chain([&self.live]).map(|next| next.first);
        let closing = self.closing.iter().zip(after).map(|(epoch, end)| (epoch.first..end, Tier::Epoch(epoch)));
        archives.chain(closing).chain([(self.live.first..u64::MAX, Tier::Epoch(&self.live))])
    }
}
