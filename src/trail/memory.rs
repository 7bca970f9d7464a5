//! A store in memory, with the contract of the others but for durability: for tests and trials.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::area::{self, Area, Change, Row};
use super::merkle::{self, Frontier};
use super::store::{Append, Appended, DeliveryKey, Entry, Head, Pending, Slot, Store, StoreError, Stored, UniqueKey};
use super::{limits, record};
use crate::incident::{Digest, IncidentId};

/// A trail that is gone when the process ends.
#[derive(Debug, Default)]
pub struct MemoryStore {
    kept: Mutex<Kept>,
    is_refusing: AtomicBool,
    /// Never fails for good; kept so that the contract can be asked.
    failure: watch::Sender<Option<StoreError>>,
}

#[derive(Debug, Default)]
struct Kept {
    frontier: Frontier,
    records: BTreeMap<u64, Stored>,
    private: BTreeMap<u64, Vec<u8>>,
    unique: HashMap<UniqueKey, u64>,
    deliveries: HashMap<UniqueKey, (u64, Digest)>,
    incidents: BTreeSet<(IncidentId, u64)>,
    areas: BTreeMap<(Area, Vec<u8>), Vec<u8>>,
}

impl MemoryStore {
    /// Makes every append fail from now on, as if the disk were full, or lets them pass again.
    pub fn refuse_appends(&self, refuse: bool) {
        self.is_refusing.store(refuse, Ordering::SeqCst);
    }

    /// Puts a record in place of what is there, or takes it out, as nobody should be able to.
    #[cfg(test)]
    pub(super) fn tamper(&self, seq: u64, record: Option<Stored>) {
        match record {
            Some(record) => self.locked().records.insert(seq, record),
            None => self.locked().records.remove(&seq),
        };
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, append: &Append) -> Result<Appended, StoreError> {
        limits::weigh(append)?;
        self.check()?;
        Ok(self.locked().append(append))
    }

    fn change(&self, area: Area, changes: Vec<Change>) -> Result<(), StoreError> {
        area::weigh(&changes)?;
        self.check()?;
        let mut kept = self.locked();
        for Change { key, value } in changes {
            match value {
                Some(value) => kept.areas.insert((area, key), value),
                None => kept.areas.remove(&(area, key)),
            };
        }
        Ok(())
    }

    fn check(&self) -> Result<(), StoreError> {
        let is_refusing = self.is_refusing.load(Ordering::SeqCst);
        let refused = || StoreError::Failed("it was told to refuse appends".to_owned());
        if is_refusing { Err(refused()) } else { Ok(()) }
    }
}

impl Store for MemoryStore {
    fn append(&self, append: Append) -> Pending {
        Pending::ready(self.record(&append))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let kept = self.locked();
        (from..kept.frontier.size()).take(limit).map(|seq| kept.stored(seq)).collect()
    }

    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.locked().private.get(&seq).cloned())
    }

    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        let kept = self.locked();
        let from = (incident.clone(), 0);
        let found = kept.incidents.range(from..).take_while(|(id, _)| id == incident);
        Ok(found.map(|(_, seq)| *seq).take(limit).collect())
    }

    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        Ok(self.locked().unique.get(key).copied())
    }

    fn keep(&self, area: Area, changes: Vec<Change>) -> Pending<()> {
        Pending::ready(self.change(area, changes))
    }

    fn kept(&self, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        let kept = self.locked();
        let from = after.map_or(Bound::Included((area, Vec::new())), |key| Bound::Excluded((area, key.to_vec())));
        let found = kept.areas.range((from, Bound::Unbounded)).take_while(|((of, _), _)| *of == area);
        Ok(found.map(|((_, key), value)| Row { key: key.clone(), value: value.clone() }).take(limit).collect())
    }

    fn head(&self) -> Head {
        let kept = self.locked();
        Head { size: kept.frontier.size(), root: kept.frontier.root() }
    }

    fn may_block(&self) -> bool {
        false
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.failure.subscribe()
    }
}

impl Kept {
    fn append(&mut self, append: &Append) -> Appended {
        let known: Vec<_> = append
            .deliveries
            .iter()
            .filter_map(|delivery| Some((delivery.content, self.deliveries.get(&delivery.key).copied()?)))
            .collect();
        if let Some((_, (first, _))) = known.iter().find(|(content, (_, known))| known != content) {
            return Appended::Conflict { first: *first };
        }
        let same = known.first().map(|(_, (first, _))| *first);
        let mut slots = Vec::with_capacity(append.entries.len());
        let size = self.frontier.size();
        for entry in append.entries.iter().filter(|_| same.is_none()) {
            slots.push(self.add(entry, slots.last().copied()));
        }
        let first = same.or(slots.first().map(|slot| slot.seq())).unwrap_or(size);
        for DeliveryKey { key, content } in &append.deliveries {
            self.deliveries.entry(*key).or_insert((first, *content));
        }
        same.map_or(Appended::Recorded(slots), |first| Appended::Repeated { first })
    }

    fn add(&mut self, entry: &Entry, before: Option<Slot>) -> Slot {
        let seq = self.frontier.size();
        if let (true, Some(Slot::Known(known))) = (entry.behind, before) {
            return Slot::Known(known);
        }
        let keys = || entry.key.iter().chain(&entry.also).copied();
        if let Some(known) = keys().find_map(|key| self.unique.get(&key)) {
            return Slot::Known(*known);
        }
        self.unique.extend(keys().map(|key| (key, seq)));
        let record = record::encode(seq, entry.at, &entry.event);
        let leaf = merkle::leaf_hash(&record);
        self.frontier.append(leaf);
        self.records.insert(seq, Stored { seq, record, leaf });
        self.private.extend(entry.private.clone().map(|private| (seq, private)));
        self.incidents.extend(entry.incidents.iter().map(|incident| (incident.clone(), seq)));
        Slot::New(seq)
    }

    fn stored(&self, seq: u64) -> Result<Stored, StoreError> {
        let stored = self.records.get(&seq).cloned();
        stored.ok_or_else(|| StoreError::Damaged(format!("record {seq} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::samples::{entry, wait};

    #[test]
    fn a_store_that_refuses_records_nothing_until_it_is_told_otherwise() {
        let store = MemoryStore::default();
        let append = || Append { deliveries: Vec::new(), entries: vec![entry("x")] };
        store.refuse_appends(true);
        assert!(matches!(wait(store.append(append())), Err(StoreError::Failed(_))));
        assert_eq!(store.head().size, 0);
        store.refuse_appends(false);
        assert_eq!(wait(store.append(append())), Ok(Appended::Recorded(vec![Slot::New(0)])));
    }
}
