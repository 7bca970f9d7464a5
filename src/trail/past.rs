//! A trail as it was when it had only so many records, for whoever decides anew what was decided then.

use std::sync::Arc;

use tokio::sync::watch;

use super::area::{Area, Change, Row};
use super::store::{Append, Carried, Head, Pending, Store, StoreError, Stored, UniqueKey};
use crate::incident::IncidentId;

/// The first records of a store. Nothing can be added, and the root is not that of so many.
pub struct Past {
    store: Arc<dyn Store>,
    size: u64,
}

impl Past {
    /// The store as it was before the record `size`.
    #[must_use]
    pub fn before(store: Arc<dyn Store>, size: u64) -> Self {
        Self { store, size }
    }

    fn refused<T>() -> Pending<T> {
        Pending::ready(Err(StoreError::Failed("nothing can be added to the past".to_owned())))
    }
}

impl Store for Past {
    fn append(&self, _append: Append) -> Pending {
        Self::refused()
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let left = usize::try_from(self.size.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut read = self.store.read(from, limit.min(left))?;
        // Of records that are gone there may be later ones in their place.
        read.retain(|stored| stored.seq < self.size);
        Ok(read)
    }

    fn first(&self) -> u64 {
        self.store.first()
    }

    fn carried(&self) -> Result<Option<Carried>, StoreError> {
        self.store.carried()
    }

    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        if seq < self.size { self.store.private(seq) } else { Ok(None) }
    }

    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        let mut all = self.store.of_incident(incident, limit)?;
        all.retain(|seq| *seq < self.size);
        Ok(all)
    }

    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        Ok(self.store.find(key)?.filter(|seq| *seq < self.size))
    }

    fn keep(&self, _area: Area, _changes: Vec<Change>) -> Pending<()> {
        Self::refused()
    }

    /// What is kept beside the records is that of today.
    fn kept(&self, _area: Area, _after: Option<&[u8]>, _limit: usize) -> Result<Vec<Row>, StoreError> {
        Ok(Vec::new())
    }

    fn head(&self) -> Head {
        let head = self.store.head();
        Head { size: self.size.min(head.size), ..head }
    }

    fn may_block(&self) -> bool {
        self.store.may_block()
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.store.failure()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::{MemoryStore, samples};

    #[test]
    fn the_past_has_what_was_there_and_takes_nothing() {
        let store = Arc::new(MemoryStore::default());
        (0..5).for_each(|number| drop(samples::append_one(store.as_ref(), samples::entry(&number.to_string()))));
        let past = Past::before(store.clone(), 3);
        let seqs = |from, limit| past.read(from, limit).unwrap().iter().map(|stored| stored.seq).collect::<Vec<_>>();
        assert_eq!((seqs(0, 10), seqs(2, 2), seqs(3, 1), past.head().size), (vec![0, 1, 2], vec![2], vec![], 3));
        assert!(matches!(samples::append_one(&past, samples::entry("later")), Err(StoreError::Failed(_))));
        assert_eq!(Past::before(store, 9).head().size, 5);
    }
}
