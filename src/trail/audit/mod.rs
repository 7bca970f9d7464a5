//! Verifies the trail's log offline, from its folder and a public key alone: what an auditor needs not believe.
//!
//! Shares nothing with what writes the log but the record's encoding: notes, tiles and the tree are read and hashed here
//! a second time, in another way, so that one mistake cannot hide itself.

mod bundle;
mod checkpoint;
mod fault;
mod folder;
mod history;
mod keys;
mod note;
mod proof;
mod report;
mod spread;
mod tree;
mod verify;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, InvalidCheckpoint};
pub use fault::{Fault, Place, Whose};
pub use keys::{InvalidKey, InvalidKeys, Keys};
pub use note::{InvalidNote, NOTE_BYTES_MAX, SIGNATURES_MAX};
pub use proof::{Included, InvalidProof, check_consistency, check_proof};
pub use report::{Gap, HistoryReport, Progress, Report};
pub use verify::verify;
