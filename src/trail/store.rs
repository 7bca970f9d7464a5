//! The contract every store keeps: appends that are durable before they are answered, unique keys
//! and records in one atomic write, and reads in order. `contract.rs` runs against
//! every implementation.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::{oneshot, watch};

use super::area::{Area, Change, Row};
use super::merkle::{self, Frontier};
use crate::incident::{Digest, IncidentId, Timestamp};

/// The largest event, in bytes of JSON.
pub const EVENT_BYTES_MAX: usize = 8 * 1024;
/// The largest private part beside one record, in bytes; a body's own limit is far below.
pub const PRIVATE_BYTES_MAX: usize = 1024 * 1024;
/// The most entries in one append.
pub const ENTRIES_MAX: usize = 8_192;
/// The most bytes in one append, events, private parts and keys together.
pub const APPEND_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most incidents under which one record can be found.
pub const INCIDENTS_MAX: usize = 512;

/// A key that can be recorded once: a digest over its scope and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct UniqueKey(pub Digest);

/// A key of a whole delivery, with the digest of its content: the same key with other content is a conflict, with the
/// same content a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryKey {
    /// What identifies the delivery.
    pub key: UniqueKey,
    /// Digest of its body.
    pub content: Digest,
}

/// One record to append. The store gives it its sequence number.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Recorded at most once, if given.
    pub key: Option<UniqueKey>,
    /// Known under these keys as well: whatever has one of them is not recorded after this, nor this after that.
    pub also: Vec<UniqueKey>,
    /// When it happened; becomes the record's `at`.
    pub at: Timestamp,
    /// The event as a JSON object with at least one member, at most [`EVENT_BYTES_MAX`].
    pub event: Vec<u8>,
    /// What lies beside the record: erasable, bound to it by a digest inside the event. At most
    /// [`PRIVATE_BYTES_MAX`].
    pub private: Option<Vec<u8>>,
    /// The incidents under which the record can be found, at most [`INCIDENTS_MAX`].
    pub incidents: Vec<IncidentId>,
    /// Whether it belongs to the entry before it in the append, and is recorded only if that one is. It has
    /// no key of its own.
    pub behind: bool,
}

/// Entries that are recorded together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Append {
    /// All that the delivery is known by, if anything. If one of them is known already, no entry is recorded.
    pub deliveries: Vec<DeliveryKey>,
    /// The records, in order, at most [`ENTRIES_MAX`] and [`APPEND_BYTES_MAX`].
    pub entries: Vec<Entry>,
}

/// What became of an append, once durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// One slot for each entry.
    Recorded(Vec<Slot>),
    /// The delivery was recorded before with the same content; no entry was written. What it was not known by yet, it is
    /// known by from now on.
    Repeated {
        /// The record of its first entry, new or known, when it was first recorded; the trail's size then, if it had none.
        first: u64,
    },
    /// One of its keys was recorded before with other content; nothing was written.
    Conflict {
        /// The same.
        first: u64,
    },
}

/// What became of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Recorded now under this sequence number.
    New(u64),
    /// Its key was recorded before under this sequence number; nothing was written for it.
    Known(u64),
}

impl Slot {
    /// The record, whenever it was made.
    #[must_use]
    pub fn seq(self) -> u64 {
        match self {
            Self::New(seq) | Self::Known(seq) => seq,
        }
    }
}

/// One record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its place, from 0 without gaps.
    pub seq: u64,
    /// The exact bytes that are hashed and exported: `{"v":1,"seq":…,"at":…,"kind":…,…}`.
    pub record: Vec<u8>,
    /// The leaf hash kept with it: SHA-256 of a zero byte and the record (RFC 6962 section 2.1).
    pub leaf: Digest,
}

impl Stored {
    /// Whether the record is the one that was hashed.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        merkle::leaf_hash(&self.record) == self.leaf
    }
}

/// The trail's size and root as the store keeps them, written with every append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many records there are.
    pub size: u64,
    /// The Merkle tree hash over all leaves (RFC 6962 section 2.1).
    pub root: Digest,
}

/// What was kept of records that are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// All records before this one made it.
    pub below: u64,
    /// What they made.
    pub bytes: Vec<u8>,
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store is full of waiting work; try again.
    #[error("the store's queue is full")]
    Busy,
    /// The store cannot make anything durable any more; the process has to be started again.
    #[error("the store failed: {0}")]
    Failed(String),
    /// What was asked for breaks a limit of this contract; nothing of the append was recorded.
    #[error("the entry breaks a limit: {0}")]
    TooLarge(&'static str),
    /// What is kept does not fit together.
    #[error("the store is damaged: {0}")]
    Damaged(String),
}

