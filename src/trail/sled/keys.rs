//! The layout of the store's one tree: a byte that says what it is, then numbers big-endian, so that
//! keys sort as the trail does.

use crate::incident::{Digest, IncidentId};
use crate::trail::area::Area;
use crate::trail::store::UniqueKey;

/// Size, root and frontier of the trail.
pub(super) const HEAD: &[u8] = b"h";
/// How many facts there are.
pub(super) const FACTS: &[u8] = b"f";
/// Up to which fact, and which byte, what lies beside the records is in its file.
pub(super) const MIRRORED: &[u8] = b"m";

const RECORD: u8 = b'r';
const PRIVATE: u8 = b'p';
const UNIQUE: u8 = b'u';
const DELIVERY: u8 = b'd';
const INCIDENT: u8 = b'i';
const FACT: u8 = b's';
const AREA: u8 = b'a';

/// Bytes of a digest that make a key. With the kind they are the 22 bytes that sled keeps inside its
/// nodes without an allocation, and still more than anybody can make collide.
const DIGEST_BYTES: usize = 21;
/// Room for every key.
const KEY_BYTES_USUAL: usize = 32;

/// One chunk of a record: its leaf hash and bytes.
pub(super) fn record(seq: u64, chunk: u16) -> Vec<u8> {
    key(RECORD, &[&seq.to_be_bytes(), &chunk.to_be_bytes()])
}

/// One chunk of what lies beside a record.
pub(super) fn private(seq: u64, chunk: u16) -> Vec<u8> {
    key(PRIVATE, &[&seq.to_be_bytes(), &chunk.to_be_bytes()])
}

/// One chunk of a fact, by its own number.
pub(super) fn fact(number: u64, chunk: u16) -> Vec<u8> {
    key(FACT, &[&number.to_be_bytes(), &chunk.to_be_bytes()])
}

/// A unique key; its value is the sequence number of its record.
pub(super) fn unique(unique: &UniqueKey) -> Vec<u8> {
    of_digest(UNIQUE, unique)
}

/// A delivery's key; its value is the first sequence number and the digest of the content.
pub(super) fn delivery(delivery: &UniqueKey) -> Vec<u8> {
    of_digest(DELIVERY, delivery)
}

/// An incident's record; the value is empty. Ids of incidents all have one length.
pub(super) fn of_incident(incident: &IncidentId, seq: u64) -> Vec<u8> {
    key(INCIDENT, &[incident.as_str().as_bytes(), &seq.to_be_bytes()])
}

/// A row of an area.
pub(super) fn in_area(area: Area, row: &[u8]) -> Vec<u8> {
    key(AREA, &[&[number(area)], row])
}

/// What begins the key of every row of an area.
pub(super) fn area(area: Area) -> Vec<u8> {
    in_area(area, &[])
}

/// Areas by number, which stands in what is kept: none is ever given a second time.
fn number(area: Area) -> u8 {
    match area {
        Area::Directory => 1,
    }
}

/// The numbers in the key of a chunk.
pub(super) fn seq_and_chunk(key: &[u8]) -> Option<(u64, u16)> {
    let (rest, chunk) = key.split_last_chunk()?;
    Some((seq_at_end(rest)?, u16::from_be_bytes(*chunk)))
}

/// The sequence number that ends a key or is a value.
pub(super) fn seq_at_end(bytes: &[u8]) -> Option<u64> {
    bytes.last_chunk().map(|seq| u64::from_be_bytes(*seq))
}

fn of_digest(kind: u8, UniqueKey(Digest(bytes)): &UniqueKey) -> Vec<u8> {
    key(kind, &[bytes.get(..DIGEST_BYTES).unwrap_or(bytes)])
}

fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES_USUAL);
    key.push(kind);
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}
