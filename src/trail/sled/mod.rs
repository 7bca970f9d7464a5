//! The embedded store: sled 0.34, with the durability it leaves out added by us.
//!
//! One tree, one writing thread, one sync for as many appends as wait. What sled is known to lack
//! is dealt with here: its flush is no sync (`sync.rs`), large values would lie in files it never
//! syncs (`chunks.rs`), damage makes it panic (`shared.rs`, `epoch.rs`), and it never gives space back: the trail
//! is kept in epochs, of which only the newest stays in sled (`epoch.rs`, `archivist.rs`, `archive.rs`).

mod archive;
mod archivist;
#[cfg(test)]
mod area_tests;
mod beside;
mod chunks;
mod committer;
mod copy;
#[cfg(test)]
mod copy_tests;
#[cfg(test)]
mod damage_tests;
mod epoch;
#[cfg(test)]
mod epoch_tests;
mod fact;
mod group;
mod head;
mod keys;
mod known;
#[cfg(test)]
mod lost_tests;
mod open;
mod prune;
mod read;
mod rebuild;
#[cfg(test)]
mod rebuild_tests;
mod restore;
mod rotate;
mod salvage;
mod shared;
mod sync;
#[cfg(test)]
mod tests;
mod tiers;
mod told;
mod whole;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use self::archivist::Archivist;
use self::committer::Committer;
pub use self::copy::{Copied, CopyError, backup};
pub use self::open::OpenError;
use self::open::store_error;
pub use self::rebuild::{Consent, RebuildError, Salvage, rebuild};
pub use self::restore::{RestoreError, Restored, restore};
pub use self::rotate::{RotateError, rotate_key};
use self::shared::Shared;
use crate::incident::IncidentId;
use crate::trail::area::{self, Area, Change, Row};
use crate::trail::limits;
use crate::trail::merkle::Frontier;
use crate::trail::settings::Settings;
use crate::trail::store::{Append, Carried, Head, Pending, Store, StoreError, Stored, UniqueKey};

/// The trail in a folder of this machine, for one process. Dropping it finishes what was appended.
pub struct SledStore {
    trail: PathBuf,
    /// Dropped first, as the committer waits for it.
    archivist: Archivist,
    /// Dropped before what is shared, so that the queue is finished before the databases are closed.
    committer: Committer,
    shared: Arc<Shared>,
}

/// Whether a trail was begun in the folder, or a copy of one was put there.
#[must_use]
pub fn is_there(folder: &Path) -> bool {
    epoch::root(folder).is_dir()
}

impl SledStore {
    /// Opens the folder that `settings` name, making it if it is missing. Blocks for disk accesses:
    /// up to seconds after a crash with a million records.
    ///
    /// # Errors
    /// Another process has it open, the folder cannot be used, or what is in it does not fit
    /// together.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        if copy::is_one(&settings.path) {
            return Err(OpenError::Copy(settings.path.clone()));
        }
        Self::open_anyway(settings)
    }

    /// The same, also of what is still marked as a copy.
    fn open_anyway(settings: &Settings) -> Result<Self, OpenError> {
        open::open(settings, |sync, _| sync, |sync| sync)
    }

    /// Puts a record in place of what is there, or takes it out, as nobody should be able to.
    #[cfg(test)]
    pub(super) fn tamper(&self, seq: u64, record: Option<Stored>) {
        let value = record.map(|record| [&record.leaf.0[..], &record.record].concat());
        let put = |db: &::sled::Db| match value {
            Some(value) => db.insert(keys::record(seq, 0), value),
            None => db.remove(keys::record(seq, 0)),
        };
        self.looked_through();
        self.shared.run(|tiers| put(&tiers.live.db).map_err(store_error)).unwrap();
    }

    /// Waits until every record was looked at, as is done when a store is opened: what is changed behind its back
    /// meanwhile would be seen or not, by chance.
    #[cfg(test)]
    fn looked_through(&self) {
        self.archivist.settle_now(0);
    }

    /// Does what [`Store::settle`] asks for, and waits until it is done.
    #[cfg(test)]
    pub(super) fn settle_now(&self, sealed: u64) {
        self.archivist.settle_now(sealed);
    }

    fn queue(&self, append: Append) -> Result<Pending, StoreError> {
        let bytes = limits::weigh(&append)?;
        self.shared.check()?;
        self.committer.append(append, bytes)
    }

    fn queue_changes(&self, area: Area, changes: Vec<Change>) -> Result<Pending<()>, StoreError> {
        let bytes = area::weigh(&changes)?;
        self.shared.check()?;
        self.committer.keep(area, changes, bytes)
    }
}

impl Store for SledStore {
    fn append(&self, append: Append) -> Pending {
        self.queue(append).unwrap_or_else(|error| Pending::ready(Err(error)))
    }

    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let end = from.saturating_add(limit).min(self.head().size);
        self.shared.run(|tiers| tiers.records(from, end.max(from)))
    }

    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let is_durable = seq < self.head().size;
        self.shared.run(|tiers| if is_durable { tiers.private(seq) } else { Ok(None) })
    }

    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError> {
        let size = self.head().size;
        self.shared.run(|tiers| tiers.of_incident(incident, size, limit))
    }

    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
        let size = self.head().size;
        self.shared.run(|tiers| Ok(tiers.find(key)?.filter(|seq| *seq < size)))
    }

    fn keep(&self, area: Area, changes: Vec<Change>) -> Pending<()> {
        self.queue_changes(area, changes).unwrap_or_else(|error| Pending::ready(Err(error)))
    }

    fn kept(&self, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.shared.run(|_| read::kept(self.shared.areas(), area, after, limit))
    }

    fn settle(&self, sealed: u64) {
        self.archivist.settle(sealed);
    }

    fn first(&self) -> u64 {
        self.shared.tiers().first()
    }

    fn pruned(&self) -> Result<Frontier, StoreError> {
        prune::before(&self.trail, self.first())
    }

    fn archived(&self) -> Vec<u64> {
        self.shared.tiers().archives.iter().map(|archive| archive.known.end).collect()
    }

    fn carry(&self, below: u64, bytes: &[u8]) -> Result<(), StoreError> {
        prune::carry(&self.shared, &self.trail, below, bytes)
    }

    fn carried(&self) -> Result<Option<Carried>, StoreError> {
        prune::carried(&self.trail, self.first())
    }

    fn prune(&self, below: u64) -> Result<(), StoreError> {
        prune::prune(&self.shared, &self.trail, below)
    }

    fn head(&self) -> Head {
        self.shared.head()
    }

    fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.shared.failure()
    }
}
