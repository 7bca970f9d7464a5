//! Floor 2: the append-only, tamper-evident trail and the stores that keep it. Knows nothing of
//! senders, rules or DingTalk.

mod achieved;
mod activity;
mod area;
pub mod audit;
mod ballast;
mod board;
mod containments;
mod cover;
mod covered;
mod disk;
mod durable;
mod erasing;
pub mod export;
mod figures;
mod forward;
mod held_alerts;
pub mod inspection;
mod issued;
mod limits;
mod log;
mod memory;
pub mod merkle;
mod pack;
mod past;
mod pseudonym;
mod record;
mod replay;
pub mod reports;
mod retention;
pub mod search;
mod settings;
mod sled;
mod snapshot;
mod store;
mod subjects;
pub mod tlog;
mod verify;
mod watches;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod in_epochs;
#[cfg(test)]
mod samples;

pub use activity::{Activity, Hits, Hour};
pub use area::{AREA_KEY_BYTES_MAX, AREA_VALUE_BYTES_MAX, Area, CHANGES_MAX, Change, Row};
pub use ballast::Ballast;
pub use board::{Board, Live};
pub use cover::Cover;
pub use disk::{DiskSeen, DiskSettings, free_bytes};
pub use figures::{Figures, Heard, MatchedAs, StepOutcome, Stream};
pub use forward::{ForwardSettings, ForwardState, Forwarded, Position, ReceiverSettings};
pub use held_alerts::HeldAlerts;
pub use inspection::{Inspection, InspectionError};
pub use issued::{Given, Issued};
pub use log::{Draft, RecordError, Trail, events, note};
pub use memory::MemoryStore;
pub use pack::{PACK_RECORDS_MAX, PackError, pack};
pub use past::Past;
pub use pseudonym::Pseudonyms;
pub use record::{InvalidRecord, Record, encode};
pub use retention::{Asked, Droppable, KeepDays, TooFewDays};
pub use settings::Settings;
pub use sled::{
    Consent, Copied, CopyError, OpenError, RebuildError, RestoreError, Restored, RotateError, Salvage, SledStore,
};
pub use sled::{backup, is_there, rebuild, restore, rotate_key};
pub use snapshot::{SnapshotError, Snapshots, tell as tell_of_snapshot};
pub use store::{APPEND_BYTES_MAX, ENTRIES_MAX, EVENT_BYTES_MAX, INCIDENTS_MAX, PRIVATE_BYTES_MAX};
pub use store::{
    Append, Appended, Carried, DeliveryKey, Entry, Head, Pending, Slot, Store, StoreError, Stored, UniqueKey,
};
pub use subjects::{About, KeyFiles, Sealed, SubjectKeys, Subjects, SubjectsError, Unsealed, is_part};
pub use verify::{Fault, VerifyReport, verify};
pub use watches::{Promotion, Watches};
