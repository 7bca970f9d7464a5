//! What the store and its threads share: the epochs, what is durable in them, and whether the store has
//! failed. One that failed once does nothing any more.

use std::any::Any;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use ::sled::Db;
use tokio::sync::watch;

use super::tiers::Tiers;
use crate::trail::store::{Head, StoreError};

pub(super) struct Shared {
    tiers: RwLock<Arc<Tiers>>,
    /// What is kept in areas, which is in no epoch.
    areas: Db,
    head: watch::Sender<Head>,
    failure: watch::Sender<Option<StoreError>>,
    /// Held after the databases are closed, hence below them.
    _lock: File,
}

impl Shared {
    pub(super) fn new(tiers: Tiers, areas: Db, head: Head, lock: File) -> Arc<Self> {
        let (head, failure) = (watch::Sender::new(head), watch::Sender::new(None));
        Arc::new(Self { tiers: RwLock::new(Arc::new(tiers)), areas, head, failure, _lock: lock })
    }

    /// The epochs as they are now.
    pub(super) fn tiers(&self) -> Arc<Tiers> {
        Arc::clone(&self.tiers.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other epochs in their place. What is being read goes on in the old ones.
    pub(super) fn change_tiers(&self, change: impl FnOnce(&Tiers) -> Tiers) {
        let mut tiers = self.tiers.write().unwrap_or_else(PoisonError::into_inner);
        *tiers = Arc::new(change(&tiers));
    }

    /// Where the areas are kept.
    pub(super) fn areas(&self) -> &Db {
        &self.areas
    }

    /// Size and root of what is durable.
    pub(super) fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// Lets everybody see what has become durable.
    pub(super) fn publish(&self, head: Head) {
        self.head.send_replace(head);
    }

    /// Tells of the failure when it comes.
    pub(super) fn failure(&self) -> watch::Receiver<Option<StoreError>> {
        self.failure.subscribe()
    }

    /// Nothing, or the failure.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.failure.borrow().clone().map_or(Ok(()), Err)
    }

    /// Does `work` on the epochs, unless the store has failed. If it panics or fails now, the
    /// store has failed; damage that was found is told and is no failure.
    pub(super) fn run<T>(
        self: &Arc<Self>,
        work: impl FnOnce(&Tiers) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.check()?;
        let tiers = self.tiers();
        // What a panic left half done in a database is never looked at again.
        match catch_unwind(AssertUnwindSafe(|| work(&tiers))) {
            Ok(Err(StoreError::Failed(why))) => Err(self.fail(why)),
            Ok(result) => result,
            Err(panic) => Err(self.fail(panic_text(&*panic))),
        }
    }

    /// Ends the store's work for good and gives the failure to tell; the first one stays.
    pub(super) fn fail(self: &Arc<Self>, why: String) -> StoreError {
        let failure = StoreError::Failed(why);
        let is_first = self.failure.send_if_modified(|known| {
            let is_first = known.is_none();
            known.get_or_insert_with(|| failure.clone());
            is_first
        });
        if is_first {
            // Closing the database would write on, as if what failed had not: a snapshot could
            // claim pages that never reached the disk. It stays open until the process ends.
            std::mem::forget(Arc::clone(self));
        }
        self.check().err().unwrap_or(failure)
    }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    format!("the store panicked: {text}")
}
