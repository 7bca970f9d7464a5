//! What a store keeps in areas of its own, beside the trail: derived from elsewhere, so that it can be thrown away and
//! made anew. It is in no record and under no digest.

use super::store::StoreError;

/// The longest key in an area, in bytes.
pub const AREA_KEY_BYTES_MAX: usize = 128;
/// The longest value in an area, in bytes. It is kept in one piece, and sled syncs no page of 128 KiB, which may have
/// 17 values.
pub const AREA_VALUE_BYTES_MAX: usize = 6 * 1024;
/// The most changes that are made together.
pub const CHANGES_MAX: usize = 1_024;

/// What is kept: a closed list, so that no two owners meet in one area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// The index of DingTalk's directory.
    Directory,
}

/// One change in an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub key: Vec<u8>,
    /// What it is from now on; `None` when it is not there any more.
    pub value: Option<Vec<u8>>,
}

impl Change {
    /// Puts a value in the place of whatever is there.
    #[must_use]
    pub fn put(key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { key, value: Some(value) }
    }

    /// Takes away what is there.
    #[must_use]
    pub fn remove(key: Vec<u8>) -> Self {
        Self { key, value: None }
    }
}

/// What is kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: Vec<u8>,
}

/// How much changes weigh, in bytes.
///
/// # Errors
/// They break a limit; the error says which.
pub(super) fn weigh(changes: &[Change]) -> Result<usize, StoreError> {
    if changes.len() > CHANGES_MAX {
        return Err(StoreError::TooLarge("more than 1,024 changes at once"));
    }
    let value_of = |change: &Change| change.value.as_ref().map_or(0, Vec::len);
    if changes.iter().any(|change| change.key.is_empty() || change.key.len() > AREA_KEY_BYTES_MAX) {
        return Err(StoreError::TooLarge("a key of no byte or of more than 128"));
    }
    if changes.iter().any(|change| value_of(change) > AREA_VALUE_BYTES_MAX) {
        return Err(StoreError::TooLarge("a value of more than 6 KiB"));
    }
    Ok(changes.iter().map(|change| change.key.len() + value_of(change)).sum())
}
