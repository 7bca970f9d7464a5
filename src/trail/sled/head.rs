//! The head as a value: layout version, root, and the frontier that the next append continues.

use ::sled::Db;

use super::{chunks, keys};
use crate::incident::Digest;
use crate::trail::merkle::{self, Frontier};
use crate::trail::store::StoreError;

/// The version of the tree's layout; another one is refused at opening.
const LAYOUT: u8 = 2;

/// The head's value.
pub(super) fn to_value(frontier: &Frontier) -> Vec<u8> {
    let mut value = vec![LAYOUT];
    value.extend(frontier.root().0);
    value.extend(frontier.to_bytes());
    value
}

/// How many facts the epoch has.
///
/// # Errors
/// The store cannot read.
pub(super) fn facts(db: &Db) -> Result<u64, StoreError> {
    let value = db.get(keys::FACTS).map_err(super::store_error)?;
    Ok(value.as_deref().and_then(keys::seq_at_end).unwrap_or_default())
}

/// The frontier of what is kept, after checking that it and the last record fit together. The epoch begins with record
/// `first`.
///
/// # Errors
/// They do not, or the store cannot read.
pub(super) fn load(db: &Db, first: u64) -> Result<Frontier, StoreError> {
    let Some(value) = db.get(keys::HEAD).map_err(super::store_error)? else {
        let is_new = first == 0 && db.is_empty();
        return if is_new { Ok(Frontier::default()) } else { damaged("there are records but no head") };
    };
    let Some(frontier) = from_value(&value) else {
        return damaged("the head is of another version or does not fit its root");
    };
    check_last(db, first, frontier.size())?;
    Ok(frontier)
}

/// Reads [`to_value`] back; `None` when it is of another version or does not fit its root.
pub(super) fn from_value(value: &[u8]) -> Option<Frontier> {
    let (layout, rest) = value.split_first()?;
    let (root, frontier) = rest.split_first_chunk()?;
    let frontier = Frontier::from_bytes(frontier)?;
    (*layout == LAYOUT && frontier.root() == Digest(*root)).then_some(frontier)
}

/// The last record is there, whole, and none comes after it.
fn check_last(db: &Db, first: u64, size: u64) -> Result<(), StoreError> {
    let from = keys::record(size.saturating_sub(1), 0);
    let found = chunks::joined(db, from, keys::record(u64::MAX, u16::MAX))?;
    let numbers: Vec<_> = found.iter().map(|(seq, _)| *seq).collect();
    let expected: Vec<_> = size.checked_sub(1).filter(|last| *last >= first).into_iter().collect();
    if numbers != expected {
        return damaged(&format!("the head says {size} records, the last ones found are {numbers:?}"));
    }
    let is_whole = |value: &[u8]| value.split_first_chunk().is_some_and(|(l, r)| merkle::leaf_hash(r).0 == *l);
    if found.iter().all(|(_, value)| is_whole(value)) { Ok(()) } else { damaged("the last record is not whole") }
}

fn damaged<T>(what: &str) -> Result<T, StoreError> {
    Err(StoreError::Damaged(what.to_owned()))
}
