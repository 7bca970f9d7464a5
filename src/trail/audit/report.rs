//! What a log that verifies is said to be.

use crate::incident::{Digest, Timestamp};

/// What was checked and found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The name of the log.
    pub origin: String,
    /// How many records there are.
    pub size: u64,
    /// How many of the first were pruned, as a later record says: only their hashes are there.
    pub pruned: u64,
    /// The root over them, recomputed.
    pub root: Digest,
    /// When the checkpoint was signed, if it says so.
    pub checkpoint_at: Option<Timestamp>,
    /// The time of the first record, if there is one.
    pub first_at: Option<Timestamp>,
    /// The time of the last record, if there is one.
    pub last_at: Option<Timestamp>,
    /// How many checkpoints that were kept elsewhere fit.
    pub older: usize,
    /// What the log's own history shows.
    pub history: HistoryReport,
}

/// What the log's history of checkpoints shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryReport {
    /// How many checkpoints it has.
    pub checkpoints: u64,
    /// When its first was signed.
    pub first_at: Option<Timestamp>,
    /// When its latest was signed, or the checkpoint that the log stands at.
    pub last_at: Option<Timestamp>,
    /// How many minutes in between have no checkpoint. The program did not run then, or its history was cut.
    pub missing_minutes: u64,
    /// In how many pieces.
    pub gaps: u64,
    /// The longest piece.
    pub longest: Option<Gap>,
    /// Whether the last note was not written to its end, as after a power cut.
    pub torn: bool,
}

/// Minutes in a row without a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// How many.
    pub minutes: u64,
    /// The checkpoint before them.
    pub after: Timestamp,
}

/// How far a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records that were checked.
    pub records: u64,
    /// Records there are to check.
    pub of: u64,
}
