//! The first thing that is wrong with a log, what an auditor does next, and a name for scripts.

use super::checkpoint::InvalidCheckpoint;
use crate::incident::Digest;
use crate::trail::record::InvalidRecord;

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// Where, from the log's folder.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The log has no checkpoint.
    #[error("the log has no checkpoint")]
    NoCheckpoint,
    /// The checkpoint is not one of the key's.
    #[error("the checkpoint is not to be trusted: {0}")]
    Checkpoint(InvalidCheckpoint),
    /// A record is not there.
    #[error("record {seq} is missing")]
    Missing {
        /// The record.
        seq: u64,
    },
    /// A bundle ends inside a record.
    #[error("record {seq} is cut off")]
    CutOff {
        /// The record.
        seq: u64,
    },
    /// A bundle goes on behind its last record.
    #[error("more than is recorded stands before record {seq}")]
    Surplus {
        /// The record that would follow.
        seq: u64,
    },
    /// A record does not have the hash that was signed.
    #[error("record {seq} was changed, or another stands in its place: it does not have its leaf hash")]
    Changed {
        /// The record.
        seq: u64,
    },
    /// The bytes are not a record.
    #[error("record {seq} is not a record: {why}")]
    NotARecord {
        /// The record.
        seq: u64,
        /// Why.
        why: InvalidRecord,
    },
    /// The bytes are the record of another place.
    #[error("record {seq} says that it is record {says}")]
    OutOfPlace {
        /// The record.
        seq: u64,
        /// Its number in its own words.
        says: u64,
    },
    /// A tile is not there.
    #[error("the tile {path} is missing")]
    TileMissing {
        /// Where it should be, from the log's folder.
        path: String,
    },
    /// A tile does not have as many bytes as its width says.
    #[error("the tile {path} has {bytes} bytes, which is not its width")]
    TileLength {
        /// Where, from the log's folder.
        path: String,
        /// How many it has.
        bytes: usize,
    },
    /// A tile has other hashes than the records.
    #[error("the tile {path} does not fit the records {first} to {last}")]
    TileDiffers {
        /// Where, from the log's folder.
        path: String,
        /// The first of the records that the first wrong hash is over.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// Records and tiles fit each other, and are not those of the checkpoint.
    #[error("the {size} records do not have the root that the checkpoint has: {computed} instead of {signed}")]
    RootDiffers {
        /// How many records there are.
        size: u64,
        /// The root in the checkpoint.
        signed: Digest,
        /// The root of the records.
        computed: Digest,
    },
    /// An older checkpoint has more records than there are.
    #[error("the log was rolled back: {whose} has {signed} records, and the log has {size}")]
    RolledBack {
        /// The older checkpoint.
        whose: Whose,
        /// How many it has.
        signed: u64,
        /// How many there are.
        size: u64,
    },
    /// The first records are not those of an older checkpoint.
    #[error(
        "the log was rewritten: its first {size} records do not have the root that {whose} has: {computed} instead of {signed}"
    )]
    Rewritten {
        /// The older checkpoint.
        whose: Whose,
        /// How many records it is about.
        size: u64,
        /// Its root.
        signed: Digest,
        /// The root of the records now.
        computed: Digest,
    },
    /// A note of the history is not one of the key's.
    #[error("{note} is not to be trusted: {why}")]
    History {
        /// The note.
        note: Place,
        /// Why.
        why: InvalidCheckpoint,
    },
    /// The history has something behind its last whole note where nothing can be torn: in a file that others follow.
    #[error("{note} is not whole, and files follow it")]
    HistoryTorn {
        /// The note.
        note: Place,
    },
    /// The history has a smaller log behind a larger one.
    #[error("{note} has {size} records, and the one before it has {before}")]
    HistoryShrinks {
        /// The note.
        note: Place,
        /// How many it has.
        size: u64,
        /// How many the one before has.
        before: u64,
    },
}

/// A note of the history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {number}. checkpoint of {file}")]
pub struct Place {
    /// The file, from the log's folder.
    pub file: String,
    /// Which in the file, from 1.
    pub number: usize,
}

/// Where an older checkpoint is from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Whose {
    /// It was given to compare with: which of those, from 1.
    #[error("the {0}. checkpoint that was kept elsewhere")]
    Given(usize),
    /// It is in the log's own history.
    #[error("{0}")]
    History(Place),
    /// A record says that the log goes on from another one, which had this head.
    #[error("record {0}, which says what log this one goes on from,")]
    Record(u64),
}

impl Fault {
    /// The first bad record, where one can be named.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match self {
            Self::Missing { seq }
            | Self::CutOff { seq }
            | Self::Surplus { seq }
            | Self::Changed { seq }
            | Self::NotARecord { seq, .. }
            | Self::OutOfPlace { seq, .. } => Some(*seq),
            _ => None,
        }
    }

    /// Its name for scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NoCheckpoint => "no_checkpoint",
            Self::Checkpoint(_) => "checkpoint_invalid",
            Self::Missing { .. } => "record_missing",
            Self::CutOff { .. } => "record_cut_off",
            Self::Surplus { .. } => "surplus",
            Self::Changed { .. } => "record_changed",
            Self::NotARecord { .. } => "not_a_record",
            Self::OutOfPlace { .. } => "record_out_of_place",
            Self::TileMissing { .. } => "tile_missing",
            Self::TileLength { .. } => "tile_length",
            Self::TileDiffers { .. } => "tile_differs",
            Self::RootDiffers { .. } => "root_differs",
            Self::RolledBack { .. } => "rolled_back",
            Self::Rewritten { .. } => "rewritten",
            Self::History { .. } => "history_invalid",
            Self::HistoryTorn { .. } => "history_torn",
            Self::HistoryShrinks { .. } => "history_shrinks",
        }
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "see who may read the file, and the disk",
            Self::NoCheckpoint => "see whether this is the log's folder",
            Self::Checkpoint(_) => {
                "compare the key with the one that was published, and the checkpoint with one kept elsewhere"
            }
            Self::TileMissing { .. } | Self::TileLength { .. } | Self::TileDiffers { .. } => {
                "keep the folder as it is, and compare the tile with a copy or with the store: \
                 portcullis trail verify --store"
            }
            Self::RootDiffers { .. } | Self::RolledBack { .. } | Self::Rewritten { .. } => {
                "keep the folder and every checkpoint as they are, and find out who could write here: the records are \
                 not those that were signed"
            }
            Self::History { .. } | Self::HistoryTorn { .. } | Self::HistoryShrinks { .. } => {
                "keep the folder as it is, and compare the history with a copy"
            }
            Self::Missing { .. }
            | Self::CutOff { .. }
            | Self::Surplus { .. }
            | Self::Changed { .. }
            | Self::NotARecord { .. }
            | Self::OutOfPlace { .. } => {
                "keep the folder as it is, and compare the record with a copy or with the store: \
                 portcullis trail verify --store"
            }
        }
    }
}
