//! A checkpoint: the log's signed word that so many records have this root (C2SP's tlog-checkpoint).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::keys::Keys;
use super::note::{self, InvalidNote};
use crate::incident::{Digest, Timestamp};

/// What a log has signed: its size and its root. Made by [`Checkpoint::open`] alone, from what a known key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    size: u64,
    root: Digest,
    at: Option<Timestamp>,
}

/// Why bytes are no checkpoint of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCheckpoint {
    /// No note that a key of the log has signed.
    #[error(transparent)]
    Note(#[from] InvalidNote),
    /// Signed, and about another log.
    #[error("its origin is {0:?}, which is not the name of the key")]
    Origin(String),
    /// The second line is no number in its only form.
    #[error("its size is not a number without leading zeroes")]
    Size,
    /// The third line is not 32 bytes of base64 in its only form.
    #[error("its root is not 32 bytes in base64")]
    Root,
    /// Fewer than three lines, or an empty one.
    #[error("it is not origin, size and root")]
    Lines,
    /// The time in a right signature cannot be a time.
    #[error("the time in its signature is none")]
    Time,
}

impl Checkpoint {
    /// Opens a checkpoint: a signed note by one of the keys, whose origin is the name of that key.
    ///
    /// # Errors
    /// Why it is none.
    pub fn open(note: &[u8], keys: &Keys) -> Result<Self, InvalidCheckpoint> {
        let signed = note::open(note, keys)?;
        let body = signed.text.strip_suffix('\n').ok_or(InvalidCheckpoint::Lines)?;
        let mut lines = body.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(InvalidCheckpoint::Lines);
        let (origin, size, root) = (line()?, line()?, line()?);
        if origin != keys.origin() {
            return Err(InvalidCheckpoint::Origin(origin.to_owned()));
        }
        let size = number(size).ok_or(InvalidCheckpoint::Size)?;
        let root = digest(root).ok_or(InvalidCheckpoint::Root)?;
        // What may follow are extensions, which nobody has to know.
        if lines.any(str::is_empty) {
            return Err(InvalidCheckpoint::Lines);
        }
        let at = signed.seconds.map(Timestamp::from_second).transpose().map_err(|_| InvalidCheckpoint::Time)?;
        Ok(Self { size, root, at })
    }

    /// How many records it is about.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.root
    }

    /// When it was signed, if a timestamped line of the log's own says so.
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }
}

/// A number in its only form.
pub(super) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A hash in the only form of its base64.
pub(super) fn digest(text: &str) -> Option<Digest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest)
}
