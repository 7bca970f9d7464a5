//! A store for tests whose records move to files while it is used, as those of a large trail do.

use std::sync::Mutex;

use tokio::sync::watch;

use super::samples::wait;
use super::tlog::Sealer;
use super::{Append, Area, Change, Head, Pending, Row, Settings, SledStore, Store, StoreError, Stored, UniqueKey};
use crate::incident::{IncidentId, Timestamp};

/// A store most of whose records are in files soon after they were made.
pub(super) struct InEpochs {
    store: SledStore,
    sealer: Mutex<Sealer>,
}

impl InEpochs {
    const EPOCH_RECORDS: u64 = 100;

    /// A new one.
    pub(super) fn with<T>(check: impl FnOnce(&Self) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            Settings { path: folder.path().join("trail"), epoch_records: Self::EPOCH_RECORDS, ..Settings::default() };
        let store = SledStore::open(&settings).unwrap();
        let sealer = Sealer::open(&settings.path, &folder.path().join("key"), "test", &store).unwrap();
        check(&Self { store, sealer: Mutex::new(sealer) })
    }
}

impl Store for InEpochs {
    fn append(&self, append: Append) -> Pending {
        let appended = wait(self.store.append(append));
        let mut sealer = self.sealer.lock().unwrap();
        let sealed = sealer.last().map_or(0, |last| last.size);
        if self.store.head().size >= sealed + Self::EPOCH_RECORDS {
            let now = Timestamp::from_second(1_700_000_040).unwrap();
            let sealed = sealer.seal(&self.store, now).unwrap().unwrap().size;
            self.store.settle_now(sealed);
        }
        Pending::ready(appended)
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.store.read(from, limit)
    }

    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.private(seq)
    }

    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        self.store.of_incident(incident, limit)
    }

    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        self.store.find(key)
    }

    fn keep(&self, area: Area, changes: Vec<Change>) -> Pending<()> {
        self.store.keep(area, changes)
    }

    fn kept(&self, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.store.kept(area, after, limit)
    }

    fn head(&self) -> Head {
        self.store.head()
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.store.failure()
    }
}
