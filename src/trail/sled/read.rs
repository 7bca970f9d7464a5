//! Reads records and their index, up to a size that is known to be durable.

use std::ops::Bound;

use ::sled::Db;

use super::{chunks, fact, keys, store_error};
use crate::incident::{Digest, IncidentId};
use crate::trail::area::{Area, Row};
use crate::trail::store::{StoreError, Stored, UniqueKey};

/// The records from `from` up to but without `end`.
///
/// # Errors
/// One of them is missing, or the store cannot read.
pub(super) fn records(db: &Db, from: u64, end: u64) -> Result<Vec<Stored>, StoreError> {
    let mut found = chunks::joined(db, keys::record(from, 0), keys::record(end, 0))?.into_iter();
    (from..end).map(|seq| stored(seq, found.next())).collect()
}

/// What lies beside the record `seq`.
///
/// # Errors
/// A part of it is missing, or the store cannot read.
pub(super) fn private(db: &Db, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let found = chunks::joined(db, keys::private(seq, 0), keys::private(seq, u16::MAX))?;
    Ok(found.into_iter().next().map(|(_, bytes)| bytes))
}

/// The numbers of an incident's records below `size`.
///
/// # Errors
/// The store cannot read.
pub(super) fn of_incident(db: &Db, id: &IncidentId, size: u64, limit: usize) -> Result<Vec<u64>, StoreError> {
    let found = db.range(keys::of_incident(id, 0)..keys::of_incident(id, size)).keys().take(limit);
    found.map(|key| keys::seq_at_end(&key.map_err(store_error)?).ok_or_else(|| damaged("an incident"))).collect()
}

/// The record made under a unique key.
///
/// # Errors
/// The key has no number, or the store cannot read.
pub(super) fn find(db: &Db, key: &UniqueKey) -> Result<Option<u64>, StoreError> {
    let Some(value) = db.get(keys::unique(key)).map_err(store_error)? else { return Ok(None) };
    keys::seq_at_end(&value).map(Some).ok_or_else(|| StoreError::Damaged("a unique key has no number".to_owned()))
}

/// The first record of a delivery, and the digest of its content.
///
/// # Errors
/// The key has no content, or the store cannot read.
pub(super) fn delivery(db: &Db, key: &UniqueKey) -> Result<Option<(u64, Digest)>, StoreError> {
    let value = db.get(keys::delivery(key)).map_err(store_error)?;
    value.map(|value| fact::read_delivery(&value)).transpose()
}

/// The facts from number `from` up to but without `end`, each with its number.
///
/// # Errors
/// A part of one is missing, or the store cannot read.
pub(super) fn facts(db: &Db, from: u64, end: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    chunks::joined(db, keys::fact(from, 0), keys::fact(end, 0))
}

/// The rows of an area behind `after`.
///
/// # Errors
/// The store cannot read.
pub(super) fn kept(db: &Db, area: Area, after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, StoreError> {
    let prefix = keys::area(area);
    let from = after.map_or_else(|| Bound::Included(prefix.clone()), |row| Bound::Excluded(keys::in_area(area, row)));
    let found = db.range((from, Bound::<Vec<u8>>::Unbounded)).take(limit);
    let row = |pair: ::sled::Result<(::sled::IVec, ::sled::IVec)>| {
        let (key, value) = pair.map_err(store_error)?;
        Ok(key.strip_prefix(prefix.as_slice()).map(|key| Row { key: key.to_vec(), value: value.to_vec() }))
    };
    found.map(row).take_while(|row| !matches!(row, Ok(None))).filter_map(Result::transpose).collect()
}

fn stored(seq: u64, found: Option<(u64, Vec<u8>)>) -> Result<Stored, StoreError> {
    match found {
        Some((number, value)) if number == seq => {
            let (leaf, record) = value.split_first_chunk().ok_or_else(|| damaged(&format!("record {seq}")))?;
            Ok(Stored { seq, record: record.to_vec(), leaf: Digest(*leaf) })
        }
        _ => Err(StoreError::Damaged(format!("record {seq} is missing"))),
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is cut short"))
}
