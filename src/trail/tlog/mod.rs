//! The trail as a transparency log that anybody can check with tools that are not ours: the records as entries, their
//! tree as tiles, its signed head as a checkpoint, all in files.
//!
//! Formats: c2sp.org/tlog-tiles, c2sp.org/tlog-checkpoint, c2sp.org/signed-note and, for the time in each checkpoint,
//! c2sp.org/tlog-cosignature.

mod anchor;
mod anchor_file;
mod checkpoint;
mod copy;
mod file;
mod folder;
mod history;
mod proof;
mod read;
mod rotation;
mod sealed;
mod sealer;
mod signer;
mod spine;
mod state;
#[cfg(test)]
mod tests;
mod tile;
mod tree;
mod witness;

pub use anchor::{AnchorFailure, AnchorSettings, AnchorState, Anchored, WitnessSettings};
pub use anchor_file::anchor;
pub use checkpoint::Checkpoint;
pub(super) use copy::{begin_again, copy, origin};
pub use file::LogFile;
pub use proof::{Proof, ProofError, consistency, records_of, sealed_size};
pub(super) use read::{SealedHead, forget_below, frontier, has, records, sealed, sealed_records, whole};
pub use sealed::{Page, Sealed};
pub use sealer::{SealError, Sealer, folder};
pub use signer::{InvalidOrigin, Origin};
pub use state::{Log, Sealing};
pub use witness::{InvalidWitnessKey, WitnessKey, Witnessed, add_checkpoint, keep_witnessed};
