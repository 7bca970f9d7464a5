//! Long values in short pieces: sled writes a page of up to 17 values as one message, and a message
//! from 128 KiB on into a side file that it never syncs. Pieces of 4 KiB keep every page below that.

use ::sled::{Db, IVec};

use super::keys;
use crate::trail::store::StoreError;

/// The longest value given to sled, in bytes.
const CHUNK_BYTES: usize = 4 * 1024;

/// The pieces of `bytes` with their numbers; an empty value has one empty piece.
pub(super) fn of(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let empty = bytes.is_empty().then_some(bytes);
    (0..).zip(empty.into_iter().chain(bytes.chunks(CHUNK_BYTES)))
}

/// The values whose pieces lie from `first` up to but without `end`, each with its sequence number.
///
/// # Errors
/// A piece is missing, or the store cannot read.
pub(super) fn joined(db: &Db, first: Vec<u8>, end: Vec<u8>) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let mut joined = Joined::default();
    for pair in db.range(first..end) {
        let (key, piece) = pair.map_err(super::store_error)?;
        joined.push(&key, &piece)?;
    }
    Ok(joined.values)
}

#[derive(Default)]
struct Joined {
    values: Vec<(u64, Vec<u8>)>,
    next_chunk: u16,
}

impl Joined {
    fn push(&mut self, key: &[u8], piece: &IVec) -> Result<(), StoreError> {
        let damaged = |what: &str| StoreError::Damaged(what.to_owned());
        let (seq, chunk) = keys::seq_and_chunk(key).ok_or_else(|| damaged("a key has no number"))?;
        match self.values.last_mut() {
            Some((last, bytes)) if *last == seq && chunk == self.next_chunk => bytes.extend_from_slice(piece),
            _ if chunk == 0 => self.values.push((seq, piece.to_vec())),
            _ => return Err(damaged(&format!("a part of record {seq} is missing"))),
        }
        self.next_chunk = chunk.saturating_add(1);
        Ok(())
    }
}
