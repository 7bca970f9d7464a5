//! Turns the appends of one commit into one batch, each seeing what the ones before it will have
//! written.

use std::collections::HashMap;
use std::collections::hash_map::Entry::Vacant;

use ::sled::Batch;

use super::fact::{self, Fact};
use super::tiers::Tiers;
use super::{chunks, head, keys};
use crate::incident::Digest;
use crate::trail::area::{Area, Change};
use crate::trail::merkle::{self, Frontier};
use crate::trail::record;
use crate::trail::store::{Append, Appended, DeliveryKey, Entry, Slot, StoreError, UniqueKey};

/// A commit in the making.
pub(super) struct Group<'t> {
    tiers: &'t Tiers,
    frontier: Frontier,
    facts: u64,
    batch: Batch,
    is_empty: bool,
    areas: Option<Batch>,
    unique: HashMap<UniqueKey, u64>,
    deliveries: HashMap<UniqueKey, (u64, Digest)>,
}

/// What a commit writes.
pub(super) struct Writes {
    /// To the epoch, and what stands there afterwards.
    pub(super) epoch: Option<(Batch, Frontier, u64)>,
    /// To the areas.
    pub(super) areas: Option<Batch>,
}

impl<'t> Group<'t> {
    /// A commit on top of what `frontier` stands for, with so many facts in the epoch.
    pub(super) fn new(tiers: &'t Tiers, frontier: Frontier, facts: u64) -> Self {
        let (unique, deliveries) = (HashMap::new(), HashMap::new());
        Self { tiers, frontier, facts, batch: Batch::default(), is_empty: true, areas: None, unique, deliveries }
    }

    /// Adds what is new in `append`, and says what will become of it once the commit is durable.
    ///
    /// # Errors
    /// The store cannot read; the whole commit must be given up.
    pub(super) fn add(&mut self, append: &Append) -> Result<Appended, StoreError> {
        let (mut same, mut fresh) = (None, Vec::with_capacity(append.deliveries.len()));
        for delivery in &append.deliveries {
            match self.known_delivery(&delivery.key)? {
                Some((first, content)) if content != delivery.content => return Ok(Appended::Conflict { first }),
                Some((first, _)) => same = same.or(Some(first)),
                None => fresh.push(delivery),
            }
        }
        if let Some(first) = same {
            fresh.into_iter().for_each(|delivery| self.put_delivery(delivery, first));
            return Ok(Appended::Repeated { first });
        }
        let size = self.frontier.size();
        let mut slots = Vec::with_capacity(append.entries.len());
        for entry in &append.entries {
            slots.push(self.add_entry(entry, slots.last().copied())?);
        }
        let first = slots.first().map_or(size, |slot| slot.seq());
        fresh.into_iter().for_each(|delivery| self.put_delivery(delivery, first));
        Ok(Appended::Recorded(slots))
    }

    /// Adds changes of an area. They come after what was added before, and stand beside the trail.
    pub(super) fn change(&mut self, area: Area, changes: &[Change]) {
        for Change { key, value } in changes {
            let areas = self.areas.get_or_insert_default();
            match value {
                Some(value) => areas.insert(keys::in_area(area, key), value.as_slice()),
                None => areas.remove(keys::in_area(area, key)),
            }
        }
    }

    /// What there is to write.
    pub(super) fn finish(mut self) -> Writes {
        let epoch = (!self.is_empty).then(|| {
            self.batch.insert(keys::HEAD, head::to_value(&self.frontier));
            self.batch.insert(keys::FACTS, &self.facts.to_be_bytes());
            (self.batch, self.frontier, self.facts)
        });
        Writes { epoch, areas: self.areas }
    }

    fn add_entry(&mut self, entry: &Entry, before: Option<Slot>) -> Result<Slot, StoreError> {
        if let (true, Some(Slot::Known(seq))) = (entry.behind, before) {
            return Ok(Slot::Known(seq));
        }
        let keys = || entry.key.iter().chain(&entry.also).copied();
        for key in keys() {
            if let Some(seq) = self.known_key(&key)? {
                return Ok(Slot::Known(seq));
            }
        }
        keys().for_each(|key| self.put_key(key));
        Ok(Slot::New(self.put_record(entry)))
    }

    fn known_key(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        if let Some(seq) = self.unique.get(key) {
            return Ok(Some(*seq));
        }
        self.tiers.find(key)
    }

    fn known_delivery(&self, key: &UniqueKey) -> Result<Option<(u64, Digest)>, StoreError> {
        if let Some(known) = self.deliveries.get(key) {
            return Ok(Some(*known));
        }
        self.tiers.delivery(key)
    }

    fn put_key(&mut self, key: UniqueKey) {
        let seq = self.frontier.size();
        self.unique.insert(key, seq);
        self.batch.insert(keys::unique(&key), &seq.to_be_bytes());
    }

    /// Makes a delivery known by a key that is not known.
    fn put_delivery(&mut self, delivery: &DeliveryKey, first: u64) {
        // The same key may stand twice in an append: what stands first counts.
        let Vacant(place) = self.deliveries.entry(delivery.key) else { return };
        place.insert((first, delivery.content));
        self.batch.insert(keys::delivery(&delivery.key), fact::delivery_value(first, &delivery.content));
        self.put_fact(&Fact::Delivery { key: *delivery, first });
    }

    fn put_fact(&mut self, fact: &Fact) {
        self.is_empty = false;
        for (chunk, piece) in chunks::of(&fact.to_bytes()) {
            self.batch.insert(keys::fact(self.facts, chunk), piece);
        }
        self.facts += 1;
    }

    fn put_record(&mut self, entry: &Entry) -> u64 {
        let seq = self.frontier.size();
        let record = record::encode(seq, entry.at, &entry.event);
        let leaf = merkle::leaf_hash(&record);
        self.is_empty = false;
        self.frontier.append(leaf);
        for (chunk, piece) in chunks::of(&[&leaf.0[..], &record].concat()) {
            self.batch.insert(keys::record(seq, chunk), piece);
        }
        for (chunk, piece) in entry.private.iter().flat_map(|private| chunks::of(private)) {
            self.batch.insert(keys::private(seq, chunk), piece);
        }
        for incident in &entry.incidents {
            self.batch.insert(keys::of_incident(incident, seq), &[]);
        }
        Fact::of(seq, entry).iter().for_each(|fact| self.put_fact(fact));
        seq
    }
}
