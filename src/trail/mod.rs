//! Floor 2: the append-only, tamper-evident trail and the stores that keep it. Knows nothing of
//! senders, rules or DingTalk.

mod achieved;
mod area;
mod board;
mod containments;
mod covered;
mod figures;
mod held_alerts;
mod limits;
mod log;
mod memory;
pub mod merkle;
mod private;
mod pseudonym;
mod record;
mod settings;
mod sled;
mod store;
mod verify;
mod watches;

#[cfg(test)]
mod contract;
#[cfg(test)]
mod samples;

pub use area::{AREA_KEY_BYTES_MAX, AREA_VALUE_BYTES_MAX, Area, CHANGES_MAX, Change, Row};
pub use board::{Board, Cover, Live};
pub use figures::{Figures, Heard, MatchedAs, StepOutcome, Stream};
pub use held_alerts::HeldAlerts;
pub use log::{Draft, RecordError, Trail, events};
pub use memory::MemoryStore;
pub use private::{open as unseal, seal, seal_json};
pub use pseudonym::Pseudonyms;
pub use record::{InvalidRecord, Record, encode};
pub use settings::Settings;
pub use sled::{OpenError, SledStore};
pub use store::{APPEND_BYTES_MAX, ENTRIES_MAX, EVENT_BYTES_MAX, INCIDENTS_MAX, PRIVATE_BYTES_MAX};
pub use store::{Append, Appended, DeliveryKey, Entry, Head, Pending, Slot, Store, StoreError, Stored, UniqueKey};
pub use verify::{Fault, VerifyReport, verify};
pub use watches::{Promotion, Watches};
