//! Hands out what is kept on a person: the records as they were hashed, with what lies beside them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::search::Found;
use crate::trail::{Record, StoreError, Trail};

/// The most records at a time.
pub const EXPORTED_MAX: usize = 500;
/// No further record is handed out once there are so many bytes.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// A record of a person.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// Its number.
    #[serde(skip)]
    pub seq: u64,
    /// Exactly as it was hashed.
    pub record: Box<RawValue>,
    /// What lies beside it: as JSON, or in base64 where it is none. Nothing where nothing does, and where it is not
    /// about the person or was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Box<RawValue>>,
}

/// The first records of a person from `from` on, and where the next begin. Blocks.
///
/// # Errors
/// The trail cannot be read.
pub fn page(trail: &Trail, found: &Found, from: u64) -> Result<(Vec<Exported>, Option<u64>), StoreError> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for seq in found.records.range(from..) {
        if page.len() >= EXPORTED_MAX || bytes >= BYTES_MAX {
            return Ok((page, Some(*seq)));
        }
        let exported = one(trail, *seq, found.beside.contains(seq))?;
        bytes += exported.record.get().len() + exported.beside.as_ref().map_or(0, |beside| beside.get().len());
        page.push(exported);
    }
    Ok((page, None))
}

fn one(trail: &Trail, seq: u64, has_beside: bool) -> Result<Exported, StoreError> {
    let missing = || StoreError::Damaged(format!("record {seq} is missing"));
    let stored = trail.store().read(seq, 1)?.pop().ok_or_else(missing)?;
    let damaged = |error: String| StoreError::Damaged(error);
    let record = serde_json::from_slice(&stored.record).map_err(|error| damaged(error.to_string()))?;
    let mut beside = None;
    if has_beside {
        let decoded = Record::decode(&stored.record).map_err(|error| damaged(error.to_string()))?;
        if let Some(digest) = decoded.event.private()
            && let Some(content) = trail.private(seq, digest)?
        {
            beside = Some(match serde_json::from_slice(&content) {
                Ok(json) => json,
                Err(_) => to_raw_value(&STANDARD.encode(&content)).map_err(|error| damaged(error.to_string()))?,
            });
        }
    }
    Ok(Exported { seq, record, beside })
}