/// What is said of a bound that is none.
pub(super) const NO_END: StoreError = StoreError::TooLarge("a bound at which no epoch ends that is in files");

/// A write under way: resolves when it is durable, or with the reason why it is not known to be.
/// After [`StoreError::Failed`] only the next start shows whether it was written; after every other
/// error it was not. Dropping it does not take the write back.
#[derive(Debug)]
pub struct Pending<T = Appended>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Pending<T> {
    /// A pending write and the sender that ends it.
    #[must_use]
    pub fn new() -> (oneshot::Sender<Result<T, StoreError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// One that has ended already.
    #[must_use]
    pub fn ready(result: Result<T, StoreError>) -> Self {
        let (sender, pending) = Self::new();
        // The receiver is in `pending`, so sending cannot fail.
        let _ = sender.send(result);
        pending
    }

    /// Waits on this thread, which may be none that a runtime runs its tasks on.
    ///
    /// # Errors
    /// Those of the write.
    pub fn wait(self) -> Result<T, StoreError> {
        self.0.blocking_recv().unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> StoreError {
    StoreError::Failed("the committer is gone".to_owned())
}

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|result| result.unwrap_or_else(|_| Err(gone())))
    }
}

/// A place that keeps the trail. Reads may block for a disk access, and show only what is durable;
/// appends never block the caller. Appends from one thread are taken in the order they were made.
pub trait Store: Send + Sync + 'static {
    /// Queues an append. When the result says `Recorded`, the records, their keys and the head are
    /// durable together, also against a power cut.
    fn append(&self, append: Append) -> Pending;

    /// Up to `limit` records from `from` on, in order.
    ///
    /// # Errors
    /// The store failed or is damaged.
    fn read(&self, from: u64, limit: usize) -> Result<Vec<Stored>, StoreError>;

    /// What lies beside a record, unless it was erased or never was.
    ///
    /// # Errors
    /// The store failed or is damaged.
    fn private(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// The sequence numbers of an incident's records, in order, at most `limit`.
    ///
    /// # Errors
    /// The store failed or is damaged.
    fn of_incident(&self, incident: &IncidentId, limit: usize) -> Result<Vec<u64>, StoreError>;

    /// The record made under a unique key, if one was.
    ///
    /// # Errors
    /// The store failed or is damaged.
    fn find(&self, key: &UniqueKey) -> Result<Option<u64>, StoreError>;

    /// Queues changes of an area. When the result is good they are durable together, also against a power cut. Of
    /// changes with one key the last holds. They change no record and no head.
    fn keep(&self, area: Area, changes: Vec<Change>) -> Pending<()>;

    /// Up to `limit` rows of an area in the order of their keys, from the first one behind `after` on. What is being
    /// made durable may be among them already.
    ///
    /// # Errors
    /// The store failed or is damaged.
    fn kept(&self, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Says that so many records are sealed, durable in the log's folder: what is there need not be kept a second time.
    fn settle(&self, _sealed: u64) {}

    /// The first record that is kept: all before it were pruned, and nothing is read of them.
    fn first(&self) -> u64 {
        0
    }

    /// The tree over what was pruned, on which the records go on that are kept. Blocks.
    ///
    /// # Errors
    /// The log does not have its hashes.
    fn pruned(&self) -> Result<Frontier, StoreError> {
        Ok(Frontier::default())
    }

    /// Where epochs end that are in files, in order: below each of these numbers can be pruned.
    fn archived(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Keeps what follows from all records below one of [`Self::archived`], for the time when they are gone. Durable when
    /// this returns. Blocks.
    ///
    /// # Errors
    /// No epoch ends there, or it cannot be written.
    fn carry(&self, _below: u64, _bytes: &[u8]) -> Result<(), StoreError> {
        Err(NO_END)
    }

    /// What was kept of records that are gone; of several, that which goes on the earliest. Blocks.
    ///
    /// # Errors
    /// It cannot be read.
    fn carried(&self) -> Result<Option<Carried>, StoreError> {
        Ok(None)
    }

    /// Drops all records below one of [`Self::archived`], with what they are known by and what lies beside them. What
    /// follows from them has to be carried before. Blocks.
    ///
    /// # Errors
    /// No epoch ends there, nothing was carried, or files cannot be taken away.
    fn prune(&self, _below: u64) -> Result<(), StoreError> {
        Err(NO_END)
    }

    /// The size and root of what is durable.
    fn head(&self) -> Head;

    /// Whether a read may wait for a disk.
    fn may_block(&self) -> bool {
        true
    }

    /// Holds the store's failure once it comes. Nothing can be recorded from then on, and the
    /// process has to be started again.
    fn failure(&self) -> watch::Receiver<Option<StoreError>>;
}
